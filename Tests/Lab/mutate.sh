#!/bin/bash
# Proves that the lab's tests can fail: takes one protection away after the other, by root's hand, and wants to see the leak that the test looks for.
# Arguments as for `run`, which runs what is below.
if [[ ${BASH_SOURCE[0]} == "$0" ]]; then LAB_TESTS=$(readlink -f "$0") exec "$(dirname "$(readlink -f "$0")")/run" "$@"; fi

# leaks REGEX: the capture that runs has seen it.
leaks() { expect_match "$1" "$(lab_capture_stop)" 'seen on uplink or LAN'; }

# way_out PID: a link from that process's network to the host, which forwards and masquerades.
way_out() {
    on_host ip link add leak index 500 type veth peer name leak0 netns "$1"
    on_host ip address add 10.77.0.1/24 dev leak
    on_host ip link set leak up
    on_host ip route add 10.20.0.0/16 via 10.77.0.2
    on_host sysctl -qw net.ipv4.ip_forward=1
    on_host nft 'table ip leak { chain post { type nat hook postrouting priority srcnat; ip saddr 10.0.0.0/8 masquerade; }; }'
    nsenter -t "$1" -n ip -batch - <<'END'
        address add 10.77.0.2/24 dev leak0
        link set leak0 up
        route replace default via 10.77.0.1
END
    trap 'on_host ip link del dev leak; on_host nft delete table ip leak; on_host sysctl -qw net.ipv4.ip_forward=0' EXIT
}

# delete_rules PID WORDS: the nftables rules in that process's network that have these words.
delete_rules() {
    nsenter -t "$1" -n nft -a list ruleset | awk -v words="$2" '
        $1 == "table" { table = $2 " " $3 }
        $1 == "chain" { chain = $2 }
        index($0, words) && /# handle/ { print "delete rule", table, chain, "handle", $NF }' | nsenter -t "$1" -n nft -f -
}

# stay_in_box: a process that lives in the box of home; $box.
stay_in_box() {
    local ready
    exec {ready}< <(in_box home sh -c 'echo $$; exec sleep 100 >&-')
    read -r -u "$ready" box
}

test_command_with_a_second_link() {
    link home
    inside_open a alice home
    way_out "$(inside a 'echo $$')"
    lab_capture_start
    expect 198.51.100.2 "$(inside a "$LAB_GET $LAB_WEB4/")"
    leaks '198\.51\.100\.2\.[0-9]+ > 192\.0\.2\.80\.80: Flags \[S\]'
}

# The guard in the box holds when another way out of it appears; without it, the capture of failclosed/* shows the command's packets.
test_box_with_a_second_link() {
    link home
    inside_open a alice home
    stay_in_box
    on_host ip -n vpn-home link del dev wg0
    way_out $box
    lab_capture_start
    inside a "! curl -s -m 1 $LAB_WEB4/"
    expect_nothing "$(lab_capture_stop)" 'seen, although the box guards'
    nsenter -t $box -n nft flush ruleset
    lab_capture_start
    expect 198.51.100.2 "$(inside a "$LAB_GET $LAB_WEB4/")"
    leaks '198\.51\.100\.2\.[0-9]+ > 192\.0\.2\.80\.80: Flags \[S\]'
}
test_packets_to_the_lan_are_seen_too() {
    lab_capture_start
    on_host $LAB_GET http://192.168.50.20/ >/dev/null
    leaks '192\.168\.50\.10\.[0-9]+ > 192\.168\.50\.20\.80: Flags \[S\]'
}

test_ipv6_is_seen_too() {
    lab_capture_start
    on_host $LAB_GET $LAB_WEB6/ >/dev/null
    on_host $LAB_DIG @2001:db8:100::1 who.test >/dev/null
    leaks '2001:db8:100::2\.[0-9]+ > 2001:db8:80::80\.80: Flags \[S\].*2001:db8:100::2\.[0-9]+ > 2001:db8:100::1\.53: '
}

