# shellcheck shell=bash disable=SC2154
# Beside what owns the network: filters that are flushed, resolvers that speak TLS, reverse path filters of firewalls. The services themselves
# are in Tests/VM/beside.sh.

# What a ruleset that begins with `flush ruleset` leaves of us, until it is healed: rules and routes. Sockets that have chosen the uplink wait
# for a neighbour that does not exist.
test_flushed_filters_let_nothing_out_by_the_uplink() {
    link home
    stream_open plain u0
    up home
    lab_capture_start
    on_host nft flush ruleset
    lab_capture_forget
    stream_forget
    for how in unicast device; do ask_on_link $how > "$LAB/asked.$how"; done
    stream_tell
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    stream_not_direct
    expect_nothing "$(cat "$LAB"/asked.* | grep -Ew 'isp|lan' || true)" 'answers'
    expect_match 203.0.113.101 "$(stream_got plain-http4)" 'of sockets that have chosen nothing'
    expect_match 'vpn refresh' "$(status home '.broken[0]')"
    vpn refresh home >/dev/null
    expect_match '^E[A-Z,]*$' "$({ stream_forget; stream_tell; stream_got u0-http; })" 'healed'
    expect '[]' "$(status home '.warnings')"
    stream_close
    for how in unicast info; do expect home "$(ask_on_link $how)" "answers to queries on u0, chosen by $how"; done
    down home
    expect_nothing "$(on_host ip route show table all proto 86 | grep -w u0 || true)" 'ways to nobody'
}

# The ways follow the uplinks.
test_another_uplink_has_such_a_way_as_well() {
    second_uplink
    link home
    up home
    expect 2 "$(on_host ip route show table all default | grep -c '192.0.0.8 dev u0')" 'ways by u0'
    to_second_uplink
    expect_match 'network has changed|missing' "$(status home '.warnings[0]')"
    vpn refresh home >/dev/null
    expect '0 2' "$(on_host ip route show table all default | grep -c '192.0.0.8 dev u0') $(on_host ip route show table all default | grep -c '192.0.0.8 dev u1')" 'ways by u0 and u1'
    to_first_uplink
    vpn refresh home >/dev/null
    expect '2 0' "$(on_host ip -6 route show table all default | grep -c '7670:6e72:756e dev u0') $(on_host ip -6 route show table all default | grep -c '7670:6e72:756e dev u1')" 'ways by u0 and u1'
    works alice
}

# A link that asks for no neighbours would send what is to wait for one.
test_an_uplink_without_neighbours_has_no_such_way() {
    link home
    on_host ip link set u0 arp off
    up home
    expect_nothing "$(on_host ip route show table all | grep '192.0.0.8 dev u0' || true)" 'ways by u0'
    expect '[]' "$(status home '.warnings')"
    on_host ip link set u0 arp on
    vpn refresh home >/dev/null
    expect 2 "$(on_host ip route show table all default | grep -c '192.0.0.8 dev u0')" 'ways by u0'
}

# served NODE ADDRESS: what answers there by TLS' port, as far as it matters here.
served() {
    in_node "$1" socat "TCP-LISTEN:853,bind=$2,reuseaddr,fork" EXEC:'echo tls' &
    in_node "$1" socat "UDP-RECVFROM:853,bind=$2,reuseaddr,fork" EXEC:'echo quic' &
    until_true 5 in_node "$1" bash -c "ss -Hltn 'sport = :853' | grep -q ."
}

# dot ADDRESS [OPTION]: what is answered.
dot() { alice timeout 5 socat -T2 - "TCP:$1:853${2:-}" < /dev/null 2>/dev/null || true; }

# systemd-resolved with DNSOverTLS=opportunistic asks the LAN's router in this way first.
test_queries_by_tls_are_the_vpns() {
    served lan 192.168.50.20
    served inet 198.51.100.1
    served inet 192.0.2.80
    expect 'tls tls tls' "$(dot 192.168.50.20) $(dot 198.51.100.1) $(dot 192.0.2.80)" 'before'
    link home
    up home
    lab_capture_start
    for server in 192.168.50.20 198.51.100.1; do
        no_way alice socat - "TCP:$server:853"
        no_way alice socat - "TCP:$server:853,so-bindtodevice=u0"
        alice timeout 1 socat -t0.5 - "UDP:$server:853" <<< quic >/dev/null 2>&1 || true
    done
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    expect tls "$(dot 192.0.2.80)" 'a server by the VPN'
    down home
    expect 'tls tls' "$(dot 192.168.50.20) $(dot 198.51.100.1)" 'after'
}

# goes_through_filter ENDPOINT: with a filter that asks by which link an answer would go.
goes_through_filter() {
    link_with home "Endpoint=$1:51820"
    up home
    works alice
    for server in 198.51.100.1 192.168.50.20 2001:db8:100::1; do expect '"home"' "$(asked "@$server")" "who answers a query to $server"; done
    for how in unicast info; do expect home "$(ask_on_link $how)" "answers to queries on u0, chosen by $how"; done
    down home
}

# firewalld's IPv6_rpfilter=yes.
test_with_firewallds_reverse_path_filter() {
    on_host nft -f - <<'END'
        table inet firewalld {
            chain filter_PREROUTING {
                type filter hook prerouting priority 10
                icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
                meta nfproto ipv6 fib saddr . mark . iif oif missing counter drop
            }
        }
END
    trap 'on_host nft delete table inet firewalld' EXIT
    goes_through_filter '[2001:db8:113::2]'
}

# networking.firewall.checkReversePath of NixOS.
test_with_nixos_reverse_path_filter() {
    local tool
    trap 'set +e; for tool in iptables ip6tables; do on_host $tool -t mangle -F; done' EXIT
    for tool in iptables ip6tables; do on_host $tool -t mangle -A PREROUTING -m rpfilter --validmark --invert -j DROP; done
    goes_through_filter 203.0.113.2
    vpn unlink home
    goes_through_filter '[2001:db8:113::2]'
}
