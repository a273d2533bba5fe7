# shellcheck shell=bash
# `vpn reload`: a linked VPN follows its profile, and what runs in it goes on.

# server_moves: it has another key and another port; only who knows both finds it. Its new public key in $moved.
server_moves() {
    trap server_is_back EXIT
    (umask 077; wg genkey > "$LAB/moved.server")
    moved=$(wg pubkey < "$LAB/moved.server")
    in_srv wg set home listen-port 51999 private-key "$LAB/moved.server"
}
server_is_back() { in_srv wg set home listen-port 51820 private-key "$LAB/home.server"; }

# received LABEL: bytes, by the command's port.
received() { inside "$1" 'set -- $(grep eth0: /proc/net/dev); echo $2'; }

# box_state: links as they are set, routes, filter.
box_state() {
    in_box home ip -j link | jq -c '.[] | [.ifname, .mtu, .address, .ifalias]'
    in_box home sh -c 'ip -4 route show table all; ip -6 route show table all' | sed 's/ linkdown//; s/ *$//'
    in_box home nft -t list ruleset
}

# handshake: of the tunnel's only peer.
handshake() { status home '.peers[0].latest_handshake'; }

test_reload_changes_the_peer_under_a_download() {
    local before
    link home
    inside_open a alice home
    inside_download a
    server_moves
    import_vpn home PublicKey="$moved" Endpoint=203.0.113.2:51999
    expect_match '^home is reloaded: 1 peer, endpoint 203.0.113.2:51999' "$(alice vpn reload home)"
    before=$(received a)
    until_true 20 inside_receives a $(( before + 2000000 ))
    works inside_words a
    works alice vpnrun home --
    expect "1 $moved" "$(status home '"\(.peers | length) \(.peers[0].public_key)"')"
}

test_reload_changes_dns_for_those_who_run() {
    link home
    inside_open a alice home
    expect '"home"' "$(inside a "$LAB_DIG who.test TXT")"
    import_vpn home DNS='172.27.13.1, fd27:13::1, lab.test'
    expect_match 'names are resolved by 172.27.13.1, fd27:13::1$' "$(alice vpn reload home)"
    for server in '' @198.51.100.1 @172.27.12.1 @127.0.0.53 @fd27:12::1; do
        expect '"work"' "$(inside a "$LAB_DIG $server who.test TXT")" "a command from before asks $server"
    done
    expect_match 'nameserver 172.27.12.1' "$(inside a 'cat /etc/resolv.conf')"
    expect 'nameserver 172.27.13.1,nameserver fd27:13::1,search lab.test' \
        "$(alice vpnrun home -- grep -E '^(nameserver|search)' /etc/resolv.conf | sort | paste -sd,)"
    import_vpn home DNS=
    alice vpn reload home >/dev/null
    expect '"home"' "$(inside a "$LAB_DIG @172.27.12.1 who.test TXT")" 'no servers any more: whoever is asked'
}

test_reload_changes_networks() {
    local before
    link home
    alice vpnrun home -- true
    until_true 5 nobody_inside home
    before=$(box_state)
    inside_open a alice home
    import_vpn home AllowedIPs='192.0.2.80/32, 172.27.12.1/32, 198.18.0.0/15'
    alice vpn reload home >/dev/null
    expect 203.0.113.101 "$(inside a "$LAB_GET $LAB_WEB4/")"
    no_way inside a "$LAB_GET $LAB_WEB6/ 2>&1"
    expect '172.27.12.1 192.0.2.80 198.18.0.0/15' "$(in_box home ip route show dev wg0 | awk '{ print $1 }' | sort | paste -sd' ')"
    lab_profile home > "$LAB/profile"
    vpn import - --name home --force >/dev/null 2>&1 < "$LAB/profile"
    alice vpn reload home >/dev/null
    works inside_words a
    inside_close a
    until_true 5 nobody_inside home
    expect_same "$before" "$(box_state)" 'the box with its first profile again'
}

test_reload_of_what_is_up() {
    link home
    up home
    import_vpn home Networks=192.0.2.80/32
    alice vpn reload home >/dev/null
    expect '203.0.113.101 2001:db8:100::2' "$(address alice)"
    import_vpn home
    alice vpn reload home >/dev/null
    works alice
    expect '[]' "$(status home .warnings)"
    down home
    expect "$LAB_DIRECT" "$(address alice)"
}

test_reload_of_the_same_profile_changes_nothing() {
    local host box session
    link home
    works alice vpnrun home --
    until_true 5 nobody_inside home
    host=$(snapshot) box=$(box_state) session=$(handshake)
    sleep 1.1 # handshakes are told in seconds
    alice vpn reload home >/dev/null
    works alice vpnrun home --
    until_true 5 nobody_inside home
    expect_same "$host" "$(snapshot)" 'the host'
    expect_same "$box" "$(box_state)" 'the box'
    expect "$session" "$(handshake)" 'the session'
}

