# shellcheck shell=bash
# `vpn check`: nothing to say of a healthy machine; of a broken one, what is broken, and the command that fixes it does.

# problems USER|vpn [ARGUMENT...]: of a check by that user, or by root, as "GROUP CHECK" a line each; all of it in $LAB/findings.
problems() {
    local status=0
    if [[ $1 == vpn ]]; then shift; vpn check --json "$@" > "$LAB/findings" || status=$?
    else as_user "$1" vpn check --json "${@:2}" > "$LAB/findings" || status=$?; fi
    jq -r '.[] | select(.severity == "problem") | "\(.group) \(.check)"' "$LAB/findings" | sort -u
    expect "$status" "$(jq 'if any(.severity == "problem") then 1 else 0 end' "$LAB/findings")" 'exit status'
}

# finding GROUP CHECK KEY: of the worst one of that name.
finding() {
    jq -r --arg group "$1" --arg check "$2" --arg key "$3" '
        [.[] | select(.group == $group and .check == $check)] | max_by(.severity == "problem") | .[$key]' "$LAB/findings"
}

# fix GROUP CHECK: what check says, typed by root.
fix() {
    local fix
    fix=$(finding "$1" "$2" fix)
    [[ $fix && $fix != null ]] || fail "nothing fixes $1 $2"
    on_host env LAB_ID="$LAB_ID" PATH="$LAB/bin:$PATH" EDITOR="${EDITOR:-}" bash -c "sudo() { \"\$@\"; }; ${fix/FILE/$LAB/good.conf}" >&2
}

# fixed GROUP CHECK USER [ARGUMENT...]: that is the one problem that there is, and what check says ends it.
fixed() {
    local what=$1 check=$2; shift 2
    expect "$what $check" "$(problems "$@")" 'problems'
    fix "$what" "$check"
    expect_nothing "$(problems "$@")" 'problems when it is fixed'
}

prefix() { echo "$LAB_PREFIX/libexec/vpnrun/$1"; }

# ---------------------------------------------------------------- healthy

test_a_healthy_machine() {
    link home
    expect_nothing "$(problems alice)" problems
    expect_nothing "$(problems vpn home)" 'problems that root is told of'
    expect 'nothing that the command sent left by another link' "$(finding proof leak what)"
    expect_match '^ok .*No problem found\.$' "$(alice vpn check)"
    expect true "$(status home .linked)"
}

test_it_leaves_nothing() {
    local before
    lab_profile home | vpn import - --name home 2>/dev/null
    before=$(snapshot)
    expect_nothing "$(problems vpn)" problems
    expect note "$(finding tunnel link severity)"
    expect_no_trace "$before"
}

test_interrupted_it_leaves_nothing() {
    local before status=0
    import_vpn home PublicKey="$(wg genkey | wg pubkey)" # it waits for a handshake
    before=$(snapshot)
    vpn check > "$LAB/said" 2>&1 &
    until_true 10 probe_runs
    trap '' INT
    kill -INT 0 # as a terminal does
    wait $! || status=$?
    expect 130 $status
    expect_no_trace "$before"
    expect_nothing "$(< "$LAB/said")" 'what it said'
}
probe() { status home '.commands[] | select(.command == "vpn-manage").pid'; }
probe_runs() { [[ -n $(probe) ]]; }

# What the VPN does not take is refused in the box, and counts as no leak; what it takes is measured.
test_a_vpn_of_some_networks() {
    link_with home AllowedIPs=0.0.0.0/0 DNS=172.27.12.1
    expect_nothing "$(problems alice)" 'problems without IPv6 in AllowedIPs'
    expect_match 'UDP over IPv6, TCP over IPv6, ping over IPv6$' "$(finding proof refused what)"
    expect ok "$(finding proof leak severity)"
    unlink_vpn home
    link_with home AllowedIPs=172.27.12.0/24 DNS=172.27.12.1
    expect_nothing "$(problems vpn)" 'problems with one network'
    expect_match 'UDP over IPv4, TCP over IPv4, ping over IPv4, UDP over IPv6' "$(finding proof refused what)"
}

