# shellcheck shell=bash disable=SC2154
# What goes into a VPN that is up and what does not: networks beside a default, one family, other programs' tables, thousands of networks.

# on_lan COMMAND...: how many packets to the LAN's machine it sends by the LAN's link.
on_lan() { seen_by l0 'dst host 192.168.50.20 and tcp' "$@"; }

# seen_by LINK FILTER COMMAND...
seen_by() {
    local link=$1 filter=$2 pid; shift 2
    # Itself, not below a shell or timeout(1), which is in a group of its own: it must end here, and with the test.
    nsenter -t "${LAB_PID[host]}" -n -- tcpdump --immediate-mode -lnni "$link" "$filter" > "$LAB/packets" 2> "$LAB/packets.said" &
    pid=$!
    until_true 5 grep -q listening "$LAB/packets.said"
    "$@" >/dev/null 2>&1 || true
    sleep 0.3
    kill $pid
    wait $pid || true
    grep -c . "$LAB/packets" || true
}

# route_to ADDRESS [OPTION...]: the link of the kernel's answer.
route_to() { on_host ip -j route get "$@" 2>/dev/null | jq -r '.[0].dev // "none"' || echo none; }

# ---------------------------------------------------------------- networks beside a default

test_a_network_beside_everything_wins_over_the_lan() {
    link_with home AllowedIPs='0.0.0.0/0, ::/0, 192.168.50.16/28'
    up home
    expect home "$(route_to 192.168.50.20)"
    expect 0 "$(on_lan alice curl -s -m 1 http://192.168.50.20/)" 'packets on the LAN'
    expect l0 "$(route_to 192.168.50.40)" 'the rest of the LAN'
    expect "$LAB_BY_HOME" "$(address alice)"
    expect home "$(alice vpn explain --host 192.168.50.20 --json | jq -r '.steps[0].link')" 'explained'
    # Without its route the filter refuses it: nothing on the LAN. Without both it leaks.
    on_host ip route flush table 7676101
    expect l0 "$(route_to 192.168.50.20)" 'without its route'
    no_way alice curl -s -m 2 http://192.168.50.20/
    expect 0 "$(on_lan alice curl -s -m 1 http://192.168.50.20/)" 'packets on the LAN without its route'
    on_host nft delete table inet vpn-up.home
    expect_match '^[1-9]' "$(on_lan alice curl -s -m 1 http://192.168.50.20/)" 'packets on the LAN without route and filter'
    alice vpn refresh home >/dev/null
    expect 0 "$(on_lan alice curl -s -m 1 http://192.168.50.20/)" 'packets on the LAN after refresh'
}

test_the_lans_own_network_where_its_route_has_a_metric() {
    trap 'on_host ip route replace 192.168.50.0/24 dev l0 src 192.168.50.10; on_host ip route del 192.168.50.0/24 metric 100' EXIT
    on_host ip route add 192.168.50.0/24 dev l0 src 192.168.50.10 metric 100
    on_host ip route del 192.168.50.0/24 dev l0 metric 0
    link_with home AllowedIPs='0.0.0.0/0, ::/0, 192.168.50.0/24'
    up home
    expect 0 "$(on_lan alice curl -s -m 1 http://192.168.50.20/)" 'packets on the LAN'
}

test_a_longer_route_in_a_listed_network_stays() {
    link_with home AllowedIPs='0.0.0.0/0, ::/0, 192.168.0.0/16'
    up home
    expect 'l0 home' "$(route_to 192.168.50.20) $(route_to 192.168.51.20)"
    expect lan "$(alice $LAB_GET http://192.168.50.20/ >/dev/null && echo lan)"
}

# ---------------------------------------------------------------- one family

test_ipv6_alone_leaves_ipv4() {
    link_with home AllowedIPs='::/0'
    up home
    expect "198.51.100.2 ${LAB_BY_HOME#* }" "$(address alice)"
    expect 'networks ["::/0"]' "$(alice vpn status home --json | jq -rc '(if type == "array" then .[0] else . end) | "\(.scope) \(.networks)"')"
    down home
    vpn unlink home
    link_with home AllowedIPs='::/0, 192.0.2.0/25'
    up home
    expect "$LAB_BY_HOME" "$(address alice)"
    expect u0 "$(route_to 203.0.113.1)" 'unlisted'
}

