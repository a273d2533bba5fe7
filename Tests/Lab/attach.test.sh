# shellcheck shell=bash
# `vpn attach`: network namespaces that were there before, as containers' are, get a VPN as their only network.
# shellcheck disable=SC2154 # namespace sets these

# namespace LABEL [USER]: one without a link, held by a process whose pid is in $pid; a user's own is in a user namespace of theirs.
namespace() {
    local label=$1 ready own=(on_host unshare -n) hold='echo $$; exec sleep 300 >&-'
    [[ -z ${2:-} ]] || own=(as_user "$2" unshare -Urn)
    exec {ready}< <("${own[@]}" sh -c "$hold")
    read -r -u "$ready" pid
    declare -g "namespace_$label=$pid"
}

# within LABEL COMMAND...: there, as root of it, on the lab's host otherwise.
within() {
    local -n namespace_pid=namespace_$1
    shift
    on_host nsenter -t "$namespace_pid" -n -- "$@"
}
ends() { local -n namespace_pid=namespace_$1; kill -KILL "$namespace_pid"; }

attach() { local -n namespace_pid=namespace_$1; shift; on_host vpn attach home --pid "$namespace_pid" "$@"; }

attached_ports() { in_box home ip -j link show group 76 | jq -r '.[] | select(.ifname // "" | test("^v[0-9]")) | "\(.ifname) \(.ifalias)"'; }
nothing_attached() { [[ -z $(attached_ports) ]]; }

test_attach_gives_the_only_network() {
    link home
    namespace a
    expect_match '^web is attached to home as 10\.20\.1\.[0-9]+/24, fd76:706e:1::[0-9a-f]+/64$' "$(attach a --label web)"
    works within a
    expect '"home"' "$(within a $LAB_DIG @192.0.2.1 who.test TXT)" 'whatever server was asked'
    expect '"home"' "$(within a $LAB_DIG @127.0.0.53 who.test TXT)" 'a resolver on loopback'
    ! within a curl -s -m 1 http://192.168.50.20/ || fail 'the LAN is reached'
    expect "web true $pid" "$(vpn ps --json | jq -r '.[0] | "\(.command) \(.attached) \(.pid)"')"
    expect_match "home +10\.20\.1\.[0-9]+ +$pid +root .* web$" "$(vpn ps | sed -n 2p)"
    expect_match "10\.20\.1\.[0-9]+ +root +$pid +web$" "$({ vpn status home || true; } | tail -1)"
    refuses 125 '^vpn: home is in use by web \(attached\): close it first' vpn unlink home
    ends a
    until_true 5 nothing_attached
    vpn unlink home
}

test_attach_twice_is_once() {
    local before
    link home
    namespace a
    before=$(attach a --label web --json)
    expect 'web home eth0 eth0' "$(jq -r '"\(.label) \(.vpn) \(.link)"' <<< "$before") $(within a ip -j link show eth0 | jq -r '.[0].ifname')"
    expect "nameserver 172.27.12.1" "$(jq -r .resolv_conf <<< "$before" | grep -m 1 nameserver)"
    expect_same "$before" "$(attach a --label web --json)" 'the second answer'
    expect 1 "$(attached_ports | wc -l)" 'ports'
    # What it has lost comes back, whoever took it.
    within a nft flush ruleset
    within a ip route flush all
    within a ip address flush dev eth0
    expect_same "$before" "$(attach a --label web --json)" 'the third answer'
    works within a
    expect "$(within a nft -j list chain inet vpn source | jq '.nftables | length')" "$(attach a --label web >/dev/null; within a nft -j list chain inet vpn source | jq '.nftables | length')"
}

test_attach_survives_reload_refresh_and_a_new_tunnel() {
    link home
    namespace a
    attach a --label web >/dev/null
    vpn reload home >/dev/null
    works within a
    on_host ip -n vpn-home link del dev wg0
    ! within a curl -s -m 1 $LAB_WEB4/ || fail 'no tunnel, and yet an answer'
    vpn refresh home >/dev/null
    works within a
    expect_match '^v[0-9]+ uid=0 attached=[0-9]+ web$' "$(attached_ports)"
}

# another_link, another_way: of namespace a to the host; with addresses, and by the host to the internet.
another_link() { on_host ip link add up0 type veth peer name other0 netns "$namespace_a"; }
another_way() {
    another_link
    on_host ip address add 10.99.0.1/24 dev up0
    on_host ip link set dev up0 up
    on_host sysctl -qw net.ipv4.ip_forward=1
    on_host nft -f - <<< 'table ip lab_nat { chain postrouting { type nat hook postrouting priority 100; ip saddr 10.99.0.0/24 masquerade; }; }'
    trap 'on_host nft delete table ip lab_nat; on_host ip link del dev up0; on_host sysctl -qw net.ipv4.ip_forward=0' EXIT
    within a ip address add 10.99.0.2/24 dev other0
    within a ip link set dev other0 up
}

