# shellcheck shell=bash disable=SC2154
# `Block = yes`: from the start of the system until the VPN is up nothing leaves this machine but what a network needs, and tunnels' packets.
# Tests/VM/boot.sh shows it, with seen.sh, from a machine's first packet on.

# blocked [KEY=VALUE...]: as vpnrun-block.service has it.
blocked() {
    import_vpn home Autostart=up Block=yes "$@"
    expect 'nothing leaves this machine until home is up' "$(helper block)"
}

helper() { on_host "$LAB_PREFIX/libexec/vpnrun/vpn-link" "$@"; }

# send SOURCE_PORT ADDRESS PORT: a datagram of root's.
send() { on_host socat -u - "UDP-SENDTO:$2:$3,bind=:$1" <<< hello 2>/dev/null; }

# block_watch, block_seen: as lab_capture_start and _stop, whose marks are refused as everything is; DHCP is not.
block_watch() {
    local watched
    for watched in "${LAB_WATCHED[@]}"; do lab_capture_link $watched; done
    until_true 10 block_marked
}
block_marked() {
    send 68 198.51.100.1 67
    send 68 192.168.50.20 67
    grep -q '\.68 > .*\.67: ' "$LAB/capture.h0" && grep -q '\.68 > .*\.67: ' "$LAB/capture.l1"
}
block_seen() {
    sleep 0.3
    kill "$(< "$LAB/capture.h0.pid")" "$(< "$LAB/capture.l1.pid")"
    cat "$LAB/capture.h0" "$LAB/capture.l1" | grep -v '\.68 > .*\.67: ' || true
}

test_block_refuses_all_but_the_tunnel() {
    local way
    stream_open plain u0 own
    blocked
    block_watch
    stream_forget
    stream_tell
    stream_close
    expect_nothing "$(block_seen)" 'seen on uplink or LAN'
    stream_not_direct
    expect_match '^E[A-Z,]*$' "$(stream_got http)" 'answers over HTTP'
    for way in http://192.168.50.20 $LAB_WEB4 $LAB_WEB6; do no_way alice $LAB_GET $way; done
    # A program in the VPN is let through, which is linked by that.
    vpn link home >/dev/null
    works alice vpnrun home --
    expect 'false true' "$(status home '"\(.up) \(.blocked)"')"
}

test_block_lets_the_network_be() {
    local way
    blocked
    block_watch
    send 68 198.51.100.1 67
    send 546 '[2001:db8:100::1]' 547
    # Any program may send to these ports, only root from them.
    for way in '68 198.51.100.1 68' '1068 198.51.100.1 67' '1546 [2001:db8:100::1] 547'; do send $way || true; done
    expect 'IP6 2001:db8:100::2.546 > 2001:db8:100::1.547' "$(block_seen | sed -E 's/^[0-9:.]+ //; s/: .*//')" 'what is seen'
    # A neighbour that is not known any more is found again.
    on_host ip neighbour flush dev u0
    on_host ip -6 route get 2001:db8:100::1 >/dev/null
    send 546 '[2001:db8:100::1]' 547
    until_true 5 on_host sh -c "ip -6 neighbour show 2001:db8:100::1 dev u0 | grep -q lladdr"
}

# Between the one filter and the other there is nothing: a program that tries all the time is never let out.
test_block_ends_with_up_without_a_gap() {
    stream_open plain u0 own
    blocked
    vpn link home >/dev/null
    block_watch
    alice vpn up home >/dev/null
    stream_tell
    expect_nothing "$(block_seen | grep -v ' 192.168.50.10\.' || true)" 'seen on uplink or LAN'
    stream_close
    expect 'false true' "$(status home '"\(.blocked) \(.up)"')"
    works alice
    expect 192.168.50.10 "$(alice $LAB_GET http://192.168.50.20)" 'the LAN is direct again'
    # While it is up, blocking is asked for in vain.
    expect '' "$(helper block)"
    expect false "$(status home .blocked)"
    down home
    expect "$LAB_DIRECT" "$(address alice)" 'after down'
}

