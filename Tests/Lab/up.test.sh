# shellcheck shell=bash
# `vpn up`, `down` and `toggle`, typed by a member of the group: what they say, which rules there are, who goes where.

test_up_and_down_by_a_member() {
    local before
    link home
    before=$(snapshot)
    expect 'home is up: everything goes through it; names are resolved by 172.27.12.1, fd27:12::1' "$(alice vpn up home 2>&1)"
    works alice
    works bob
    works on_host
    expect 192.168.50.10 "$(alice $LAB_GET http://192.168.50.20/)" 'the LAN'
    works alice vpnrun home --
    expect 'home is down' "$(alice vpn down home 2>&1)"
    expect_no_trace "$before"
    expect "$LAB_DIRECT" "$(address alice)"
    expect '"isp"' "$(asked)"
}

test_without_a_name() {
    link home work
    expect_match '^home is up: ' "$(alice vpn up)"
    expect "$LAB_BY_HOME" "$(address alice)"
    up work
    expect 'home is down: work carries the system now' "$(alice vpn down)"
    expect 'work is down' "$(alice vpn down)"
    expect 'no VPN is up' "$(alice vpn down)"
}

test_toggle() {
    link home work
    expect_match '^home is up: ' "$(alice vpn toggle)"
    expect 'home is down' "$(alice vpn toggle)"
    expect_match '^work is up: ' "$(alice vpn toggle work)"
    expect 'work is down' "$(alice vpn toggle)"
    expect_match '^work is up: ' "$(bob vpn toggle work)"
    expect_match '^home is up: ' "$(bob vpn toggle home)"
    expect 'home is down: work carries the system now' "$(bob vpn toggle home)"
    expect 'work is down' "$(bob vpn toggle work)"
    expect "$LAB_DIRECT" "$(address alice)"
}

test_twice_is_once() {
    local linked once
    link home
    linked=$(snapshot)
    up home
    once=$(snapshot)
    expect_match '^home is up already: ' "$(alice vpn up home)"
    expect_same "$once" "$(snapshot)" 'the host'
    down home
    expect 'home is not up' "$(alice vpn down home)"
    expect_no_trace "$linked"
}

# Rules of one priority may come in any order.
sorted_snapshot() { snapshot | sort; }

test_what_is_there_is_mended() {
    local once
    link home
    up home
    once=$(sorted_snapshot)
    for damage in 'ip rule flush protocol 86' 'ip -6 rule flush protocol 86' 'nft delete table inet vpn-up.home' 'ip rule del priority 100' \
        'ip -6 rule del priority 303' 'ip rule del priority 302' 'ip rule del priority 201' 'ip rule del priority 90' 'ip route flush table 7676201' 'nft flush table inet vpn-up.home' \
        'nft delete table inet vpn.home' 'ip route flush table 1' 'ip -6 route flush table 1' 'ip route del default table 1'; do
        on_host $damage
        alice vpn refresh home >/dev/null
        expect_same "$once" "$(sorted_snapshot)" "the host after '$damage' and refresh"
    done
    on_host ip rule flush protocol 86
    alice vpn link home >/dev/null
    up home
    expect_same "$once" "$(sorted_snapshot)" 'the host, linked and up again'
}

test_up_links_first() {
    local before
    lab_profile home | vpn import - --name home >/dev/null
    before=$(snapshot)
    expect_match '^home is up: ' "$(vpn up home)"
    works alice
    expect 'home is down' "$(alice vpn down home)"
    expect false "$(status home .linked)"
    expect_no_trace "$before"
}

test_up_by_a_member_of_what_is_not_linked() {
    import_vpn home
    if on_host ip link add probe type wireguard 2>/dev/null; then
        on_host ip link del dev probe
        up home
        works alice
    else
        refuses 125 'sudo vpn link home' alice vpn up home
    fi
}

test_box_stays_where_commands_run_or_that_was_linked() {
    import_vpn home
    vpn up home >/dev/null
    inside_open a alice home
    expect 'home is down; commands still run in it, so it stays linked' "$(alice vpn down home)"
    works inside_words a
    inside_close a
    until_true 5 nobody_inside home
    up home
    expect 'home is down' "$(alice vpn down home)"
    expect true "$(status home .linked)" 'linked'
}

test_unlink_takes_it_down() {
    local before
    import_vpn home
    before=$(snapshot)
    vpn link home
    up home
    alice vpn unlink home
    expect_no_trace "$before"
    expect "$LAB_DIRECT" "$(address alice)"
}

