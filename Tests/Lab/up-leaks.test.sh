# shellcheck shell=bash disable=SC2154
# The system is behind `home` and something happens: of a program that tries every way out, nothing is seen on uplink or LAN, and it learns at once.
# It has connections from before `up`, sockets bound to the uplink and to its addresses. mutate.sh shows that the capture would see each leak.

ways=(plain u0 own)

# behind [KEY=VALUE...]: alice's program runs, then the system is behind home, and from now on nothing may be seen.
behind() {
    link_with home "$@"
    stream_open "${ways[@]}"
    lab_capture_start
    up home
    lab_capture_forget
    stream_forget
}

# expect_no_leak: after a while.
expect_no_leak() {
    stream_forget
    stream_tell
    expect_nothing "$(lab_capture_stop | grep -v "${LAB_UNSEEN:-^$}" || true)" 'seen on uplink or LAN'
    stream_not_direct
}

# expect_cut: nothing of the plain program goes anywhere, and connects are refused at once.
expect_cut() {
    expect_match '^E[A-Z,]*$' "$(stream_got 'plain-http')" "answers over HTTP, of $(jq -c 'with_entries(select(.key | test("plain-http|plain-dnstcp|own-dnstcp")))' <<< "$stream_answer")"
    (( $(stream_slowest 'plain-http') < 150 )) || fail "$(stream_slowest 'plain-http') ms until a connect failed: $stream_answer"
}

# expect_through: everything of the plain program goes through home. What began before the fault may still wait, and ends as a timeout; and
# a machine that is busy with other things loses a packet now and then.
expect_through() {
    local last=$((SECONDS + 3))
    until went_through || ((SECONDS >= last)); do
        stream_forget
        stream_tell
        stream_not_direct
    done
    expect "203.0.113.101" "$(without_timeouts 'plain-http4')" 'answers over IPv4'
    expect "2001:db8:113::101" "$(without_timeouts 'plain-http6')" 'answers over IPv6'
    expect 'home' "$(without_timeouts 'plain-dns')" 'who answers queries'
}
went_through() { [[ "$(stream_got 'plain-http4') $(stream_got 'plain-http6') $(stream_got 'plain-dns')" == '203.0.113.101 2001:db8:113::101 home' ]]; }
without_timeouts() { stream_got "$1" | tr ', ' '\n' | grep -v '^timeout$' | sort -u | paste -sd,; }

# ---------------------------------------------------------------- nothing is wrong

test_up() {
    behind
    expect_no_leak
    expect_through
    expect 'home' "$(stream_got 'own-dns')" "who answers queries from the uplink's address"
    expect_nothing "$(stream_got 'u0-dns' | tr ', ' '\n' | grep -Ev '^(E[A-Z]*|home|)$' || true)" 'who answers queries of sockets that are bound to the uplink'
    expect_match '^E[A-Z,]*$' "$(stream_got '(u0|own)-http')" 'answers to bound sockets'
    (( $(stream_slowest '(u0|own)-http') < 150 )) || fail "$(stream_slowest '(u0|own)-http') ms until a bound socket's connect failed"
    stream_forget
    stream_tell
    expect_match '^E[A-Z,]*$' "$(stream_got 'plain-tcp')" 'connections from before'
}

