# shellcheck shell=bash disable=SC2016,SC2086
# What all have together: the VPN's ports towards a server, and its address on the host.

# answered USER COUNT [PREFIX...]: how many of that many queries are answered.
answered() {
    local user=$1 count=$2 got=0; shift 2
    while (( count-- > 0 )); do
        [[ $(as_user "$user" "$@" dig +short +time=1 +tries=1 who.test TXT) == '"home"' ]] && got=$((got + 1))
    done
    echo "$got"
}

# One datagram of one byte from each port, 2,300 in a second for that many seconds: each is remembered for half a minute.
flood() {
    as_user alice vpnrun home -- /usr/bin/python3 -Ic 'import socket, sys, time
start, n = time.time(), 0
while time.time() - start < float(sys.argv[1]):
    while n < (time.time() - start) * 2300:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try: s.bind(("0.0.0.0", 1024 + n % 64512)); s.sendto(b"x", ("172.27.12.1", 53))
        except OSError: pass
        s.close(); n += 1
    time.sleep(0.01)
print(n)' "$1" 2>/dev/null
}

# Of 64,512 ports 69,000 would be wanted in half a minute.
test_one_command_cannot_cut_others_off_from_a_server() {
    local sent
    link home
    expect 3 "$(answered bob 3 vpnrun home --)" 'before'
    exec {sent}< <(flood 45)
    sleep 38
    expect 5 "$(answered bob 5 vpnrun home --)" "bob's queries"
    expect 5 "$(answered alice 5 vpnrun home --)" "those of another command of alice's"
    up home
    expect 5 "$(answered bob 5)" "bob's on the host, which is up"
    (( $(cat <&"$sent") > 80000 )) || fail 'the flood was none'
}

# What one command asks for in the ordinary way is far from it: 900 queries in some seconds, of which each takes a port.
test_shares_are_not_noticed() {
    link home
    expect 900 "$(alice vpnrun home -- /usr/bin/python3 -Ic 'import socket
query, got = bytes.fromhex("aa5501000001000000000000") + b"\x03who\x04test\x00\x00\x10\x00\x01", 0
for i in range(900):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2); s.sendto(query, ("172.27.12.1", 53))
    try: got += s.recv(999)[:2] == query[:2]
    except OSError: pass
print(got)')" 'answers'
    alice vpnrun home -- curl -sS -m 20 --parallel --parallel-immediate --parallel-max 200 -o /dev/null "$LAB_WEB4/[1-400]" || fail '400 connections'
}

# bound USER: what comes of binding to link and address, both families, and of asking the VPN's server.
bound() {
    local to
    for to in "--interface home $LAB_WEB4/" "--interface 172.27.12.34 $LAB_WEB4/" "--interface home $LAB_WEB6/"; do
        echo -n "$(as_user "$1" curl -s -m 2 $to || echo no) "
    done
    as_user "$1" dig +short +time=1 +tries=1 -b 172.27.12.34 who.test TXT @172.27.12.1 | grep '^"' || echo no
}
all='203.0.113.101 203.0.113.101 2001:db8:113::101 "home"'

# By vpnrun bob and carol are refused; the link and the address are on the host for every program.
test_the_link_is_for_those_who_may_use_the_vpn() {
    lab_capture_start
    link_with home AllowUsers=alice
    settled home
    expect "$all" "$(bound alice)" alice
    expect 'no no no no' "$(bound bob)" bob
    expect 'no no no no' "$(bound carol)" carol
    expect 203.0.113.101 "$(on_host curl -s -m 2 --interface home $LAB_WEB4/)" root
    (( $(milliseconds as_user bob curl -s -m 3 --interface home $LAB_WEB4/ 2>/dev/null || true) < 500 )) || fail 'bob is told late'
    vpn edit home AllowUsers=bob >/dev/null
    vpn reload home >/dev/null
    expect 'no no no no' "$(bound alice)" 'alice, who may no more'
    expect "$all" "$(bound bob)" 'bob, who may now'
    # Up it is for everybody.
    bob vpn up home >/dev/null
    works carol
    expect "$all" "$(bound carol)" 'carol while it is up'
    bob vpn down home >/dev/null
    expect 'no no no no' "$(bound carol)" 'carol after that'
    vpn refresh home >/dev/null
    expect 'no no no no' "$(bound carol)" 'carol after refresh'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# Without AllowUsers: the members of the group that may call vpn-link, by that group's file or as a process of it.
test_the_link_is_for_members_of_the_group() {
    link home
    for user in alice bob; do expect "$all" "$(bound $user)" "$user"; done
    expect 'no no no no' "$(bound carol)" 'carol, who is not in the group'
    expect 203.0.113.101 "$(on_host setpriv --reuid=carol --regid=vpn --clear-groups --inh-caps=-all curl -s -m 2 --interface home $LAB_WEB4/)" 'a process of the group'
}