test_who_may() {
    local before
    link home
    before=$(snapshot)
    for verb in up down toggle 'refresh' 'status'; do
        complains 125 'in the group|members of group' carol vpn $verb home
    done
    expect_same "$before" "$(snapshot)" 'the host'
    up home
    complains 125 'in the group' carol vpn down home
    expect "$LAB_BY_HOME" "$(address carol)" 'carol, who is behind it all the same'
}

test_names_that_are_none() {
    local before
    link home
    before=$(snapshot)
    for verb in up down toggle refresh; do
        complains 125 nothere alice vpn $verb nothere
    done
    expect_same "$before" "$(snapshot)" 'the host'
}

# The lines of -v do the same when somebody types them.
test_verbose_lines_do_the_same() {
    local linked up lines
    link home
    linked=$(snapshot)
    lines=$(alice vpn up home -v | grep -v '^home is up')
    up=$(snapshot)
    alice vpn down home -v | grep -v '^home is down' > "$LAB/down"
    expect_no_trace "$linked"
    on_host bash -euc "$lines"
    expect_same "$up" "$(snapshot)" 'the host, made up by hand'
    expect '"up"' "$(status home 'if .up then "\"up\"" else "no" end')"
    works alice
    on_host bash -eu "$LAB/down"
    expect_no_trace "$linked"
    expect_nothing "$(alice vpn down home -v | grep -v 'not up')" 'lines of what is not up'
}

# As the design has them; in both families, and nothing else.
# With -N, ip says 7 (RTN_UNREACHABLE) of the last one.
test_rules() {
    local before got
    link home
    before=$(rules)
    up home
    got=$(diff <(echo "$before") <(rules) | grep '^[<>]' || true)
    expect_same "$(for family in -4 -6; do cat <<END
> $family 100: from all ipproto 17 dport 53 lookup 1 proto 86
> $family 100: from all ipproto 6 dport 53 lookup 1 proto 86
> $family 100: from all fwmark 0x27d8 lookup 1 proto 86
> $family 302: from all lookup 254 suppress_prefixlength 0 proto 86
> $family 303: not from all fwmark 0x2700/0xffffff80 lookup 7676201 proto 86
END
        [[ $family == -6 ]] || echo '> -4 600: not from all fwmark 0x2700/0xffffff80 7 proto 86'
    done)" "$(sed 's/ipproto ipproto-/ipproto /; s/udp/17/; s/tcp/6/' <<< "$got")" 'rules while up'
}

test_another_base_table_and_mark() {
    local got linked
    link_with work Priority=2000 ID=7 Table=4242 FwMark=0x9999 Direct=198.18.0.0/15
    linked=$(snapshot)
    up work
    got=$(rules | awk '$2 != "0:" && $2 < "32766:" { print $2 }' | sort -n | uniq | xargs)
    expect '1990: 2000: 2107: 2220: 2221:' "$got" 'priorities'
    expect_nothing "$(rules | grep 'proto 86' | grep -Ev 'lookup (4242|254|7676207) ' || true)" 'rules for other tables'
    expect "$LAB_BY_WORK" "$(address alice)"
    expect '"work"' "$(asked @198.51.100.1)"
    down work
    expect_no_trace "$linked"
}

# A neighbour's networks, private and not, also one that came later: `vpn refresh` lets it pass.
test_more_specific_routes_stay_direct() {
    trap 'set +e; in_lan ip address flush dev lo scope global; on_host ip route flush 198.18.0.0/15; on_host ip route flush 10.9.0.0/16' EXIT
    for address in 10.9.0.1 198.18.0.1 198.19.0.1; do in_lan ip address add $address/32 dev lo; done
    link home
    on_host ip route add 10.9.0.0/24 via 192.168.50.20
    on_host ip route add 198.18.0.0/24 via 192.168.50.20
    up home
    expect '192.168.50.10 192.168.50.10' "$(alice $LAB_GET http://10.9.0.1/) $(alice $LAB_GET http://198.18.0.1/)"
    on_host ip route add 198.19.0.0/24 via 192.168.50.20
    no_way alice curl -s -m 2 http://198.19.0.1/
    alice vpn refresh home >/dev/null
    expect 192.168.50.10 "$(alice $LAB_GET http://198.19.0.1/)" 'after refresh'
    expect "$LAB_BY_HOME" "$(address alice)"
}