test_ipv4_alone_keeps_ipv6_in() {
    link_with home AllowedIPs='0.0.0.0/0'
    up home
    expect "${LAB_BY_HOME% *}" "$(alice $LAB_GET $LAB_WEB4/)"
    expect 0 "$(seen_by u0 'ip6 and tcp' alice curl -s -m 1 $LAB_WEB6/)" 'IPv6 on the uplink'
}

# ---------------------------------------------------------------- other programs' tables

# An overlay as Tailscale makes it: its machine 100.64.0.9 by a link of its own, in table 52.
overlay() {
    on_host ip link add overlay0 type veth peer name o1 netns "${LAB_PID[lan]}"
    on_host ip addr add 100.64.0.1/32 dev overlay0
    on_host ip link set overlay0 up
    in_lan ip addr add 100.64.0.9/32 dev o1
    in_lan ip link set o1 up
    in_lan ip route add 100.64.0.1/32 dev o1
    on_host ip route add 100.64.0.9/32 dev overlay0 table 52
    on_host ip rule add fwmark 0x80000/0xff0000 lookup main pref 5210
    on_host ip rule add fwmark 0x80000/0xff0000 lookup default pref 5230
    on_host ip rule add fwmark 0x80000/0xff0000 unreachable pref 5250
    on_host ip rule add lookup 52 pref 5270
}
no_overlay() {
    for priority in 5210 5230 5250 5270; do on_host ip rule del pref $priority; done
    on_host ip link del dev overlay0
} 2>/dev/null

test_an_overlay_and_the_setting_that_keeps_it() {
    trap no_overlay EXIT
    overlay
    link_with home
    up home
    expect home "$(route_to 100.64.0.9)" 'taken'
    alice vpn check home > "$LAB/said" || true
    expect_match 'table 52 of another program has routes for, by overlay0: 100\.64\.0\.9/32' "$(< "$LAB/said")"
    expect_match 'Direct = 100\.64\.0\.0/10' "$(< "$LAB/said")"
    down home
    link_with home Direct=100.64.0.0/10
    up home
    expect overlay0 "$(route_to 100.64.0.9)" 'with Direct'
    alice $LAB_GET http://100.64.0.9/ >/dev/null || fail 'the overlay does not work'
    expect "$LAB_BY_HOME" "$(address alice)"
    alice vpn check home > "$LAB/said" || true
    ! grep -q 'table 52 of another' "$LAB/said" || fail 'still said to be taken'
    expect 'overlay0 52' "$(alice vpn explain --host 100.64.0.9 --json | jq -r '.steps[0] | "\(.link) \(.table)"')"
}

# quick up|down: the VPN `work`, as wg-quick makes it.
quick() {
    lab_profile work | grep -v '^DNS' > "$LAB/quick.conf"
    chmod 600 "$LAB/quick.conf"
    on_host wg-quick "$1" "$LAB/quick.conf" >/dev/null 2>&1 || fail "wg-quick $1"
}
no_quick() {
    on_host wg-quick down "$LAB/quick.conf" || true
    on_host sysctl -qw net.ipv4.conf.all.src_valid_mark=0
} >/dev/null 2>&1

# comes_from ADDRESS: where home's server sees its tunnel come from.
comes_from() { expect "$1" "$(in_srv wg show home endpoints | sed -n 's/.*\t\(.*\):[0-9]*$/\1/p')" "where home's tunnel comes from"; }

test_a_vpn_beside_wg_quick() {
    local before
    command -v wg-quick >/dev/null || skip 'no wg-quick'
    trap no_quick EXIT
    quick up
    expect "$LAB_BY_WORK" "$(address alice)" 'by wg-quick'
    before=$(rules)
    link home
    # Beside the other tunnel, not in it: also its first packet.
    works alice vpnrun home --
    comes_from 198.51.100.2
    expect 1420 "$(tunnel_mtu home)"
    expect "$LAB_BY_WORK" "$(address alice)" 'the system while home is linked'
    up home
    works alice
    works alice vpnrun home --
    comes_from 198.51.100.2
    expect_match '^The whole system goes through home' "$(vpn status home)"
    down home
    expect "$LAB_BY_WORK" "$(address alice)" 'the system after down'
    unlink_vpn home
    expect_same "$before" "$(rules)" 'the rules after unlink'
}