# Roots's, too, and what is neither TCP nor UDP.
test_up_for_roots_programs() {
    link home
    up home
    lab_capture_start
    works on_host
    for way in 'u0' '198.51.100.2'; do
        ! on_host curl -s -m 1 --interface $way $LAB_WEB4/ || fail "bound to $way"
        ! on_host ping -c 1 -W 0.2 -I $way 192.0.2.80 >/dev/null 2>&1 || fail "ping -I $way"
    done
    on_host ping -c 1 -W 1 192.0.2.80 >/dev/null || fail 'no ping through the VPN'
    on_host ping -c 1 -W 1 2001:db8:80::80 >/dev/null || fail 'no ping through the VPN over IPv6'
    for protocol in 132 136 47; do
        on_host /usr/bin/python3 -Ic 'import socket, sys
for family, to in ((socket.AF_INET, "192.0.2.80"), (socket.AF_INET6, "2001:db8:80::80")):
    for link in (b"", b"u0"):
        try:
            s = socket.socket(family, socket.SOCK_RAW, int(sys.argv[1]))
            if link: s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link)
            s.sendto(b"x" * 64, (to, 0))
        except OSError: pass' $protocol
    done
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# `up` and `down` and `refresh` while it is up, another VPN's link and unlink.
test_nothing_in_between() {
    behind
    for _ in {1..4}; do
        up home
        alice vpn refresh home >/dev/null
    done
    link work
    up work
    down work
    unlink_vpn work
    expect_no_leak
    expect_through
}

# Down with the lower ID, up again: the other takes over, and nobody else ever.
test_hand_over() {
    behind
    link work
    up work
    stream_forget
    for _ in {1..5}; do
        down home
        up home
    done
    bob vpn toggle home >/dev/null
    bob vpn toggle home >/dev/null
    stream_tell
    stream_not_direct
    expect_nothing "$(stream_got 'plain-http' | tr , '\n' | grep -Ev '^(203\.0\.113|2001:db8:113:)[.:]10[12]$|^E|timeout|hung up' || true)" 'answers over HTTP'
    expect_no_leak
    expect_through
    down home
    stream_forget
    stream_tell
    expect '203.0.113.102 2001:db8:113::102 work' "$(stream_got plain-http4) $(stream_got plain-http6) $(stream_got plain-dns)" 'after the last hand-over'
}

test_one_of_two_is_removed_by_force() {
    behind
    link work
    up work
    vpn unlink home --force >/dev/null
    expect_no_leak
    expect '203.0.113.102 2001:db8:113::102 work' "$(stream_got plain-http4) $(stream_got plain-http6) $(stream_got plain-dns)"
}

# ---------------------------------------------------------------- the tunnel goes

test_device_deleted_while_up() {
    behind
    on_host ip -n vpn-home link del dev wg0
    expect_no_leak
    expect_cut
}

test_device_set_down_while_up() {
    behind
    on_host ip -n vpn-home link set dev wg0 down
    expect_no_leak
    expect_cut
}

test_box_unpinned() {
    behind
    on_host umount /run/netns/vpn-home
    sleep 0.2 # while the kernel ends the box, its redirection goes before its tunnel: queries reach others, through the tunnel
    expect_no_leak
}

test_box_deleted() {
    behind
    on_host ip netns del vpn-home
    until_true 2 host_link_is_gone
    expect_no_leak
    expect_cut
}
host_link_is_gone() { ! on_host ip link show dev home >/dev/null 2>&1; }

test_host_link_deleted() {
    behind
    on_host ip link del dev home
    expect_no_leak
    expect_cut
}

test_host_link_set_down() {
    behind
    on_host ip link set dev home down
    expect_no_leak
    expect_cut
}

test_userspace_process_killed_while_up() {
    link home
    userspace || skip 'the kernel has WireGuard: no process'
    unlink_vpn home
    behind
    kill_userspace home
    expect_no_leak
    expect_cut
}

test_server_silent_while_up() {
    trap 'set +e; in_srv nft delete table inet silent' EXIT
    behind
    in_srv nft 'table inet silent { chain input { type filter hook input priority raw; policy accept; iifname "s0" drop; }; }'
    expect_no_leak
}

test_endpoint_unreachable() {
    trap 'set +e; in_inet nft delete table inet broken' EXIT
    behind
    in_inet nft 'table inet broken { chain forward { type filter hook forward priority 0; ip daddr 203.0.113.2 reject with icmp host-unreachable; }; }'
    expect_no_leak
}

# ---------------------------------------------------------------- other programs on the host