# Without rule and guard, a program bound to A sends by the uplink.
test_identity_without_its_rule() {
    link home
    for family in -4 -6; do
        on_host ip $family rule | awk -F: '$1 == 201 { print $1 }' | while read -r priority; do on_host ip $family rule del priority "$priority"; done
    done
    lab_capture_start
    on_host curl -s -m 1 --interface 172.27.12.34 $LAB_WEB4/ || true
    expect_nothing "$(lab_capture_stop)" "seen, although the host's table guards"
    on_host nft delete table inet vpn.home
    lab_capture_start
    on_host curl -s -m 1 --interface 172.27.12.34 $LAB_WEB4/ || true
    on_host curl -s -m 1 --interface fd27:12::34 $LAB_WEB6/ || true
    leaks '172\.27\.12\.34\.[0-9]+ > 192\.0\.2\.80\.80: Flags \[S\].*fd27:12::34\.[0-9]+ > 2001:db8:80::80\.80: Flags \[S\]'
}

test_dns_without_redirection() {
    link home
    inside_open a alice home
    stay_in_box
    delete_rules $box 'dport 53'
    delete_rules "$(inside a 'echo $$')" 'dport 53'
    expect '"isp"' "$(inside a "$LAB_DIG @198.51.100.1 who.test TXT")" 'answer of the server that was asked'
}

test_neighbours_without_the_hosts_table() {
    local ready
    link home
    exec {ready}< <(on_host /usr/bin/python3 -I "$LAB/web.py" 8080)
    read -r -u "$ready"
    in_lan ip route add 172.27.12.34 via 192.168.50.10
    trap 'in_lan ip route del 172.27.12.34' EXIT
    ! in_lan curl -s -m 1 http://172.27.12.34:8080/ || fail 'reached with the table'
    on_host nft delete table inet vpn.home
    on_host ip rule del priority 201 # or the answer goes into the tunnel
    expect 192.168.50.20 "$(in_lan $LAB_GET http://172.27.12.34:8080/)" 'without the table'
}

test_commands_without_isolated_ports() {
    local address port
    link home
    inside_open a alice home
    inside_open b bob home
    inside a "/usr/bin/python3 -I $LAB/web.py 8080 >/dev/null & until curl -s http://127.0.0.1:8080/ >/dev/null; do sleep 0.05; done"
    address=$(inside a "ip -4 -j address show dev eth0" | jq -r '.[0].addr_info[0].local')
    inside b "! curl -s -m 1 http://$address:8080/" || fail 'reached with isolation'
    for port in $(on_host ip -n vpn-home -j link | jq -r '.[].ifname | select(test("^v[0-9]"))'); do
        in_box home bridge link set dev "$port" isolated off
    done
    expect_match '^10\.20\.1\.' "$(inside b "$LAB_GET http://$address:8080/")" 'without isolation'
}

# ---------------------------------------------------------------- while the system is behind a VPN; see up-leaks.test.sh

delete_up_table() { on_host nft delete table inet vpn-up.home; }
delete_up_rules() {
    on_host ip -4 rule flush protocol 86
    on_host ip -6 rule flush protocol 86
}

# The ways by the uplink to a neighbour that does not exist.
delete_dead_ends() {
    local family table route
    for family in -4 -6; do
        for table in 1 7676201; do
            on_host ip $family route show table $table | grep -E '192\.0\.0\.8|7670:6e72' | while read -r route; do on_host ip $family route del $route table $table; done
        done
    done
}

# sees WORDS...: the capture that runs saw packets to each of these, `ADDRESS.PORT`, from the uplink's or the LAN's address.
sees() {
    local to seen
    seen=$(lab_capture_stop)
    for to; do
        grep -qE "(198\.51\.100\.2|192\.168\.50\.10|2001:db8:100::2)\.[0-9]+ > ${to//./\\.}: " <<< "$seen" || fail "not seen: packets to $to; but"$'\n'"$(tail -n 20 <<< "$seen")"
    done
}

