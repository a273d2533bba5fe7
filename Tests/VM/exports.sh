#!/bin/bash
# What `vpn export` writes, in use on a real Debian with kernel WireGuard and VRFs: by systemd-networkd, ifupdown-ng and NetworkManager.
#
#   exports.sh [PART...]    networkd, vrf, interfaces, relay, manager, page; all of them without one
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

# behind CLAIM: all users are in the VPN with both protocols.
behind() {
    says "$1: IPv4" 203.0.113.101 get alice
    says "$1: IPv6" 2001:db8:113::101 get6 alice
}
outside() { says "$1: by the ISP" 198.51.100.2 get alice; }

# document_rule: the rule as the documents list it, of both families.
document_rule() { { ip rule; ip -6 rule; } | sed -n 's/^\([0-9]*\):.*fwmark 0x3e8 lookup transit.*/\1/p' | paste -sd' '; }

networkd() {
    holds 'vpn export' vpn export --format networkd home /etc/systemd/network
    says 'its group is networkd' 'root:systemd-network 640' stat -c '%U:%G %a' /etc/systemd/network/home.netdev
    outside 'before'
    holds 'networkctl reload' networkctl reload
    holds 'the link is configured' until_true 30 eval 'networkctl list --no-legend home | grep -q configured'
    behind 'by networkd'
    says 'names are asked of its servers' '*172.27.12.1*' resolvectl dns home
    says 'of all domains' '*~.*' resolvectl domain home
    says 'the LAN stays direct' 'LAN' lan_is_direct
    says 'journal: no line that it does not know' '' sh -c 'journalctl -u systemd-networkd | grep -E "home\.(netdev|network):[0-9]+" || true'
    ip link delete home
    rm /etc/systemd/network/home.*
    networkctl reload
    holds 'gone' until_true 10 eval '! ip rule | grep -q "lookup 1 proto static"'
    outside 'after'
}
lan_is_direct() { ip route get 192.168.50.99 | grep -q 'dev l0' && echo LAN; }

router='[VPN]
ID = 4
Underlay = vrf vrf-wan
[Interface]
PrivateKey = PRIVATE
Address = 192.0.2.42/31, 2001:db8:fd26::1/126
FwMark = 1000
ListenPort = 51001
Table = off
[Peer]
PublicKey = PUBLIC
AllowedIPs = 0.0.0.0/0, ::/0'

# As the documents have it: a VRF with the table 1000, which is called transit.
with_vrf() {
    mkdir -p /etc/iproute2/rt_tables.d
    echo '1000 transit' > /etc/iproute2/rt_tables.d/transit.conf
    ip link add vrf-wan type vrf table 1000
    ip link set vrf-wan up
    sed "s|PRIVATE|$(wg genkey)|; s|PUBLIC|$(wg genkey | wg pubkey)|" <<< "$router" | vpn import - --name router --force >/dev/null
}
without_vrf() {
    ip link delete vrf-wan
    rm /etc/iproute2/rt_tables.d/transit.conf
    vpn remove router >/dev/null
}

# "32765: from all fwmark 0x3e8 lookup transit proto static"
vrf() {
    with_vrf
    holds 'vpn export' vpn export --format networkd router /etc/systemd/network
    holds 'networkctl reload' networkctl reload
    holds 'the link is configured' until_true 30 eval 'networkctl list --no-legend router | grep -q configured'
    says 'the rule for IPv4 is the listed one' $'*32765:\tfrom all fwmark 0x3e8 lookup transit proto static*' ip rule
    says 'and for IPv6' $'*32765:\tfrom all fwmark 0x3e8 lookup transit proto static*' ip -6 rule
    says 'the mark' 0x3e8 wg show router fwmark
    says "the link's own networks" '*192.0.2.42/31 dev router*' ip route show table main
    says 'no default route by it' 0 sh -c 'ip route show table all | grep -c "default dev router" || true'
    ip link delete router
    rm /etc/systemd/network/router.*
    networkctl reload
    without_vrf
}

