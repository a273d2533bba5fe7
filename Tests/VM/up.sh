#!/bin/bash
# `vpn up` on a real Debian system with kernel WireGuard, systemd-networkd, systemd-resolved, NetworkManager and VRFs.
#
#   up.sh [PART...]    by_alice, by_root, direct, remembered, strict, vrf, vrf_beside, vrf_default, local_behind, table, session, networkd, resume,
#                      manager; all of them without one
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

dig='dig +short +time=2 +tries=1'
everything='home is up: everything goes through it; names are resolved by 172.27.12.1, fd27:12::1'

carol() { as_user carol "$@"; }
txt() { $dig "$@" who.test TXT; }

# ---------------------------------------------------------------- what there is

# system_state: all that an administrator can find, files and systemd-resolved's settings included.
system_state() {
    snapshot
    for what in dns domain default-route llmnr mdns; do echo "# resolvectl $what"; resolvectl $what; done
    echo '# files'
    find /etc /run/systemd/resolve -type f,l -printf '%p %M %l\n' | sort
    find /etc /run/systemd/resolve -type f -exec sha256sum {} + | sort
}

# is_as_before CLAIM STATE: the kernel takes a moment to end namespaces.
is_as_before() {
    local now end=$((SECONDS + 5))
    while ((SECONDS < end)); do
        now=$(system_state)
        [[ $now != "$2" ]] || { ok "$1"; return; }
    done
    not_ok "$1" "$(diff <(echo "$2") <(echo "$now"))"
}

rules_of_up() { ip rule | grep -c '^30[23]:'; }
has_rules() { [[ $(rules_of_up) == 2 ]]; }

# ---------------------------------------------------------------- an ordinary user, from nothing, and back

by_alice() {
    local before server
    before=$(system_state)
    exits 'vpn status, when nothing is up' 3 '*: *' alice vpn status
    says "the ISP's customer without a VPN" 198.51.100.2 get alice
    says "and the ISP's resolver" 10.0.0.1 address alice
    exits 'carol is not in the group, and is told so' 125 '*vpn*' carol vpn up home
    lab_capture_start
    says 'alice, from nothing: vpn up home' "$everything" alice vpn up home
    says "the tunnel is the kernel's" kernel status home .device
    behind 'up' alice carol
    says 'a command in the VPN as well' 203.0.113.101 get home
    # She may not tell systemd-resolved of anything; it is still asked, and asks, and its packets go to the VPN.
    says 'systemd-resolved knows nothing of it' '*home):' resolvectl dns home
    says "its answers are the VPN's: dig @127.0.0.53" '"home"' txt @127.0.0.53
    says 'resolvectl query' '*10.0.0.3*' alice resolvectl query --cache=no who.test
    says 'getent -s resolve' '10.0.0.3 *' alice getent -s resolve ahostsv4 who.test
    says "a name that only the VPN's server has" '172.27.12.9 *' alice getent ahostsv4 printer.corp.test
    for server in 198.51.100.1 8.8.8.8 2001:db8:100::1; do
        says "a query to $server by UDP" '"home"' txt "@$server"
        says "and by TCP" '"home"' txt +tcp "@$server"
    done
    exits 'a program bound to the uplink reaches nothing' 7 '*' carol curl -sS -m 5 --interface 198.51.100.2 $web
    says 'all that time nothing else was on uplink and LAN' '' lab_capture_stop
    says 'the LAN is reached directly' 192.168.50.10 alice curl -sS -m 5 http://192.168.50.20
    says "a query to the LAN's resolver is the VPN's, too" '"home"' txt @192.168.50.20
    says 'vpn status' 'The whole system goes through home; last handshake *All DNS queries go to 172.27.12.1, fd27:12::1, through home*' alice vpn status
    says 'it warns of nothing' '[]' jq -c '.[0].warnings' <(alice vpn status home --json)
    says 'up again' 'home is up already*' alice vpn up home
    says 'alice: vpn down' 'home is down' alice vpn down
    is_as_before 'no trace is left: links, routes, rules, filters, settings, resolvers, files' "$before"
    says 'down again' 'no VPN is up' alice vpn down
    says 'toggle' 'home is up*' alice vpn toggle
    says 'toggle' 'home is down*' alice vpn toggle
    is_as_before 'no trace of that either' "$before"
}

