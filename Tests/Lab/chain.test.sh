# shellcheck shell=bash
# `Underlay = vpn NAME`: a VPN through another one, and that through a third. On the uplink only the outermost's packets are seen.

# third_server: `third`, whose profile is on standard output of third_profile; leaves as 203.0.113.103.
third_server() {
    in_srv ip address add 203.0.113.103/32 dev s0
    in_srv ip address add 2001:db8:113::103/128 dev s0 nodad preferred_lft 0
    lab_vpn_server third 14 103 51822
}
third_profile() {
    sed "s/172\.27\.13\./172.27.14./g; s/fd27:13:/fd27:14:/g; s/:51821/:51822/; s|^PrivateKey.*|PrivateKey = $(< "$LAB/third.client")|
        s|^PublicKey.*|PublicKey = $(wg pubkey < "$LAB/third.server")|; s/^DNS.*//" < <(lab_profile work)
    printf '[VPN]\nUnderlay = vpn work\n'
}

# In captures, what is encrypted counts as well, unless it is home's.
watch_all_but_home() { [[ $LAB_CAPTURE == *51822* ]] || LAB_CAPTURE="($LAB_CAPTURE) or (udp and dst port 51821) or (udp and dst port 51822)"; }
# work_by_home: both are linked, and what is not home's is seen.
work_by_home() {
    watch_all_but_home
    import_vpn home
    import_vpn work 'Underlay=vpn home'
    vpn link home >/dev/null
    vpn link work >/dev/null
    settled work
}
by_work() { expect "$LAB_BY_WORK" "$(address "$@")" "$*"; }
mtu_of() { on_host ip -n "vpn-$1" -j link show dev "${2:-wg0}" | jq '.[0].mtu'; }

test_a_vpn_through_a_vpn() {
    work_by_home
    lab_capture_start
    by_work alice vpnrun -q work --
    expect '"work"' "$(alice vpnrun -q work -- $LAB_DIG who.test TXT)" 'its resolver'
    expect "$LAB_BY_HOME" "$(address alice vpnrun -q home --)" 'home itself'
    # The other end sees home's address, not this machine's.
    expect_match "172\.27\.12\.34:|203\.0\.113\.101:" "$(in_srv wg show work endpoints)"
    expect 1420 "$(mtu_of home)" 'MTU of home'
    expect 1340 "$(mtu_of work)" "MTU of work"
    # A large download needs no packet in two.
    expect 3000000 "$(alice vpnrun -q work -- sh -c "curl -s -m 10 $LAB_WEB4/big | head -c 3000000 | wc -c")" 'a download'
    alice vpn up work >/dev/null
    by_work alice env
    alice vpn down work >/dev/null
    expect_nothing "$(lab_capture_stop)" "seen on uplink or LAN but home's packets"
    expect 'home null' "$(status work .through) $(status home .through)"
    expect_match 'through +home' "$(vpn status work || true)"
}

test_whatever_links_the_inner_links_the_outer() {
    import_vpn home
    import_vpn work 'Underlay=vpn home'
    expect_match 'home is linked now: it carries work' "$(vpn link work 2>&1)"
    by_work alice vpnrun -q work --
    refuses 125 '^vpn: home carries work, whose Underlay it is: `vpn unlink work` first; or root' vpn unlink home
    refuses 125 '^vpn: home carries work, .*only root may cut it off' alice vpn unlink --force home
    expect_match '^home stays: it carries work' "$(vpn clean 2>&1 | grep ^home)"
}

test_up_links_the_outer() {
    import_vpn home
    import_vpn work 'Underlay=vpn home'
    on_host vpn up work
    by_work alice env
    expect_match 'It goes through work, and that through home, and leaves encrypted by u0' "$(vpn explain --host 192.0.2.80)"
    expect '["home"] work u0 203.0.113.2:51821' \
        "$(vpn explain --host 192.0.2.80 --json | jq -rc '"\(.carriers) \(.through) \(.link) \(.endpoint)"')"
    expect_match 'home carries the encrypted packet' "$(vpn explain work 192.0.2.80)"
    # What had to be there first stays.
    on_host vpn down work >/dev/null
    expect 'false true' "$(status work .linked) $(status home .linked)"
}

test_check_finds_no_leak() {
    import_vpn home
    import_vpn work 'Underlay=vpn home'
    vpn link home >/dev/null
    vpn link work >/dev/null
    settled work
    local said
    said=$(vpn check work || true)
    expect_match 'ok +work: nothing that the command sent left by another link' "$said"
    expect_match 'ok +work: its encrypted packets go through home, and nowhere else' "$said"
    ! grep -E '^!!' <<< "$said" | grep -v 'kernel' || fail "problems: $said"
    # An MTU that does not fit is told.
    vpn edit work MTU=1420 >/dev/null
    vpn refresh work >/dev/null
    expect_match 'its MTU is 1420, and home, which carries it, has 1420' "$(vpn check work || true)"
}

# forget_source: WireGuard would go on for a while with the address by which it has sent last, and that is home's.
forget_source() {
    local peer
    if peer=$(on_host wg show wg.work peers 2>/dev/null) && [[ $peer ]]; then
        on_host wg set wg.work peer "$peer" endpoint 203.0.113.2:51821
    else
        in_box work wg set wg0 peer "$(in_box work wg show wg0 peers)" endpoint 203.0.113.2:51821
    fi
}