test_json_has_every_key() {
    link home
    problems alice >/dev/null
    expect '["check","fix","group","severity","vpn","what","why"]' "$(jq -c '[.[] | keys] | unique | .[0]' "$LAB/findings")"
    expect 1 "$(jq '[.[] | keys] | unique | length' "$LAB/findings")"
    expect '["dns","host","installation","kernel","profile","proof","tunnel"]' "$(jq -c '[.[].group] | unique' "$LAB/findings")"
}

test_without_a_vpn() {
    expect_nothing "$(problems alice)" problems
    expect 'there is no VPN yet' "$(finding profile profile what)"
    complains 125 "there is no VPN 'hom'" alice vpn check hom
}

# ---------------------------------------------------------------- the installation

test_no_capability() {
    link home
    on_host setcap -r "$(prefix vpn-launch)"
    expect 'installation capabilities tunnel launch' "$(problems alice | xargs)"
    fix installation capabilities
    expect_nothing "$(problems alice)" 'problems when it is fixed'
}

test_no_capability_of_vpn_link() {
    link home
    on_host setcap -r "$(prefix vpn-link)"
    fixed installation capabilities alice
}

test_too_many_may_run_it() {
    link home
    on_host chmod 4755 "$(prefix vpn-launch)"
    expect 'installation mode tunnel launch' "$(problems alice | xargs)"
    fix installation mode
    expect_nothing "$(problems alice)" 'problems when it is fixed'
    on_host chmod 755 "$(prefix vpn-launch)"
    fixed installation mode alice
}

test_another_group() {
    link home
    trap lab_install EXIT
    on_host chown root:root "$(prefix vpn-link)"
    expect 'installation capabilities installation owner' "$(problems alice | xargs)"
    fix installation owner
    expect_nothing "$(problems alice)" 'problems when it is fixed'
}

test_user_not_in_the_group() {
    link home
    trap 'on_host gpasswd -d carol vpn' EXIT
    fixed installation group carol
}

test_group_not_in_this_session() {
    link home
    on_host setpriv --reuid=alice --regid=alice --clear-groups env -i PATH="$LAB_PATH" LAB_ID="$LAB_ID" vpn check --json > "$LAB/findings" || true
    expect problem "$(finding installation group severity)"
    expect 'newgrp vpn' "$(finding installation group fix)"
}

test_no_new_privs() {
    link home
    expect 'installation no_new_privs' "$(alice setpriv --no-new-privs vpn check --json |
        jq -r '.[] | select(.severity == "problem") | "\(.group) \(.check)"')"
}

test_nosuid_mount() {
    [[ $LAB_HOST == namespace ]] || skip 'the programs are on the root file system'
    link home
    on_host mount -o remount,nosuid /mnt
    trap 'on_host mount -o remount,suid /mnt' EXIT
    fixed installation nosuid alice
}

test_a_profile_that_others_can_read() {
    link home
    on_host chmod 644 /etc/vpnrun/home.conf
    fixed installation profile-mode alice
}

test_no_wireguard() {
    ! on_host ip link add wgprobe type wireguard 2>/dev/null || { on_host ip link del wgprobe; skip 'the kernel has WireGuard'; }
    local program
    program=$(on_host bash -c 'command -v wireguard-go')
    lab_profile home | vpn import - --name home 2>/dev/null
    on_host mount --bind /dev/null "$program"
    trap 'on_host umount "$(on_host bash -c "command -v wireguard-go")" 2>/dev/null || true' EXIT
    mkdir -p "$LAB/bin"
    printf '#!/bin/sh\n[ "$*" = "install wireguard-go" ] && umount %s\n' "$program" > "$LAB/bin/apt" # what apt comes to here
    chmod 755 "$LAB/bin/apt"
    expect 'kernel wireguard tunnel link' "$(problems vpn | xargs)"
    expect "$(finding kernel wireguard fix)" "$(finding tunnel link fix)"
    fix kernel wireguard
    expect_nothing "$(problems vpn)" 'problems when it is fixed'
}