# What it takes from a VPN that is up is told, and gets nowhere: two tunnels in one another.
test_wg_quick_after_a_vpn_that_is_up() {
    command -v wg-quick >/dev/null || skip 'no wg-quick'
    trap no_quick EXIT
    link home
    up home
    quick up
    expect_match "another program's rule comes before those of home: priority 8[0-9]" "$(vpn status home)"
    alice vpn check home > "$LAB/said" || true
    expect_match 'a rule of wg-quick, IPv4 rule has priority 8[0-9], before' "$(< "$LAB/said")"
    expect_match 'sudo wg-quick down NAME' "$(< "$LAB/said")"
    expect 0 "$(seen_by u0 'dst host 192.0.2.80' alice curl -s -m 2 $LAB_WEB4/)" 'packets in the clear'
    # On its way out it deletes every rule that is like one of its own, and with it ours for the LAN: nothing gets out by that, and it is told.
    quick down
    expect_match 'rules of home are missing.*vpn refresh home. fixes it' "$(vpn status home || true)"
    no_way alice curl -s -m 2 http://192.168.50.20/
    alice vpn refresh home >/dev/null
    expect_match '^The whole system goes through home' "$(vpn status home)"
    works alice
    alice $LAB_GET http://192.168.50.20/ >/dev/null || fail 'the LAN is not direct'
}

test_a_second_uplink_with_a_table_by_source() {
    trap 'set +e; on_host ip rule del pref 1000; to_first_uplink' EXIT
    second_uplink
    on_host ip route add default via 198.51.101.1 dev u1 table 100
    on_host ip rule add from 198.51.101.2 lookup 100 pref 1000
    link_with home OutsideIdentity=yes
    up home
    works alice
    expect 198.51.100.2 "$(alice $LAB_GET --interface 198.51.100.2 $LAB_WEB4/)"
    expect 198.51.101.2 "$(alice $LAB_GET --interface 198.51.101.2 $LAB_WEB4/)"
    expect 'u1 u0' "$(route_to 192.0.2.80 from 198.51.101.2) $(route_to 192.0.2.80 from 198.51.100.2)"
    # Whose target is gone leads into the VPN, and not out.
    on_host ip rule del priority 601
    expect 0 "$(seen_by u1 'dst host 192.0.2.80' alice curl -s -m 1 --interface 198.51.101.2 $LAB_WEB4/)" 'on the second uplink'
    alice vpn refresh home >/dev/null
    expect 198.51.101.2 "$(alice $LAB_GET --interface 198.51.101.2 $LAB_WEB4/)"
}

test_default_routes_with_several_next_hops() {
    trap 'set +e; on_host ip route flush default; on_host ip nexthop flush; on_host ip -6 route flush default; to_first_uplink' EXIT
    second_uplink
    on_host ip route flush default
    on_host ip route add default nexthop via 198.51.100.1 dev u0 weight 1 nexthop via 198.51.101.1 dev u1 weight 1
    link_with home OutsideIdentity=yes
    up home
    works alice
    expect 198.51.100.2 "$(alice $LAB_GET --interface 198.51.100.2 $LAB_WEB4/)"
    expect 198.51.101.2 "$(alice $LAB_GET --interface 198.51.101.2 $LAB_WEB4/)"
    down home
    on_host ip route flush default
    on_host ip nexthop add id 1 via 198.51.100.1 dev u0
    on_host ip nexthop add id 2 via 198.51.101.1 dev u1
    on_host ip nexthop add id 10 group 1/2
    on_host ip route add default nhid 10
    up home
    expect 198.51.101.2 "$(alice $LAB_GET --interface 198.51.101.2 $LAB_WEB4/)"
}

# ---------------------------------------------------------------- the tunnel's own packets

test_a_default_route_by_the_vpns_own_link() {
    local before after
    trap 'on_host ip route del default dev home' EXIT
    link home
    works alice vpnrun home --
    on_host ip route add default via 169.254.76.1 dev home onlink metric 1
    alice vpnrun home -- curl -s -m 2 $LAB_WEB4/ || true
    before=$(on_host ip -n vpn-home -s -j link show dev wg0 | jq '.[0].stats64.tx.packets')
    sleep 1
    after=$(on_host ip -n vpn-home -s -j link show dev wg0 | jq '.[0].stats64.tx.packets')
    (( after - before < 100 )) || fail "$(( after - before )) packets a second in the tunnel"
    expect_match 'round and round' "$(alice vpn explain home 192.0.2.80)"
}