test_up_without_rules_and_table() {
    link home
    stream_open
    up home
    lab_capture_start
    delete_up_rules
    stream_forget
    stream_tell
    expect_nothing "$(lab_capture_stop | grep -v unreachable || true)" 'seen, although the table guards'
    lab_capture_start
    delete_up_table
    stream_forget
    stream_tell
    sees 192.0.2.80.80 2001:db8:80::80.80 192.0.2.80.4000 2001:db8:80::80.4000 198.51.100.1.53 192.168.50.20.53 2001:db8:100::1.53
    ! (stream_not_direct 2>/dev/null) || fail 'the stream does not tell'
}

# Rules do not hold sockets that are bound to the uplink.
test_up_without_table() {
    link home
    stream_open u0
    up home
    delete_dead_ends
    lab_capture_start
    delete_up_table
    stream_forget
    stream_tell
    sees 192.0.2.80.80 2001:db8:80::80.80 192.0.2.80.4000 2001:db8:80::80.4000
}

# A connection that was idle, so that it did not learn.
test_connections_from_before_without_table_and_rules() {
    link home
    coproc OLD { alice bash -c 'exec 3<>/dev/tcp/192.0.2.80/80; echo ready; read -r; printf "GET / HTTP/1.0\r\n\r\n" >&3; cat <&3'; }
    read -r -u "${OLD[0]}"
    up home
    delete_up_table
    delete_up_rules
    lab_capture_start
    echo >&"${OLD[1]}"
    until_true 2 read -r -t 1 -u "${OLD[0]}"
    leaks '198\.51\.100\.2\.[0-9]+ > 192\.0\.2\.80\.80: Flags \[P\.\]'
}

test_up_without_table_where_wide_routes_appear() {
    trap 'on_host ip route del 128.0.0.0/1; on_host ip -6 route del 2000::/3' EXIT
    link home
    up home
    on_host ip route add 128.0.0.0/1 via 198.51.100.1 dev u0
    on_host ip -6 route add 2000::/3 via 2001:db8:100::1 dev u0
    lab_capture_start
    address alice >/dev/null || true
    expect_nothing "$(lab_capture_stop)" 'seen, although the table guards'
    delete_up_table
    lab_capture_start
    expect "$LAB_DIRECT" "$(address alice)"
    sees 192.0.2.80.80 2001:db8:80::80.80
}

test_vpn_without_ipv6_without_its_rule() {
    link_with home Address=172.27.12.34/32 DNS=172.27.12.1
    up home
    on_host ip -6 rule del priority 303
    lab_capture_start
    ! alice curl -s -m 1 $LAB_WEB6/ || fail 'the table does not guard'
    expect_nothing "$(lab_capture_stop)" 'seen, although the table guards'
    delete_up_table
    lab_capture_start
    alice curl -s -m 1 $LAB_WEB6/ >/dev/null
    sees 2001:db8:80::80.80
}

test_queries_without_their_rules_and_table() {
    link home
    up home
    for family in -4 -6; do
        for _ in 1 2 3; do on_host ip $family rule del priority 100; done
    done
    lab_capture_start
    expect_nothing "$(asked @192.168.50.20 | grep '"' || true; asked @2001:db8:100::1 | grep '"' || true)" 'answers, although the table guards'
    expect_nothing "$(lab_capture_stop)" 'seen, although the table guards'
    delete_up_table
    lab_capture_start
    expect '"lan" "isp"' "$(asked @192.168.50.20) $(asked +tcp @2001:db8:100::1)"
    sees 192.168.50.20.53 2001:db8:100::1.53
}

test_forwarded_packets_without_rules_and_table() {
    way_out_for_guest
    link home
    up home
    delete_up_rules
    delete_up_table
    lab_capture_start
    in_node guest curl -s -m 1 $LAB_WEB4/ >/dev/null
    sees 192.0.2.80.80
}

