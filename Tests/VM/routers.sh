#!/bin/bash
# Set-ups of routers, as docs/setups has them, with the kernel's WireGuard and VRFs: `ip rule`, `ip route` and where packets are seen.
#
#   routers.sh [PART...]    networkd, vrf_page, ifupdown, dual, unit, late; all of them without one
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

# peer NAME PORT N: another router in srv; 10.99.N.0/31 and fd99:N::1/126 on its link NAME.
peer() {
    (umask 077; wg genkey > "$LAB/$1.there"; wg genkey > "$LAB/$1.here")
    in_srv ip link add "$1" type wireguard
    in_srv wg set "$1" listen-port "$2" private-key "$LAB/$1.there" peer "$(wg pubkey < "$LAB/$1.here")" allowed-ips 0.0.0.0/0,::/0
    in_srv ip address add "10.99.$3.0/31" dev "$1"
    in_srv ip address add "fd99:$3::1/126" dev "$1" nodad
    in_srv ip link set "$1" up
    in_srv sysctl -qw "net.ipv6.conf.$1.addr_gen_mode=0"
}

reaches() { until_true 20 eval "ping -c 1 -W 2 -q $1 >/dev/null 2>&1"; }
# rule PRIORITY: of IPv4 and IPv6, without spaces at their ends.
rule() { { ip rule show priority "$1"; ip -6 rule show priority "$1"; } | sed 's/\t/ /; s/ *$//'; }
twice() { printf '%s\n%s' "$1" "$1"; }

# seen LINK: encrypted packets that have come in there at the internet, counted.
count_packets() {
    in_inet nft -f - <<'EOF'
table inet seen {
    counter wan { }
    counter lan { }
    chain look {
        type filter hook prerouting priority 0
        iifname "h1" udp dport 51830 counter name wan
        iifname "h0" udp dport 51830 counter name lan
    }
}
EOF
}
counted() { in_inet nft -j list counter inet seen "$1" | jq '.nftables[] | .counter? // empty | .packets'; }

# ---------------------------------------------------------------- WireGuard in a VRF, by systemd-networkd

# with_wan FOLDER: a peer, a second link to the internet that networkd puts into the VRF vrf-wan, and the tunnel's files in FOLDER.
with_wan() {
    peer mesh 51830 0
    count_packets
    second_uplink
    ip address flush dev u1
    mkdir -p "$1" /run/systemd/network
    printf '%s\n' '[Match]' Name=u1 '[Network]' VRF=vrf-wan Address=198.51.101.2/24 Gateway=198.51.101.1 LinkLocalAddressing=no IPv6AcceptRA=no \
        > /run/systemd/network/u1.network
    printf '%s\n' '[NetDev]' Name=wg0 Kind=wireguard '[WireGuard]' "PrivateKey=$(< "$LAB/mesh.here")" RouteTable=off FirewallMark=1000 \
        '[WireGuardPeer]' "PublicKey=$(wg pubkey < "$LAB/mesh.there")" AllowedIPs=0.0.0.0/0 AllowedIPs=::/0 Endpoint=203.0.113.2:51830 PersistentKeepalive=1 \
        > "$1/wg0.netdev"
    printf '%s\n' '[Match]' Name=wg0 '[Network]' Address=10.99.0.1/31 Address=fd99::2/126 > "$1/wg0.network"
}

# without_wan FOLDER: and in which FOLDER the VRF's files are.
without_wan() {
    vpn remove mesh --force >/dev/null
    rm -f /run/systemd/network/u1.network "$1"/vrf-wan.net{dev,work} /etc/iproute2/rt_tables.d/transit.conf
    networkctl reload
    ip link del vrf-wan
    ip link del u1
    ip route replace default via 198.51.100.1 dev u0 metric 5
    in_inet nft delete table inet seen
    in_srv ip link del mesh
}

