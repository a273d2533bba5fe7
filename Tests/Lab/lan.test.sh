# shellcheck shell=bash
# `vpnrun --lan`: the networks of this machine's links, by TCP, for one command. Nothing else of it gets out beside the VPN.

LAN_WEB=http://192.168.50.20
never() { ! "$@" || fail "it gets there: $*"; }

# lan_command OPTION...: a command of alice's that goes on; prints nothing.
lan_command() {
    alice vpnrun -q "$@" home -- sleep 60 &
    until_true 5 has_lan_port
}
has_lan_port() { [[ $(vpn ps --json | jq '[.[] | select(.lan != [])] | length') == 1 && -n $(inside_of_lan_command ss -Hltn) ]]; }
inside_of_lan_command() { on_host nsenter -t "$(vpn ps --json | jq '.[] | select(.lan != []) | .pid')" -n -- "$@"; }
lan_port() { inside_of_lan_command ss -Hltn4 | sed -nE 's/.* 127\.0\.0\.1:([0-9]+) .*/\1/p' | head -n 1; }
lan_relays() { on_host pgrep -u alice -f 'vpnrun -q --lan' | while read -r pid; do [[ $(on_host readlink "/proc/$pid/cwd") != / ]] || echo "$pid"; done; }
no_lan_relay() { [[ -z $(lan_relays) ]]; }

test_lan_is_reached_as_by_this_machine() {
    link home
    never alice vpnrun -q home -- $LAB_GET $LAN_WEB
    expect 192.168.50.10 "$(alice vpnrun -q --lan home -- $LAB_GET $LAN_WEB)" 'whom the server sees'
    expect 192.168.50.10 "$(alice vpnrun -q --lan=192.168.50.20:80 home -- $LAB_GET $LAN_WEB)" 'one port'
    expect 192.168.50.10 "$(alice vpnrun -q --lan=192.168.50.16/28 home -- $LAB_GET $LAN_WEB)" 'a part of it'
    expect 192.168.50.10 "$(alice vpnrun -q --strict --lan home -- $LAB_GET $LAN_WEB)" 'a strict one'
    trap 'on_host ip addr del fd50::10/64 dev l0; in_lan ip addr del fd50::20/64 dev l1' EXIT
    on_host ip addr add fd50::10/64 dev l0 nodad
    in_lan ip addr add fd50::20/64 dev l1 nodad
    expect fd50::10 "$(alice vpnrun -q --lan home -- $LAB_GET 'http://[fd50::20]')" 'IPv6'
    expect fd50::10 "$(alice vpnrun -q '--lan=[fd50::20]:80' home -- $LAB_GET 'http://[fd50::20]')" 'a port of IPv6'
    works alice vpnrun --lan home --
    up home
    expect 192.168.50.10 "$(alice vpnrun -q --lan home -- $LAB_GET $LAN_WEB)" 'while it is up'
    expect fd50::10 "$(alice vpnrun -q --lan home -- $LAB_GET 'http://[fd50::20]')" 'IPv6, while it is up'
    works alice vpnrun --lan home --
}

# What is seen on the links is a connection to what was named, and nothing else.
test_lan_is_all_that_is_seen() {
    link home
    lab_capture_start
    local to='sh -c' server=192.168.50.20
    never alice vpnrun -q --lan=$server:81 home -- $LAB_GET $LAN_WEB
    never alice vpnrun -q --lan=192.168.50.32/27 home -- $LAB_GET $LAN_WEB
    never alice vpnrun -q --lan home -- curl -s -m 1 $LAN_WEB:853
    expect '"home" "home"' "$(alice vpnrun -q --lan home -- $to "$LAB_DIG who.test TXT @$server; $LAB_DIG +tcp who.test TXT @$server" | xargs -d '\n')" \
        'who answers a query to the LAN'
    expect 203.0.113.101 "$(alice vpnrun -q --lan home -- $LAB_GET http://198.51.100.1/)" "the uplink's network, which is no private one"
    works alice vpnrun --lan home --
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    lan_command --lan
    never bob vpnrun -q home -- $LAB_GET $LAN_WEB
    in_box home ip link del wg0
    lab_capture_start
    expect 192.168.50.10 "$(inside_of_lan_command $LAB_GET $LAN_WEB)" 'while the tunnel is gone'
    never inside_of_lan_command $LAB_GET $LAB_WEB4
    never inside_of_lan_command $LAB_GET $LAB_WEB6
    never inside_of_lan_command $LAB_DIG +tcp who.test TXT @$server
    expect_nothing "$(lab_capture_stop | grep -Ev ' 192\.168\.50\.10\.[0-9]+ > 192\.168\.50\.20\.80: Flags' || true)" 'seen besides'
}