test_rules_flushed() {
    behind
    on_host ip -4 rule flush protocol 86
    on_host ip -6 rule flush protocol 86
    expect_no_leak
    expect_cut
}

test_table_flushed() {
    behind
    for table in 1 7676201; do
        on_host ip -4 route flush table $table
        on_host ip -6 route flush table $table
    done
    expect_no_leak
    expect_cut
}

test_rules_and_table_flushed() {
    behind
    for family in -4 -6; do
        on_host ip $family rule flush protocol 86
        for table in 1 7676201; do on_host ip $family route flush table $table; done
    done
    expect_no_leak
    expect_cut
}

# Without our filter the rules alone hold what is not bound to a link.
test_filter_deleted() {
    link home
    stream_open plain
    lab_capture_start
    up home
    lab_capture_forget
    stream_forget
    on_host nft flush ruleset
    LAB_UNSEEN='destination unreachable' # the kernel's own words about an answer that nobody waits for
    expect_no_leak
    expect_through
}

# TunnelVision (CVE-2024-3661): routes for half of the internet each, from a DHCP server.
test_wide_routes_appear() {
    trap 'set +e; for net in 0.0.0.0/1 128.0.0.0/1; do on_host ip route del $net; done; for net in ::/1 8000::/1 2000::/3; do on_host ip -6 route del $net; done' EXIT
    behind
    for net in 0.0.0.0/1 128.0.0.0/1; do on_host ip route add $net via 198.51.100.1 dev u0; done
    for net in ::/1 8000::/1 2000::/3; do on_host ip -6 route add $net via 2001:db8:100::1 dev u0; done
    expect_no_leak
    alice vpn refresh home >/dev/null
    expect_no_leak_again
}
expect_no_leak_again() {
    lab_capture_start
    expect_no_leak
}

# The same, there before `up`.
test_wide_routes_from_before() {
    trap 'set +e; for net in 0.0.0.0/1 128.0.0.0/1; do on_host ip route del $net; done; on_host ip -6 route del 2000::/3' EXIT
    for net in 0.0.0.0/1 128.0.0.0/1; do on_host ip route add $net via 198.51.100.1 dev u0; done
    on_host ip -6 route add 2000::/3 via 2001:db8:100::1 dev u0
    behind
    expect_no_leak
}

# And routes for the very hosts.
test_host_routes_appear() {
    trap 'set +e; on_host ip route del 192.0.2.80; on_host ip -6 route del 2001:db8:80::80' EXIT
    behind
    on_host ip route add 192.0.2.80 via 198.51.100.1 dev u0
    on_host ip -6 route add 2001:db8:80::80 via 2001:db8:100::1 dev u0
    expect_no_leak
    expect_cut
}

# ---------------------------------------------------------------- another network

# From Wi-Fi to the cable: the tunnel goes on by the other link, and nothing else does.
test_another_uplink() {
    trap 'set +e; to_first_uplink' EXIT
    second_uplink
    ways+=(u1)
    on_host ip route add default via 198.51.101.1 dev u1 metric 9
    on_host ip -6 route add default via 2001:db8:101::1 dev u1 metric 9
    behind
    to_second_uplink
    expect_no_leak
    alice vpn refresh home >/dev/null
    expect_no_leak_again
    expect_through
}

test_a_second_uplink_appears() {
    trap 'set +e; on_host ip link del dev u1' EXIT
    second_uplink
    behind
    on_host ip route add default via 198.51.101.1 dev u1 metric 1
    on_host ip -6 route add default via 2001:db8:101::1 dev u1 metric 1
    expect_no_leak
    expect_through
}

# Only one family is left.
test_no_ipv4_any_more() {
    trap 'set +e; on_host ip route replace default via 198.51.100.1 dev u0 metric 5' EXIT
    behind
    on_host ip -4 route del default
    expect_no_leak
    (( $(stream_slowest 'plain-http4') < 600 ))
}