# ---------------------------------------------------------------- root may tell systemd-resolved

by_root() {
    local before linked
    before=$(system_state)
    lab_capture_start
    says 'sudo vpn up' "$everything" vpn up home
    says 'systemd-resolved knows the servers' '*home): 172.27.12.1 fd27:12::1' resolvectl dns home
    says 'the search domain, and that all names go there' '*home): corp.test ~.' resolvectl domain home
    says 'resolvectl status home shows it' '*DNS Servers: 172.27.12.1 fd27:12::1*DNS Domain: corp.test ~.*' resolvectl status home
    behind 'up by root' alice carol
    says 'a host of the search domain, by its short name' '172.27.12.9 *' alice getent ahostsv4 printer
    says 'getent hosts' 'fd27:12::9 *' alice getent hosts printer
    says 'resolvectl query' '*172.27.12.9*' alice resolvectl query --cache=no printer.corp.test
    says 'systemd-resolved started anew, it has not forgotten' '*home): 172.27.12.1 fd27:12::1' \
        sh -c 'systemctl restart systemd-resolved; resolvectl dns home'
    behind 'after that' alice
    says 'nothing else was on uplink and LAN' '' lab_capture_stop
    says 'sudo vpn down' 'home is down' vpn down
    is_as_before 'all is as before, systemd-resolved too' "$before"

    vpn link home >/dev/null
    linked=$(system_state)
    holds 'a VPN that was linked, sudo vpn up' vpn up home
    says 'sudo vpn down' 'home is down' vpn down
    is_as_before 'as when it was linked' "$linked"
    holds 'sudo vpn up, once more' vpn up home
    says 'and alice: vpn down, which may not tell systemd-resolved, but says so' '*sudo vpn down home*home is down*' alice vpn down
    holds 'sudo vpn down' vpn down home
    is_as_before 'as when it was linked' "$linked"
    says 'names are found as before' '"isp"' txt
    holds 'vpn unlink' vpn unlink home
    is_as_before 'no trace is left' "$before"
}

# systemd-resolved keeps answers for as long as the server says, here the ISP's second one.
remembered() {
    in_inet ip address add 198.51.100.53/24 dev h0
    lab_resolver inet old 9 198.51.100.53 --local-ttl=600
    resolvectl dns u0 198.51.100.53
    says "systemd-resolved has an answer of the ISP's" 10.0.0.9 address alice
    holds 'vpn up' alice vpn up home
    says 'and forgets it' 10.0.0.3 address alice
    holds 'vpn down' alice vpn down
    says 'as before' 10.0.0.9 address alice
    resolvectl dns u0 198.51.100.1 2001:db8:100::1
    in_inet ip address delete 198.51.100.53/24 dev h0
    resolvectl flush-caches
}

# ---------------------------------------------------------------- strict reverse path filtering

strict() {
    local before value
    local -a links=(all default u0 l0) old=()
    for link in "${links[@]}"; do
        old+=("net.ipv4.conf.$link.rp_filter=$(sysctl -n "net.ipv4.conf.$link.rp_filter")")
        sysctl -qw "net.ipv4.conf.$link.rp_filter=1"
    done
    before=$(system_state)
    says 'rp_filter is strict: vpn up' "$everything" alice vpn up home
    behind 'strict' alice
    says 'src_valid_mark is set' 1 sysctl -n net.ipv4.conf.all.src_valid_mark
    says 'the LAN is reached' 192.168.50.10 alice curl -sS -m 5 http://192.168.50.20
    says 'vpn down' 'home is down' alice vpn down
    is_as_before 'src_valid_mark and all else is put back' "$before"
    sysctl -qw "${old[@]}"
    value=$(sysctl -n net.ipv4.conf.all.src_valid_mark)
    holds 'loose: vpn up' alice vpn up home
    says 'src_valid_mark stays as it is' "$value" sysctl -n net.ipv4.conf.all.src_valid_mark
    behind 'loose' alice
    alice vpn down >/dev/null
}

# ---------------------------------------------------------------- other ways out

# What comes in at the ISP by the uplink, where the capture's marks have no way: whatever is not the tunnel's or a neighbour's.
count_start() {
    lab_capture_link inet h0
    until_true 20 grep -q listening "$LAB/capture.h0.log"
}
count_stop() {
    sleep 1
    kill "$(< "$LAB/capture.h0.pid")"
    cat "$LAB/capture.h0"
}

