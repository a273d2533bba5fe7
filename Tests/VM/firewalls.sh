#!/bin/bash
# ufw and firewalld themselves beside `vpn up`, and rules like Tailscale's.
#
#   firewalls.sh [PART...]    ufw, firewalld, tailscale; all of them without one
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

warnings() { vpn status home --json | jq -c '.[0].warnings'; }

# all_by_vpn CLAIM: the system, a command in the VPN, a program that is bound to its link.
all_by_vpn() {
    behind "$1" alice
    says "$1: a command in the VPN" 203.0.113.101 get home
    says "$1: and by IPv6" 2001:db8:113::101 get6 home
    says "$1: a program bound to its link" 203.0.113.101 alice curl -sS -m 10 --interface home $web
    says "$1: the LAN is direct" 192.168.50.10 alice curl -sS -m 10 http://192.168.50.20
    says "$1: vpn status warns of nothing" '[]' warnings
}

# all_direct CLAIM: and a command in the VPN.
all_direct() {
    says "$1: direct" 198.51.100.2 get alice
    says "$1: a command in the VPN" 203.0.113.101 get home
    says "$1: and by IPv6" 2001:db8:113::101 get6 home
}

# kept CLAIM COMMAND...: what a firewall is told while up; nothing leaves meanwhile, with a program that is bound to the uplink.
kept() {
    local claim=$1; shift
    holds "$claim" "$@"
    all_by_vpn "$claim"
}

watched_start() {
    lab_capture_start
    (while :; do curl -sS -m 1 --interface u0 "$web"; curl -sS -m 1 --interface u0 "$web6"; resolvectl query --cache=no who.test; done) >/dev/null 2>&1 &
    bound=$!
}
watched_stop() {
    kill "$bound"
    wait "$bound" 2>/dev/null
    says "$1: nothing was on uplink and LAN but what is the LAN's" '' seen_but_lan
}
# all_by_vpn asks the LAN's web server.
seen_but_lan() { lab_capture_stop | grep -v ' 192\.168\.50\.10\.[0-9]* > 192\.168\.50\.20\.80: ' || true; }

ufw_part() {
    echo "# $(ufw version 2>/dev/null | sed -n 1p)"
    holds 'ufw enable' ufw --force enable
    says 'it refuses what comes in' '*deny (incoming)*' ufw status verbose
    holds 'there first: vpn up' alice vpn up home
    all_by_vpn 'ufw, then up'
    watched_start
    kept 'ufw reload' ufw reload
    kept 'ufw default deny routed' ufw default deny routed
    kept 'ufw default allow routed' ufw default allow routed
    kept 'systemctl restart ufw' systemctl restart ufw
    kept 'ufw disable' ufw disable
    kept 'ufw enable while up' ufw --force enable
    watched_stop ufw
    holds 'vpn down' alice vpn down
    all_direct 'down'
    ufw --force reset >/dev/null
    ufw disable >/dev/null
}

setting() { sed -i "s/^$1=.*/$1=$2/" /etc/firewalld/firewalld.conf && grep -qx "$1=$2" /etc/firewalld/firewalld.conf; }

# does START|RESTART: it is back before its filters are there.
does() { systemctl "$1" firewalld && until_true 60 filtered; }
filtered() { nft list chain inet firewalld filter_INPUT >/dev/null 2>&1; }

firewalld_part() {
    local zone
    holds 'systemctl start firewalld' does start
    echo "# firewalld $(firewall-cmd --version)"
    says 'its state' running firewall-cmd --state
    says 'its table' '*inet firewalld*' nft list tables
    holds 'there first: vpn up' alice vpn up home
    all_by_vpn 'firewalld, then up'
    watched_start
    kept 'firewall-cmd --reload' firewall-cmd --reload
    kept 'firewall-cmd --complete-reload' firewall-cmd --complete-reload
    kept 'systemctl restart firewalld' does restart
    for zone in drop block public; do
        kept "its default zone is $zone" firewall-cmd --set-default-zone=$zone
    done
    kept 'the uplink and the VPN in the zone drop' sh -c 'firewall-cmd --zone=drop --change-interface=u0 && firewall-cmd --zone=drop --change-interface=home'
    holds 'firewall-cmd --panic-on' firewall-cmd --panic-on
    holds 'in panic nothing works' fails get alice
    kept 'firewall-cmd --panic-off' sh -c 'firewall-cmd --panic-off && sleep 6'
    kept 'systemctl stop firewalld' systemctl stop firewalld
    kept 'systemctl start firewalld while up' does start
    watched_stop firewalld
    holds 'vpn down' alice vpn down
    all_direct 'down'
    by_ipv6 yes
    ! grep -q 'strict-forward' /etc/firewalld/firewalld.conf || { by_ipv6 strict-forward; by_ipv6 loose; }
    systemctl stop firewalld
    profile 'ID = 1'
}

# by_ipv6 VALUE: an endpoint by IPv6, whose answers firewalld asks for their way back.
by_ipv6() {
    holds "IPv6_rpfilter=$1" setting IPv6_rpfilter "$1"
    holds 'systemctl restart firewalld' does restart
    says 'it looks for the way back' '*fib saddr*' nft list table inet firewalld
    profile 'ID = 1'
    holds 'an endpoint by IPv6' vpn edit home 'Endpoint=[2001:db8:113::2]:51820'
    holds 'vpn up' alice vpn up home
    says "the tunnel's peer" '*2001:db8:113::2*' ip netns exec vpn-home wg show wg0 endpoints
    all_by_vpn "IPv6_rpfilter=$1"
    says 'vpn check finds nothing' '' problems
    holds 'vpn down' alice vpn down
    all_direct 'down'
}
problems() { vpn check home 2>&1 | grep '^!!' || true; }