# Unpacked beside the machine's own network, which it must not take over.
tools=ifupdown-ng
# ifup_ng ifup|ifdown NAME
ifup_ng() { "$tools/sbin/$1" -i "/tmp/$2.interfaces" -S /tmp/ifstate -E "$PWD/$tools/usr/libexec/ifupdown-ng" "$2"; }
interfaces() {
    [[ -x $tools/sbin/ifup ]] || { echo 'skip interfaces: the machine was given no ifupdown-ng'; return; }
    mkdir -p /etc/wireguard
    with_vrf
    for name in router home; do
        holds "vpn export $name" vpn export --format ifupdown-ng $name /tmp --force
        cp /tmp/$name.conf /etc/wireguard/
    done
    holds 'ifup router' ifup_ng ifup router
    # Before that of VRFs, 1000, as the document lists it.
    says 'the rules are the listed ones' '999 999' document_rule
    says 'the mark' 0x3e8 wg show router fwmark
    says 'a link-local address, as OSPF needs it' '*inet6 fe80:*' ip -6 addr show dev router
    holds 'ifdown router' ifup_ng ifdown router
    says 'the rules are gone' '' document_rule
    without_vrf
    holds 'ifup home' ifup_ng ifup home
    behind 'by ifupdown-ng'
    holds 'ifdown home' ifup_ng ifdown home
    outside 'after'
    says 'no rule is left' 0 sh -c 'ip rule | grep -cE "^(201|30[0-9]):" || true'
    rm /tmp/{router,home}.{interfaces,conf}
}

# The institute's link, as networkd has it in the document; clients behind c0.
campus='[VPN]
ID = 5
Link = eth1
Gateway = 10.10.10.1, fd10::1
Relay = 10.42.42.0/24, fd42::/64
[Interface]
Table = 5000'
eth1='[Match]
Name=eth1
[Network]
Address=10.10.10.10/24
Address=fd10::10/64
IPv6AcceptRA=no
LinkLocalAddressing=no'

# document_relays: both families' rules, as the document lists them.
# (`ip` knows the table by the VPN's name, too.)
document_relays() { { ip rule; ip -6 rule; } | sed 's/lookup campus/lookup 5000/' | grep -E $'^32765:\tfrom (10.42.42.0/24|fd42::/64) lookup 5000' | sed 's/ *$//'; }
relays_both() { (($(document_relays | wc -l) == 2)); }
with_campus() {
    ip link add eth1 type veth peer name e1
    ip link set e1 up
    ip link add c0 type dummy
    ip address add 10.42.42.1/24 dev c0
    ip address add fd42::1/64 dev c0 nodad
    ip link set c0 up
    vpn import - --name campus --force <<< "$campus" >/dev/null
}
without_campus() {
    ip link delete eth1
    ip link delete c0
    vpn remove campus >/dev/null
}
# goes CLAIM: clients' packets by eth1, what goes to them not, and the machine's own as before.
goes() {
    says "$1: what clients send" '*via 10.10.10.1 dev eth1*' ip route get 192.0.2.80 from 10.42.42.7 iif c0
    says "$1: and by IPv6" '*via fd10::1 dev eth1*' ip -6 route get 2001:db8:80::80 from fd42::7 iif c0
    says "$1: what one client sends to another" '*dev c0*' ip route get 10.42.42.8 from 10.42.42.7 iif c0
    says "$1: the machine's own" '*dev u0*' ip route get 192.0.2.80
}
lines_of_campus() { vpn show --secrets campus | grep . | sort; }
same_campus() {
    local before
    before=$(lines_of_campus)
    holds "$1 is imported" vpn import "$1" --name campus --force
    holds 'and is the same profile' test "$before" = "$(lines_of_campus)"
}