networkd() {
    local folder=/run/systemd/network
    with_wan "$LAB"
    mkdir -p /etc/iproute2/rt_tables.d
    echo '1000 transit' > /etc/iproute2/rt_tables.d/transit.conf
    printf '%s\n' '[NetDev]' Name=vrf-wan Kind=vrf '[VRF]' Table=1000 > $folder/vrf-wan.netdev
    printf '%s\n' '[Match]' Name=vrf-wan '[RoutingPolicyRule]' FirewallMark=1000 Table=1000 Family=both > $folder/vrf-wan.network
    holds 'networkctl reload' networkctl reload
    holds 'the VRF is there' until_true 20 eval 'ip -d link show u1 | grep -q "master vrf-wan" && ip route show vrf vrf-wan | grep -q ^default'
    says "networkd's rule, as the article lists it" "$(twice '32765: from all fwmark 0x3e8 lookup transit proto static')" rule 32765
    # Inside there is no way to the internet at all.
    ip route del default via 198.51.100.1
    holds 'its tunnel is imported' vpn import "$LAB/wg0.netdev" --name mesh
    # What networkd routes by itself, the address's network, is the kernel's own route here.
    holds 'for a router' vpn edit mesh Box=no Networks=
    says 'vpn link' '*net.ipv4.udp_l3mdev_accept is 1 now*' vpn link mesh
    says "the mark's rule of ours leads as networkd's" "$(twice '90: from all fwmark 0x3e8 lookup transit proto 86')" eval 'rule 90 | sed "s/proto vpnrun/proto 86/"'
    holds 'the peer is reached' reaches 10.99.0.0
    holds 'and by IPv6' reaches fd99::1
    holds 'encrypted packets are on the WAN' test "$(counted wan)" -gt 1
    says 'and nowhere else' 0 counted lan
    says 'the connected network' '10.99.0.0/31 proto kernel scope link src 10.99.0.1' eval 'ip route show dev mesh | sed "s/ *$//"'
    says 'status' '\[\] \[\]' eval "status mesh '\"\(.broken) \(.changed)\"'"
    says 'the plan puts the setting back, although it is on' '*udp_l3mdev_accept=0*' vpn plan mesh unlink
    says 'vpn check says what servers in a VRF need' '*tcp_l3mdev_accept*' eval 'vpn check mesh || true'
    holds 'vpn unlink' vpn unlink mesh
    says 'the setting is put back' 0 cat /proc/sys/net/ipv4/udp_l3mdev_accept
    says "networkd's rule stays" "$(twice '32765: from all fwmark 0x3e8 lookup transit proto static')" rule 32765

    for way in transit 'vrf vrf-wan' 1000; do
        holds "Underlay = $way" vpn edit mesh "Underlay=$way"
        vpn link mesh >/dev/null 2>&1
        says "leads there by $way" "$(twice '90: from all fwmark 0x3e8 lookup transit proto 86')" eval 'rule 90 | sed "s/proto vpnrun/proto 86/"'
        holds "the peer is reached by $way" reaches 10.99.0.0
        vpn unlink mesh >/dev/null
    done

    # The same for commands.
    holds 'with a box' eval 'vpn edit mesh Box= Underlay=transit && vpn link mesh'
    holds 'a command reaches the peer' alice vpnrun mesh -- ping -c 1 -W 5 -q 10.99.0.0
    vpn unlink mesh >/dev/null

    # The tunnel's link in a VRF of its own.
    ip link add blue type vrf table 2000
    ip link set blue up
    holds 'VRF = blue' eval 'vpn edit mesh Box=no VRF=blue && vpn link mesh'
    says 'the link is in it' '*master blue*' ip -d link show mesh
    says 'its network is in its table' '*10.99.0.0/31 dev mesh*' ip route show table 2000
    holds 'the peer is reached there' until_true 20 eval 'ip vrf exec blue ping -c 1 -W 2 -q 10.99.0.0 >/dev/null 2>&1'
    exits 'and not outside' 2 '*' ping -c 1 -W 1 -q 10.99.0.0
    says 'status' '[]' eval 'status mesh .changed'
    says 'vpn unlink' '*no longer*' vpn unlink mesh
    ip link del blue
    exits 'a VRF that is not there' 125 "*there is no VRF 'blue'*" vpn link mesh
    without_wan $folder
}

# docs/setups/wireguard-vrf.md
vrf_page() {
    with_wan "$LAB/reader/Downloads"
    ip route del default via 198.51.100.1
    typed docs/setups/wireguard-vrf.md
    holds 'encrypted packets are on the WAN' test "$(counted wan)" -gt 1
    says 'and nowhere else' 0 counted lan
    vpn unlink mesh >/dev/null
    says 'the setting is put back' 0 cat /proc/sys/net/ipv4/udp_l3mdev_accept
    # What the page says of a VPN with a box: the kernel takes an address of a link in a VRF for its own only there.
    ip link add pair type veth peer name riap
    ip link set pair master blue
    ip address add 172.27.99.1/32 dev pair
    ip link set pair up
    exits 'outside a VRF nobody is bound to an address in it' 1 '*Cannot assign requested address*' \
        /usr/bin/python3 -c 'import socket; socket.socket().bind(("172.27.99.1", 0))'
    holds 'in it one is' ip vrf exec blue /usr/bin/python3 -c 'import socket; socket.socket().bind(("172.27.99.1", 0))'
    ip link del pair
    ip link del blue
    without_wan /etc/systemd/network
}

