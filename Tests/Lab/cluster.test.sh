# shellcheck shell=bash
# `vpn attach --beside`: a namespace keeps the link of its cluster, for the cluster's networks and nothing else. The functions of
# attach.test.sh make the namespaces.
# shellcheck disable=SC2154 # namespace sets these

# a_pod: a namespace as a cluster's network makes it, on the host's link cl0: 10.244.0.5 and fd44::5, a default route, a server of names at
# 10.96.0.10, and a way to the internet by the host.
a_pod() {
    namespace a
    on_host ip link add cl0 type veth peer name eth0 netns "$namespace_a"
    on_host ip -batch - <<END
        address add 10.244.0.1/24 dev cl0
        address add fd44::1/64 dev cl0 nodad
        link set cl0 up
END
    within a ip -batch - <<END
        link set lo up
        address add 10.244.0.5/24 dev eth0
        address add fd44::5/64 dev eth0 nodad
        link set eth0 up
        route add default via 10.244.0.1 dev eth0
        route add default via fd44::1 dev eth0
END
    on_host sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    on_host nft -f - <<< 'table inet lab_nat { chain postrouting { type nat hook postrouting priority 100; ip saddr 10.244.0.0/24 oifname "u0" masquerade; ip6 saddr fd44::/64 oifname "u0" masquerade; }; }'
    trap 'on_host nft delete table inet lab_nat; on_host ip link del dev cl0; on_host sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0' EXIT
    cluster_resolver
    expect 198.51.100.2 "$(within a $LAB_GET $LAB_WEB4/)" 'before, by the cluster'
}

# cluster_resolver: the cluster's server of names, once for all tests.
cluster_resolver() {
    [[ ! -e $LAB/cluster-resolver ]] || return 0
    on_host ip address add 10.96.0.10/32 dev lo
    lab_resolver host cluster 5 10.96.0.10 --host-record=web.default.svc.cluster.local,10.96.0.20
    touch "$LAB/cluster-resolver"
}

# What comes by the cluster's link and is for no network of the cluster, from one mark to the next.
cluster_capture_start() {
    nsenter -t "${LAB_PID[host]}" -n -- tcpdump -i cl0 -Q in -ln --immediate-mode '(udp dst port 9)
        or (ip and not dst net 10.244.0.0/24 and not dst net 10.96.0.0/12)
        or (ip6 and not dst net fd44::/64 and not dst net fe80::/10 and not dst net ff02::/16)' > "$LAB/cluster" 2>/dev/null &
    cluster_pid=$!
    until_true 5 cluster_mark 1
}
cluster_mark() { within a bash -c 'printf "%*s" "$1" > /dev/udp/10.244.0.1/9' mark "$1" && sleep 0.1 && grep -q "10\.244\.0\.1\.9: UDP, length $1\$" "$LAB/cluster"; }
cluster_capture_stop() {
    until_true 5 cluster_mark 2
    kill "$cluster_pid"
    grep -v '10\.244\.0\.1\.9: UDP' "$LAB/cluster" || true
}

pod_attached() { attach a --label pod --beside --keep 10.96.0.0/12; }

# tries: all that might get out by the cluster's link.
tries() {
    within a curl -s -m 1 "$LAB_WEB4/" || true
    within a curl -s -m 1 "$LAB_WEB6/" || true
    within a curl -s -m 1 --interface eth0 "$LAB_WEB4/" || true
    within a curl -s -m 1 --interface eth0 "$LAB_WEB6/" || true
    within a dig +time=1 +tries=1 @198.51.100.1 who.test TXT >/dev/null || true
    within a ping -c 1 -W 1 192.0.2.80 >/dev/null || true
    within a ping -c 1 -W 1 -I eth0 2001:db8:80::80 >/dev/null || true
    within a ping -c 1 -W 1 -I eth0 172.27.12.1 >/dev/null || true
}