test_endpoint_on_port_53() {
    LAB_CAPTURE+=' and not (udp dst port 53 and dst host 203.0.113.53)'
    trap 'set +e; in_srv ip address del 203.0.113.53/32 dev s0; in_srv nft delete table ip port53' EXIT
    in_srv ip address add 203.0.113.53/32 dev s0
    in_srv nft 'table ip port53 { chain pre { type nat hook prerouting priority dstnat; ip daddr 203.0.113.53 udp dport 53 redirect to 51820; }; }'
    link_with home Endpoint=203.0.113.53:53
    lab_capture_start
    up home
    works alice
    expect '"home"' "$(asked @203.0.113.53)" 'a query to the same place'
    expect_match '198\.51\.100\.2:' "$(in_srv wg show home endpoints)" 'where the server sees the tunnel come from'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# ---------------------------------------------------------------- several

test_the_lowest_comes_first() {
    local before
    link home work
    before=$(snapshot)
    expect_match '^work is up: ' "$(alice vpn up work)"
    expect "$LAB_BY_WORK" "$(address alice)"
    expect '"work"' "$(asked)"
    expect_match '^home is up: ' "$(bob vpn up home)"
    works alice
    expect 'true false' "$(status home .dns_in_force) $(status work .dns_in_force)" 'DNS in force'
    down home
    expect "$LAB_BY_WORK" "$(address alice)"
    expect '"work"' "$(asked @198.51.100.1)"
    up home
    works alice
    expect_match ', after home, which comes first' "$(alice vpn up work)"
    down work
    works alice
    down home
    expect_no_trace "$before"
    expect "$LAB_DIRECT" "$(address alice)"
}

# Each tunnel's packets come from the uplink's address, not from the other VPN's server.
test_tunnels_do_not_carry_one_another() {
    link home work
    up work home
    lab_capture_start
    works alice
    works alice vpnrun home --
    expect "$LAB_BY_WORK" "$(address alice vpnrun work --)" 'a command in work'
    expect "$LAB_BY_WORK" \
        "$(alice $LAB_GET --interface 172.27.13.34 $LAB_WEB4/) $(alice $LAB_GET --interface fd27:13::34 $LAB_WEB6/)" 'bound to work'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    for server in home work; do
        expect_match $'\t198\.51\.100\.2:' "$(in_srv wg show $server endpoints)" "where $server's server sees the tunnel come from"
    done
}

# ---------------------------------------------------------------- by destination

# expect_split: 192.0.2.80 and 2001:db8:80::80 by home, everything else as before.
expect_split() {
    expect "$LAB_BY_HOME" "$(address alice)" 'what the VPN is for'
    expect 198.51.100.2 "$(alice $LAB_GET http://203.0.113.1/)" 'something else'
    expect 2001:db8:100::2 "$(alice $LAB_GET 'http://[2001:db8:113::1]/')" 'something else, IPv6'
    expect 192.168.50.10 "$(alice $LAB_GET http://192.168.50.20/)" 'the LAN'
}

test_split_by_allowed_addresses() {
    link_with home 'AllowedIPs=192.0.2.0/24, 2001:db8:80::/64, 172.27.12.0/24, fd27:12::/64'
    expect 'home is up: traffic to 172.27.12.0/24, 192.0.2.0/24, 2001:db8:80::/64, fd27:12::/64 goes through it; names are resolved by 172.27.12.1, fd27:12::1' \
        "$(alice vpn up home)"
    expect_split
    expect '"home" "home"' "$(asked) $(asked @198.51.100.1)"
    expect "$LAB_BY_HOME" "$(address alice vpnrun home --)"
    no_way alice vpnrun home -- curl -s -m 2 http://203.0.113.1/
    no_way alice vpnrun home -- curl -s -m 2 'http://[2001:db8:113::1]/'
    expect 'networks 4 true' "$(status home '"\(.scope) \(.networks | length) \(.dns_in_force)"')"
    lab_capture_start
    on_host ip -n vpn-home link del dev wg0
    no_way alice curl -s -m 2 $LAB_WEB4/
    no_way alice curl -s -m 2 $LAB_WEB6/
    on_host ip -4 rule flush protocol 86
    on_host ip -6 rule flush protocol 86
    no_way alice curl -s -m 2 $LAB_WEB4/
    no_way alice curl -s -m 2 $LAB_WEB6/
    no_way alice curl -s -m 2 --interface u0 $LAB_WEB4/
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    expect 198.51.100.2 "$(alice $LAB_GET http://203.0.113.1/)" 'something else'
    down home
    expect "$LAB_DIRECT" "$(address alice)"
}

test_split_without_its_resolver() {
    link_with home 'AllowedIPs=192.0.2.0/24, 2001:db8:80::/64'
    up home
    expect_split
    expect '"isp" "lan" "isp"' "$(asked) $(asked @192.168.50.20) $(asked +tcp @2001:db8:100::1)"
    expect false "$(status home .dns_in_force)"
}

test_networks_of_the_profile() {
    link_with home 'Networks=192.0.2.0/24, 2001:db8:80::/64'
    up home
    expect_split
    expect '"isp"' "$(asked)"
    expect 203.0.113.101 "$(alice vpnrun home -- $LAB_GET http://203.0.113.1/)" 'a command is not concerned'
}

test_direct_networks_of_the_profile() {
    link_with home 'Direct=203.0.113.0/29, 2001:db8:113::/64'
    up home
    works alice
    expect 198.51.100.2 "$(alice $LAB_GET http://203.0.113.1/)"
    expect 2001:db8:100::2 "$(alice $LAB_GET 'http://[2001:db8:113::1]/')"
    expect '"home"' "$(asked @203.0.113.1)" 'a query there'
}

# A split VPN before one for everything: each has its own, and the other all the rest.
test_split_beside_everything() {
    link_with home 'Networks=192.0.2.0/24'
    link work
    lab_capture_start
    up home work
    expect '203.0.113.101 2001:db8:113::102' "$(address alice)"
    expect '203.0.113.102' "$(alice $LAB_GET http://203.0.113.1/)"
    expect '"work"' "$(asked)"
    down home
    expect "$LAB_BY_WORK" "$(address alice)"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# ---------------------------------------------------------------- status

test_status() {
    link home
    complains 3 '^$' alice vpn status
    complains 3 '^$' alice vpn status home
    expect_match '^Ready: ' "$(alice vpn status || true)"
    expect_match '^Ready: ' "$(alice vpn status home || true)"
    expect 'false all [] false []' "$(status home '"\(.up) \(.scope) \(.networks) \(.dns_in_force) \(.warnings)"')"
    up home
    works alice
    alice vpn status >/dev/null
    alice vpn status home >/dev/null
    alice vpn >/dev/null
    expect_match '^The whole system goes through home; last handshake (just now|1 second ago).All DNS queries go to 172.27.12.1, fd27:12::1, through home' \
        "$(alice vpn status | tr '\n' .)"
    expect 'true all [] true []' "$(status home '"\(.up) \(.scope) \(.networks) \(.dns_in_force) \(.warnings)"')"
    link work
    complains 3 '^$' alice vpn status work
    alice vpn status >/dev/null
    up work
    expect_match 'work is up behind home' "$(alice vpn status)"
    down home work
    complains 3 '^$' alice vpn status --json
}

test_status_warns() {
    link home
    up home
    expect '[]' "$(status home .warnings)"
    on_host ip rule add priority 50 fwmark 7 lookup main
    expect_match "another program's rule comes before those of home: priority 50" "$(status home '.warnings | join(" ")')"
    expect_match "another program's rule" "$(alice vpn status)"
    on_host ip rule del priority 50
    on_host ip route add 0.0.0.0/1 via 198.51.100.1 dev u0
    expect_match '0\.0\.0\.0/1' "$(status home '.warnings | join(" ")')"
    on_host ip route del 0.0.0.0/1
    expect '[]' "$(status home .warnings)"
    silent=()
    for damage in 'ip rule del priority 100' 'ip -6 rule del priority 303' 'ip rule del priority 302' 'ip rule del priority 201' 'ip route flush table 7676201' \
        'ip rule del priority 90' 'nft delete table inet vpn-up.home' 'nft delete table inet vpn.home' \
        'ip route flush table 1' 'ip -6 route del default table 1'; do
        on_host $damage
        [[ $(status home '.warnings | join(" ")') == *'vpn refresh'* ]] || silent+=("$damage")
        alice vpn refresh home >/dev/null
        expect '[]' "$(status home .warnings)" "warnings after '$damage' and refresh"
    done
    expect '' "${silent[*]}" 'damage of which nothing is said'
}

test_status_of_silence() {
    trap 'set +e; in_srv nft delete table inet silent' EXIT
    in_srv nft 'table inet silent { chain input { type filter hook input priority raw; policy accept; iifname "s0" drop; }; }'
    link home
    up home
    alice curl -s -m 0.3 $LAB_WEB4/ || true
    expect_match 'no handshake with 203.0.113.2:51820 yet: nothing answers' "$(status home '.warnings | join(" ")')"
}