# ---------------------------------------------------------------- profile and tunnel

test_a_profile_with_a_mistake() {
    link home
    on_host sed -i 's/^Address/Adress/' /etc/vpnrun/home.conf
    expect 'profile profile' "$(problems alice)"
    on_host sed -i 's/^Adress/Address/' /etc/vpnrun/home.conf
}

test_two_with_one_id() {
    import_vpn home
    on_host sh -c 'sed "s/172.27.12.34/172.27.13.34/; s/fd27:12::34/fd27:13::34/" /etc/vpnrun/home.conf > /etc/vpnrun/work.conf; chmod 600 /etc/vpnrun/work.conf'
    expect 'profile conflicts tunnel link' "$(problems vpn home | xargs)"
    EDITOR='sed -i s/^ID.*/ID=3/' fix profile conflicts
    expect_nothing "$(vpn check home --json | jq -r '.[] | select(.group == "profile" and .severity == "problem") | .what')" 'conflicts'
}

test_a_wrong_key() {
    link_with home PublicKey="$(wg genkey | wg pubkey)"
    lab_profile home "$LAB/good.conf"
    fixed tunnel handshake alice
}

test_a_name_that_does_not_resolve() {
    lab_profile home | sed 's/^Endpoint.*/Endpoint = nowhere.invalid:51820/' | vpn import - --name home >/dev/null
    expect 'profile endpoint tunnel link' "$(problems vpn | xargs)"
    EDITOR='sed -i s/nowhere.invalid/203.0.113.2/' fix profile endpoint
    expect_nothing "$(problems vpn)" 'problems when it is fixed'
}

test_a_dns_server_that_does_not_answer() {
    link_with home DNS=172.27.12.99
    expect 'tunnel dns' "$(problems alice)"
    EDITOR='sed -i s/172.27.12.99/172.27.12.1/' fix tunnel dns
    expect_nothing "$(problems alice)" 'problems when it is fixed'
}

test_large_packets_vanish() {
    link home
    in_inet nft 'table inet hole { chain forward { type filter hook forward priority 10; udp dport 51820 meta length > 1400 drop; }; }'
    trap 'in_inet nft delete table inet hole' EXIT
    expect 'tunnel mtu' "$(problems alice)"
    # 32 of WireGuard, 28 of UDP and IP; what is encrypted is padded to 16.
    expect_match ' MTU=13(2[0-9]|3[0-9]|40) ' "$(finding tunnel mtu fix)"
    fix tunnel mtu
    expect_nothing "$(problems alice)" 'problems when it is fixed'
}

# ---------------------------------------------------------------- the host

test_strict_reverse_path() {
    link home
    on_host sysctl -qw net.ipv4.conf.home.rp_filter=1
    fixed host rp_filter alice
}

# Wrong only where it takes packets from a VPN that is up; what made it takes it away.
test_a_rule_before_ours() {
    link home
    for family in -4 -6; do on_host ip $family rule add priority 50 lookup 77; done
    trap 'set +e; for family in -4 -6; do on_host ip $family rule del priority 50; done; on_host ip route flush table 77' EXIT
    expect_nothing "$(problems alice)" 'problems while none is up'
    up home
    expect_nothing "$(problems alice)" 'problems by a table without a route'
    on_host ip route add default via 198.51.100.1 dev u0 table 77
    expect_match 'host rules' "$(problems alice | xargs)"
    expect null "$(finding host rules fix)" 'what is proposed'
    for family in -4 -6; do on_host ip $family rule del priority 50; done
    on_host ip rule add priority 51 fwmark 5 lookup 77 # another VPN's, say
    expect_nothing "$(problems alice)" problems
    on_host ip rule del priority 51
}