tunnel_mtu() { on_host ip -n "vpn-$1" -j link show dev wg0 | jq '.[0].mtu'; }

test_mtu_while_another_is_up() {
    link home
    up home
    link work
    expect '1420 1420' "$(tunnel_mtu home) $(tunnel_mtu work)"
    vpn unlink work
    link_with work FwMark=4711
    expect 1420 "$(tunnel_mtu work)" 'with a mark of its own'
}

test_mtu_of_a_relay_on_this_machine() {
    link_with home Endpoint=127.0.0.1:51820
    expect 1420 "$(tunnel_mtu home)"
}

# ---------------------------------------------------------------- thousands

# networks N: as a list, in one line.
networks() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "%s%d.%d.%d.0/24", i ? "," : "", 20 + i / 65536, i / 256 % 256, i % 256 }'; }

test_thousands_of_networks() {
    local few
    link_with home AllowedIPs="192.0.2.0/25,2001:db8:80::/64,172.27.12.1/32"
    up home
    few=$(rules | wc -l)
    down home
    vpn unlink home
    # A line of more than 64 KiB.
    link_with home AllowedIPs="$(networks 6000),192.0.2.0/25,2001:db8:80::/64,172.27.12.1/32"
    up home
    expect "$few" "$(rules | wc -l)" rules
    expect "$LAB_BY_HOME" "$(address alice)"
    expect 'home home u0' "$(route_to 20.0.0.1) $(route_to 20.23.111.1) $(route_to 20.23.112.1)"
    expect_match 'Traffic to .* and [0-9]+ more networks goes through home' "$(alice vpn status home)"
    expect 6003 "$(status home '.networks | length')"
    on_host ip route del 20.0.7.0/24 table 7676101
    expect_match 'vpn refresh' "$(status home '.warnings | join(" ")')"
    alice vpn refresh home >/dev/null
    expect home "$(route_to 20.0.7.1)"
    expect '[]' "$(status home .warnings)"
    down home
    expect_nothing "$(on_host ip route show table all | grep 'table 7676' || true)" 'routes left'
    expect_nothing "$(on_host ip -6 route show table all | grep 'table 7676' || true)" 'IPv6 routes left'
}

test_thousands_of_direct_networks() {
    link_with home Direct="$(networks 3000)"
    up home
    expect 8 "$(rules | grep -c '^-4 .*proto 86')" rules
    expect 'u0 u0 home' "$(route_to 20.0.0.1) $(route_to 20.11.183.1) $(route_to 20.11.184.1)"
}

# ---------------------------------------------------------------- what goes where

# Random networks, Direct and routes of the LAN's: the kernel's answer for random addresses is that of a simple model.
test_what_goes_where() {
    local seed allowed direct routes
    trap 'on_host ip route flush dev l0 proto 77' EXIT
    for seed in 1 2 3 4 5 6 7 8; do
        python3 -I "$LAB_HERE/probes/where.py" make $seed > "$LAB/where"
        allowed=$(sed -n 's/^allowed //p' "$LAB/where") direct=$(sed -n 's/^direct //p' "$LAB/where")
        routes=$(sed -n 's/^route //p' "$LAB/where")
        for route in $routes; do on_host ip route add "$route" dev l0 proto 77; done
        link_with home AllowedIPs="$allowed" ${direct:+Direct="$direct"} DNS=
        up home
        sed -nE 's/^probe (.*)=.*/route get \1/p' "$LAB/where" | on_host ip -o -batch - | sed -nE 's/^([0-9.]+) .*dev ([^ ]+) .*/\2/p' > "$LAB/links"
        paste -d ' ' <(sed -n 's/^probe //p' "$LAB/where") "$LAB/links" | python3 -I "$LAB_HERE/probes/where.py" judge $seed || fail "seed $seed"
        vpn unlink home
        on_host ip route flush dev l0 proto 77
    done
}
