# shellcheck shell=bash
# From a provider's file to a program whose packets leave through the tunnel.

test_import_makes_a_profile_of_roots() {
    lab_profile home "$LAB/home.conf"
    vpn import "$LAB/home.conf"
    lab_profile work | vpn import - --name work
    expect '0 0 600' "$(on_host stat -c '%u %g %a' /etc/vpnrun/home.conf)"
    expect '0 0 600' "$(on_host stat -c '%u %g %a' /etc/vpnrun/work.conf)"
    expect 'home 1,work 2' "$(vpn list --json | jq -r 'map("\(.name) \(.id)") | sort | join(",")')"
}

test_import_replaces_only_with_force() {
    local before
    lab_profile home | vpn import - --name home
    before=$(on_host sha256sum /etc/vpnrun/home.conf)
    lab_profile work "$LAB/work.conf"
    refuses 125 home import_work_as_home
    expect "$before" "$(on_host sha256sum /etc/vpnrun/home.conf)"
    import_work_as_home --force
    on_host grep -q 172.27.13.34 /etc/vpnrun/home.conf
    expect 1 "$(vpn list --json | jq '.[0].id')"
}
import_work_as_home() { vpn import "$LAB/work.conf" --name home "$@"; }

test_link_by_root_then_commands_by_users() {
    link home
    works alice vpnrun home --
    works bob vpnrun home --
    expect 198.51.100.2 "$(alice $LAB_GET $LAB_WEB4/)" 'without vpnrun'
}

test_a_user_starts_from_nothing() {
    lab_profile home | vpn import - --name home
    if on_host ip link add wgprobe type wireguard 2>/dev/null; then
        on_host ip link del wgprobe
        works alice vpnrun home --
    else
        refuses 125 'vpn link home' alice vpnrun home -- true
        on_host test ! -e /run/netns/vpn-home
        skip 'the kernel has no WireGuard (the refusal names `sudo vpn link home`)'
    fi
}

test_link_twice_changes_nothing() {
    local before
    link home
    before=$(snapshot)
    vpn link home
    expect_same "$before" "$(snapshot)" 'the host'
    works alice vpnrun home --
}

test_two_commands_at_once() {
    link home
    inside_open a alice home
    inside_open b bob home
    expect_match '^10\.20\.1\.[0-9]+ 10\.20\.1\.[0-9]+$' "$(addresses_of_commands)"
    expect 2 "$(addresses_of_commands | tr ' ' '\n' | sort -u | wc -l)" 'different addresses'
    for label in a b; do
        expect 203.0.113.101 "$(inside $label "$LAB_GET $LAB_WEB4/")"
        expect 2001:db8:113::101 "$(inside $label "$LAB_GET $LAB_WEB6/")"
    done
}
addresses_of_commands() { status home '[.commands[].address] | join(" ")'; }

test_two_vpns_at_once() {
    link home work
    inside_open h alice home
    inside_open w alice work
    expect 203.0.113.101 "$(inside h "$LAB_GET $LAB_WEB4/")"
    expect 203.0.113.102 "$(inside w "$LAB_GET $LAB_WEB4/")"
    expect 2001:db8:113::101 "$(inside h "$LAB_GET $LAB_WEB6/")"
    expect 2001:db8:113::102 "$(inside w "$LAB_GET $LAB_WEB6/")"
    expect '"home"' "$(inside h "$LAB_DIG who.test TXT")"
    expect '"work"' "$(inside w "$LAB_DIG who.test TXT")"
}

test_the_default_vpn_is_the_lowest_id() {
    link home work
    expect 203.0.113.101 "$(alice vpnrun -- $LAB_GET $LAB_WEB4/)"
    expect 203.0.113.102 "$(alice vpnrun work $LAB_GET $LAB_WEB4/)" 'without the two dashes'
}

test_status_tells_what_wg_tells() {
    local box
    link home
    expect true "$(status home .linked)"
    inside_open a alice home
    inside a "$LAB_GET $LAB_WEB4/" >/dev/null
    box=$(wg_dump)
    expect "$(cut -f1 <<< "$box")" "$(status home '.peers[0].public_key')"
    expect 203.0.113.2:51820 "$(status home '.peers[0].endpoint')"
    expect "$(cut -f5 <<< "$box")" "$(status home '.peers[0].latest_handshake')"
    (( $(status home '.peers[0].rx_bytes') > 0 && $(status home '.peers[0].tx_bytes') > 0 ))
    expect "$(inside a 'id -u; echo $$' | xargs) sh" "$(status home '.commands[] | "\(.uid) \(.pid) \(.command)"')"
}
# The kernel's device is in the box; that of wireguard-go is asked by the name it was born with.
wg_dump() { { in_box home wg show wg0 dump 2>/dev/null || on_host wg show wg.home dump; } | tail -n 1; }

test_the_box_is_what_was_designed() {
    link home
    expect '172.27.12.34/32 fd27:12::34/128' "$(on_host ip -j address show dev home | jq -r '.[0].addr_info | map("\(.local)/\(.prefixlen)") | sort | join(" ")')"
    expect 2 "$(on_host sysctl -n net.ipv4.conf.home.rp_filter)" 'rp_filter of the host link'
    for family in -4 -6; do
        expect '90 201' "$(on_host ip -N $family -j rule | jq -r '[.[] | select(.protocol == "86") | .priority] | unique | join(" ")')" 'our rules'
    done
    expect 10.20.1.1/24 "$(on_host ip -n vpn-home -4 -j address show dev br-home | jq -r '.[0].addr_info[0] | "\(.local)/\(.prefixlen)"')"
    expect fd76:706e:1::1/64 "$(on_host ip -n vpn-home -6 -j address show dev br-home | jq -r '.[0].addr_info[0] | "\(.local)/\(.prefixlen)"')"
    expect 1 "$(in_box home nft -j list tables | jq '[.nftables[].table | select(.family == "inet" and .name == "vpn")] | length')" 'tables named vpn'
    expect 1 "$(on_host nft -j list tables | jq '[.nftables[].table | select(.family == "inet" and .name == "vpn.home")] | length')" 'tables named vpn.home'
}