# Whatever gets to its socket, and whatever becomes of this machine's links.
test_the_process_beside_asks_itself() {
    link home
    lan_command --lan
    local port
    port=$(lan_port)
    [[ $port =~ ^[0-9]+$ ]] || fail "it does not listen: $port"
    inside_of_lan_command nft insert rule inet vpn-lan lan ip daddr '{ 203.0.113.2, 198.51.100.1, 192.168.50.20 }' tcp dport '{ 80, 53, 853 }' dnat ip to "127.0.0.1:$port"
    expect 192.168.50.10 "$(inside_of_lan_command $LAB_GET $LAN_WEB)"
    lab_capture_start
    never inside_of_lan_command curl -s -m 1 http://203.0.113.2/
    never inside_of_lan_command curl -s -m 1 http://198.51.100.1/
    never inside_of_lan_command curl -s -m 1 $LAN_WEB:53
    never inside_of_lan_command curl -s -m 1 $LAN_WEB:853
    never inside_of_lan_command curl -s -m 1 "http://127.0.0.1:$port/"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    # shellcheck disable=SC2034  # capture.sh reads it
    local -a LAB_WATCHED=('inet h0 198.51.100.1')
    lab_capture_start
    # This machine is somewhere else now: the same address is behind a router.
    trap 'on_host ip addr add 192.168.50.10/24 dev l0' EXIT
    on_host ip addr del 192.168.50.10/24 dev l0
    never inside_of_lan_command curl -s -m 1 $LAN_WEB
    expect_nothing "$(lab_capture_stop)" 'seen on the uplink'
}

# This machine moves while a connection is open: by IPv6 its packets may go to a router then, and end there.
test_an_open_connection_does_not_follow() {
    local router
    link home
    trap 'on_host ip addr del fd50::10/64 dev l0 2>/dev/null || true; in_lan ip addr del fd50::20/64 dev l1; on_host ip -6 route flush default dev l0; on_host ip neigh flush dev l0' EXIT
    on_host ip addr add fd50::10/64 dev l0 nodad
    in_lan ip addr add fd50::20/64 dev l1 nodad
    in_lan socat -u TCP6-LISTEN:81,reuseaddr "CREATE:$LAB/heard" &
    until_true 5 lan_listens
    lan_command --lan
    # shellcheck disable=SC2034  # capture.sh reads it
    local -a LAB_WATCHED=('inet h0 198.51.100.1')
    lab_capture_start
    in_lan tcpdump -i l1 -ln --immediate-mode 'ip6 and tcp port 81 and src fd50::10' > "$LAB/l1" 2>/dev/null &
    in_lan tcpdump -i l1 -ln --immediate-mode 'ip6 and tcp port 81 and src fd50::10 and ip6[7] > 1' > "$LAB/far" 2>/dev/null &
    sleep 0.5
    inside_of_lan_command socat -u SYSTEM:'echo a; sleep 2; echo b' 'TCP6:[fd50::20]:81' &
    until_true 5 lan_heard a
    router=$(in_lan ip -j link show dev l1 | jq -r '.[0].address')
    on_host ip neigh replace fe80::99 lladdr "$router" dev l0
    on_host ip -6 route add default via fe80::99 dev l0 metric 1
    on_host ip addr del fd50::10/64 dev l0
    until_true 5 lan_heard b # for l1 is that router
    [[ -s $LAB/l1 ]] || fail 'the capture shows nothing at all'
    expect_nothing "$(< "$LAB/far")" 'packets that a router would send on'
    expect_nothing "$(lab_capture_stop)" 'seen on the uplink'
}
lan_heard() { grep -qs "$1" "$LAB/heard"; }
lan_listens() { [[ -n $(in_lan ss -Hltn 'sport = 81') ]]; }

