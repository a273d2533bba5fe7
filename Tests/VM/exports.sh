#!/bin/bash
# What `vpn export` writes, in use on a real Debian with kernel WireGuard and VRFs: by systemd-networkd, ifupdown-ng and NetworkManager.
#
#   exports.sh [PART...]    networkd, vrf, interfaces, manager, page; all of them without one
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
claims_parts 'networkd vrf interfaces manager page' "$@"
claims_end