uplink_routes() { # ADD|DEL [TABLE]
    ip route "$1" default via 198.51.100.1 dev u0 metric 5 table "${2:-main}"
    ip -6 route "$1" default via 2001:db8:100::1 dev u0 metric 5 table "${2:-main}"
}

# A link that gets or loses its master goes down and up again, and loses routes and IPv6 addresses.
uplink_in_vrf() {
    ip link add vrf-wan type vrf table 1000
    ip link set vrf-wan up
    ip link set u0 master vrf-wan
    ip address add fe80::2/64 dev u0 nodad
    ip address add 2001:db8:100::2/64 dev u0 nodad
    uplink_routes add 1000
}
uplink_back() {
    ip link set u0 nomaster
    ip link delete vrf-wan
    ip address add fe80::2/64 dev u0 nodad
    ip address add 2001:db8:100::2/64 dev u0 nodad
    uplink_routes add
}

vrf() {
    local before
    uplink_in_vrf
    says 'the uplink is in a VRF: a program in it reaches the internet' 198.51.100.2 get ip vrf exec vrf-wan
    exits 'others do not' 7 '*' get alice
    profile 'ID = 1' 'Underlay = vrf vrf-wan'
    before=$(system_state)
    count_start
    says 'vpn link says what it sets' '*udp_l3mdev_accept is 1 now*' alice vpn link home
    says 'and has set it' 1 sysctl -n net.ipv4.udp_l3mdev_accept
    says "the tunnel's packets have the VRF's table" '*fwmark 0x2711 lookup 1000*' ip rule list pref 90
    says 'a command in the VPN: IPv4' 203.0.113.101 get home
    says 'IPv6' 2001:db8:113::101 get6 home
    says 'vpn up' "$everything" alice vpn up home
    behind 'by a VRF' alice
    says 'a query to any server' '"home"' txt @8.8.8.8
    says 'the LAN is reached directly' 192.168.50.10 alice curl -sS -m 5 http://192.168.50.20
    says 'vpn refresh' 'home is refreshed: *' alice vpn refresh home
    says 'vpn status warns of nothing' '[]' jq -c '.[0].warnings' <(alice vpn status home --json)
    says 'nothing else was on the uplink' '' count_stop
    says 'vpn down' 'home is down' alice vpn down
    says 'the setting stays while it is linked' 1 sysctl -n net.ipv4.udp_l3mdev_accept
    says 'and a command in the VPN works' 203.0.113.101 get home
    holds 'vpn unlink' until_true 5 alice vpn unlink home
    is_as_before 'udp_l3mdev_accept and all else is put back' "$before"
    says 'from nothing: vpn up' "*$everything" alice vpn up home
    behind 'again' alice
    says 'vpn down' 'home is down' alice vpn down
    is_as_before 'no trace is left' "$before"
    uplink_back
    exits 'without that VRF: a sentence' 125 'vpn: *vrf-wan*' alice vpn up home
    profile 'ID = 1'
}

# as_ever CLAIM: what the host does with packets that stay direct; the VRF's neighbour has an address that is also the LAN's.
as_ever() {
    says "$1: a program in the VRF reaches its network" 192.168.50.10 ip vrf exec mgmt curl -sS -m 10 http://192.168.50.20
    says "$1: one bound to a link of the VRF's" 192.168.50.10 curl -sS -m 10 --interface l0 http://192.168.50.20
    says "$1: a server in the VRF is reached from there" mgmt in_lan curl -sS -m 10 telnet://192.168.50.10:8080
    exits "$1: the VRF has no way out" 7 '*' get ip vrf exec mgmt
    exits "$1: and no other program a way in" 7 '*' alice curl -sS -m 5 http://192.168.50.20
}