test_block_stays_where_up_fails() {
    blocked
    on_host ip link add home type veth peer name homepeer
    complains 125 'not ours' vpn autostart
    on_host ip link del home
    expect true "$(status home .blocked)"
    no_way alice $LAB_GET $LAB_WEB4
    expect_match 'Nothing leaves this machine until home is up.*vpn down home' "$(vpn status || true)"
    expect_match 'vpn-block\.home refuses all until home is up' "$(vpn explain --host 192.0.2.80 || true)"
    expect_match 'nothing leaves this machine until home is up' "$(vpn check home || true)"
    # One that goes away half-way leaves it, too.
    on_host timeout -s KILL 0.01 vpn up home >/dev/null 2>&1 || true
    [[ $(status home .up) == true ]] || expect true "$(status home .blocked)"
    expect_match 'home is not up, and keeps nothing|home is down' "$(alice vpn down)"
    expect "$LAB_DIRECT" "$(address alice)" 'after down'
}

# The name of an endpoint is asked by the tunnel's own sockets.
test_block_and_an_endpoint_by_name() {
    in_inet ip address add 198.51.100.53/24 dev h0
    in_inet dnsmasq --conf-file=/dev/null --pid-file=/run/names.pid --user=root --group=root --bind-interfaces --no-resolv --no-hosts \
        --listen-address=198.51.100.53 --host-record=vpn.example.net,203.0.113.2
    on_host cp -aP /etc/resolv.conf /etc/resolv.conf.kept
    trap 'set +e; on_host mv /etc/resolv.conf.kept /etc/resolv.conf; in_inet sh -c "kill \$(cat /run/names.pid)"; in_inet ip address del 198.51.100.53/24 dev h0' EXIT
    on_host sh -c 'echo nameserver 198.51.100.53 > /etc/resolv.conf'
    blocked Endpoint=vpn.example.net:51820
    ! alice getent hosts vpn.example.net || fail 'a program finds the name'
    vpn autostart >/dev/null
    expect 203.0.113.2:51820 "$(status home '.peers[0].endpoint')"
    works alice
}

# Two that are waited for: nothing is let out before both are up.
test_block_of_two() {
    blocked
    import_vpn work Autostart=up Block=yes AllowedIPs=172.27.13.0/24
    helper block >/dev/null
    vpn up work >/dev/null
    no_way alice $LAB_GET $LAB_WEB4
    expect 'false true' "$(status work .blocked) $(status home .blocked)"
    vpn up home >/dev/null
    works alice
}

test_block_is_roots() {
    import_vpn home Autostart=up Block=yes
    refuses 125 'only root' as_user alice "$LAB_PREFIX/libexec/vpnrun/vpn-link" block
    expect false "$(status home .blocked)"
    import_vpn home Autostart=up
    expect '' "$(helper block)"
    expect false "$(status home .blocked)"
    # Nobody else's table of that name is touched.
    on_host nft add table inet vpn-block.home
    import_vpn home Autostart=up Block=yes
    complains 125 "another program's" helper block
    on_host nft delete table inet vpn-block.home
}

# One mistake lets nothing out: neither in the profile itself nor in another.
test_block_in_spite_of_mistakes() {
    import_vpn home Autostart=up Block=yes
    on_host sh -c 'echo "Nonsense = 1" >> /etc/vpnrun/home.conf'
    on_host sh -c 'echo "Nonsense = 1" > /etc/vpnrun/wrong.conf'
    complains 125 'home.conf' helper block
    no_way alice $LAB_GET $LAB_WEB4
    expect_match 'home.conf.*nothing leaves this machine until home is up' "$(vpn status 2>&1 | tr '\n' ' ')"
    on_host vpn down home
    expect "$LAB_DIRECT" "$(address alice)" 'after down'
    # Another's.
    import_vpn home Autostart=up Block=yes
    complains 125 'wrong.conf' helper block
    expect true "$(status home .blocked)"
    no_way alice $LAB_GET $LAB_WEB4
    on_host rm /etc/vpnrun/wrong.conf
}

# Its name is what ends it; where the profile went another way, its name is known all the same.
test_block_keeps_its_name() {
    blocked
    complains 125 'vpn down home' vpn remove home
    complains 125 'vpn down home' vpn remove --force home
    complains 125 'vpn down home' vpn rename home other
    on_host mv /etc/vpnrun/home.conf /etc/vpnrun/gone
    expect_match 'nothing leaves this machine until home is up' "$(vpn status 2>&1 || true)"
    expect_match 'home is not up, and keeps nothing' "$(on_host vpn down home)"
    on_host mv /etc/vpnrun/gone /etc/vpnrun/home.conf
    helper block >/dev/null
    on_host mv /etc/vpnrun/home.conf /etc/vpnrun/gone
    expect_match 'home is not up, and keeps nothing' "$(on_host vpn down)"
    on_host rm /etc/vpnrun/gone
    expect "$LAB_DIRECT" "$(address alice)" 'after down'
}
