# shellcheck shell=bash disable=SC2016,SC2086
# Alice and bob may both use VPNs, and do not trust one another.

ports() { on_host ip -n vpn-home -j link show master br-home | jq length; }
ports_are() { [[ $(ports) == "$1" ]]; }
address_of() { inside "$1" 'ip -j address show dev eth0 scope global' | jq -r ".[0].addr_info[] | select(.family == \"$2\").local"; }

# IPv6 lets anybody send from an address that is not his own: IPV6_FREEBIND is 78 at level 41. IPv4 checks.
test_source_address_of_another_command() {
    link home
    inside_open b bob home
    on_host rm -f /home/bob/got
    inside b '/usr/bin/python3 -Ic "
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind((\"::\", 5353)); s.settimeout(3)
print(s.recvfrom(99), flush=True)" > got 2>/dev/null & echo'
    exec {server}< <(in_inet /usr/bin/python3 -Ic 'import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("2001:db8:80::80", 4000)); print(flush=True)
while True:
    data, sender = s.recvfrom(99); print(data.decode(), flush=True); s.sendto(b"into the command of bob", sender)')
    read -r -u "$server"
    as_user alice vpnrun home -- /usr/bin/python3 -I - "$(address_of b inet6)" "$(address_of b inet)" 2>/dev/null <<'END' || true
import socket, sys
there = ("2001:db8:80::80", 4000)
def udp(family, level, freebind, source, to, text):
    s = socket.socket(family, socket.SOCK_DGRAM)
    if source: s.setsockopt(level, freebind, 1); s.bind((source, 5353))
    try: s.sendto(text, to)
    except OSError: pass
udp(socket.AF_INET6, 0, 0, None, there, b"honest") # finds the gateway
import time; time.sleep(0.2)
udp(socket.AF_INET, 0, 15, sys.argv[2], ("192.0.2.80", 4000), b"false")
for source in sys.argv[1], "fd76:706e:1::fe", "fd27:12::34", "fd76:706e:1::1": udp(socket.AF_INET6, 41, 78, source, there, b"false")
END
    sleep 0.5
    as_user alice vpnrun home -- bash -c 'echo last > /dev/udp/2001:db8:80::80/4000'
    while read -t 5 -r -u "$server" line && [[ $line != last ]]; do got+=" $line"; done
    expect ' honest' "$got" 'datagrams that the server got from alice'
    expect_nothing "$(on_host cat /home/bob/got)" "what bob's command got"
}

test_force_spares_others() {
    link home
    inside_open b bob home
    refuses 125 'bob|20002|other' alice "$(linker)" unlink home --force
    expect 203.0.113.101 "$(inside b "$LAB_GET $LAB_WEB4/")"
    inside_close b
    until_true 5 ports_are 0
    inside_open a alice home
    alice "$(linker)" unlink home --force
}

# Whoever takes all that he can leaves something for others.
test_one_user_cannot_take_all_addresses() {
    link home
    alice sh -c 'n=0; while [ $n -lt 253 ]; do vpnrun home -- sleep 60 2>/dev/null & n=$((n + 1)); done'
    sleep 4
    bob vpnrun home -- true
}

# 100 at once of each of two users; then as many as they may have. One more is refused at once, with the reason; who has few gets one.
test_many_at_once() {
    local before start
    link home
    before=$(snapshot)
    for user in alice bob; do
        as_user $user bash -c 'for n in {1..100}; do vpnrun home -- sh -c "sleep 1; exit 7" & p+=($!); done; for q in "${p[@]}"; do wait $q; [[ $? == 7 ]] || exit 1; done' &
        waiting+=($!)
    done
    for process in "${waiting[@]}"; do wait "$process"; done
    until_true 10 ports_are 0
    expect_no_trace "$before"
    for user in alice bob; do
        as_user $user bash -c 'for n in {1..110}; do vpnrun home -- sleep 60 & echo $!; done' >> "$LAB/sleepers"
    done
    until_true 20 ports_are 220
    bob bash -c 'vpnrun home -- sleep 60 & echo $!' >> "$LAB/sleepers"
    until_true 5 ports_are 221
    start=${EPOCHREALTIME/./}
    for user in alice bob; do refuses 125 'last 32 addresses of home' as_user $user vpnrun home -- true; done
    (( ${EPOCHREALTIME/./} - start < 1000000 )) || fail 'refused late'
    expect 203.0.113.101 "$(on_host vpnrun home -- $LAB_GET $LAB_WEB4/)" 'root'
    xargs kill -KILL < "$LAB/sleepers"
    until_true 10 ports_are 0
    expect_no_trace "$before"
    works bob vpnrun home --
}

# A command that was cut off has no way back, whatever is linked again; and what it does there is no business of the host's.
test_command_that_was_cut_off() {
    local before
    link home work
    inside_open a alice home
    vpn unlink home --force
    vpn link home
    until_true 5 has_lost_its_link
    before=$(snapshot)
    inside a "! curl -s -m 2 $LAB_WEB4/ && ! curl -s -m 2 $LAB_WEB6/" || fail 'it has a network again'
    for request in 'link home' 'link work' 'unlink work --force' 'unlink home --force'; do
        inside a "! $(linker) $request 2>/dev/null" || fail "allowed in there: vpn-link $request"
    done
    expect_same "$before" "$(snapshot)" 'the host'
}
has_lost_its_link() { inside a '! ip link show dev eth0 2>/dev/null' >/dev/null; }

# Where the kernel has no more room for an open file, nobody is told that something is not there, or not allowed.
test_no_room_for_open_files() {
    local request call n said
    command -v strace >/dev/null || skip 'no strace'
    link_with home AllowUsers=alice
    settled home
    on_host sed -i '/^ID = /d' /etc/vpnrun/home.conf
    for request in 'show home' default ways 'look-up home' 'clean home --dry-run'; do
        on_host strace -u alice -qq -o "$LAB/trace" "$(linker)" $request > /dev/null
        while read -r call n; do
            said=$(on_host strace -u alice -qq -o /dev/null -e "inject=$call:error=ENFILE:when=$n" "$(linker)" $request 2>&1 < /dev/null) || true
            expect_nothing "$(grep -E 'no capabilities|may not|only root|there is no|not linked|no ID|"allowed":false|"id":null|^\[\]$' <<< "$said")" \
                "$request without room at $call $n"
        done < <(awk -F'(' '{ n[$1]++ } /^capget/ { begun = 1 } begun && /^(openat2?|socket)\(/ { print $1, n[$1] }' "$LAB/trace")
    done
}

# The address may also be somebody else's way out: a VPN that wg-quick(8) has up with the same file.
test_unlink_of_what_is_not_linked_ends_no_socket() {
    local ready
    lab_profile home | vpn import - --name home
    on_host ip address add 172.27.12.34/32 dev l0
    trap 'on_host ip address del 172.27.12.34/32 dev l0' EXIT
    exec {ready}< <(bob /usr/bin/python3 -Ic 'import socket, time
near = socket.create_server(("172.27.12.34", 9000)); far = socket.create_connection(("172.27.12.34", 9000))
print(flush=True); time.sleep(1); far.send(b"x"); print("connected", flush=True)' 2>&1)
    read -r -u "$ready"
    alice "$(linker)" unlink home || true
    expect connected "$(cat <&"$ready")" "bob's connection"
}