test_no_ipv6_any_more() {
    trap 'set +e; on_host ip -6 route replace default via 2001:db8:100::1 dev u0 metric 5' EXIT
    behind
    on_host ip -6 route del default
    expect_no_leak
    expect_through
}

test_vpn_without_ipv6() {
    behind Address=172.27.12.34/32 DNS=172.27.12.1
    expect_no_leak
    expect 203.0.113.101 "$(stream_got 'plain-http4')"
    expect_match '^E[A-Z,]*$' "$(stream_got 'plain-(http|udp)6')" 'answers over IPv6'
    (( $(stream_slowest 'plain-http6') < 100 )) || fail "$(stream_slowest 'plain-http6') ms until a connect over IPv6 failed"
    expect_nothing "$(stream_got 'dns6|dnstcp6' | tr , '\n' | grep -Ev '^E|^home|timeout' || true)" 'who answers queries over IPv6'
}

test_vpn_without_ipv4() {
    behind 'Address=fd27:12::34/128' 'DNS=fd27:12::1'
    expect_no_leak
    expect 2001:db8:113::101 "$(stream_got 'plain-http6')"
    expect_match '^E[A-Z,]*$' "$(stream_got 'plain-(http|udp)4')" 'answers over IPv4'
    (( $(stream_slowest 'plain-http4') < 100 )) || fail "$(stream_slowest 'plain-http4') ms until a connect over IPv4 failed"
}

# ---------------------------------------------------------------- guests

# guests: a network behind the host, which forwards and masquerades, as Docker has it; in_guest.
guests() {
    lab_namespace guest
    trap 'set +e; on_host ip link del dev g0; on_host nft delete table inet guests; on_host sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
        kill -KILL ${LAB_PID[guest]}' EXIT
    on_host ip -batch - <<END
        link add g0 index 600 type veth peer name g1 netns ${LAB_PID[guest]}
        link set g0 addrgenmode none
        address add fe80::1/64 dev g0 nodad
        address add 10.88.0.1/24 dev g0
        address add fd88::1/64 dev g0 nodad
        link set g0 up
END
    in_node guest ip -batch - <<'END'
        link set g1 addrgenmode none
        address add fe80::2/64 dev g1 nodad
        address add 10.88.0.2/24 dev g1
        address add fd88::2/64 dev g1 nodad
        link set g1 up
        route add default via 10.88.0.1
        route add default via fd88::1
END
    on_host sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    on_host nft 'table inet guests { chain post { type nat hook postrouting priority srcnat; ip saddr 10.88.0.0/24 oifname != "g0" masquerade; ip6 saddr fd88::/64 oifname != "g0" masquerade; }; }'
}
in_guest() { in_node guest "$@"; }