test_reload_refuses_what_cannot_change() {
    local host box change keys
    link home
    host=$(snapshot) box=$(box_state)
    for change in ID=7 Address=172.27.12.35/32 'Address=172.27.12.34/32' Subnet=10.77.0.0/24 Subnet6=fd77::/64 Table=77 FwMark=77 \
        Priority=200 Underlay=99; do
        import_vpn home ID=1 "$change" DNS=172.27.13.1
        keys=${change%%=*}
        [[ $keys != ID ]] || keys='ID, Subnet, Subnet6, Table, FwMark'
        refuses 125 "^vpn: $keys of home cannot change while it is linked: .vpn unlink home., then .vpn link home.\$" \
            alice vpn reload home
        expect_same "$box" "$(box_state)" "the box after $change"
    done
    import_vpn home ID=1
    expect_same "$host" "$(snapshot)" 'the host'
    up home
    import_vpn home Table=off
    refuses 125 'has .Table = off. now, but home is up: .vpn down home. first$' alice vpn reload home
}

test_reload_of_what_is_not_linked() {
    import_vpn home
    expect 'home is not linked' "$(alice vpn reload home)"
    refuses 125 "there is no VPN 'work'" alice vpn reload work
}

# A wrong address would lead all commands' packets to nowhere, or by the caller's own machine. A peer that answers is kept in any case, so none
# does here.
test_address_of_an_endpoint_is_not_the_callers_word() {
    local false=198.51.100.99 linker=$LAB_PREFIX/libexec/vpnrun/vpn-link
    trap 'on_host sh -c "[ ! -e /etc/hosts.lab ] || mv /etc/hosts.lab /etc/hosts"' EXIT
    on_host sh -c 'cp /etc/hosts /etc/hosts.lab; echo 203.0.113.77 gate.provider.test >> /etc/hosts'
    import_vpn home Endpoint=gate.provider.test:51820
    vpn link home >/dev/null
    for verb in reload refresh link up; do
        alice "$linker" $verb home --resolved gate.provider.test=$false >/dev/null
        expect 203.0.113.77:51820 "$(status home '.peers[0].endpoint')" "endpoint after alice's $verb"
    done
    alice vpn down home >/dev/null
    # Not known any more: what is in use stays.
    on_host mv /etc/hosts.lab /etc/hosts
    expect_match 'gate.provider.test cannot be resolved now; home goes on with 203.0.113.77' \
        "$(alice "$linker" reload home --resolved gate.provider.test=$false 2>&1)"
    expect 203.0.113.77:51820 "$(status home '.peers[0].endpoint')"
    alice vpn refresh home >/dev/null 2>&1
    # A name server knows it. The tunnel is new, so that no peer is kept because it has answered.
    vpn edit home Endpoint=who.test:51820 >/dev/null
    vpn unlink home
    vpn link home >/dev/null
    alice "$linker" reload home --resolved who.test=$false >/dev/null
    expect_match '^(10\.0\.0\.[0-9]+|\[fd00::[0-9]+\]):51820$' "$(status home '.peers[0].endpoint')"
    vpn edit home Endpoint=gate.provider.test:51820 >/dev/null
    vpn unlink home
    refuses 125 'no name server of this network knows gate.provider.test' alice vpn link home
    refuses 125 'no name server of this network knows gate.provider.test' alice "$linker" link home --resolved gate.provider.test=$false
}

has_flowtables() { on_host test -e /proc/sys/net/netfilter/nf_flowtable_tcp_timeout; }

# What passes by it: Tests/VM/flows.sh.
test_the_flowtable_comes_with_box_and_filter() {
    has_flowtables || skip 'the kernel has no flowtables (nf_flow_table)'
    link home
    expect '["br-home","wg0"]' "$(flowtable_links)"
    in_box home nft delete table inet vpn-flows
    vpn reload home >/dev/null
    expect '["br-home","wg0"]' "$(flowtable_links)"
}
flowtable_links() { in_box home nft -j list flowtables | jq -c '.nftables[].flowtable? // empty | .dev | sort'; }

test_without_flowtables_the_box_is_as_ever() {
    has_flowtables && skip 'the kernel has flowtables'
    link home
    expect 'table inet vpn' "$(in_box home nft list tables)"
    expect '' "$(vpn reload home 2>&1 >/dev/null)"
    expect 'table inet vpn' "$(in_box home nft list tables)"
}