# ---------------------------------------------------------------- rules like Tailscale's

# What tailscaled makes, with the kernel's WireGuard for its own; the other machine is on the internet.
tailscale_up() {
    local tool
    tailscale_rules
    ip link add tailscale0 type wireguard
    in_inet ip link add ts1 type wireguard
    (umask 077; wg genkey > "$LAB/ts.here"; wg genkey > "$LAB/ts.there")
    wg set tailscale0 fwmark 0x80000 private-key "$LAB/ts.here" \
        peer "$(wg pubkey < "$LAB/ts.there")" allowed-ips 100.64.0.9/32,fd7a:115c:a1e0::9/128 endpoint 192.0.2.80:41641
    in_inet wg set ts1 listen-port 41641 private-key "$LAB/ts.there" peer "$(wg pubkey < "$LAB/ts.here")" allowed-ips 100.64.0.1/32,fd7a:115c:a1e0::1/128
    ip -batch - <<'END'
        address add 100.64.0.1/32 dev tailscale0
        address add fd7a:115c:a1e0::1/128 dev tailscale0 nodad
        link set tailscale0 mtu 1280 up
        route add 100.64.0.9/32 dev tailscale0 table 52
        route add fd7a:115c:a1e0::/48 dev tailscale0 table 52
END
    in_inet ip -batch - <<'END'
        address add 100.64.0.9/32 dev ts1
        address add fd7a:115c:a1e0::9/128 dev ts1 nodad
        link set ts1 mtu 1280 up
        route add 100.64.0.1/32 dev ts1
        route add fd7a:115c:a1e0::/48 dev ts1
END
    for tool in iptables ip6tables; do
        $tool -N ts-input
        $tool -I INPUT -j ts-input
        $tool -A ts-input -i tailscale0 -j ACCEPT
        $tool -N ts-forward
        $tool -I FORWARD -j ts-forward
        $tool -A ts-forward -i tailscale0 -j MARK --set-xmark 0x40000/0xff0000
        $tool -A ts-forward -m mark --mark 0x40000/0xff0000 -j ACCEPT
        $tool -t nat -N ts-postrouting
        $tool -t nat -I POSTROUTING -j ts-postrouting
        $tool -t nat -A ts-postrouting -m mark --mark 0x40000/0xff0000 -j MASQUERADE
    done
    iptables -I ts-input -s 100.64.0.0/10 ! -i tailscale0 -j DROP
}
tailscale_rules() {
    local family
    for family in -4 -6; do
        ip $family rule add fwmark 0x80000/0xff0000 lookup main pref 5210
        ip $family rule add fwmark 0x80000/0xff0000 lookup default pref 5230
        ip $family rule add fwmark 0x80000/0xff0000 unreachable pref 5250
        ip $family rule add lookup 52 pref 5270
    done
}
tailscale_no_rules() { for family in -4 -6; do for pref in 5210 5230 5250 5270; do ip $family rule del pref $pref; done; done; }
tailnet4() { ping -n -c1 -W5 100.64.0.9; }
tailnet6() { ping -n -c1 -W5 fd7a:115c:a1e0::9; }


tailscale_part() {
    tailscale_up
    says 'rules like those of Tailscale: its machine' '*1 received*' tailnet4
    says 'and by IPv6' '*1 received*' tailnet6
    lab_capture_start
    tailnet4 >/dev/null
    says 'its packets are seen on the uplink' '*> 192.0.2.80.41641: UDP*' lab_capture_stop
    lab_capture_start
    holds 'vpn up' alice vpn up home
    all_by_vpn 'beside Tailscale'
    holds 'its network is the VPN now' fails tailnet4
    exits 'vpn check says how to keep it' 0 '*Direct = 100.64.0.0/10*' sh -c 'vpn check home; true'
    says 'nothing was on uplink and LAN but what is the LAN'"'s" '' seen_but_lan
    holds 'vpn down' alice vpn down
    says 'down: its machine' '*1 received*' tailnet4
    profile 'ID = 1' 'Direct = 100.64.0.0/10, fd7a:115c:a1e0::/48'
    lab_capture_start
    holds 'with Direct: vpn up' alice vpn up home
    says 'its machine' '*1 received*' tailnet4
    says 'and by IPv6' '*1 received*' tailnet6
    all_by_vpn 'with Direct'
    tailscale_no_rules
    tailscale_rules
    says 'its rules made again: its machine' '*1 received*' tailnet4
    all_by_vpn 'after that'
    says 'nothing was on uplink and LAN, not even its packets: they go by the VPN' '' seen_but_lan
    holds 'vpn down' alice vpn down
    says 'down: its machine' '*1 received*' tailnet4
    all_direct 'down'
    tailscale_no_rules
    ip link del tailscale0
}

claims_lab
profile 'ID = 1'
holds 'vpn link' vpn link home
claims_parts 'ufw firewalld tailscale' "$@"
claims_end
