#!/bin/bash
# What passes the box by its flowtable, which the kernel for the lab does not have: that it is what commands have asked for and no more, that
# what is forbidden stays forbidden, and that idle connections live.
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

# Each line of its input is a KIND and a number: so many exchanges over the one connection of that kind. It says how many were answered.
cat > /tmp/ask.py <<'EOT'
import socket, sys, time
query = b'\x76\x70\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03who\x04test\x00\x00\x01\x00\x01'
kinds = {'tcp': ('172.27.12.1', 7007), 'tcp6': ('fd27:12::1', 7007), 'udp': ('172.27.12.1', 7007), 'udp6': ('fd27:12::1', 7007),
         'dns6': ('fd27:12::1', 53), 'come': ('172.27.12.34', 7008)}
def connection(kind):
    if kind[:3] == 'tcp' or kind == 'come': return socket.create_connection(kinds[kind], 5)
    s = socket.socket(socket.AF_INET6 if ':' in kinds[kind][0] else socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(kinds[kind])
    return s
open_ones = {}
for line in sys.stdin:
    kind, count = line.split()
    text, good = query if kind == 'dns6' else b'x' * 100, 0
    for _ in range(int(count)):
        try:
            if kind not in open_ones: open_ones[kind] = connection(kind)
            s = open_ones[kind]
            s.settimeout(1)
            s.send(text)
            good += len(s.recv(2000)) >= len(text)
        except OSError: pass
        time.sleep(0.01)
    print(kind, good, flush=True)
EOT
cat > /tmp/answer.py <<'EOT'
import socket, sys, threading
def serve(c):
    while d := c.recv(2000): c.sendall(d)
def listen(s):
    while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
port = int(sys.argv[1])
threading.Thread(target=listen, args=(socket.create_server(('::', port), family=socket.AF_INET6, dualstack_ipv6=True),), daemon=True).start()
u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
u.bind(('::', port))
while True: u.sendto(*u.recvfrom(2000))
EOT

asking() { mkfifo -m 666 "$LAB/$1"; "${@:2}" python3 -u /tmp/ask.py < "$LAB/$1" > "$LAB/$1.said" 2>&1 & exec {asker}>"$LAB/$1"; }
# asked WHO KIND COUNT: how many of these exchanges were answered.
asked() {
    local before
    before=$(wc -l < "$LAB/$1.said")
    echo "$2 $3" >&$asker
    until_true 60 eval "((\$(wc -l < '$LAB/$1.said') > $before))"
    tail -1 "$LAB/$1.said"
}
# offloaded PORT: of which transports connections to there pass by the flowtable.
# shellcheck disable=SC2016  # awk's
offloaded() { box awk -v port="dport=$1" '/\[OFFLOAD\]/ && index($0, port) { print $1 $3 }' /proc/net/nf_conntrack | sort -u | paste -sd' '; }
all='ipv4tcp ipv4udp ipv6tcp ipv6udp'
devices() { box nft -j list flowtables | jq -r '.nftables[].flowtable? // empty | .dev | sort | join(" ")'; }
every() { local kind; for kind in tcp udp tcp6 udp6; do asked home $kind "${1:-20}"; done | paste -sd' '; }
whole() { echo "tcp $1 udp $1 tcp6 $1 udp6 $1"; }

claims_lab
lab_profile home | vpn import - --name home >/dev/null
holds 'vpn link' vpn link home
if [[ ! -e /proc/sys/net/netfilter/nf_flowtable_tcp_timeout ]]; then
    echo 'skipped: this kernel has no flowtables'
    claims_end
    exit
fi
says 'the flowtable has the tunnel and the bridge' 'br-home wg0' devices
in_srv python3 /tmp/answer.py 7007 &
sleep 1
lab_capture_start

asking home alice vpnrun home --
says 'all connections work' "$(whole 20)" every
says 'and pass by the flowtable' "$all" offloaded 7007
counted() { box nft list chain inet vpn seen | grep -o 'packets [0-9]*'; }
box nft -f - <<'EOT'
table inet vpn {
  chain seen {
    type filter hook forward priority -1;
    udp dport 7007 counter
  }
}
EOT
says 'more of them' 'udp 50' asked home udp 50
says 'no chain sees them' 'packets 0' counted
box nft delete chain inet vpn seen

# The kernel's time for one that is idle is 30 s; that of conntrack is 120 s of UDP.
box sysctl -qw net.netfilter.nf_flowtable_tcp_timeout=2 net.netfilter.nf_flowtable_udp_timeout=2
says 'with a short time for the flowtable' "$(whole 20)" every
sleep 8
says 'idle ones leave it' '' offloaded 7007
says 'and go on' "$(whole 5)" every 5
box sysctl -qw net.netfilter.nf_flowtable_tcp_timeout=30 net.netfilter.nf_flowtable_udp_timeout=30

# The filter is another one: queries by IPv6 have no server any more.
says 'one socket asks for names by IPv6' 'dns6 20' asked home dns6 20
says 'it passes by the flowtable' 'ipv6udp' offloaded 53
sed -i 's/^DNS = .*/DNS = 172.27.12.1/' /etc/vpnrun/home.conf
holds 'vpn reload' vpn reload home
says 'after it the socket is refused' 'dns6 0' asked home dns6 5
says 'nothing of it passes by the flowtable' '' offloaded 53
says 'the flowtable is whole' 'br-home wg0' devices
says 'all others go on' "$(whole 20)" every
says 'by the flowtable' "$all" offloaded 7007

box ip link set wg0 down
says 'the tunnel is down: nothing passes by the flowtable' '' offloaded 7007
says 'nor any other way' 'udp 0' asked home udp 3
holds 'vpn refresh' vpn refresh home
says 'all go on' "$(whole 20)" every
box ip route replace blackhole default
says 'a route is in the way: nothing passes' 'udp 0' asked home udp 3
box ip route del blackhole default
holds 'vpn refresh' vpn refresh home
box ip link del wg0
says 'the tunnel is gone: nothing passes by the flowtable' '' offloaded 7007
says 'nor any other way' 'udp 0' asked home udp 3
holds 'vpn refresh' vpn refresh home
says 'the flowtable has the new tunnel' 'br-home wg0' devices
says 'all go on' "$(whole 20)" every
says 'by the flowtable' "$all" offloaded 7007
holds 'vpn refresh with nothing to do' vpn refresh home
says 'they stay there' "$all" offloaded 7007
says 'all that time nothing was on uplink and LAN' '' lab_capture_stop
ip link set u0 mtu 1400
says 'vpn refresh on a path of a smaller MTU' '*MTU 1320*' vpn refresh home
says 'they are learnt again' '' offloaded 7007
ip link set u0 mtu 1500
says 'and on one of a larger' '*MTU 1420*' vpn refresh home
says 'all go on' "$(whole 20)" every
says 'by the flowtable' "$all" offloaded 7007
box nft insert rule inet vpn forward udp dport 7007 drop
says 'a rule that somebody puts in does not stop what passes by the flowtable' 'udp 5' asked home udp 5
box nft delete table inet vpn-flows
says 'without the table it does' 'udp 0' asked home udp 3
holds 'vpn reload' vpn reload home
says 'the rule is gone' "$(whole 20)" every
says 'by the flowtable' "$all" offloaded 7007
box nft delete table inet vpn-flows
says 'these claims can fail: without the table' "$(whole 20)" every
says 'nothing passes by it' '' offloaded 7007
exec {asker}>&-

# What comes in is seen packet by packet.
holds 'vpn reload' vpn reload home
alice vpnrun --inbound tcp/7008 home -- python3 /tmp/answer.py 7008 &
listener=$!
sleep 2
asking srv in_srv
says 'what a command lets in works' 'come 20' asked srv come 20
says 'and meets the filter with each packet' '' offloaded 7008
exec {asker}>&-
kill $listener
wait $listener 2>/dev/null

holds 'vpn unlink' vpn unlink --force home
says 'nothing is left' '' nft list flowtables
claims_end
