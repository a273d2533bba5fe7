# shellcheck shell=bash
# IPv6 is a family that a host may not have, or have switched off; and a machine moves from a network of one family to one of the other.

# ask ADDRESS...: the host's resolvers.
ask() {
    if [[ $LAB_HOST == self ]]; then resolvectl dns u0 "$@"; else printf 'nameserver %s\n' "$@" | on_host tee /etc/resolv.conf >/dev/null; fi
}

# as_it_was: the host's network, however far a test has come.
as_it_was() {
    ask 198.51.100.1 2001:db8:100::1
    on_host sh -c '
        sed -i "/vpn.example.net/Id" /etc/hosts
        sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
        ip address replace fe80::2/64 dev u0 nodad
        ip address replace 198.51.100.2/24 dev u0
        ip address replace 2001:db8:100::2/64 dev u0 nodad
        ip route replace default via 198.51.100.1 dev u0 metric 5
        ip route replace default via 2001:db8:100::1 dev u0 metric 5' || true
}

# behind_both: alice's commands and, while up, everything go through home, in both families.
behind_both() {
    works alice vpnrun home --
    alice vpn up home >/dev/null
    settled home
    works alice
    [[ $(vpn status home) == 'The whole system goes through home'* ]] || fail "$(vpn status home)"
    expect_nothing "$(status home '.warnings[]?')" 'warnings'
}

# own_setting: of the links that are not ours.
own_setting() { on_host sh -c 'cd /proc/sys/net/ipv6/conf; grep . all/disable_ipv6 default/disable_ipv6 u0/disable_ipv6 l0/disable_ipv6 lo/disable_ipv6'; }

# switched_off SETTING...: linked, up, down and unlinked on such a host.
switched_off() {
    local setting before said
    trap as_it_was EXIT
    for setting; do on_host sysctl -qw "net.ipv6.conf.$setting.disable_ipv6=1"; done
    before=$(own_setting)
    lab_profile home | vpn import - --name home >/dev/null
    said=$(vpn link home)
    expect_match 'IPv6 is switched off on this machine.*on for the link home, and nowhere else' "$said" 'the notice'
    expect 1 "$(grep -c IPv6 <<< "$said")" 'notices'
    behind_both
    expect_same "$before" "$(own_setting)" "the host's own links"
    expect 0 "$(on_host sysctl -n net.ipv6.conf.home.disable_ipv6)"
    alice vpn down home >/dev/null
    expect 198.51.100.2 "$(alice $LAB_GET $LAB_WEB4/)" 'direct again'
    unlink_vpn home >/dev/null
    expect_same "$before" "$(own_setting)" "the host's own links, at the end"
}

test_ipv6_switched_off_for_all() { switched_off all; }
test_ipv6_switched_off_for_new_links() { switched_off default; }

test_ipv6_switched_off_while_it_is_up() {
    trap as_it_was EXIT
    link home >/dev/null
    behind_both
    on_host sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    # What it had of IPv6 is gone, and nothing goes another way.
    lab_capture_start
    ! alice $LAB_GET $LAB_WEB6/ 2>/dev/null || fail 'IPv6 works'
    expect 203.0.113.101 "$(alice $LAB_GET $LAB_WEB4/)" 'IPv4'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    expect_match 'vpn refresh' "$(status home '.warnings[]')" 'the warning'
    alice vpn refresh home >/dev/null
    settled home
    works alice
    expect_nothing "$(status home '.warnings[]?')" 'warnings'
    expect 1 "$(on_host sysctl -n net.ipv6.conf.u0.disable_ipv6)" "the uplink's"
}

test_a_script_for_a_host_with_ipv6_switched_off() {
    trap as_it_was EXIT
    on_host sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    lab_profile home | vpn import - --name home >/dev/null
    expect_match 'sysctl -qw net/ipv6/conf/home/disable_ipv6=0' "$(vpn plan home link)"
}

# ---------------------------------------------------------------- moving

# to_ipv6_only, to_ipv4: the uplink's network has one family.
to_ipv6_only() { on_host sh -c 'ip route del default; ip addr del 198.51.100.2/24 dev u0; ip -6 route replace default via 2001:db8:100::1 dev u0 metric 5'; }
to_ipv4() { on_host sh -c 'ip -6 route del default; ip addr add 198.51.100.2/24 dev u0; ip route add default via 198.51.100.1 dev u0 metric 5'; }

# moves_and_comes_back: one refresh after each move is enough, and its tunnel works at once.
moves_and_comes_back() {
    on_host ip -6 route del default
    vpn up home >/dev/null
    expect 203.0.113.101 "$(alice $LAB_GET $LAB_WEB4/)" 'in the IPv4 network'
    expect 203.0.113.2:51820 "$(endpoint)"
    to_ipv6_only
    "${1:-true}" 2001:db8:100::53
    alice vpn refresh home >/dev/null
    expect '[2001:db8:113::2]:51820' "$(endpoint)" 'endpoint after the first refresh'
    expect 203.0.113.101 "$(alice $LAB_GET $LAB_WEB4/)" 'in the network of IPv6 only'
    to_ipv4
    "${1:-true}" 198.51.100.53
    alice vpn refresh home >/dev/null
    expect '203.0.113.2:51820' "$(endpoint)" 'endpoint back in the IPv4 network'
    expect 203.0.113.101 "$(alice $LAB_GET $LAB_WEB4/)" 'back in the IPv4 network'
}

listed() { trap as_it_was EXIT; on_host sh -c 'printf "203.0.113.2 vpn.example.net\n2001:db8:113::2 VPN.example.net # both\n" >> /etc/hosts'; }

test_moving_with_the_endpoint_in_hosts() {
    listed
    import_vpn home Endpoint=vpn.example.net:51820
    moves_and_comes_back
}

test_moving_with_the_endpoint_in_dns() {
    trap as_it_was EXIT
    in_inet sh -c 'ip addr add 198.51.100.53/24 dev h0; ip addr add 2001:db8:100::53/64 dev h0 nodad'
    in_inet dnsmasq --conf-file=/dev/null --pid-file= --user=root --group=root --bind-interfaces --no-resolv --no-hosts --cache-size=0 \
        --listen-address=198.51.100.53 --listen-address=2001:db8:100::53 --host-record=vpn.example.net,203.0.113.2,2001:db8:113::2
    ask 198.51.100.53
    import_vpn home Endpoint=vpn.example.net:51820
    moves_and_comes_back ask
    in_inet sh -c 'ip addr del 198.51.100.53/24 dev h0; ip addr del 2001:db8:100::53/64 dev h0'
}

test_linked_in_a_network_of_ipv6_only() {
    listed
    to_ipv6_only
    import_vpn home Endpoint=vpn.example.net:51820
    vpn link home >/dev/null
    expect '[2001:db8:113::2]:51820' "$(endpoint)"
    expect 203.0.113.101 "$(alice vpnrun home -- $LAB_GET $LAB_WEB4/)"
}

# A network that is gone is no reason to forget where the peer was.
test_without_a_network_the_endpoint_stays() {
    listed
    import_vpn home Endpoint=vpn.example.net:51820
    on_host ip -6 route del default
    vpn up home >/dev/null
    works4=$(alice $LAB_GET $LAB_WEB4/)
    expect 203.0.113.101 "$works4"
    on_host ip route del default
    (( $(milliseconds alice vpn refresh home) < 2000 )) || fail 'refresh took long'
    expect 203.0.113.2:51820 "$(endpoint)"
    on_host ip route add default via 198.51.100.1 dev u0 metric 5
    expect 203.0.113.101 "$(alice $LAB_GET $LAB_WEB4/)"
}