test_a_pin_remains() {
    import_vpn home
    on_host touch /run/netns/vpn-home
    expect 'host pins' "$(problems vpn | sort -u)"
    fix host pins
    expect_nothing "$(problems vpn)" 'problems when it is fixed'
}

test_a_box_without_its_link() {
    link home
    on_host ip link del dev home
    expect_match 'host pins' "$(problems alice | xargs)"
    fix host pins
    expect_nothing "$(problems vpn)" 'problems when it is fixed'
}

test_a_firewall_that_drops() {
    link home
    on_host nft 'table inet strange { chain out { type filter hook output priority 0; policy drop; meta mark 10001 accept; oifname lo accept; }; }'
    trap 'on_host nft delete table inet strange' EXIT
    problems vpn >/dev/null
    expect warning "$(finding host firewalls severity)"
    fix host firewalls
}

# ---------------------------------------------------------------- the proof can fail

test_a_second_link_of_a_command() {
    link home
    inside_open a alice home
    on_host ip link add leak index 500 type veth peer name leak0 netns "$(inside a 'echo $$')"
    fixed proof links alice
}

test_a_second_link_of_the_box() {
    link home
    on_host ip link add leak type veth peer name leak0
    on_host ip link set leak0 netns vpn-home
    fixed proof box vpn
}

# way_by_the_host NETNS PREFIX...: a link to the host, by which a network's packets to 192.0.2.1 leave; PREFIX runs commands there.
way_by_the_host() {
    local netns=$1; shift
    on_host ip link add leak index 500 type veth peer name leak0 netns "$netns"
    on_host ip address add 10.77.0.1/24 dev leak
    on_host ip link set leak up
    on_host ip route add 10.20.0.0/16 via 10.77.0.2
    on_host sysctl -qw net.ipv4.ip_forward=1
    on_host nft 'table ip leak { chain post { type nat hook postrouting priority srcnat; ip saddr 10.0.0.0/8 masquerade; }; }'
    "$@" ip -batch - <<'END'
        address add 10.77.0.2/24 dev leak0
        link set leak0 up
        route add 192.0.2.1 via 10.77.0.1
END
}
no_way_by_the_host() { on_host nft delete table ip leak; on_host sysctl -qw net.ipv4.ip_forward=0; }

# with_a_way_out USER|vpn: a check whose own command gets one while it waits for the handshake.
with_a_way_out() {
    local checking
    link home
    in_inet nft 'table inet silent { chain forward { type filter hook forward priority 10; udp dport 51820 drop; }; }'
    trap 'in_inet nft delete table inet silent 2>/dev/null || true; no_way_by_the_host' EXIT
    problems "$@" > "$LAB/problems" &
    checking=$!
    until_true 10 probe_runs
    way_by_the_host "$(probe)" nsenter -t "$(probe)" -n
    in_inet nft delete table inet silent
    wait $checking
}

test_a_way_out_of_its_own_command() {
    with_a_way_out alice
    grep -qx 'proof links' "$LAB/problems"
    grep -qx 'proof tunnel' "$LAB/problems"
    expect 0 "$(jq '[.[] | select(.group == "proof" and .check == "leak" and .severity == "ok")] | length' "$LAB/findings")"
}

test_root_sees_the_packets_that_got_out() {
    with_a_way_out vpn
    grep -qx 'proof stray' "$LAB/problems"
    expect_match '^[0-9]+ packets of the command left' "$(finding proof stray what)"
}

# In the box, whose filter is gone; no link of the command's shows it.
test_a_way_out_of_the_box() {
    link home
    trap no_way_by_the_host EXIT
    in_box home nft flush ruleset
    way_by_the_host vpn-home in_box home
    problems alice > "$LAB/problems"
    grep -qx 'proof tunnel' "$LAB/problems"
    problems vpn > "$LAB/problems"
    grep -qx 'proof box' "$LAB/problems"
    grep -qx 'proof stray' "$LAB/problems"
}