relay() {
    local folder=/etc/systemd/network/50-eth1.network.d
    with_campus
    sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    echo "$eth1" > /etc/systemd/network/50-eth1.network
    mkdir -p $folder
    networkctl reload
    holds 'eth1 is configured' until_true 30 eval 'networkctl list --no-legend eth1 | grep -q configured'
    says 'vpn export says where it goes' '*networkctl status eth1 names it*' vpn export --format networkd campus $folder
    holds 'networkctl reload' networkctl reload
    holds 'the rules are there' until_true 20 relays_both
    says 'the rules are the listed ones' $'32765:\tfrom 10.42.42.0/24 lookup 5000 proto static\n32765:\tfrom fd42::/64 lookup 5000 proto static' document_relays
    says 'the table has the listed way' '*default via 10.10.10.1 dev eth1 proto static*' ip route show table 5000
    says 'and of IPv6' '*default via fd10::1 dev eth1 proto static metric 1024 pref medium*' ip -6 route show table 5000
    goes 'by networkd'
    says 'journal: no line that it does not know' '' sh -c 'journalctl -u systemd-networkd | grep -E "campus\.conf:[0-9]+" || true'
    same_campus $folder/campus.conf
    rm -r $folder
    networkctl reload
    holds 'gone' until_true 20 eval '! document_relays | grep -q .'
    rm /etc/systemd/network/50-eth1.network
    networkctl reload
    without_campus
    [[ -x $tools/sbin/ifup ]] || { echo 'skip ifupdown-ng: the machine was given none'; return; }
    with_campus
    holds 'vpn export' vpn export --format ifupdown-ng campus /tmp
    same_campus /tmp/campus.interfaces
    # Beside what the administrator has of that link.
    printf 'iface eth1\n\taddress 10.10.10.10/24\n\taddress fd10::10/64\n' >> /tmp/campus.interfaces
    mv /tmp/campus.interfaces /tmp/eth1.interfaces
    holds 'ifup eth1' ifup_ng ifup eth1
    says 'the rules are the listed ones' $'32765:\tfrom 10.42.42.0/24 lookup 5000\n32765:\tfrom fd42::/64 lookup 5000' document_relays
    says 'the table has the listed way' '*default via 10.10.10.1 dev eth1*' ip route show table 5000
    says 'and of IPv6' '*default via fd10::1 dev eth1*' ip -6 route show table 5000
    goes 'by ifupdown-ng'
    holds 'ifdown eth1' ifup_ng ifdown eth1
    says 'the rules are gone' '' eval 'document_relays || true'
    rm /tmp/eth1.interfaces
    sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
    without_campus
}

manager() {
    holds 'NetworkManager starts' systemctl start NetworkManager
    holds 'and is ready' until_true 30 eval 'nmcli -t -f RUNNING general | grep -q ^running'
    holds 'vpn export' vpn export --format networkmanager home /etc/NetworkManager/system-connections
    holds 'nmcli connection reload' nmcli connection reload
    holds 'nmcli connection up' nmcli -w 60 connection up home
    behind 'by NetworkManager'
    holds 'it is changed by nmcli' nmcli connection modify home wireguard.mtu 1380
    says 'and is imported' '*home replaced*' vpn import /etc/NetworkManager/system-connections/home.nmconnection --force
    for line in 'ID = 1' 'AllowUsers = alice' 'Direct = 100.64.0.0/10' 'MTU = 1380'; do
        says "with what it has kept in [user], and with the change: $line" "*$line*" vpn show home
    done
    holds 'nmcli connection down' nmcli -w 60 connection down home
    nmcli connection delete home >/dev/null
    outside 'after'
    systemctl stop NetworkManager
}

# docs/setups/exports.md, whose second half is about the router.
page() {
    with_vrf
    mkdir -p /etc/nixos /etc/NetworkManager/system-connections
    typed docs/setups/exports.md
    for link in home router; do ip link delete $link; done
    rm -f /etc/systemd/network/{home,router}.* /tmp/{home,router}.* /etc/NetworkManager/system-connections/home.* /etc/nixos/home.*
    networkctl reload
    without_vrf
}

claims_lab
{ printf '[VPN]\nID = 1\nDirect = 100.64.0.0/10\nAllowUsers = alice\n'; lab_profile home; } | vpn import - --name home --force >/dev/null
claims_parts 'networkd vrf interfaces relay manager page' "$@"
claims_end