test_attached_namespace_fails_closed() {
    link home
    namespace a
    attach a --label web >/dev/null
    lab_capture_start
    # Another link, as `podman network connect` adds it later, with the better route.
    another_way
    within a ip route add default via 10.99.0.1 dev other0 metric 0 || within a ip route replace default via 10.99.0.1 dev other0
    no_way within a curl -s -m 1 $LAB_WEB4/
    within a $LAB_DIG @198.51.100.1 who.test TXT || true
    on_host ip -n vpn-home link del dev wg0
    within a curl -s -m 1 $LAB_WEB4/ || true
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    # The same without the filter leaks: the capture sees it.
    lab_capture_start
    within a nft flush ruleset
    expect 198.51.100.2 "$(within a curl -s -m 5 $LAB_WEB4/)" 'without its filter'
    expect_match 'HTTP|192\.0\.2\.80' "$(lab_capture_stop)"
}

test_attach_refuses() {
    link home work
    refuses 125 "that is the host's own network" vpn attach home
    refuses 125 "that is the host's own network" vpn attach home --pid "${LAB_PID[host]}"
    refuses 125 'other links|the box of a VPN' vpn attach home --netns /run/netns/vpn-work
    refuses 125 'other links|the box of a VPN' vpn attach home --netns /run/netns/vpn-home
    inside_open b alice work
    refuses 125 'in another VPN already \(vpnrun work\)' vpn attach home --pid "$(inside b 'echo $$')"
    inside_open c alice home
    refuses 125 'that is a command of home: sh \(pid' vpn attach home --pid "$(inside c 'echo $$')"
    namespace a
    attach a >/dev/null
    refuses 125 'in another VPN already \(vpnrun home\)|other links' on_host vpn attach work --pid "$namespace_a"
    namespace d
    within d ip link add up0 type veth peer name up1
    refuses 125 'has other links, by which its packets could leave: up[01] and 1 more' attach d
    refuses 125 'nosuch is not|no VPN|nosuch' on_host vpn attach nosuch --pid "$namespace_a"
    vpn unlink home --force
    refuses 125 'home is not linked: `vpn link home` builds its box' attach d
}

# Whatever a file is, it is opened with the caller's rights, and looked at as what was opened.
test_attach_with_hostile_files() {
    link home
    on_host mkfifo /run/lab-fifo
    on_host ln -s /proc/self/ns/mnt /run/lab-link
    trap 'on_host rm -f /run/lab-fifo /run/lab-link' EXIT
    for path in /run/lab-fifo /etc/passwd /proc/self/ns/mnt /run/lab-link /proc/self/ns/user /dev/null /run; do
        refuses 125 'cannot use what was named as a network namespace' timeout 5 nsenter -t "${LAB_PID[host]}" -m -n -- vpn attach home --netns "$path"
    done
    refuses 125 'cannot open /run/nosuch: No such file' vpn attach home --netns /run/nosuch
    for words in '--namespace=2' '--namespace=99' '--namespace=3 --link=lo' '--namespace=3 --link=a/b' '--namespace=3 --label=' \
        '--namespace=3 --namespace=4' '--namespace=3 --pid=0' '--namespace=3 --pid=2147483648' '--namespace=3 --pid=4294967295'; do
        ! on_host "$LAB_PREFIX/libexec/vpnrun/vpn-link" attach home $words --label=x 2>/dev/null || fail "accepted: $words"
    done
    expect_nothing "$(attached_ports)" 'ports'
}

test_members_attach_their_own_namespaces() {
    link home
    namespace r
    refuses 125 'cannot open .*: Permission denied' alice vpn attach home --pid "$namespace_r"
    refuses 125 "that namespace is root's" alice vpn attach home
    namespace b bob
    refuses 125 'cannot open|another user' alice vpn attach home --pid "$namespace_b"
    namespace a alice
    expect_match '^mine is attached to home' "$(alice vpn attach home --pid "$namespace_a" --label mine)"
    works within a
    expect_match "^v[0-9]+ uid=$(alice id -u) attached=[0-9]+ mine\$" "$(attached_ports)"
    refuses 125 '^vpn: (cannot open /proc/[0-9]+/ns/net: Permission denied|that namespace is another user.s)' bob vpn detach home --pid "$namespace_a"
    expect 'mine was not attached to home' "$(bob vpn detach home mine)" "another user's, by its label"
    expect_match attached "$(attached_ports)"
    expect 'mine is no longer attached to home' "$(alice vpn detach home mine)"
    expect_nothing "$(attached_ports)" 'ports'
    expect '' "$(within a nft list tables)" 'tables left'
    expect null "$(within a ip -j link show lo | jq -r '.[0].ifalias')" "what lo says"
    refuses 125 'group|not found|denied' carol vpn attach home --pid "$namespace_a"
}