# A VRF beside the uplink, as for management.
vrf_beside() {
    local before server
    ip link add mgmt type vrf table 1001
    ip link set mgmt up
    ip link set l0 master mgmt
    ip route add unreachable default metric 4278198272 table 1001
    ip vrf exec mgmt socat TCP4-LISTEN:8080,reuseaddr,fork EXEC:'echo mgmt' &
    server=$!
    until_true 10 eval 'ss -Hltn sport = :8080 | grep -q .'
    as_ever 'a VRF beside'
    before=$(system_state)
    holds 'vpn link' alice vpn link home
    as_ever 'linked'
    holds 'vpn up' alice vpn up home
    as_ever 'up'
    behind 'up' alice
    says 'vpn status warns of nothing' '[]' jq -c '.[0].warnings' <(alice vpn status home --json)
    holds 'vpn down' alice vpn down
    as_ever 'down'
    holds 'vpn unlink' until_true 10 alice vpn unlink home
    is_as_before 'no trace is left' "$before"
    kill "$server"
    ip link set l0 nomaster
    ip link delete mgmt
    ip address replace 192.168.50.10/24 dev l0
}

# Main's default routes lead into the VRF, from where packets are routed again; sockets outside get its answers.
vrf_default() {
    local before endpoint
    uplink_in_vrf
    sysctl -qw net.ipv4.{tcp,udp,raw}_l3mdev_accept=1
    ip route add default dev vrf-wan metric 5
    ip -6 route add default dev vrf-wan metric 5
    says 'default routes by a VRF: IPv4' 198.51.100.2 get alice
    says 'IPv6' 2001:db8:100::2 get6 alice
    for endpoint in 203.0.113.2 '[2001:db8:113::2]'; do
        profile 'ID = 1' 'Direct = 192.0.2.80, 2001:db8:80::80'
        vpn edit home "Endpoint=$endpoint:51820" >/dev/null
        says "by $endpoint: a command in the VPN" 203.0.113.101 get home
        says "its MTU is the uplink's" 1420 jq '.[0].mtu' <(alice vpn status home --json)
        says 'vpn up' "*$everything" alice vpn up home
        says 'what is direct is so by IPv4' 198.51.100.2 get alice
        says 'and by IPv6' 2001:db8:100::2 get6 alice
        says 'the LAN, too' 192.168.50.10 alice curl -sS -m 10 http://192.168.50.20
        says "names are the VPN's" 10.0.0.3 address alice
        says 'vpn status warns of nothing' '[]' jq -c '.[0].warnings' <(alice vpn status home --json)
        profile 'ID = 1'
        vpn edit home "Endpoint=$endpoint:51820" >/dev/null
        before=$(system_state)
        count_start
        says 'without Direct: vpn up' "*$everything" alice vpn up home
        behind 'up' alice
        says 'nothing else was on the uplink' '' count_stop
        says 'vpn down' 'home is down' alice vpn down
        says 'direct again: IPv4' 198.51.100.2 get alice
        says 'IPv6' 2001:db8:100::2 get6 alice
        holds 'vpn unlink' vpn unlink home
        is_as_before 'no trace is left' "$before"
    done
    ip route delete default dev vrf-wan
    ip -6 route delete default dev vrf-wan
    sysctl -qw net.ipv4.{tcp,udp,raw}_l3mdev_accept=0
    uplink_back
    profile 'ID = 1'
}

# The kernel's documentation of VRFs advises to ask for the host's own addresses behind theirs.
local_behind() {
    local before family
    for family in -4 -6; do
        ip $family rule add lookup local pref 32765
        ip $family rule delete pref 0
    done
    before=$(system_state)
    says 'the rule for the table local is one of the last: vpn up' "$everything" alice vpn up home
    for address in 127.0.0.1 198.51.100.2 172.27.12.34 ::1 2001:db8:100::2 fd27:12::34; do
        says "$address is this machine" '*1 received*' ping -n -c1 -W5 $address
    done
    behind 'up' alice
    says 'a command in the VPN' 203.0.113.101 get home
    says 'the LAN is reached directly' 192.168.50.10 alice curl -sS -m 10 http://192.168.50.20
    says 'vpn down' 'home is down' alice vpn down
    is_as_before 'no trace is left' "$before"
    for family in -4 -6; do
        ip $family rule add lookup local pref 0 protocol kernel
        ip $family rule delete lookup local pref 32765
    done
}

