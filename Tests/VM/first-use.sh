#!/bin/bash
# The first use of vpnrun on a real Debian system with kernel WireGuard, systemd-networkd and systemd-resolved.
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

resolved=/run/systemd/resolve/io.systemd.Resolve

# ---------------------------------------------------------------- what the user does

programs_are_there() {
    local helpers=$LAB_PREFIX/libexec/vpnrun
    holds "$installing" install_programs
    says 'the helpers are for root and group vpn' $'root:vpn 710\nroot:vpn 710' stat -c '%U:%G %a' "$helpers"/vpn-{launch,link}
    says 'vpn-launch may use two capabilities' '* cap_net_admin,cap_sys_admin=p' getcap "$helpers/vpn-launch"
    says 'vpn-link may use three' '* cap_dac_override,cap_net_admin,cap_sys_admin=p' getcap "$helpers/vpn-link"
}

import_profiles() {
    lab_profile home "$LAB/home.conf"
    lab_profile work "$LAB/work.conf"
    holds 'vpn import FILE' vpn import "$LAB/home.conf"
    holds 'vpn import - --name NAME' vpn import - --name work < "$LAB/work.conf"
    says 'profiles are for root only' $'root:root 600\nroot:root 600' stat -c '%U:%G %a' /etc/vpnrun/{home,work}.conf
    says 'they have the next free numbers' $'home 1\nwork 2' jq -r '.[] | "\(.name) \(.id)"' <(alice vpn list --json)
}

from_nothing() {
    exits 'this machine has no wireguard-go' 1 '' type -P wireguard-go
    says "the ISP's customer without vpnrun" 198.51.100.2 get alice
    says 'alice, from nothing: IPv4 by the VPN' 203.0.113.101 get home
    says 'IPv6 by the VPN' 2001:db8:113::101 get6 home
    says 'bob, from nothing, in another VPN' 203.0.113.102 get bob vpnrun work --
    says 'bob in the first one' 203.0.113.101 get bob vpnrun home --
    exits 'carol is not in the group, and is told so' 125 '*vpn*' as_user carol vpnrun home -- true
}

the_command() {
    exits "exit status is the command's" 42 '' home sh -c 'exit 42'
    exits 'a signal too' 137 '*' home sh -c 'kill -KILL $$'
    exits 'no such command' 127 '*' home /no/such/command
    # shellcheck disable=SC2016
    says "the command is alice's, with no capability" $'alice alice vpn\n0000000000000000' \
        home sh -c 'echo $(id -un) $(id -Gn); sed -n "s/^CapPrm:\t//p" /proc/self/status'
}

tunnel() {
    local port
    port=$(box wg show wg0 listen-port)
    says "wg0 is the kernel's" '*wireguard*' box ip -d link show wg0
    says 'wg show in the box: a handshake' '*latest handshake: *' box wg show wg0
    says 'its packets are marked' 0x2711 box wg show wg0 fwmark
    says "its UDP socket is the host's" "*:$port *" ss -Hnua "sport = :$port"
    says "not the box's" '' box ss -Hnua
    holds 'vpn status shows the handshake' jq -e '[.. | .latest_handshake? // empty] | max > 0' <(alice vpn status home --json)
}

# ---------------------------------------------------------------- names

names() {
    says 'the host asks its ISP, by systemd-resolved' 10.0.0.1 address alice
    says "a name in the VPN is the VPN's" 10.0.0.3 address home
    says 'dig at the resolver in resolv.conf' 10.0.0.3 home dig +short who.test
    says "dig at systemd-resolved's address" 10.0.0.3 home dig +short @127.0.0.53 who.test
    says "dig at the ISP's resolver" 10.0.0.3 home dig +short @198.51.100.1 who.test
    says "dig at the ISP's resolver by TCP" 10.0.0.3 home dig +short +tcp @198.51.100.1 who.test
    says "dig at the ISP's resolver by IPv6" fd00::3 home dig +short @2001:db8:100::1 who.test AAAA
    says "the search domain is the VPN's" '172.27.12.9 *' home getent ahostsv4 printer
    says 'nss-resolve works on the host' '10.0.0.1 *' alice getent -s resolve ahostsv4 who.test
    exits 'not in the VPN' 2 '' home getent -s resolve ahostsv4 who.test
    exits "systemd-resolved's varlink socket is hidden" 1 '' home test -e $resolved
    holds 'and not on the host' test -S $resolved
}