# ---------------------------------------------------------------- the same by ifupdown-ng, with a daemon

ifupdown() {
    # Debian 13 has none of its own: the one that exports.sh uses.
    local ifup=(ifup) tools=$PWD/ifupdown-ng
    type ifup >/dev/null 2>&1 || ifup=("$tools/sbin/ifup" -S /tmp/ifstate -E "$tools/usr/libexec/ifupdown-ng")
    type "${ifup[0]}" bird >/dev/null 2>&1 || { echo 'skip ifupdown: no ifupdown-ng or no bird on this machine'; return; }
    peer mesh 51830 0
    echo '1023 vrf_external' > /etc/iproute2/rt_tables.d/ffho.conf
    cat > "$LAB/interfaces" <<'EOF'
iface vrf_external
    vrf-table 1023
    up ip rule add fwmark 0x1023 table 1023
    up ip -6 rule add fwmark 0x1023 table 1023
EOF
    holds 'ifup makes the VRF' "${ifup[@]}" -i "$LAB/interfaces" vrf_external
    ip route add default via 198.51.100.1 dev u0 table 1023
    {
        printf '%s\n' '[Interface]' "PrivateKey = $(< "$LAB/mesh.here")" 'ListenPort = 51001' 'FwMark = 0x1023' \
            '[Peer]' "PublicKey = $(wg pubkey < "$LAB/mesh.there")" 'AllowedIPs = 0.0.0.0/0, ::/0' 'Endpoint = 203.0.113.2:51830'
    } > "$LAB/mesh.conf"
    exits "the article's file says what is missing" 125 '*Address is missing*Box = no*' vpn import "$LAB/mesh.conf" --name mesh
    printf '%s\n' '[VPN]' 'Box = no' >> "$LAB/mesh.conf"
    holds 'with Box = no it is imported' vpn import "$LAB/mesh.conf" --name mesh
    vpn link mesh >/dev/null 2>&1
    ip address add 10.99.0.1/31 dev mesh
    ip address add fd99::2/126 dev mesh nodad
    says 'the rules' '*fwmark 0x1023 lookup vrf_external*fwmark 0x1023 lookup vrf_external*' ip rule
    holds 'the peer is reached' reaches 10.99.0.0
    for node in 1:host 2:srv; do
        cat > "$LAB/bird.${node#*:}" <<EOF
router id 10.99.0.${node%:*};
protocol device { scan time 1; }
protocol kernel { ipv4 { import none; export where source ~ [ RTS_OSPF, RTS_OSPF_EXT2 ]; }; }
protocol kernel { ipv6 { import none; export where source ~ [ RTS_OSPF, RTS_OSPF_EXT2 ]; }; }
protocol static { ipv4; route 10.77.${node%:*}.0/24 unreachable; }
protocol static { ipv6; route fd77:${node%:*}::/64 unreachable; }
protocol ospf v2 four { ipv4 { import all; export where source = RTS_STATIC; }; area 0 { interface "mesh" { type ptp; hello 1; dead 10; }; }; }
protocol ospf v3 six { ipv6 { import all; export where source = RTS_STATIC; }; area 0 { interface "mesh" { type ptp; hello 1; dead 10; }; }; }
EOF
        (in_node "${node#*:}" bird -f -c "$LAB/bird.${node#*:}" -s "$LAB/bird.${node#*:}.socket" > "$LAB/bird.log" 2>&1 &)
    done
    for version in four six; do
        holds "OSPF $version: neighbours are full" until_true 60 eval "birdc -s '$LAB/bird.host.socket' show ospf neighbors $version | grep -q Full/PtP"
    done
    holds 'a route is learnt' until_true 60 eval 'ip route show 10.77.2.0/24 | grep -q "via 10.99.0.0 dev mesh"'
    holds 'and one of IPv6, by a link-local address' until_true 60 eval 'ip -6 route show fd77:2::/64 | grep -q "via fe80:.* dev mesh"'
    vpn unlink mesh >/dev/null
    vpn remove mesh --force >/dev/null
    ip link del vrf_external
    ip rule del fwmark 0x1023 lookup 1023
    ip -6 rule del fwmark 0x1023 lookup 1023
    ip route flush table 1023
    in_srv ip link del mesh
}

