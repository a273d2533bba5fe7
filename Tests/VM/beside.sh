#!/bin/bash
# Beside what owns the network on a real Debian: a ruleset that is loaded again, a .network for all links, a resolver that speaks TLS,
# NetworkManager's question whether there is an internet.
#
#   beside.sh [PART...]    nftables, catchall, tls, connectivity; all of them without one
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

report() { vpn status home --json | jq -r ".[0] | $1"; }


# Debian's ruleset begins with `flush ruleset`.
nftables() {
    local turn
    says "Debian's ruleset" '*flush ruleset*' cat /etc/nftables.conf
    holds 'the unit calls us' sh -c 'systemctl cat nftables | grep -q "vpn refresh"'
    holds 'systemctl start nftables' systemctl start nftables
    holds 'vpn up by an ordinary user' alice vpn up home
    lab_capture_start
    # What asks and what is bound to the uplink, all the time.
    (while :; do resolvectl query --cache=no who.test; curl -sS -m 1 --interface u0 $web; done) >/dev/null 2>&1 &
    turn=$!
    for how in restart reload restart; do
        holds "systemctl $how nftables" systemctl $how nftables
        says 'the filters are there again' '[]' report .warnings
        says "names are the VPN's" 10.0.0.3 address alice
    done
    nft flush ruleset
    exits 'by hand, without the unit: the status says it' 3 '*vpn refresh*' report '.broken[0]'
    sleep 5
    says 'systemctl stop nftables: healed' '[]' sh -c 'systemctl stop nftables; vpn status home --json | jq -c ".[0].warnings"'
    kill "$turn"
    wait "$turn" 2>/dev/null
    says 'all that time nothing was on uplink and LAN' '' lab_capture_stop
    # The claim can fail: without our ways to a neighbour that does not exist.
    nft flush ruleset
    for family in -4 -6; do
        for table in 1 7676201; do
            # shellcheck disable=SC2086  # words
            ip $family route show table $table | grep -E '192\.0\.0\.8|7670:6e72' | while read -r route; do ip $family route del $route table $table; done
        done
    done
    lab_capture_start
    resolvectl query --cache=no who.test >/dev/null 2>&1
    says 'without these, the query is seen' '*.53: *' lab_capture_stop
    holds 'vpn refresh' vpn refresh home
    holds 'vpn down' alice vpn down
}

networkd_settles() { systemctl restart systemd-networkd; sleep 5; }

# As many servers have it.
catchall() {
    printf '%s\n' '[Match]' 'Name=*' '[Network]' DHCP=yes LinkLocalAddressing=ipv6 > /run/systemd/network/10-all.network
    printf '%s\n' '[Match]' 'Name=u0 l0 h0 lo' '[Link]' Unmanaged=yes > /run/systemd/network/04-lab.network
    networkd_settles
    holds 'vpn link' alice vpn link home
    sleep 5
    says "a .network for all links: networkd leaves the VPN's alone" '*unmanaged*' networkctl list --no-legend home
    says 'a program that is bound to it' 203.0.113.101 alice curl -sS -m 10 --interface home $web
    networkd_settles
    says 'networkd restarts: again' '*unmanaged*' networkctl list --no-legend home
    says 'and the program' 203.0.113.101 alice curl -sS -m 10 --interface 172.27.12.34 $web
    holds 'vpn up' alice vpn up home
    says 'the system' 203.0.113.101 get alice
    holds 'vpn down' alice vpn down
    mv /etc/systemd/network/05-vpnrun.network "$LAB"
    networkd_settles
    exits 'without our file it takes it over' 0 '*home *con*' networkctl list --no-legend home
    mv "$LAB/05-vpnrun.network" /etc/systemd/network
    rm /run/systemd/network/{10-all,04-lab}.network
    networkd_settles
    vpn unlink home
}

tls() {
    mkdir -p /run/systemd/resolved.conf.d
    printf '%s\n' '[Resolve]' DNSOverTLS=opportunistic > /run/systemd/resolved.conf.d/tls.conf
    in_inet socat TCP-LISTEN:853,bind=198.51.100.1,reuseaddr,fork EXEC:cat &
    systemctl restart systemd-resolved
    lab_host_resolver
    lab_capture_start
    resolvectl query --cache=no who.test >/dev/null 2>&1
    says "before: the LAN's router is asked by port 853" '*198.51.100.1.853: *' lab_capture_stop
    holds 'vpn up by an ordinary user' alice vpn up home
    lab_capture_start
    for _ in 1 2 3; do says "names are the VPN's" 10.0.0.3 address alice; done
    says 'nothing was on uplink and LAN' '' lab_capture_stop
    holds 'vpn down' alice vpn down
    printf '%s\n' '[Resolve]' DNSOverTLS=yes > /run/systemd/resolved.conf.d/tls.conf
    systemctl restart systemd-resolved
    lab_host_resolver
    holds 'servers that speak TLS only: vpn up' alice vpn up home
    exits 'vpn check says why no name is found' 0 '*asks only servers that speak TLS*' sh -c 'vpn check home; true'
    holds 'vpn down' alice vpn down
    rm /run/systemd/resolved.conf.d/tls.conf
    systemctl restart systemd-resolved
    lab_host_resolver
}

says_full() { [[ $("$@") == full ]]; }

connectivity() {
    mkdir -p /run/NetworkManager/conf.d
    printf '%s\n' '[connectivity]' "uri=$web/" response=198.51.100.2 interval=20 > /run/NetworkManager/conf.d/lab.conf
    systemctl start NetworkManager
    until_true 30 eval 'nmcli -t -f RUNNING general | grep -q ^running'
    nmcli device set u0 managed yes
    nmcli connection add type ethernet con-name isp ifname u0 ip4 198.51.100.2/24 gw4 198.51.100.1 ipv4.dns 198.51.100.1 ipv6.method disabled >/dev/null
    nmcli connection up isp >/dev/null
    ip link set u0 up
    holds 'before: full' until_true 60 says_full nmcli networking connectivity check
    holds 'vpn up' alice vpn up home
    says 'while up its question is refused' limited nmcli networking connectivity check
    says 'vpn check says why' '*NetworkManager takes the network for limited*enabled=false*' sh -c 'vpn check home; true'
    printf '[connectivity]\nenabled=false\n' > /run/NetworkManager/conf.d/lab.conf
    nmcli general reload
    holds 'as it advises: full' until_true 30 says_full nmcli -t -f CONNECTIVITY general
    holds 'vpn down' alice vpn down
    nmcli connection delete isp >/dev/null
    systemctl stop NetworkManager
}

claims_lab
{ printf '[VPN]\nID = 1\n'; lab_profile home; } | vpn import - --name home --force >/dev/null
claims_parts 'nftables catchall tls connectivity' "$@"
claims_end
