# shellcheck shell=bash
# Packets from networks behind this machine go through the VPN that relays them, or nowhere, as long as it is linked.

# clients: a network behind the host, 10.42.42.0/24 and fd42::/64, and one machine there; the host forwards.
clients() {
    [[ $LAB_HOST == namespace ]] || skip 'needs a host of the lab, whose forwarding it switches on'
    on_host ip link del dev c0 2>/dev/null || true
    lab_namespace client
    on_host ip link add c0 type veth peer name c1 netns "${LAB_PID[client]}"
    on_host ip -batch - <<'END'
        link set c0 addrgenmode none
        address add fe80::1/64 dev c0 nodad
        address add 10.42.42.1/24 dev c0
        address add fd42::1/64 dev c0 nodad
        link set c0 up
END
    in_node client ip -batch - <<'END'
        link set c1 addrgenmode none
        address add fe80::7/64 dev c1 nodad
        address add 10.42.42.7/24 dev c1
        address add fd42::7/64 dev c1 nodad
        link set c1 up
        route add default via 10.42.42.1
        route add default via fd42::1
END
    forward 1
}
forward() { on_host sysctl -qw net.ipv4.ip_forward="$1" net.ipv6.conf.all.forwarding="$1"; }
client() { in_node client "$@"; }
RELAYED='10.42.42.0/24, fd42::/64'

# The other side knows the way back to them.
known_to_the_server() {
    in_srv wg set home peer "$(wg pubkey < "$LAB/home.client")" allowed-ips 172.27.12.34/32,fd27:12::34/128,10.42.42.0/24,fd42::/64
    in_srv ip route replace 10.42.42.0/24 dev home
    in_srv ip route replace fd42::/64 dev home
    in_srv nft insert rule inet home leave ip saddr 10.42.42.0/24 oifname s0 snat to 203.0.113.101
    in_srv nft insert rule inet home leave ip6 saddr fd42::/64 oifname s0 snat to 2001:db8:113::101
}

# As before; tests before this one may have told it.
unknown_to_the_server() { in_srv wg set home peer "$(wg pubkey < "$LAB/home.client")" allowed-ips 172.27.12.34/32,fd27:12::34/128; }