test_forwarded_packets() {
    guests
    link home
    expect "$LAB_DIRECT" "$(address in_guest)" 'before'
    lab_capture_start
    up home
    lab_capture_forget
    expect "$LAB_BY_HOME" "$(address in_guest)"
    expect '"home" "home" "home"' "$(in_guest $LAB_DIG @198.51.100.1 who.test TXT) $(in_guest $LAB_DIG @192.168.50.20 who.test TXT) $(in_guest $LAB_DIG +tcp @2001:db8:100::1 who.test TXT)"
    on_host ip -4 rule flush protocol 86
    on_host ip -6 rule flush protocol 86
    no_way in_guest curl -s -m 2 $LAB_WEB4/
    no_way in_guest curl -s -m 2 $LAB_WEB6/
    in_guest $LAB_DIG @198.51.100.1 who.test TXT >/dev/null || true
    in_guest $LAB_DIG @192.168.50.20 who.test TXT >/dev/null || true
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# A download of theirs from before goes into the VPN or nowhere.
test_forwarded_packets_from_before() {
    guests
    link home
    in_guest curl -s -o /dev/null $LAB_WEB4/big &
    in_guest curl -s -o /dev/null $LAB_WEB6/big &
    sleep 0.2
    lab_capture_start
    up home
    lab_capture_forget
    sleep 0.3
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# The kernel's own "port unreachable" for an answer that nobody waits for any more; it has the answer in it.
test_answers_that_come_late() {
    local query='
import socket, struct, time
query = struct.pack(">6H", 77, 0x100, 1, 0, 0, 0) + b"\x03who\x04test\0" + struct.pack(">2H", 16, 1)
for family, own, servers in ((socket.AF_INET, "198.51.100.2", ("198.51.100.1", "192.168.50.20")), (socket.AF_INET6, "2001:db8:100::2", ("2001:db8:100::1",))):
    for server in servers:
        for way in ("plain", "own", "u0"):
            s = socket.socket(family, socket.SOCK_DGRAM)
            if way == "own": s.bind((own, 0))
            if way == "u0": s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"u0")
            try: s.sendto(query, (server, 53))
            except OSError: pass
            s.close()
            time.sleep(0.005)
time.sleep(0.2)'
    link home
    up home
    works alice # a handshake
    lab_capture_start
    alice /usr/bin/python3 -Ic "$query"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# Private addresses may be those of an employer behind the VPN; the LAN's and those of containers are not, and go on.
test_private_addresses_when_the_rules_are_gone() {
    local address
    link home
    on_host ip link add c0 type bridge
    trap 'on_host ip link del dev c0' EXIT
    up home
    # A network of containers that comes while it is up.
    on_host ip link set c0 up
    on_host ip address add 172.31.7.1/24 dev c0
    on_host ip -4 rule flush protocol 86
    on_host ip -6 rule flush protocol 86
    lab_capture_start
    for address in 10.64.0.1 172.16.5.5 192.168.77.7 '[fd00:64::1]'; do
        ! as_user alice curl -s -m 1 "http://$address/" || fail "an answer of $address"
        (( $(milliseconds as_user alice curl -s -m 1 "http://$address/" || true) < 300 )) || fail "$address: refused late"
    done
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    expect alice "$(as_user alice curl -s -m 2 http://192.168.50.20/ | sed 's/.*/alice/')" 'the LAN'
    expect_match '100% packet loss' "$(on_host ping -c 1 -W 1 172.31.7.9 2>&1 || true)" 'no container answers'
    expect_nothing "$(on_host ping -c 1 -W 1 172.31.7.9 2>&1 | grep -i 'filtered\|not permitted')" 'the network of containers'
}

# Filter and routes deleted, but not the rules: what comes by all of them is unreachable, of IPv4. Direct is what may come so far.
test_tables_and_filter_deleted() {
    link home
    up home
    expect 1 "$(on_host sh -c 'ip -j rule; ip -6 -j rule' | jq -s 'add | [.[] | select(.priority == 600 and .action == "unreachable")] | length')" 'rules behind all'
    on_host nft flush ruleset
    for family in -4 -6; do on_host ip $family route flush table 7676201; done
    on_host ip -6 route del unreachable default metric 4294967295 table 7676201 2>/dev/null || true
    on_host ip route flush table 1
    lab_capture_start
    ! as_user alice curl -s -m 2 $LAB_WEB4/ || fail 'an answer'
    # IPv6 is not sealed: connections of before may end in the clear.
    expect_nothing "$(lab_capture_stop | grep -v ' IP6 ')" 'IPv4 seen on uplink or LAN'
    down home
    expect_nothing "$(on_host ip rule show priority 600)$(on_host ip -6 rule show priority 600)" 'left'
    link_with home Direct=192.0.2.80/32
    up home
    expect 0 "$(on_host ip -j rule show priority 600 | jq length)" 'IPv4 with Direct'
    lab_capture_start
    expect 198.51.100.2 "$(as_user alice curl -s -m 2 $LAB_WEB4/)" Direct
}
