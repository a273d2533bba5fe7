# shellcheck shell=bash disable=SC2154
# `Box = no`: the tunnel is a link of the host, for a routing daemon. Kernel WireGuard, VRFs and the documents' listings: Tests/VM/routers.sh.

# peer NAME PORT N: another router in srv, with 10.99.N.0/31 and fd99:N::1/126 on its link NAME; prints what its administrator would write.
peer() {
    local name=$1 port=$2 n=$3
    (umask 077; wg genkey > "$LAB/$name.there"; wg genkey > "$LAB/$name.here")
    in_srv ip link add "$name" type wireguard 2>/dev/null || in_srv wireguard-go "$name" >/dev/null 2>&1 || fail "no WireGuard for $name"
    in_srv wg set "$name" listen-port "$port" private-key "$LAB/$name.there" \
        peer "$(wg pubkey < "$LAB/$name.here")" allowed-ips 0.0.0.0/0,::/0
    in_srv ip -batch - <<EOF
        address add 10.99.$n.0/31 dev $name
        address add fd99:$n::1/126 dev $name nodad
        link set $name up
EOF
    in_srv sysctl -qw "net.ipv6.conf.$name.addr_gen_mode=0"
    trap 'for link in $(in_srv ip -j link | jq -r ".[].ifname" | grep -E "^(mesh|other)$"); do in_srv ip link del dev $link; done' EXIT
}

# profile NAME PORT N [KEY=VALUE...]: of ours, as KEY in [VPN] or, for some, in [Interface].
router_profile() {
    local name=$1 port=$2 n=$3 own='' more=() pair; shift 3
    for pair; do
        case $pair in
            FwMark=* | Table=* | MTU=*) own+="${pair/=/ = }"$'\n' ;;
            *) more+=("${pair/=/ = }") ;;
        esac
    done
    cat <<EOF
[Interface]
PrivateKey = $(< "$LAB/$name.here")
Address = 10.99.$n.1/31, fd99:$n::2/126
$own
[Peer]
PublicKey = $(wg pubkey < "$LAB/$name.there")
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 203.0.113.2:$port

[VPN]
Box = no
$(printf '%s\n' "${more[@]}")
EOF
}

# mesh [KEY=VALUE...]: peer and profile, imported.
mesh() {
    peer mesh 51830 0
    router_profile mesh 51830 0 "$@" > "$LAB/profile"
    vpn import - --name mesh --force < "$LAB/profile" >/dev/null
}

gone() { vpn unlink mesh; on_host rm -f /etc/vpnrun/mesh.conf; }
addresses() { on_host ip -j address show dev mesh | jq -r '[.[].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"] | join(" ")'; }
# mesh_answers ADDRESS: a handshake may take another five seconds where its first packet was lost.
mesh_answers() { until_true 15 on_host ping -c 1 -W 1 -q "$1" >/dev/null; }
link_local() { on_host ip -j -6 address show dev mesh scope link | jq -r '.[].addr_info[].local // empty'; }
ours() { rules | grep -c 'proto 86'; }

test_a_link_of_this_machines() {
    local before
    mesh
    before=$(snapshot)
    expect_match 'it is a link of this machine' "$(vpn link mesh)"
    expect '10.99.0.1/31 fd99::2/126' "$(addresses)" 'addresses with their own lengths'
    expect_match '^fe80:' "$(link_local)" 'a link-local address'
    expect_match '10.99.0.0/31 dev mesh proto kernel' "$(on_host ip route)" 'the connected network'
    expect_match 'fd99::/126 dev mesh proto kernel' "$(on_host ip -6 route)" 'the connected network of IPv6'
    mesh_answers 10.99.0.0
    mesh_answers fd99::1
    mesh_answers ff02::1%mesh
    in_srv ping -c 1 -W 2 10.99.0.1 >/dev/null || fail 'nothing comes in'
    in_srv ping -c 1 -W 2 fd99::2 >/dev/null || fail 'nothing of IPv6 comes in'
    expect $'-4 90: from all fwmark 0x271a lookup 254 proto 86\n-6 90: from all fwmark 0x271a lookup 254 proto 86' \
        "$(rules | grep 'proto 86' | sed "s/fwmark $(printf '0x%x' $((10000 + $(status mesh .id))))/fwmark 0x271a/")" 'rules'
    expect_nothing "$(on_host nft list tables | grep mesh || true)" 'filters'
    expect_nothing "$(on_host ls /run/netns 2>/dev/null | grep mesh || true)" 'boxes'
    expect 198.51.100.2 "$(on_host $LAB_GET $LAB_WEB4/)" 'the rest of the system'
    vpn unlink mesh >/dev/null
    expect_no_trace "$before"
}