# ---------------------------------------------------------------- dual identity, and units

profile_home() { lab_profile home | vpn import - --name home --force >/dev/null && vpn edit home ID=1 "$@" >/dev/null; }

dual() {
    profile_home OutsideIdentity=yes
    vpn link home >/dev/null
    settled home
    says "I's rule, as the document has it" '201: from 172.27.12.34 iif lo lookup *' eval 'ip rule show priority 201 | grep from.172 | sed "s/\t/ /"'
    says 'its table has a default route' 'default via 169.254.76.1 dev home *' eval 'ip route show table 1 | grep ^default.via'
    says 'bound to I: inside' 203.0.113.101 curl -sS -m 10 --interface 172.27.12.34 $web
    says 'not bound: outside' 198.51.100.2 curl -sS -m 10 $web
    vpn up home >/dev/null
    says 'up, not bound: inside' 203.0.113.101 curl -sS -m 10 $web
    says 'up, bound to O: outside' 198.51.100.2 curl -sS -m 10 --interface 198.51.100.2 $web
    says 'up, bound to I: inside' 203.0.113.101 curl -sS -m 10 --interface 172.27.12.34 $web
    vpn down home >/dev/null
    vpn unlink home >/dev/null 2>&1
}

unit() {
    profile_home
    systemctl daemon-reload
    holds 'systemd-analyze verify' systemd-analyze verify --man=no vpn@home.service
    says 'it is not taken down when the system stops' 'Conflicts=' systemctl show -p Conflicts vpn@home
    holds 'systemctl start vpn@home' systemctl start vpn@home
    says 'everything goes through it' 203.0.113.101 curl -sS -m 20 $web
    holds 'systemctl reload' systemctl reload vpn@home
    holds 'systemctl stop' systemctl stop vpn@home
    says 'nothing does' 198.51.100.2 curl -sS -m 10 $web
    exits 'of a VPN that there is not' 1 '*' systemctl start vpn@nowhere
    typed docs/setups/nixos-module.md
}

# ---------------------------------------------------------------- a link that comes later

# late_link: it has a router behind it, which need not answer.
late_link() {
    ip link add late0 type veth peer name late1
    ip address add 10.10.10.10/24 dev late0
    ip link set late1 up
    ip link set late0 up
}

late_is_linked() { [[ $(status late .linked) == true ]]; }
late() {
    vpn import - --name late --force >/dev/null <<< $'[VPN]\nLink = late0\nGateway = 10.10.10.1\nRelay = 10.42.42.0/24\nAutostart = link\n[Interface]\nTable = 5000'
    systemctl stop vpnrun
    systemctl start --no-block vpnrun
    holds 'without its link it fails and is tried again' until_true 10 eval 'journalctl -u vpnrun -b | grep -q "there is no link .late0."'
    says 'and is not linked' false status late .linked
    late_link
    holds 'it is linked soon after that comes' until_true 30 late_is_linked
    holds 'and the unit is active' until_true 10 systemctl -q is-active vpnrun
    vpn unlink late >/dev/null
    ip link delete late0
    systemctl stop vpnrun
    systemctl start --no-block vpnrun
    holds 'after a minute it gives up' until_true 100 systemctl -q is-failed vpnrun
    late_link
    holds 'a changed network starts it again' env IFACE=late0 /etc/networkd-dispatcher/routable.d/90-vpnrun
    holds 'and it is linked' until_true 20 late_is_linked
    says 'its table has its way' '*default via 10.10.10.1 dev late0*' ip route show table 5000
    ip link set late0 down
    says 'down: its table refuses' 'unreachable default *' ip route show table 5000
    ip link set late0 up
    env IFACE=late0 /etc/networkd-dispatcher/routable.d/90-vpnrun
    holds 'up again: the way is back' until_true 20 eval 'ip route show table 5000 | grep -q "default via 10.10.10.1 dev late0"'
    vpn unlink late >/dev/null
    vpn remove late --force >/dev/null
    ip link delete late0
    systemctl stop vpnrun
}

# ---------------------------------------------------------------- all of it

claims_lab
claims_parts 'networkd vrf_page ifupdown dual unit late' "$@"
claims_end