test_beside_a_cluster() {
    link home
    a_pod
    refuses 125 'has other links, by which its packets could leave: eth0; --beside keeps them' attach a
    expect_match '^pod is attached to home as 10\.20\.1\.[0-9]+/24, .*; by other links stay: 10\.96\.0\.0/12, fe80::/10, 10\.244\.0\.0/24, fd44::/64$' "$(pod_attached)"
    cluster_capture_start
    expect '203.0.113.101 2001:db8:113::101' "$(address within a)" 'addresses'
    expect '"cluster"' "$(within a $LAB_DIG @10.96.0.10 who.test TXT)" "the cluster's names"
    expect '"home"' "$(within a $LAB_DIG @198.51.100.1 who.test TXT)" "others' names"
    expect '"home"' "$(within a $LAB_DIG @127.0.0.53 who.test TXT)" 'a resolver on loopback'
    within a ping -c 1 -W 2 10.244.0.1 >/dev/null || fail 'the neighbour is not reached'
    within a ping -c 1 -W 2 fd44::1 >/dev/null || fail 'the neighbour is not reached over IPv6'
    on_host ping -c 1 -W 2 10.244.0.5 >/dev/null || fail 'it is not reached from the cluster'
    tries
    expect_nothing "$(cluster_capture_stop)" "seen on the cluster's link"
    # Twice is once, with other networks, too; and check proves it.
    expect '["10.0.0.0/8","fe80::/10","10.244.0.0/24","fd44::/64"]' "$(attach a --label pod --beside --keep 10.0.0.0/8 --json | jq -c .kept)"
    expect 1 "$(attached_ports | wc -l)" 'ports'
    expect_nothing "$(within a ip rule | grep 10.96.0.0 || true)" 'rules of before'
    expect '203.0.113.101 2001:db8:113::101' "$(address within a)" 'addresses'
    expect '"cluster"' "$(within a $LAB_DIG @10.96.0.10 who.test TXT)" "the cluster's names"
    expect_nothing "$(problems vpn home)" problems
    expect_match 'pod \(attached\) has lo and vpn0, and for .*10\.0\.0\.0/8' "$(jq -r '.[] | select(.check == "attached").what' "$LAB/findings")"
}

# Whatever is deleted or added, nothing for the internet leaves by the cluster's link.
test_beside_fails_closed() {
    link home
    a_pod
    pod_attached >/dev/null
    lab_capture_start
    cluster_capture_start
    within a ip route replace default via 10.244.0.1 dev eth0 metric 1
    within a ip route replace 0.0.0.0/1 via 10.244.0.1 dev eth0
    within a ip route replace 128.0.0.0/1 via 10.244.0.1 dev eth0
    within a ip -6 route replace 2000::/3 via fd44::1 dev eth0
    expect '203.0.113.101 2001:db8:113::101' "$(address within a)" 'with routes of the cluster'
    tries
    on_host ip -n vpn-home link del dev wg0
    tries
    no_way within a curl -s -m 1 "$LAB_WEB4/"
    vpn refresh home >/dev/null
    expect '203.0.113.101 2001:db8:113::101' "$(address within a)" 'with a new tunnel'
    # Rules alone, and the filter alone.
    within a ip rule flush
    within a ip rule add priority 32766 lookup main
    within a ip -6 rule flush
    within a ip -6 rule add priority 32766 lookup main
    tries
    pod_attached >/dev/null
    expect '203.0.113.101 2001:db8:113::101' "$(address within a)" 'again'
    within a ip link del dev vpn0
    tries
    pod_attached >/dev/null
    within a nft flush ruleset
    tries
    pod_attached >/dev/null
    vpn unlink home --force
    tries
    within a ping -c 1 -W 2 10.244.0.1 >/dev/null || fail 'the cluster went with the VPN'
    expect '"cluster"' "$(within a $LAB_DIG @10.96.0.10 who.test TXT)" "the cluster's names without the box"
    # Without the filter what the kernel refuses by its routes is refused still.
    within a nft flush ruleset
    tries
    expect_nothing "$(cluster_capture_stop)" "seen on the cluster's link"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    # Without both it leaks: the captures see it.
    lab_capture_start
    cluster_capture_start
    within a ip rule flush
    within a ip rule add priority 32766 lookup main
    expect 198.51.100.2 "$(within a curl -s -m 5 "$LAB_WEB4/")" 'without rules and filter'
    expect_match '192\.0\.2\.80' "$(cluster_capture_stop)"
    expect_match '192\.0\.2\.80' "$(lab_capture_stop)"
}