test_linked_twice_is_linked_once() {
    local before linked
    mesh
    before=$(snapshot)
    vpn link mesh >/dev/null
    mesh_answers 10.99.0.0
    linked=$(snapshot)
    expect_match 'linked already' "$(vpn link mesh)"
    expect_same "$linked" "$(snapshot)" 'linked twice'
    vpn refresh mesh >/dev/null
    expect_same "$linked" "$(snapshot)" 'and refreshed'
    vpn unlink mesh >/dev/null
    expect_match 'was not linked' "$(vpn unlink mesh)"
    expect_no_trace "$before"
}

test_no_box_to_run_in() {
    mesh
    for state in unlinked linked; do
        [[ $state == unlinked ]] || vpn link mesh >/dev/null
        refuses 125 'Box = no' alice vpnrun mesh -- true
        refuses 125 'Box = no' alice vpn up mesh
        refuses 125 'Box = no' vpn plan mesh up
    done
    # It is no default either.
    link_with home
    expect 203.0.113.101 "$(alice vpnrun -- $LAB_GET $LAB_WEB4/)"
}

# A link outlives its profile.
test_its_profile_is_gone() {
    local before
    before=$(snapshot)
    mesh
    link_with home
    vpn link mesh >/dev/null
    on_host rm /etc/vpnrun/mesh.conf
    on_host "$LAB_PREFIX/libexec/vpnrun/vpn-link" refresh >/dev/null || fail 'the others are not refreshed'
    vpn refresh >/dev/null || fail 'the others are not refreshed'
    refuses 125 'only root may do this' alice vpn unlink mesh
    expect 'mesh is no longer linked' "$(vpn unlink mesh)"
    refuses 125 "no VPN 'mesh'" vpn unlink mesh
    vpn unlink home >/dev/null
    on_host rm /etc/vpnrun/home.conf
    expect_no_trace "$before"
}

# Both are gone: nothing says any more whose the rules are, and what is said removes them.
test_its_link_and_its_profile_are_gone() {
    local before
    before=$(snapshot)
    mesh
    link_with home
    vpn link mesh >/dev/null
    on_host ip link del mesh
    on_host rm /etc/vpnrun/mesh.conf
    complains 125 "no VPN 'mesh'.*Rules are left of a tunnel whose link is gone" vpn unlink mesh
    expect 2 "$(grep -c '^  sudo ip -[46] rule del priority ' <<< "$said")" 'lines to type'
    expect_nothing "$(grep "fwmark $((10000 + $(status home .id)))" <<< "$said" || true)" "home's mark"
    on_host bash -euc "$(sed -n 's/^  sudo //p' <<< "$said")"
    refuses 125 "no VPN 'mesh'" vpn unlink mesh
    works alice vpnrun home --
    unlink_vpn home
    on_host rm /etc/vpnrun/home.conf
    expect_no_trace "$before"
}

# A box stays one until it is unlinked.
test_a_box_whose_profile_has_none() {
    link_with home
    vpn edit home Box=no >/dev/null
    expect 'true true ["Box"]' "$(status home '"\(.linked) \(.box) \(.changed)"')"
    complains 125 'Box of home cannot change while it is linked' vpn reload home
    vpn unlink home >/dev/null
    expect 'false false []' "$(status home '"\(.linked) \(.box) \(.changed)"')"
}

test_attaching_needs_a_box() {
    mesh
    for state in unlinked linked; do
        [[ $state == unlinked ]] || vpn link mesh >/dev/null
        refuses 125 'Box = no' on_host unshare -n "$LAB_PREFIX/bin/vpn" attach mesh
        refuses 125 'Box = no' vpn service show mesh example
    done
}

# Who may not link it does not by refresh either.
test_a_new_link_is_for_those_who_may_link() {
    mesh SystemWide=root
    vpn link mesh >/dev/null
    on_host ip link del dev mesh
    sleep 1.2
    refuses 125 'only root may take mesh up or down' alice vpn refresh mesh
    vpn refresh mesh >/dev/null
    mesh_answers 10.99.0.0
}