table() {
    local before
    uplink_routes add 500
    uplink_routes del
    exits 'no default route in the main table: nothing is reached' 7 '*' get alice
    profile 'ID = 1' 'Underlay = 500'
    before=$(system_state)
    lab_capture_start
    says 'by a table: vpn up' "$everything" alice vpn up home
    behind 'by a table' alice
    says 'a command in the VPN' 203.0.113.101 get home
    says 'vpn refresh' 'home is refreshed: *' alice vpn refresh home
    says 'nothing else was on uplink and LAN' '' lab_capture_stop
    says 'vpn down' 'home is down' alice vpn down
    is_as_before 'no trace is left' "$before"
    uplink_routes add
    uplink_routes del 500
    profile 'ID = 1'
}

# ---------------------------------------------------------------- a session from outside

# session_open ADDRESS OWN: a connection to the host from OWN, which is not in its LAN; `said WORD` is what comes back.
session_open() {
    coproc session { in_inet socat - "TCP:$1:2222,bind=$2"; }
    session_pid=$!
}
said() {
    local line
    echo "$1" >&"${session[1]}"
    read -t 5 -r -u "${session[0]}" line || return 1
    echo "$line"
}
session_close() { kill "$session_pid" 2>/dev/null; wait "$session_pid" 2>/dev/null; }

session() {
    local server before
    profile 'ID = 1' 'OutsideIdentity = yes'
    before=$(system_state)
    socat TCP6-LISTEN:2222,ipv6only=0,reuseaddr,fork EXEC:cat 2>/dev/null &
    server=$!
    until_true 5 eval 'ss -Hltn sport = :2222 | grep -q .'
    for pair in '198.51.100.2 192.0.2.80' '[2001:db8:100::2] [2001:db8:80::80]'; do
        # shellcheck disable=SC2086
        session_open $pair
        says "a session from ${pair#* }" before said before
        holds 'vpn up' alice vpn up home
        says 'goes on' during said during
        session_close
        # shellcheck disable=SC2086
        session_open $pair
        says 'another one comes in' new said new
        behind 'while everybody else' alice
        says 'vpn down' 'home is down' alice vpn down
        says 'that one goes on' after said after
        session_close
    done
    holds 'vpn up in a session of ssh' alice env SSH_CONNECTION='192.0.2.80 4711 198.51.100.2 22' vpn up home
    says "a program bound to the uplink's address goes direct" 198.51.100.2 carol curl -sS -m 5 --interface 198.51.100.2 $web
    says 'but not its queries' '"home"' txt -b 198.51.100.2 @198.51.100.1
    holds 'vpn down' alice vpn down
    kill "$server"
    is_as_before 'no trace is left' "$before"

    profile 'ID = 1'
    socat TCP6-LISTEN:2222,ipv6only=0,reuseaddr,fork EXEC:cat 2>/dev/null &
    server=$!
    until_true 5 eval 'ss -Hltn sport = :2222 | grep -q .'
    session_open 198.51.100.2 192.0.2.80
    says 'without OutsideIdentity: a session' before said before
    exits 'in which vpn up refuses' 125 '*OutsideIdentity*' alice env SSH_CONNECTION='192.0.2.80 4711 198.51.100.2 22' vpn up home
    lab_capture_start
    holds 'vpn up' alice vpn up home
    exits 'it is cut off' 1 '' said during
    says 'and nothing of it leaves in the clear' '' lab_capture_stop
    alice vpn down >/dev/null
    session_close
    kill "$server"
}

# ---------------------------------------------------------------- systemd-networkd

dropin=/etc/systemd/networkd.conf.d/50-vpnrun.conf

# networkd_restarts: it has set up a link of its own when this is back.
networkd_restarts() {
    systemctl restart systemd-networkd
    until_true 20 eval 'networkctl status n0 2>/dev/null | grep -q "State: routable (configured)"'
}