# `ip netns` turns /run/netns into a mount of its own; namespaces of others stay what they are.
test_beside_ip_netns() {
    on_host ip netns add other
    link home
    works alice vpnrun home --
    expect 0 "$(on_host ip netns exec vpn-home ip -N -j rule | jq '[.[] | select(.protocol == "86")] | length')" 'rules in the box'
    unlink_vpn home
    expect other "$(on_host ip netns list)"
    on_host ip netns del other
    on_host umount /run/netns
}

# Its first call would cover /run/netns with a copy of itself, where the pin is mounted a second time: it is a mount already.
test_ip_netns_while_linked() {
    link home
    on_host ip netns add other
    works alice vpnrun home --
    unlink_vpn home
    vpn link home
    settled home
    works alice vpnrun home --
    unlink_vpn home
    on_host ip netns del other
    on_host umount /run/netns
}

# A router asks for neighbours with its link-local address; the bridge needs one of its own.
test_ipv6_survives_forgotten_neighbours() {
    link home
    inside_open a alice home
    expect 2001:db8:113::101 "$(inside a "$LAB_GET $LAB_WEB6/")"
    inside a "curl -sS -o /dev/null $LAB_WEB6/big 2>/dev/null & echo" >/dev/null
    until_true 10 inside_receives a 500000
    in_box home ip -6 neigh flush dev br-home
    until_true 10 inside_receives a 5000000
}

test_mtu_is_the_tunnels_everywhere() {
    local mtu
    link home
    mtu=$(on_host ip -n vpn-home -j link show wg0 | jq '.[0].mtu')
    expect 1420 "$mtu" 'MTU of the tunnel: the uplink has 1500'
    expect $mtu "$(on_host ip -n vpn-home -j link show br-home | jq '.[0].mtu')" 'bridge'
    expect $mtu "$(alice vpnrun home -- ip -j link show eth0 | jq '.[0].mtu')" 'command'
    sed 's/^DNS/MTU = 1400\nDNS/' <(lab_profile work) | vpn import - --name work
    vpn link work
    expect 1400 "$(alice vpnrun work -- ip -j link show eth0 | jq '.[0].mtu')" 'command, with MTU = 1400'
}

test_unlink_refuses_while_commands_run() {
    link home
    inside_open a alice home
    refuses 125 home vpn unlink home
    expect 203.0.113.101 "$(inside a "$LAB_GET $LAB_WEB4/")"
    vpn unlink home --force
    on_host test ! -e /run/netns/vpn-home
    inside a "! $LAB_GET $LAB_WEB4/ 2>/dev/null"
    inside_close a
    vpn unlink home
}

# Ten times, since it is a race with the kernel, which ends the command's namespace in its own time.
test_unlink_right_after_a_command() {
    for _ in {1..10}; do
        link home
        alice vpnrun home -- true
        vpn unlink home
        on_host rm /etc/vpnrun/home.conf
    done
}

test_endpoint_over_ipv6() {
    sed 's/^Endpoint.*/Endpoint = [2001:db8:113::2]:51820/' <(lab_profile home) | vpn import - --name home
    vpn link home
    works alice vpnrun home --
}

# The name is resolved without privilege, before the tunnel is there; a VPN that is linked needs it no more.
test_endpoint_by_name() {
    sed 's/^Endpoint.*/Endpoint = gate.provider.test:51820/' <(lab_profile home) | vpn import - --name home
    refuses 125 'gate.provider.test' vpn link home
    on_host sh -c 'cp /etc/hosts /etc/hosts.lab; echo 203.0.113.2 gate.provider.test >> /etc/hosts'
    vpn link home
    on_host mv /etc/hosts.lab /etc/hosts
    works alice vpnrun home --
    vpn link home
    expect 203.0.113.2:51820 "$(status home '.peers[0].endpoint')"
}

# What was linked is completed and taken away as it was, whatever the profile says by then.
test_profile_changed_while_linked() {
    local before
    lab_profile home | vpn import - --name home
    before=$(snapshot)
    vpn link home
    on_host sed -i 's/^ID = 1$/ID = 7/' /etc/vpnrun/home.conf
    vpn link home
    expect '90 201' "$(on_host ip -N -j -4 rule | jq -r '[.[] | select(.protocol == "86").priority] | unique | join(" ")')"
    vpn unlink home
    on_host sed -i 's/^ID = 7$/ID = 1/' /etc/vpnrun/home.conf
    expect_no_trace "$before"
}

test_hooks_are_never_run() {
    sed "s#^DNS#PostUp = touch $LAB/hook\nPreUp = touch $LAB/hook\nDNS#" <(lab_profile home) > "$LAB/hooks.conf"
    vpn import "$LAB/hooks.conf" --name home > "$LAB/said" 2>&1
    grep -q PostUp "$LAB/said"
    vpn link home
    works alice vpnrun home --
    unlink_vpn home
    test ! -e "$LAB/hook"
}