test_an_mtu_without_ipv6() {
    peer mesh 51830 0
    router_profile mesh 51830 0 MTU=1200 | sed 's/^Address = \([^,]*\),.*/Address = \1/' | on_host vpn import - --name mesh >/dev/null
    vpn link mesh >/dev/null
    mesh_answers 10.99.0.0
    expect '[]' "$(status mesh .broken)"
}

# One table has several names.
test_one_way_in_two_spellings() {
    on_host mkdir -p /etc/iproute2/rt_tables.d
    on_host sh -c 'printf "1033 vrf_external\n1034 vrf_oobm\n" > /etc/iproute2/rt_tables.d/ffho.conf'
    on_host ip route add default via 198.51.100.1 dev u0 table 1033
    mesh FwMark=0x1023 Underlay=1033
    peer other 51831 1
    router_profile other 51831 1 FwMark=0x1023 Underlay=vrf_external | vpn import - --name other >/dev/null
    vpn link mesh >/dev/null
    vpn link other >/dev/null
    mesh_answers 10.99.1.0
    vpn unlink other >/dev/null
    router_profile other 51831 1 FwMark=0x1023 Underlay=vrf_oobm | vpn import - --name other --force >/dev/null
    refuses 125 'mark 4131 is that of' vpn link other
    on_host rm -f /etc/iproute2/rt_tables.d/ffho.conf
    on_host ip route flush table 1033
}

test_status_and_check() {
    mesh
    expect 'false false' "$(status mesh '"\(.linked) \(.box)"')"
    vpn link mesh >/dev/null
    mesh_answers 10.99.0.0
    expect 'true false up [] ["10.99.0.1/31","fd99::2/126"]' "$(status mesh '"\(.linked) \(.box) \(.tunnel) \(.broken) \(.addresses)"')"
    expect_match 'mesh is a link of this machine, for its routes' "$(vpn status mesh || true)"
    expect_match 'it has no box' "$(vpn check mesh || true)"
    expect_match 'ok +mesh: the server answers' "$(vpn check mesh || true)"
    alice vpn check mesh >/dev/null || fail "$(alice vpn check mesh)"
    on_host ip rule del priority 90
    expect_match "rules for the packets of mesh's tunnel are missing" "$(vpn check mesh || true)"
}

test_refresh_brings_back_what_was_lost() {
    local linked
    mesh
    vpn link mesh >/dev/null
    mesh_answers 10.99.0.0
    linked=$(on_host ip -br address show dev mesh | sed -E 's/fe80[^ ]*//')
    on_host ip address del 10.99.0.1/31 dev mesh
    expect_match 'lost its address' "$(status mesh '.broken[0]')"
    vpn refresh mesh >/dev/null
    on_host ip link set mesh down
    expect_match 'down' "$(status mesh '.broken[0]')"
    vpn refresh mesh >/dev/null
    on_host ip rule del priority 90
    expect_match 'rules' "$(status mesh '.broken[0]')"
    vpn refresh mesh >/dev/null
    expect_same "$linked" "$(on_host ip -br address show dev mesh | sed -E 's/fe80[^ ]*//')" 'addresses'
    expect_match '^fe80:' "$(link_local)" 'a link-local address'
    expect '[]' "$(status mesh .broken)"
    on_host ip link del dev mesh
    if [[ $(status home .device 2>/dev/null) != kernel ]]; then sleep 1.2; fi
    expect_match 'is gone' "$(status mesh '.broken[0]')"
    vpn refresh mesh >/dev/null
    mesh_answers 10.99.0.0
    gone
    expect 0 "$(ours || true)" 'rules left'
}