networkd() {
    local warning='*of home are missing*vpn refresh*'
    printf '%s\n' '[Match]' Name=n0 '[Network]' Address=198.18.0.1/24 IPv6AcceptRA=no LinkLocalAddressing=no > /run/systemd/network/n0.network
    ip link add n0 type veth peer name n1
    ip link set n1 up
    holds 'the installation has told systemd-networkd to leave rules alone' test -e $dropin
    holds 'vpn up' alice vpn up home
    holds 'systemd-networkd restarts' networkd_restarts
    says 'our rules are still there' 2 rules_of_up
    behind 'after that' alice
    says 'vpn status warns of nothing' '[]' jq -c '.[0].warnings' <(alice vpn status home --json)

    mv $dropin "$LAB/"
    lab_capture_start
    holds 'without our file, systemd-networkd restarts' networkd_restarts
    holds 'our rules vanish' until_true 10 fails has_rules
    exits 'then nothing is reached by IPv4, at once' 7 '*' alice curl -sS -m 1 $web
    exits 'nor by IPv6' 7 '*' alice curl -sS -m 1 "$web6"
    exits 'no name is found' 2 '' alice getent -s resolve ahostsv4 who.test
    exits 'nor by another server' 9 '*' txt @8.8.8.8
    says 'commands in the VPN do not notice' 203.0.113.101 get home
    says 'nothing was on uplink and LAN' '' lab_capture_stop
    exits 'vpn status says so' 3 "$warning" alice vpn status home
    says 'vpn refresh by alice mends it' 'home is refreshed: *' alice vpn refresh
    behind 'after that' alice
    says 'vpn status warns no more' '[]' jq -c '.[0].warnings' <(alice vpn status home --json)
    mv "$LAB/${dropin##*/}" $dropin
    ip link delete n0
    rm /run/systemd/network/n0.network
    systemctl restart systemd-networkd
    says 'vpn down' 'home is down' alice vpn down
}

# ---------------------------------------------------------------- waking up, and other networks

lose_rules() { for family in -4 -6; do ip $family rule delete pref 302 && ip $family rule delete pref 303; done; ! has_rules; }

# A machine under emulation cannot be suspended; what systemd does afterwards can be done.
resume() {
    holds 'vpn up' alice vpn up home
    systemctl daemon-reload
    holds 'systemctl enable vpnrun-refresh' systemctl -q enable vpnrun-refresh
    says 'it waits for four kinds of waking up' 4 sh -c 'ls -d /etc/systemd/system/*.target.wants/vpnrun-refresh.service | wc -l'
    holds 'systemd-analyze verify' systemd-analyze verify --man=no vpnrun-refresh.service
    lose_rules
    holds 'after suspend: systemctl start' systemctl start vpnrun-refresh
    holds 'it has refreshed the VPN' has_rules
    says 'without a word of complaint' 'success 0' \
        sh -c 'systemctl show vpnrun-refresh -P Result -P ExecMainStatus | tr "\n" " " | sed "s/ $//"'
    behind 'after that' alice
    holds 'vpn down' alice vpn down
    holds 'nothing linked: systemctl start' systemctl start vpnrun-refresh
    holds 'systemctl disable' systemctl -q disable vpnrun-refresh
}

manager() {
    holds 'vpn up' alice vpn up home
    holds 'NetworkManager starts' systemctl start NetworkManager
    holds 'and is ready' until_true 30 eval 'nmcli -t -f RUNNING general | grep -q ^running'
    behind 'with NetworkManager' alice
    says "it leaves the VPN's link alone" '*unmanaged*' nmcli -g GENERAL.STATE -m tabular -c no device show home
    lose_rules
    # Of veths it manages those named as cables are.
    holds 'it knows a network' nmcli connection add type ethernet con-name cable ifname eth7 ip4 198.18.0.1/24 ipv6.method disabled
    ip link add eth7 type veth peer name n7
    ip link set n7 up
    holds 'a cable is plugged in: it calls vpn refresh' until_true 60 has_rules
    holds 'and has set up the link' until_true 10 eval 'nmcli -t -f DEVICE,STATE device | grep -qx eth7:connected'
    behind 'after that' alice
    lose_rules
    ip link set n7 down
    holds 'unplugged: again' until_true 60 has_rules
    behind 'after that' alice
    says "events of the VPN's link are not followed" '' sh -c "strace -f -e trace=execve -o '$LAB/trace' /etc/NetworkManager/dispatcher.d/90-vpnrun home up; grep 'vpn.*refresh' '$LAB/trace'; true"
    holds 'vpn down' alice vpn down
    nmcli connection delete cable >/dev/null
    ip link delete eth7
    systemctl stop NetworkManager
}

# ---------------------------------------------------------------- one program outside

outsider() { alice vpnrun --direct -- "$@"; }
groups_outside() { find /sys/fs/cgroup -type d -name 'vpnrun-direct-*'; }
has_groups() { [[ $(groups_outside | wc -l) == "$1" ]]; }
# served COMMAND...: as a service of alice's.
served() { systemd-run --quiet --pipe --wait --uid=alice --gid=alice "$@"; }