# outer_goes FAULT: while a download of a command in work is under way.
outer_goes() {
    work_by_home
    inside_open a alice work
    lab_capture_start
    inside_download a
    "$1"
    forget_source
    local url
    for url in $LAB_WEB4/ $LAB_WEB6/; do
        expect_match '^[1-9]' "$(inside a "curl -s -o /dev/null -m 1 $url; echo \$?")" "$url"
    done
    inside a 'dig +time=1 +tries=1 @198.51.100.1 who.test; true' >/dev/null
    ! alice curl -s -m 1 --interface work $LAB_WEB4/ || fail 'the host reaches it'
    sleep 6 # a handshake is tried again after five seconds
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}
outer_unlinked() { vpn unlink --force home >/dev/null; }
test_the_outer_is_unlinked_by_force() {
    outer_goes outer_unlinked
    expect_match 'home, which carries work, is not linked: everything in work is refused; `vpn link home` fixes it' "$(status work '.broken[0]')"
    vpn link home >/dev/null
    until_true 20 work_answers
    expect null "$(status work '.broken[0]')"
}
work_answers() { [[ $(inside a "curl -s -m 2 $LAB_WEB4/") == 203.0.113.102 ]]; }
outer_tunnel_deleted() { on_host ip -n vpn-home link del dev wg0; }
test_the_tunnel_of_the_outer_is_deleted() { outer_goes outer_tunnel_deleted; }
outer_link_deleted() { on_host ip link del dev home; }
test_the_link_of_the_outer_is_deleted() { outer_goes outer_link_deleted; }
outer_down() { on_host ip link set dev home down; }
test_the_link_of_the_outer_is_down() { outer_goes outer_down; }
outer_rules_deleted() {
    on_host ip -4 rule flush protocol 86
    on_host ip -6 rule flush protocol 86
}
test_all_rules_are_deleted() { outer_goes outer_rules_deleted; }
outer_table_flushed_and_filter() {
    on_host ip route flush table 1
    on_host ip -6 route flush table 1
    on_host ip -6 route del unreachable default metric 4294967295 table 1 2>/dev/null || true
    on_host nft flush ruleset
}
test_the_table_and_all_filters_are_flushed() { outer_goes outer_table_flushed_and_filter; }

# without PROTECTION...: they are taken away by hand before the outer one is unlinked by force.
without() {
    work_by_home
    by_work alice vpnrun -q work --
    lab_capture_start
    local what
    for what; do
        case $what in
            rule) on_host ip -4 rule del priority 97; on_host ip -6 rule del priority 97 ;;
            filter) on_host nft delete table inet vpn.work ;;
        esac
    done
    vpn unlink --force home >/dev/null
    forget_source
    ! alice vpnrun -q work -- curl -s -m 3 $LAB_WEB4/ || (( $# > 1 )) || fail "without the $1 it is reached"
}
test_without_the_rule_the_filter_is_enough() { without rule; expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'; }
test_without_the_filter_the_rule_is_enough() { without filter; expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'; }
# The tests above would see it.
test_without_both_the_capture_sees_it() {
    without rule filter
    expect_match '203\.0\.113\.2\.51821: UDP' "$(lab_capture_stop)" 'seen on the uplink'
}

test_three_deep() {
    local before
    before=$(rules; on_host nft list tables)
    watch_all_but_home
    third_server
    import_vpn home
    import_vpn work 'Underlay=vpn home'
    third_profile | vpn import - --name third >/dev/null 2>&1
    lab_capture_start
    vpn link third >/dev/null 2>&1
    settled third
    expect '203.0.113.103 2001:db8:113::103' "$(address alice vpnrun -q third --)"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    expect '1420 1340 1280' "$(mtu_of home) $(mtu_of work) $(mtu_of third)"
    expect '["work","home"] third u0' "$(vpn explain third 192.0.2.80 --json | jq -rc '"\(.carriers) \(.through) \(.link)"')"
    refuses 125 '^vpn: work carries third' vpn unlink work
    vpn unlink third
    vpn unlink work
    vpn unlink home
    expect_same "$before" "$(rules; on_host nft list tables)" 'rules and tables afterwards'
}

test_circles_and_what_carries_nothing() {
    import_vpn home
    import_vpn work 'Underlay=vpn home'
    complains 125 'Underlay leads in a circle, home → work → home' vpn edit home 'Underlay=vpn work'
    complains 125 'Underlay leads in a circle, home → home' vpn edit home 'Underlay=vpn home'
    # By hand it gets past import.
    on_host sed -i '1i [VPN]\nUnderlay = vpn work' /etc/vpnrun/home.conf
    complains 125 'Underlay leads in a circle' vpn link work
    on_host rm /etc/vpnrun/home.conf
    refuses 125 '^vpn: home, which work has as Underlay, is not there' vpn link work
    complains 125 'neither a table, a VRF nor a VPN' vpn edit work 'Underlay=a b'
    import_vpn home 'Box=no' DNS=
    refuses 125 '^vpn: home, which work has as Underlay, has Box = no' vpn link work
    complains 125 "is the table of 'home': write Underlay = vpn home" bash -c '
        nsenter -t "$1" -m -n -- sed -i "s/^Box.*//" /etc/vpnrun/home.conf; nsenter -t "$1" -m -n -- vpn edit work Underlay=1' - "${LAB_PID[host]}"
    refuses 125 '^vpn: home carries work, whose Underlay it is: `sudo vpn edit work Underlay=` leaves that out' vpn rename home outer
    refuses 125 '^vpn: home carries work' vpn remove home
}