# by_home: the client reaches the internet by it, and nothing was seen in the clear meanwhile.
by_home() {
    lab_capture_start
    expect "$LAB_BY_HOME" "$(address client)" "the client's address"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# cut_off WHAT: it reaches nothing, by neither family, and nothing of it is seen in the clear.
cut_off() {
    local url
    lab_capture_start
    for url in $LAB_WEB4/ $LAB_WEB6/; do ! client curl -s -m 1 -o /dev/null "$url" || fail "$1: the client reaches $url"; done
    client bash -c 'echo x > /dev/udp/192.0.2.80/9; echo x > /dev/udp/2001:db8:80::80/9; sleep 0.1; ping -c1 -W1 192.0.2.80' >/dev/null 2>&1 || true
    expect_nothing "$(lab_capture_stop)" "$1: seen on uplink or LAN"
}

test_sources_are_kept() {
    clients
    known_to_the_server
    link_with home Relay="$RELAYED"
    by_home
    in_srv timeout 5 tcpdump -i home -c1 -ln 'src host 10.42.42.7 and tcp' > "$LAB/seen" 2> "$LAB/seen.log" &
    until_true 5 grep -q 'listening on' "$LAB/seen.log"
    client $LAB_GET $LAB_WEB4/ >/dev/null
    wait $!
    expect_match '10\.42\.42\.7' "$(< "$LAB/seen")" 'source in the tunnel'
    # The host, its LAN and its commands are not concerned.
    expect "$LAB_DIRECT" "$(address alice)" "the host's address"
    expect "$LAB_BY_HOME" "$(address alice vpnrun home --)" "a command's address"
    expect 192.168.50.10 "$(on_host $LAB_GET http://192.168.50.20/)" 'the LAN'
    # Queries go to the VPN's servers, whatever server they were addressed to.
    expect '"home"' "$(client $LAB_DIG @198.51.100.1 who.test TXT)" 'resolver'
    expect '"home"' "$(client $LAB_DIG @2001:db8:100::1 who.test TXT)" 'resolver over IPv6'
}

test_translated() {
    clients
    link_with home Relay="$RELAYED, snat"
    by_home
    expect '"home"' "$(client $LAB_DIG @198.51.100.1 who.test TXT)" 'resolver'
    on_host bash -c 'ip link set dev c0 mtu 9000'
    client ip link set dev c1 mtu 9000
    got=$(client curl -s -m 2 -o /dev/null -w '%{size_download}' $LAB_WEB4/big) || true
    (( got > 1000000 )) || fail "a download with large packets: $got bytes"
    got=$(client curl -s -m 2 -o /dev/null -w '%{size_download}' $LAB_WEB6/big) || true
    (( got > 1000000 )) || fail "a download with large packets over IPv6: $got bytes"
}

# The machine's own address there is its own affair, and clients reach it and one another.
test_clients_and_the_host() {
    clients
    link_with home Relay="$RELAYED, snat"
    client ping -c1 -W2 10.42.42.1 >/dev/null || fail 'the client does not reach the host'
    client ping -c1 -W2 fd42::1 >/dev/null || fail 'the client does not reach the host over IPv6'
    on_host ping -c1 -W2 -I 10.42.42.1 10.42.42.7 >/dev/null || fail 'the host does not reach the client'
    in_lan ip route add 10.42.42.0/24 via 192.168.50.10
    expect 192.168.50.20 "$(on_host $LAB_GET --interface 10.42.42.1 http://192.168.50.20/ >/dev/null && echo 192.168.50.20)" 'from its own address there'
    # New connections from the VPN's side are refused.
    in_srv ip route replace 10.42.42.0/24 dev home
    in_srv wg set home peer "$(wg pubkey < "$LAB/home.client")" allowed-ips 172.27.12.34/32,fd27:12::34/128,10.42.42.0/24
    ! in_srv ping -c1 -W1 10.42.42.7 >/dev/null || fail 'the VPN reaches the client'
}

test_fails_closed() {
    clients
    link_with home Relay="$RELAYED, snat"
    by_home
    on_host ip -n vpn-home link set dev wg0 down
    cut_off 'the tunnel is down'
    vpn refresh home >/dev/null
    by_home
    on_host ip link set dev home down
    cut_off "the host's link is down"
    vpn refresh home >/dev/null
    by_home
    on_host ip link del dev home
    cut_off "the host's link is gone"
    vpn refresh home >/dev/null
    by_home
    on_host ip route flush table 1
    on_host ip -6 route flush table 1
    on_host ip -6 route del unreachable default metric 4294967295 table 1 || true
    cut_off "the VPN's table is empty"
    vpn refresh home >/dev/null
    by_home
}

# Another program deletes the rules: the filter refuses. It deletes the filters: the rules lead nowhere else. `vpn status` says it.
test_other_programs_delete_parts() {
    clients
    link_with home Relay="$RELAYED, snat"
    on_host ip rule flush protocol 86
    on_host ip -6 rule flush protocol 86
    cut_off 'rules are deleted'
    expect_match 'rules of home' "$(status home '.broken[0]')"
    vpn refresh home >/dev/null
    by_home
    on_host nft delete table inet vpn-relay.home
    expect_match 'vpn-relay.home is missing' "$(status home '.broken[0]')"
    by_home
    on_host nft flush ruleset
    on_host ip link set dev home down
    cut_off 'filters are deleted'
    vpn refresh home >/dev/null
    by_home
    expect '[]' "$(status home '.broken | tojson')"
}

# The box loses its routes, or its link: the rules say what is relayed; without these the filter says that something is.
test_box_loses_its_routes() {
    local verb
    clients
    link_with home Relay="$RELAYED, snat"
    # The file is not followed before it is asked for.
    vpn edit home Relay= >/dev/null
    for verb in refresh link; do
        on_host ip -n vpn-home route flush table main
        on_host ip -n vpn-home -6 route flush table main
        expect_match "routes of home's box to what it relays" "$(status home '.broken | join(" ")')"
        expect '["10.42.42.0/24","fd42::/64"]' "$(status home '.relay | tojson')"
        cut_off "the box has no routes"
        vpn $verb home >/dev/null
        by_home
        expect '[]' "$(status home '.broken | tojson')"
    done
    on_host ip -n vpn-home link set dev host0 down
    on_host ip -n vpn-home link set dev host0 up
    vpn refresh home >/dev/null
    by_home
    on_host ip link del dev home
    vpn refresh home >/dev/null
    by_home
    vpn edit home Relay="$RELAYED, snat" >/dev/null
    on_host ip -n vpn-home route flush table main
    on_host ip -n vpn-home -6 route flush table main
    on_host ip rule flush protocol 86
    on_host ip -6 rule flush protocol 86
    vpn refresh home >/dev/null
    by_home
}

# Of one family everything else is gone: the filter tells which networks they are, whatever the file says by now.
test_one_family_is_lost() {
    local family
    clients
    link_with home Relay="$RELAYED, snat"
    vpn edit home Relay=10.99.0.0/24,fd99::/64 >/dev/null
    for family in -4 -6; do
        on_host ip -n vpn-home $family route flush table main
        on_host ip $family rule flush protocol 86
        expect '["10.42.42.0/24","fd42::/64"]' "$(status home '.relay | sort | tojson')" "what it relays without rules and routes of $family"
        vpn refresh home >/dev/null
        by_home
        expect '[]' "$(status home '.broken | tojson')" "what is broken after $family"
    done
    vpn reload home >/dev/null
    expect '["10.99.0.0/24","fd99::/64"]' "$(status home '.relay | sort | tojson')" 'after reload'
}

# One that relays is in use: only who may take the system up and down ends that, and no housekeeping does.
test_in_use() {
    clients
    import_vpn home Relay="$RELAYED, snat"
    vpn up home >/dev/null
    expect_match 'it relays 10.42.42.0/24, fd42::/64, so it stays linked' "$(vpn down home)"
    by_home
    expect_match '^home stays: it relays 10.42.42.0/24, fd42::/64; .vpn unlink home. ends that' "$(vpn clean)"
    by_home
    vpn edit home SystemWide=root >/dev/null
    refuses 125 'only root may take home up or down' bob vpn unlink home
    refuses 125 'only root may take home up or down' bob vpn unlink --force home
    by_home
    # So it is if only its rules say so.
    on_host ip link del dev home
    expect_match '^home stays: it relays' "$(vpn clean)"
    cut_off 'the link is gone'
    vpn unlink home
    expect_nothing "$(rules | grep -F 10.42.42.)" 'rules'
    # A VPN that relays nothing is any member's.
    vpn edit home Relay= >/dev/null
    vpn link home >/dev/null
    bob vpn unlink home
}

# What others relay stays, whatever happens to another VPN, even while the one that relays has no link.
test_others_leave_the_rules() {
    clients
    link_with home Relay="$RELAYED, snat"
    import_vpn work Relay=10.43.0.0/16
    on_host ip link del dev home
    for verb in link refresh reload unlink; do
        vpn $verb work >/dev/null
        [[ $(rules | grep -c '10.42.42\|fd42:') == 10 ]] || fail "after $verb of work: $(rules)"
        cut_off "the link is gone, and $verb of work was called"
    done
    vpn refresh home >/dev/null
    by_home
    vpn unlink home
    # Both at once, which share rules.
    for turn in {1..8}; do
        vpn link work >/dev/null &
        vpn link home >/dev/null
        wait $!
        [[ $(rules | grep -c '10.42.42\|fd42:') == 10 && $(rules | grep -c '10.43.0.0') == 4 ]] || fail "turn $turn: $(rules)"
        vpn unlink work >/dev/null &
        vpn unlink home >/dev/null
        wait $!
        expect_nothing "$(rules | grep '10.4[23]\|nop')" "rules in turn $turn"
    done
}

# A new address of the machine's in a relayed network breaks nothing, and is left alone after the next refresh.
test_new_own_address() {
    clients
    link_with home Relay="$RELAYED, snat"
    on_host ip address add 10.42.42.2/24 dev c0
    expect '[]' "$(status home '.broken | tojson')"
    by_home
    vpn refresh home >/dev/null
    expect_match 'from 10.42.42.2 iif lo goto 96' "$(rules)"
    on_host ip address del 10.42.42.2/24 dev c0
    vpn refresh home >/dev/null
    expect_nothing "$(rules | grep -F 10.42.42.2)" 'rules of an address that is gone'
    by_home
}

# Whether addresses are translated is what was linked, until the profile is followed.
test_translation_is_told() {
    local from='vpn explain --from 10.42.42.7 192.0.2.80'
    clients
    unknown_to_the_server
    import_vpn home Relay="$RELAYED, snat"
    vpn edit home Inbound=icmp >/dev/null
    vpn link home >/dev/null
    expect '[]' "$(status home '.changed | tojson')"
    vpn edit home Relay="$RELAYED" >/dev/null
    expect '["Relay"]' "$(status home '.changed | tojson')"
    expect_match 'leaves as 172.27.12.34' "$($from)"
    by_home
    vpn reload home >/dev/null
    expect '[]' "$(status home '.changed | tojson')"
    expect_match 'leaves as what it is' "$($from)"
    ! client curl -s -m 1 -o /dev/null $LAB_WEB4/ || fail 'the server knows no way back, and yet there is an answer'
    vpn edit home Relay="$RELAYED, snat" >/dev/null
    expect '["Relay"]' "$(status home '.changed | tojson')"
    vpn reload home >/dev/null
    expect '["icmp"]' "$(status home '.inbound | tojson')"
    by_home
}

# What comes back for a client that is gone does not leave by the default route.
test_clients_gone() {
    clients
    link_with home Relay="$RELAYED, snat"
    client bash -c 'for n in 1 2 3 4 5 6; do echo $n > /dev/udp/192.0.2.80/9; done' || true
    lab_capture_start
    client curl -s -m 5 -o "$LAB/download" $LAB_WEB4/big &
    until_true 3 test -s "$LAB/download"
    kill -0 $! || fail 'the download has ended'
    on_host ip link set dev c0 down
    sleep 0.5
    kill $! 2>/dev/null || true
    expect_nothing "$(lab_capture_stop | grep -F 10.42.42.)" "the client's packets on the uplink"
}

test_up_and_other_vpns() {
    clients
    link_with home Relay="$RELAYED, snat"
    link work
    up work
    by_home
    expect "$LAB_BY_WORK" "$(address alice)" "the host's address"
    expect '"home"' "$(client $LAB_DIG @198.51.100.1 who.test TXT)" "the client's resolver"
    up home
    by_home
    down work
    down home
    by_home
    vpn unlink work
    by_home
}

test_reload() {
    clients
    link home
    expect "[]" "$(status home '.relay | tojson')"
    vpn edit home Relay="$RELAYED, snat" >/dev/null
    expect_match Relay "$(status home '.changed | join(" ")')"
    vpn reload home >/dev/null
    by_home
    expect '["10.42.42.0/24","fd42::/64"]' "$(status home '.relay | tojson')"
    expect_match 'relays +10.42.42.0/24, fd42::/64' "$(vpn status home || true)"
    vpn edit home 'Relay=10.42.42.0/24, snat' >/dev/null
    # The file is not followed before it is asked for.
    vpn refresh home >/dev/null
    by_home
    vpn reload home >/dev/null
    expect 203.0.113.101 "$(client $LAB_GET $LAB_WEB4/)" 'IPv4'
    expect 10.42.42.0/24 "$(status home '.relay | join(" ")')"
    vpn edit home Relay= >/dev/null
    vpn reload home >/dev/null
    expect_nothing "$(rules | grep -F 10.42.42.)" 'rules'
    ! on_host nft list table inet vpn-relay.home >/dev/null 2>&1 || fail 'the filter is still there'
}

test_no_trace() {
    local before
    clients
    import_vpn home Relay="$RELAYED"
    before=$(snapshot)
    vpn link home >/dev/null
    [[ $(rules | grep -c '10.42.42\|fd42:') == 10 ]] || fail "$(rules)"
    vpn unlink home
    expect_no_trace "$before"
    vpn link home >/dev/null
    on_host ip link del dev home
    vpn unlink home >/dev/null
    expect_no_trace "$before"
}

# Wherever a link is killed: what is relayed is as before, refused, or in the VPN; and unlinking leaves nothing.
test_killed() {
    local before turn url
    clients
    import_vpn home Relay="$RELAYED, snat"
    before=$(snapshot)
    for turn in {1..12}; do
        vpn link home >/dev/null 2>&1 &
        sleep "0.0$((turn * 7 % 90 + 10))"
        for process in $(lab_processes); do
            [[ $(readlink "/proc/$process/exe") != */vpn-link ]] || kill -KILL "$process"
        done 2>/dev/null
        wait $! || true
        # As long as nothing of it is there clients are what they were: the filter comes first.
        if on_host nft list table inet vpn-relay.home >/dev/null 2>&1; then
            lab_capture_start
            client bash -c 'echo x > /dev/udp/192.0.2.80/9; echo x > /dev/udp/2001:db8:80::80/9' 2>/dev/null || true
            for url in $LAB_WEB4/ $LAB_WEB6/; do client curl -s -m 0.5 -o /dev/null $url || true; done
            expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
        fi
        if (( turn % 3 == 0 )); then
            vpn link home >/dev/null
            by_home
        fi
        vpn unlink home --force >/dev/null 2>&1 || true
        expect_no_trace "$before"
    done
    vpn link home >/dev/null
    by_home
    vpn unlink home
    expect_no_trace "$before"
}

# Forwarding is the administrator's: what is missing is said, with the line that switches it on.
test_forwarding_is_said() {
    clients
    forward 0
    import_vpn home Relay="$RELAYED, snat"
    expect_match 'net/ipv4/conf/c0/forwarding=1.*net/ipv6/conf/all/forwarding=1' "$(vpn link home 2>&1 | tr '\n' ' ')"
    expect 2 "$(status home '[.warnings[] | select(test("forwarding is off"))] | length')"
    { vpn status home || true; } | grep -o 'sysctl -w [^ `]*' | on_host bash > /dev/null
    by_home
    expect 0 "$(status home '[.warnings[] | select(test("forwarding is off"))] | length')"
    on_host ip link del dev c0
    expect_match 'no route to 10.42.42.0/24' "$(status home '.warnings | join(" ")')"
}

test_firewall_that_drops_is_said() {
    clients
    link_with home Relay="$RELAYED, snat"
    on_host nft 'table ip docker { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'
    ! client $LAB_GET $LAB_WEB4/ 2>/dev/null || fail 'the firewall does not drop'
    vpn check home --json | jq -r '.[] | select(.check == "relay" and (.what | test("forwards"))) | .fix' > "$LAB/fix"
    expect_match 'nft insert rule' "$(< "$LAB/fix")"
    sed 's/sudo //g' "$LAB/fix" | on_host bash
    expect 203.0.113.101 "$(client $LAB_GET $LAB_WEB4/)" 'after the fix'
}

test_explained() {
    clients
    link_with home Relay="$RELAYED, snat"
    expect 'tunnel home' "$(vpn explain --from 10.42.42.7 192.0.2.80 --json | jq -r '"\(.outcome) \(.through)"')"
    expect 'tunnel home' "$(vpn explain --from fd42::7 2001:db8:80::80 --json | jq -r '"\(.outcome) \(.through)"')"
    expect 94 "$(vpn explain --from 10.42.42.7 192.0.2.80 --json | jq -r '.steps[1].rule')"
    expect_match 'leaves as 172.27.12.34' "$(vpn explain --from 10.42.42.7 192.0.2.80)"
    expect 'direct u0' "$(vpn explain --host 192.0.2.80 --json | jq -r '"\(.outcome) \(.link)"')"
    on_host ip link set dev home down
    expect stops "$(vpn explain --from 10.42.42.7 192.0.2.80 --json | jq -r .outcome)"
    refuses 125 'one family' vpn explain --from 10.42.42.7 2001:db8:80::80
    expect_match 'not behind this machine' "$(vpn explain --from 10.42.42.1 192.0.2.80)"
}

# The script does the same.
test_plan() {
    clients
    import_vpn home Relay="$RELAYED, snat"
    vpn link home >/dev/null
    made=$(rules; on_host nft list table inet vpn-relay.home)
    vpn plan home unlink > "$LAB/unlink"
    vpn plan home link > "$LAB/link"
    vpn unlink home
    userspace_or_kernel=$(on_host bash "$LAB/link" 2>&1) || fail "$userspace_or_kernel"
    by_home
    expect_same "$made" "$(rules; on_host nft list table inet vpn-relay.home)" 'rules and filter'
    said=$(on_host bash -x "$LAB/unlink" 2>&1) || fail "$said"
    expect_nothing "$(rules | grep -F 10.42.42.)" 'rules'
}

# What a relayed network cannot be, with the line where it stands.
test_bad_input() {
    import_vpn home
    import_vpn work Relay=10.42.42.0/24
    local value sentence
    while IFS='|' read -r value sentence; do
        complains 125 "$sentence" vpn edit home "Relay=$value"
    done <<'END'
10.42.42.1/24|has host bits; write 10.42.42.0/24
172.27.12.0/24|own address 172.27.12.34
0.0.0.0/0|not a network of machines behind this one
10.42.0.0/16|overlaps 10.42.42.0/24 of 'work'
10.20.1.0/25|commands' network 10.20.1.0/24
10.43.0.0/16, 10.43.1.0/24|overlaps 10.43.0.0/16 of line
snat|which networks
172.27.12.1/32|DNS server 172.27.12.1
172.27.13.34/32|address 172.27.13.34.* of 'work'
wg0|neither a network nor snat
END
    vpn edit home Address=172.27.12.34/32 DNS=172.27.12.1 >/dev/null
    complains 125 'no Address of IPv6; leave this out' vpn edit home Relay=fd42::/64
}

# The page is typed as it stands there.
test_page() {
    # shellcheck source=documents.test.sh
    . "$LAB_HERE/documents.test.sh"
    clients
    forward 0
    stage
    typed_by_alice docs/setups/relay.md
    by_home
}