# A network behind the host, as Docker has it.
way_out_for_guest() {
    lab_namespace guest
    way_out "${LAB_PID[guest]}"
}

# A strict filter drops the tunnel's own packets, unless it is told of their mark.
test_strict_reverse_path_without_the_mark() {
    trap 'on_host sysctl -qw net.ipv4.conf.all.src_valid_mark=0 net.ipv4.conf.{all,u0}.rp_filter=0' EXIT
    on_host sysctl -qw net.ipv4.conf.{all,u0}.rp_filter=1
    link home
    up home
    expect "$LAB_BY_HOME" "$(address alice)"
    on_host sysctl -qw net.ipv4.conf.all.src_valid_mark=0
    ! alice curl -s -m 1 $LAB_WEB4/ || fail 'it works without src_valid_mark'
}

# What a program may leave behind: the comparison of no-trace/* finds each of these.
test_traces_are_found() {
    local before
    before=$(snapshot)
    finds 'ip rule add priority 4242 lookup main' 'ip rule del priority 4242'
    finds 'ip -6 rule add priority 4242 lookup main' 'ip -6 rule del priority 4242'
    finds 'ip route add unreachable default metric 4294967295 table 1' 'ip route del unreachable default metric 4294967295 table 1'
    finds 'ip -6 route add unreachable default metric 4294967295 table 1' 'ip -6 route del unreachable default metric 4294967295 table 1'
    finds 'ip link add trace type bridge' 'ip link del trace'
    finds 'ip address add 172.27.12.34/32 dev u0' 'ip address del 172.27.12.34/32 dev u0'
    finds 'nft add table inet trace' 'nft delete table inet trace'
    finds 'sysctl -qw net.ipv4.ip_forward=1' 'sysctl -qw net.ipv4.ip_forward=0'
    finds 'sysctl -qw net.ipv4.conf.u0.accept_local=1' 'sysctl -qw net.ipv4.conf.u0.accept_local=0'
    finds 'mount -t tmpfs trace /media' 'umount /media'
    finds 'touch /run/trace' 'rm /run/trace'
    finds 'touch /run/netns/vpn-trace' 'rm /run/netns/vpn-trace'
}

finds() {
    on_host $1
    [[ $(snapshot) != "$before" ]] || fail "not found: $1"
    on_host $2
    expect_same "$before" "$(snapshot)" "the host, after $2"
}

# Without filters, and without the ways to a neighbour that does not exist: sockets that have chosen the uplink are let out.
test_flushed_filters_without_dead_ends() {
    link home
    up home
    on_host nft flush ruleset
    delete_dead_ends
    lab_capture_start
    for how in unicast device; do ask_on_link $how >/dev/null; done
    leaks '198\.51\.100\.2\.[0-9]+ > 198\.51\.100\.1\.53:'
}

# A query by TLS to the LAN's router would be direct, as the LAN is.
test_queries_by_tls_without_the_filter() {
    link home
    up home
    delete_rules "${LAB_PID[host]}" 'dport 853'
    lab_capture_start
    alice timeout 1 bash -c ': < /dev/tcp/198.51.100.1/853' || true
    leaks '198\.51\.100\.2\.[0-9]+ > 198\.51\.100\.1\.853: Flags \[S\]'
}

# Before a VPN is up that blocks: without the filter a program is let out.
test_block_without_the_filter() {
    import_vpn home Autostart=up Block=yes
    on_host "$LAB_PREFIX/libexec/vpnrun/vpn-link" block
    delete_rules "${LAB_PID[host]}" 'jump block'
    lab_capture_start
    alice $LAB_GET $LAB_WEB4 >/dev/null
    leaks '198\.51\.100\.2\.[0-9]+ > 192\.0\.2\.80\.80: Flags \[S\]'
}