# What a member has written on a port ends no program that reads it.
test_members_numbers_end_nothing() {
    link home
    namespace a alice
    for number in 2147483647 2147483648 4294967295; do
        alice sh -c "exec 3</proc/$namespace_a/ns/net; exec $LAB_PREFIX/libexec/vpnrun/vpn-link attach home --namespace=3 --label=x --pid=$number" \
            >/dev/null 2>&1 || true
        if vpn unlink home >/dev/null 2>&1; then link home; else (( $? == 125 )) || fail "$number"; fi
    done
    # One of an older version, or of root's.
    alice vpn attach home --pid "$namespace_a" --label x >/dev/null
    on_host ip -n vpn-home link set dev "$(attached_ports | cut -d' ' -f1)" alias 'uid=20001 attached=4294967295 x'
    refuses 125 'home is in use by x \(attached\)' vpn unlink home
    expect_match x "$(vpn ps home)"
}

test_members_descriptors_of_others() {
    link home
    # A descriptor is no right: alice hands the host's own, and a box cannot even be opened for more than its name.
    refuses 125 "that namespace is root's" alice sh -c 'exec 3</proc/self/ns/net; exec '"$LAB_PREFIX"'/libexec/vpnrun/vpn-link attach home --namespace=3 --label=x'
    alice sh -c 'exec 3</run/netns/vpn-home; exec '"$LAB_PREFIX"'/libexec/vpnrun/vpn-link attach home --namespace=3 --label=x' 2>/dev/null && fail 'a box was attached'
    expect_nothing "$(attached_ports)" 'ports'
}

test_detach_leaves_nothing() {
    local before
    link home
    namespace a
    within a ip link set dev lo up
    before=$(within a sh -c 'ip link; ip address; ip route show table all; ip -6 route show table all; nft list ruleset')
    in_box home ip neighbour show dev br-home > "$LAB/neighbours"
    attach a --label web >/dev/null
    expect 'that namespace is no longer attached to home' "$(on_host vpn detach home --pid "$namespace_a")"
    expect 'that namespace was not attached to home' "$(on_host vpn detach home --pid "$namespace_a")"
    expect_same "$before" "$(within a sh -c 'ip link; ip address; ip route show table all; ip -6 route show table all; nft list ruleset')" 'the namespace'
    expect_nothing "$(attached_ports)" 'ports'
    expect_same "$(< "$LAB/neighbours")" "$(in_box home ip neighbour show dev br-home)" 'neighbours in the box'
    expect 'table netdev vpn { }' "$(in_box home nft list table netdev vpn | xargs)"
    attach a --label web >/dev/null
    works within a
}

test_attach_leaves_foreign_tables_alone() {
    link home
    namespace a
    within a nft add table inet vpn
    refuses 125 "table inet vpn is another program's" attach a
    expect_match '^table inet vpn$' "$(within a nft list tables)"
    within a nft delete table inet vpn
    attach a >/dev/null
    works within a
}

test_attach_alone_opens_ping() {
    link home
    namespace a
    attach a >/dev/null
    expect '0 2147483647' "$(within a cat /proc/sys/net/ipv4/ping_group_range | xargs)"
    within a sysctl -qw net.ipv4.ping_group_range='1 0'
    on_host vpn detach home --pid "$namespace_a" >/dev/null
    expect '1 0' "$(within a cat /proc/sys/net/ipv4/ping_group_range | xargs)"
}

# docker's network `none` switches IPv6 off in it.
test_attach_switches_ipv6_on() {
    link home
    namespace a
    within a sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    attach a >/dev/null
    works within a
}