# Its name server and its commands are the VPN's, if a LAN says that it has them.
test_what_is_the_vpns_stays_the_vpns() {
    link home
    trap 'on_host ip addr del 172.27.12.99/24 dev l0; on_host ip addr del 10.20.1.250/16 dev l0' EXIT
    on_host ip addr add 172.27.12.99/24 dev l0
    on_host ip addr add 10.20.1.250/16 dev l0
    lan_command --lan
    local rules server
    server=$(profile_dns)
    rules=$(inside_of_lan_command nft list table inet vpn-lan)
    expect_match "ip daddr $server return" "$rules"
    expect_match 'ip daddr 10.20.1.0/24 return' "$rules"
    lab_capture_start
    never inside_of_lan_command curl -s -m 1 "http://$server/"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}
profile_dns() { status home '.dns[0]'; }

test_standard_streams_may_be_closed() {
    link home
    local answer=$LAB/answer
    rm -f "$answer"
    install -m 666 /dev/null "$answer"
    alice sh -c 'exec vpnrun -q --lan home -- sh -c "$1 > $2" <&- >&-' sh "$LAB_GET $LAN_WEB" "$answer"
    expect 192.168.50.10 "$(< "$answer")" 'without input and output'
    alice sh -c 'exec vpnrun -q --lan -p 8095:80 home -- sh -c "$1 > $2" <&- >&- 2>&-' sh "$LAB_GET $LAN_WEB" "$answer"
    expect 192.168.50.10 "$(< "$answer")" 'without any'
}

test_lan_is_shown_and_ends() {
    link home
    lan_command --lan=192.168.50.20:80,192.168.50.0/28
    expect '["192.168.50.20:80","192.168.50.0/28"]' "$(vpn ps --json | jq -c '.[0].lan')"
    expect '["192.168.50.20:80","192.168.50.0/28"]' "$(vpn status home --json | jq -c '.[0].commands[0].lan')"
    expect_match 'LAN<192.168.50.20:80,LAN<192.168.50.0/28' "$(vpn ps)"
    expect_match 'nothing that the command sent left by another link' "$(vpn check home || true)"
    local relay name
    relay=$(lan_relays)
    [[ $relay =~ ^[0-9]+$ ]] || fail "no process beside it: $relay"
    for name in fd environ maps; do
        ! alice ls "/proc/$relay/$name/" >/dev/null 2>&1 || fail "/proc/$relay/$name can be read"
    done
    on_host kill "$(vpn ps --json | jq '.[0].pid')"
    until_true 5 no_lan_relay
    expect '' "$(alice vpnrun -q --lan home -- sh -c 'for f in /proc/self/fd/*; do readlink $f; done | grep socket' || true)" 'sockets that it has'
}

test_what_is_no_lan_is_one_sentence() {
    link home
    complains 2 "'nas' is no list of addresses: --lan=192.168.1.7:445" alice vpnrun --lan=nas home -- true
    complains 2 '203.0.113.2 is no part of a LAN: --lan takes addresses of 10.0.0.0/8' alice vpnrun --lan=203.0.113.2 home -- true
    complains 2 '0.0.0.0/0 is no part of a LAN' alice vpnrun --lan=0.0.0.0/0 home -- true
    complains 2 '127.0.0.1 is no part of a LAN' alice vpnrun --lan=127.0.0.1 home -- true
    complains 2 "port 53 is for names, which the VPN's servers resolve" alice vpnrun --lan=192.168.50.20:53 home -- true
    complains 125 "192.168.51.7/32 is in no network of this machine's links, which --lan reaches: 192.168.50.0/24" alice vpnrun --lan=192.168.51.7 home -- true
    complains 125 "192.168.0.0/16 is in no network of this machine's links" alice vpnrun --lan=192.168.0.0/16 home -- true
    complains 125 '--lan is about the networks of this machine.s links, and this is a command of home: type it outside' \
        alice vpnrun -q home -- vpnrun --lan home -- true
    complains 2 '--direct goes with' alice vpnrun --direct --lan -- true
    trap 'on_host ip addr add 192.168.50.10/24 dev l0' EXIT
    on_host ip addr del 192.168.50.10/24 dev l0
    complains 125 'this machine has no LAN for --lan' alice vpnrun --lan home -- touch "$LAB/started"
    [[ ! -e $LAB/started ]] || fail 'the command was started'
}