names_after_restart() {
    inside_open running alice home
    systemctl restart systemd-resolved
    ln -sf ../run/systemd/resolve/resolv.conf /etc/resolv.conf.new
    mv /etc/resolv.conf.new /etc/resolv.conf
    says 'resolved started anew, resolv.conf replaced: the host asks its ISP' 10.0.0.1 address alice
    says 'and a running command the VPN' '10.0.0.3 *' inside running 'getent ahostsv4 who.test'
    says "also at systemd-resolved's address" 10.0.0.3 inside running 'dig +short @127.0.0.53 who.test'
    exits 'varlink is hidden still' 1 '' inside running "test -e $resolved"
    ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
    inside_close running
}

# ---------------------------------------------------------------- fail closed

# breaks CLAIM COMMAND...: while a download runs, COMMAND takes the tunnel away.
breaks() {
    local claim=$1 seen try="curl -s -m 5 -o /dev/null -w '%{exitcode} %{time_total}\n'"; shift
    inside_open victim alice home
    inside_download victim >/dev/null
    lab_capture_start
    "$@"
    exits "$claim: an immediate error" 7 '7 0.*' inside victim "$try $web"
    exits "$claim: for IPv6, too" 7 '7 0.*' inside victim "$try '$web6'"
    says "$claim: no name is found" 0 inside victim 'dig +time=1 +tries=1 +short who.test | grep -c 10.0.0; true'
    seen=$(lab_capture_stop)
    says "$claim: nothing on the uplink" '' echo -n "$seen"
    inside victim 'kill $!' >/dev/null
    inside_close victim
    holds "$claim: vpn unlink --force tidies up" alice vpn unlink home --force
    says "$claim: the next command is through again" 203.0.113.101 get home
}

fail_closed() {
    lab_capture_start
    get alice >/dev/null
    says 'a packet in the clear is seen on the uplink' '*192.0.2.80*' lab_capture_stop
    breaks 'wg0 deleted' box ip link delete wg0
    breaks 'wg0 down' box ip link set wg0 down
    breaks 'no route by wg0' eval 'box ip route delete default dev wg0; box ip -6 route delete default dev wg0'
    # The kernel takes a namespace down part by part; a packet in between is lost, and its sender waits. With it goes the command's link.
    breaks 'pin removed' eval 'umount /run/netns/vpn-home; for _ in {1..100}; do inside victim "! ip link show dev eth0 2>/dev/null" && break; sleep 0.05; done'
}

rule_of_home() { ip rule | grep -q 172.27.12.34; }

# systemd-networkd removes everybody else's rules when it sets up a link of its own.
rules_removed() {
    local seen
    says "a program bound to the VPN's address goes by the VPN" 203.0.113.101 alice curl -sS -m 10 --interface 172.27.12.34 $web
    printf '[Match]\nName=n0\n[Network]\nAddress=198.18.0.1/24\n' > /run/systemd/network/n0.network
    networkctl reload
    ip link add n0 type veth peer name n1
    ip link set n1 up
    holds 'systemd-networkd removes our rules' until_true 10 fails rule_of_home
    lab_capture_start
    holds "then a program bound to the VPN's address reaches nothing" fails alice curl -sS -m 2 --interface 172.27.12.34 $web
    seen=$(lab_capture_stop)
    says 'and is not seen on the uplink' '' echo -n "$seen"
    says 'commands do not notice' 203.0.113.101 get home
    ip link delete n0
    rm /run/systemd/network/n0.network
    networkctl reload
    holds 'unlink tidies up' alice vpn unlink home --force
}

# ---------------------------------------------------------------- unlink, and no trace

unlink_vpns() {
    inside_open running alice home
    exits 'vpn unlink refuses while a command runs' 125 '*sh*' alice vpn unlink home
    says 'which did not notice' 203.0.113.101 inside running "curl -sS -m 10 $web"
    inside_close running
    holds 'vpn unlink, when it is gone' until_true 5 alice vpn unlink home
    holds 'vpn unlink of the other' bob vpn unlink work
    holds 'vpn unlink again changes nothing' alice vpn unlink home
}

named_so() { find /usr -name '*vpn*' | sort; }

claims_begin
were=$(named_so)
programs_are_there
lab_up
import_profiles
before=$(snapshot)
from_nothing
the_command
tunnel
names
names_after_restart
fail_closed
rules_removed
unlink_vpns
holds 'no trace is left' expect_no_trace "$before"
holds "$removing" remove_programs
says 'no file of ours is left' "$were" named_so
claims_end