# What a container's root with CAP_NET_RAW and CAP_NET_ADMIN sends in another's name reaches neither the internet nor the neighbour's table
# of the box, and diverts nothing.
test_attached_namespaces_do_not_spoof() {
    local own other4 other6 other_mac gateway_mac
    link home
    inside_open victim bob home
    other4=$(inside victim "ip -4 -j address show dev eth0" | jq -r '.[0].addr_info[0].local')
    other6=$(inside victim "ip -6 -j address show dev eth0 scope global" | jq -r '.[0].addr_info[0].local')
    other_mac=$(inside victim "ip -j link show dev eth0" | jq -r '.[0].address')
    works inside_words victim
    gateway_mac=$(in_box home ip -j link show dev br-home | jq -r '.[0].address')
    namespace a
    own=$(attach a --label attacker --json)
    works within a
    in_srv tcpdump -i any -ln --immediate-mode 'udp port 4000' > "$LAB/spoofed" 2>/dev/null &
    until_true 5 sends_udp_to_server on_host nsenter -t "$namespace_a" -n --
    # The answers to the victim would go to the attacker.
    within a timeout 20 tcpdump -i eth0 -Q in -ln --immediate-mode "host $other4 or host $other6 or (arp and not host $(jq -r '.addresses[0] | split("/")[0]' <<< "$own"))" > "$LAB/overheard" 2>/dev/null &
    for _ in 1 2 3; do
        within a /usr/bin/python3 -I "$LAB_HERE/spoof.py" "$(jq -r .mac <<< "$own")" "$(jq -r '.addresses[0] | split("/")[0]' <<< "$own")" \
            "$(jq -r '.addresses[1] | split("/")[0]' <<< "$own")" "$other_mac" "$other4" "$other6" 10.20.1.1 fd76:706e:1::1 "$gateway_mac"
        works inside_words victim
    done
    expect_nothing "$(in_box home ip neighbour show dev br-home | grep -F -e "$other4 " -e "$other6 " | grep -vF "$other_mac" || true)" 'neighbours of the victim'
    expect_nothing "$(in_box home bridge fdb show br br-home | grep -F "$other_mac" | grep "dev v$(jq -r '.port' <<< "$own" | tr -d v) " || true)" 'the way to the victim'
    sends_udp_to_server on_host nsenter -t "$namespace_a" -n --
    expect_nothing "$(grep -v 'length 1$' "$LAB/spoofed" || true)" 'what came through the tunnel'
    expect_nothing "$(cat "$LAB/overheard")" "what the attacker's link saw of others"
    works within a
    # The guard is what does it: without it the server sees them.
    in_box home nft delete table netdev vpn
    within a /usr/bin/python3 -I "$LAB_HERE/spoof.py" "$(jq -r .mac <<< "$own")" "$(jq -r '.addresses[0] | split("/")[0]' <<< "$own")" \
        "$(jq -r '.addresses[1] | split("/")[0]' <<< "$own")" "$other_mac" "$other4" "$other6" 10.20.1.1 fd76:706e:1::1 "$gateway_mac"
    until_true 5 grep -q 'length [2-9]' "$LAB/spoofed"
    expect_match "$(jq -r .mac <<< "$own")" "$(in_box home ip neighbour show dev br-home | grep -F -e "$other4 " -e "$other6 ")" 'the victim diverted'
}

# A process killed at any of its calls leaves no port that is up without a guard, and the next attach is whole.
test_attach_killed_half_way() {
    local call killed=0 up guard
    link home
    namespace a
    for call in 12 18 22 24 26 28 30 32 34 36 40; do
        on_host strace -f -o /dev/null -e trace=sendto,sendmsg,send -e inject=sendto:signal=KILL:when="$call" \
            vpn attach home --pid "$namespace_a" --label web >/dev/null 2>&1 || killed=$((killed + 1))
        up=$(in_box home ip -j link show group 76 up | jq -r '.[].ifname // "" | select(test("^v[0-9]"))')
        guard=$(in_box home nft list table netdev vpn 2>/dev/null || true)
        [[ -z $up || $guard == *'arp saddr ether'* ]] || fail "a port without a guard after call $call"
        attach a --label web >/dev/null
        works within a
        expect 1 "$(attached_ports | wc -l)" 'ports'
        on_host vpn detach home --pid "$namespace_a" >/dev/null
    done
    (( killed > 5 )) || fail "only $killed were killed"
    # What is left half-way can be taken away as well.
    for call in 22 26 30; do
        on_host strace -f -o /dev/null -e trace=sendto,sendmsg,send -e inject=sendto:signal=KILL:when="$call" \
            vpn attach home --pid "$namespace_a" --label web >/dev/null 2>&1 || true
        on_host vpn detach home --pid "$namespace_a" >/dev/null
        expect_nothing "$(attached_ports)" "ports after call $call"
    done
}