test_reload_of_a_link_follows_the_profile() {
    mesh Table=700
    vpn link mesh >/dev/null
    mesh_answers 10.99.0.0
    expect 'default dev mesh proto 86 scope 253' "$(on_host ip -N route show table 700 | sed 's/ *$//')"
    expect_match 'default dev mesh proto 86' "$(on_host ip -N -6 route show table 700)"
    sed -i 's,^AllowedIPs.*,AllowedIPs = 10.0.0.0/8\, 224.0.0.0/4\, fd00::/8\, fe80::/10\, ff00::/8,; s,^Address.*,&\, 10.98.0.1/24,' "$LAB/profile"
    vpn import - --name mesh --force < "$LAB/profile" >/dev/null
    vpn reload mesh >/dev/null
    expect '10.0.0.0/8 224.0.0.0/4' "$(on_host ip -N route show table 700 | cut -d' ' -f1 | xargs)"
    expect_match '10.98.0.1/24' "$(addresses)"
    mesh_answers 10.99.0.0
    sed -i 's,^Table.*,Table = 701,' "$LAB/profile"
    vpn import - --name mesh --force < "$LAB/profile" >/dev/null
    complains 125 'Table of mesh cannot change while it is linked' vpn reload mesh
}

# What other programs say of the mark is followed, and tables have names.
test_the_way_of_its_packets() {
    trap 'on_host ip rule del priority 999; on_host ip route flush table 1023; on_host rm -f /etc/iproute2/rt_tables.d/ffho.conf' EXIT
    on_host ip route add default via 198.51.100.1 dev u0 table 1023
    on_host ip rule add priority 999 fwmark 0x1023 lookup 1023
    mesh FwMark=0x1023
    vpn link mesh >/dev/null
    expect_match '90: from all fwmark 0x1023 lookup 1023 proto 86' "$(rules)" 'as the rule of this machine has it'
    mesh_answers 10.99.0.0
    vpn unlink mesh >/dev/null
    expect 1 "$(rules | grep -c 'fwmark 0x1023')" "the machine's own stays"
    on_host mkdir -p /etc/iproute2/rt_tables.d
    on_host sh -c 'printf "# ours\n1023 vrf_external\n" > /etc/iproute2/rt_tables.d/ffho.conf'
    router_profile mesh 51830 0 Underlay=vrf_external FwMark=0x1023 | vpn import - --name mesh --force >/dev/null
    vpn link mesh >/dev/null
    expect_match '90: from all fwmark 0x1023 lookup 1023 proto 86' "$(rules)" 'by its name'
    vpn unlink mesh >/dev/null
    router_profile mesh 51830 0 Underlay=nowhere | vpn import - --name mesh --force >/dev/null
    refuses 125 "no routing table 'nowhere'" vpn link mesh
    # Another way than the machine's own rule would be the earlier one.
    router_profile mesh 51830 0 Underlay=main FwMark=0x1023 | vpn import - --name mesh --force >/dev/null
    refuses 125 'write the table to which it leads as `Underlay =`' vpn link mesh
}

# Tunnels of one router have one mark, and one rule for it.
test_one_mark_for_several() {
    mesh FwMark=0x1023
    peer other 51831 1
    router_profile other 51831 1 FwMark=0x1023 | vpn import - --name other >/dev/null
    vpn link mesh >/dev/null
    vpn link other >/dev/null
    mesh_answers 10.99.0.0
    mesh_answers 10.99.1.0
    expect 2 "$(ours)" 'rules'
    vpn unlink mesh >/dev/null
    expect 2 "$(ours)" 'rules that the other needs'
    mesh_answers 10.99.1.0
    vpn unlink other >/dev/null
    expect 0 "$(ours || true)" 'rules left'
}

# Beside a VPN that is up: its packets are a tunnel's, whatever their mark.
test_beside_a_vpn_that_is_up() {
    mesh FwMark=0x1023
    link home
    up home
    vpn link mesh >/dev/null
    on_host ping -c 1 -W 5 10.99.0.0 >/dev/null || fail 'no way beside home'
    works alice
    vpn refresh home >/dev/null
    mesh_answers 10.99.0.0
}

# The administrator of the mesh has addresses in interfaces(5).
test_without_an_address() {
    peer mesh 51830 0
    router_profile mesh 51830 0 | grep -v -e ^Address -e ^Box > "$LAB/profile"
    complains 125 'Address is missing.*or Box = no in \[VPN\]' vpn import "$LAB/profile" --name mesh
    router_profile mesh 51830 0 | grep -v ^Address > "$LAB/profile"
    on_host vpn import - --name mesh < "$LAB/profile" >/dev/null
    vpn link mesh >/dev/null
    expect_match '^fe80:' "$(link_local)"
    on_host ip address add 10.99.0.1/31 dev mesh
    mesh_answers 10.99.0.0
    vpn refresh mesh >/dev/null
    expect 10.99.0.1/31 "$(addresses)" 'what another program gave it'
}