direct() {
    local before
    holds 'sudo vpn up, so that systemd-resolved knows its servers' vpn up home
    before=$(system_state)
    says 'vpnrun --direct: the uplink' 198.51.100.2 get outsider
    says 'over IPv6, too' 2001:db8:100::2 get6 outsider
    says "names, by libc and the uplink's resolver" 10.0.0.1 address outsider
    says 'by dig' '"isp"' outsider dig +short +time=2 +tries=1 who.test TXT
    says "not by systemd-resolved, whose queries go into the VPN" '198.51.100.1*' outsider sed -n 's/nameserver //p' /etc/resolv.conf
    says 'from a service' 198.51.100.2 served vpnrun --direct -- curl -sS -m 10 "$web"
    outsider sleep 1000 &
    holds 'while one runs' until_true 10 has_groups 1
    says "its place is the caller's, and below" '*/vpnrun-direct-*' groups_outside
    lab_capture_start
    behind 'all others, while one is outside' alice carol
    says 'nothing of theirs was on uplink and LAN' '' lab_capture_stop
    says 'vpn status tells of it' '*Outside, by vpnrun --direct: sleep (pid *' alice vpn status
    says 'and so does the log' '*alice*home*runs sleep outside*' vpn log
    pkill -u alice -x sleep
    holds 'its cgroup goes with it' until_true 10 has_groups 0
    is_as_before 'nothing else has changed' "$before"
    direct_service
    vpn down home >/dev/null
    vpn unlink home >/dev/null 2>&1
}

# A service outside, by a drop-in as vpn-services(7) has it.
direct_service() {
    local unit=/etc/systemd/system/asks.service run
    run=$(command -v vpnrun)
    printf '%s\n' '#!/bin/sh' "curl -sS -m 10 $web; dig +short +time=2 +tries=1 who.test TXT" 'exec sleep 1000' > /usr/local/bin/asks
    chmod 755 /usr/local/bin/asks
    printf '[Service]\nUser=alice\nProtectSystem=full\nPrivateTmp=yes\nProtectHome=read-only\nStandardOutput=truncate:/run/asked\nExecStart=/usr/local/bin/asks\n' > $unit
    says 'a service is inside' '203.0.113.101"home"' asked
    mkdir $unit.d
    printf '[Service]\nExecStart=\nExecStart=%s --direct -- /usr/local/bin/asks\n' "$run" > $unit.d/outside.conf
    says 'with the drop-in it is outside, and so are its queries' '198.51.100.2"isp"' asked
    says 'it is its main process' sleep main_process
    says 'vpn status tells of it' '*Outside, by vpnrun --direct: * (pid *' vpn status
    behind 'all others' alice carol
    printf 'ProtectControlGroups=yes\n' >> $unit.d/outside.conf
    says 'a sandbox that forbids it is said' '*a sandbox keeps this process from it*' refused_service
    printf 'ProtectControlGroups=no\nNoNewPrivileges=yes\n' >> $unit.d/outside.conf
    says 'and so is one that takes the rights away' '*no_new_privs*' refused_service
    systemctl stop asks
    holds 'nothing is left of it' until_true 10 has_groups 0
    rm -r $unit $unit.d /usr/local/bin/asks
    systemctl daemon-reload
}
# asked: what the service has been told, once it has started anew.
asked() {
    systemctl daemon-reload
    systemctl restart asks
    until_true 15 has_asked
    tr -d '\n' < /run/asked
}
main_process() { cat "/proc/$(systemctl show -P MainPID asks)/comm"; }
has_asked() { pgrep -u alice -x sleep >/dev/null || systemctl is-failed -q asks; }
refused_service() {
    systemctl daemon-reload
    systemctl restart asks
    until_true 10 systemctl is-failed -q asks
    cat /run/asked
}

# ---------------------------------------------------------------- all of it

claims_lab
profile 'ID = 1'
claims_parts 'by_alice by_root direct remembered strict vrf vrf_beside vrf_default local_behind table session networkd resume manager' "$@"
vpn unlink home >/dev/null 2>&1
holds "$removing" remove_programs
claims_end