# The VPN's own servers and the box, where a kept network has their addresses.
test_beside_keeps_the_vpns_servers() {
    link home
    a_pod
    attach a --label pod --beside --keep 10.0.0.0/8,172.16.0.0/12,fd00::/8 >/dev/null
    cluster_capture_start
    expect '203.0.113.101 2001:db8:113::101' "$(address within a)" 'addresses'
    expect '"home"' "$(within a $LAB_DIG @172.27.12.1 who.test TXT)" "the VPN's server"
    expect '"home"' "$(within a $LAB_DIG @fd27:12::1 who.test TXT)" "the VPN's server of IPv6"
    on_host ip -n vpn-home link del dev wg0
    within a dig +time=1 +tries=1 @172.27.12.1 who.test TXT >/dev/null || true
    within a dig +time=1 +tries=1 -b 10.244.0.5 @172.27.12.1 who.test TXT >/dev/null || true
    vpn unlink home --force
    within a dig +time=1 +tries=1 @172.27.12.1 who.test TXT >/dev/null || true
    within a dig +time=1 +tries=1 -b 10.244.0.5 @172.27.12.1 who.test TXT >/dev/null || true
    expect_nothing "$(cluster_capture_stop | grep -F 172.27.12.1 || true)" "queries on the cluster's link"
}

test_beside_is_taken_away() {
    local before
    link home
    a_pod
    before=$(within a sh -c 'ip rule; ip -6 rule; ip route show table all; ip -6 route show table all | sort; nft list ruleset; ip -o link')
    pod_attached >/dev/null
    expect 'that namespace is no longer attached to home' "$(on_host vpn detach home --pid "$namespace_a")"
    expect_same "$before" "$(within a sh -c 'ip rule; ip -6 rule; ip route show table all; ip -6 route show table all | sort; nft list ruleset; ip -o link')" 'the namespace'
    # Without other links it becomes an ordinary one, and back.
    pod_attached >/dev/null
    within a ip link del dev eth0
    trap 'on_host nft delete table inet lab_nat; on_host sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0' EXIT
    expect null "$(attach a --label pod --json | jq -c .kept)"
    expect_nothing "$(within a ip rule | grep 7676000 || true)" 'rules'
    works within a
    pod_attached >/dev/null
    works within a
}

test_beside_refuses() {
    link home
    a_pod
    for words in 0.0.0.0/0 10.0.0.0/7 ::/0 fc00::/6 x '' '10.0.0.0/8,'; do
        complains 2 'a network to keep is ADDRESS/LENGTH of at least /8' attach a --beside --keep "$words"
    done
    complains 2 '--keep needs --beside' attach a --keep 10.0.0.0/8
    refuses 125 'has another link called eth0: name the VPN.s otherwise with --link' attach a --beside --link eth0
    refuses 125 "that is the host's own network" vpn attach home --pid "${LAB_PID[host]}" --beside
    refuses 125 'a network to keep is' on_host bash -c "exec 3</proc/$namespace_a/ns/net; exec '$LAB_PREFIX/libexec/vpnrun/vpn-link' attach home --namespace=3 --label=x --beside=0.0.0.0/1"
    expect_nothing "$(attached_ports)" 'ports'
}