test_the_plan_makes_the_same() {
    local before linked
    mesh Table=700
    before=$(snapshot)
    vpn link mesh >/dev/null
    settled mesh
    linked=$(snapshot | grep -v -e fe80 -e wireguard-go)
    vpn unlink mesh >/dev/null
    vpn plan mesh link > "$LAB/plan"
    ! grep -qF "$(< "$LAB/mesh.here")" "$LAB/plan" || fail 'a key stands in the plan'
    on_host bash "$LAB/plan"
    settled mesh
    expect_same "$linked" "$(snapshot | grep -v -e fe80 -e wireguard-go)" 'linked by the plan'
    mesh_answers 10.99.0.0
    vpn plan mesh unlink > "$LAB/plan"
    on_host bash "$LAB/plan"
    expect_no_trace "$before"
}

test_a_link_killed_half_way() {
    local before call n places
    command -v strace >/dev/null || skip 'no strace'
    mesh
    before=$(snapshot)
    device_for mesh
    places=$(places "$LAB_PREFIX/libexec/vpnrun/vpn-link" link mesh)
    vpn unlink mesh >/dev/null
    while read -r call n; do
        echo "link, killed at $call $n"
        device_for mesh
        kill_at "$call" "$n" "$LAB_PREFIX/libexec/vpnrun/vpn-link" link mesh
        vpn link mesh >/dev/null
        on_host ping -c 1 -W 5 10.99.0.0 >/dev/null || fail "not healed after $call $n"
        until_true 5 vpn unlink mesh >/dev/null
        on_host ip link del dev wg.mesh 2>/dev/null || true # a device that nobody took is its starter's
        expect_no_trace "$before"
    done < <(awk 'NR % 3 == 0' <<< "$places")
    (( $(wc -l <<< "$places") > 10 ))
}

# bird NODE LINK N: OSPF of both families on the link, with a network of its own to tell.
bird_in() {
    local node=$1 n=$2
    cat > "$LAB/bird.$node" <<EOF
router id 10.99.0.$n;
protocol device { scan time 1; }
protocol kernel { ipv4 { import none; export where source ~ [ RTS_OSPF, RTS_OSPF_EXT2 ]; }; }
protocol kernel { ipv6 { import none; export where source ~ [ RTS_OSPF, RTS_OSPF_EXT2 ]; }; }
protocol static { ipv4; route 10.77.$n.0/24 unreachable; }
protocol static { ipv6; route fd77:$n::/64 unreachable; }
protocol ospf v2 four { ipv4 { import all; export where source = RTS_STATIC; }; area 0 { interface "mesh" { type ptp; hello 1; dead 5; }; }; }
protocol ospf v3 six { ipv6 { import all; export where source = RTS_STATIC; }; area 0 { interface "mesh" { type ptp; hello 1; dead 5; }; }; }
EOF
    in_node "$node" bird -f -c "$LAB/bird.$node" -s "$LAB/bird.$node.socket" > "$LAB/bird.$node.log" 2>&1 &
}
neighbours() { in_node "$1" birdc -s "$LAB/bird.$1.socket" show ospf neighbors "$2" 2>/dev/null; }
is_full() { neighbours "$1" "$2" | grep -q 'Full/PtP'; }

test_ospf_of_both_versions() {
    command -v bird >/dev/null || skip 'no bird (apt install bird2)'
    mesh
    vpn link mesh >/dev/null
    bird_in host 1
    bird_in srv 2
    for node in host srv; do
        for version in four six; do
            until_true 30 is_full $node $version
        done
    done
    until_true 20 on_host bash -c 'ip route show 10.77.2.0/24 | grep -q "via 10.99.0.0 dev mesh" && ip -6 route show fd77:2::/64 | grep -q "via fe80:.* dev mesh"'
    until_true 20 in_srv bash -c 'ip route show 10.77.1.0/24 | grep -q "via 10.99.0.1 dev mesh" && ip -6 route show fd77:1::/64 | grep -q "via fe80:.* dev mesh"'
    # What a daemon has learnt stays as the tunnel is refreshed and reloaded.
    vpn refresh mesh >/dev/null
    vpn reload mesh >/dev/null
    is_full host six || fail "$(neighbours host six)"
}
