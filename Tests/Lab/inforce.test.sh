# shellcheck shell=bash
# A VPN that was taken up and has lost a part: what `vpn status` says, what still leaves the machine, and what brings it back.

tunnel_deleted() { on_host ip -n vpn-home link del dev wg0; }
tunnel_set_down() { on_host ip -n vpn-home link set dev wg0 down; }
process_killed() { kill_userspace home; }
box_routes_deleted() { on_host ip -n vpn-home -4 route del default dev wg0; }
link_deleted() { on_host ip link del dev home; }
link_set_down() { on_host ip link set dev home down; }
rules_deleted() { on_host ip -4 rule flush protocol 86; on_host ip -6 rule flush protocol 86; }
tables_deleted() { on_host ip -4 route flush table 1; on_host ip -6 route flush table 1; }
filter_deleted() { on_host nft delete table inet vpn-up.home; }
identity_filter_deleted() { on_host nft delete table inet vpn.home; }

# By alice, or by root where the kernel has no WireGuard: a new tunnel is a new wireguard-go.
repairing() { if userspace_only; then on_host "$@"; else alice "$@"; fi; }
userspace_only() { ! on_host ip link add wgprobe type wireguard 2>/dev/null || { on_host ip link del dev wgprobe; false; }; }
by_refresh() { repairing vpn refresh home >/dev/null; }
by_link() { repairing vpn link home >/dev/null; }
by_up() { repairing vpn up home >/dev/null; }
by_vpnrun() { repairing vpnrun --wait home -- true; }

# said_of_home: the text of `vpn status home`, in one line.
said_of_home() { { vpn status home || [[ $? == 3 ]]; } | tr -s ' \n' ' '; }

# lost FAULT TUNNEL STATE: after the fault nothing says that the system goes through home, and it does not go elsewhere.
lost() {
    local status=0
    "$1"
    vpn status home >/dev/null || status=$?
    expect 3 $status "exit status after $1"
    expect "false true $2" "$(status home '"\(.up) \(.taken_up) \(.tunnel)"')" "JSON after $1"
    expect_match "^home was taken up, and is not in force: .*vpn refresh home.* home $3 warning " "$(said_of_home)" "text after $1"
    [[ $(said_of_home) != *'goes through home'* && $(said_of_home) != *--force* ]] || fail "after $1: $(said_of_home)"
    ! alice curl -s -m 1 $LAB_WEB4/ | grep -v '\.101$' || fail "the system gets out after $1"
    ! alice curl -s -m 1 $LAB_WEB6/ | grep -v ':101$' || fail "the system gets out over IPv6 after $1"
}

# whole: the system, a new command and the one from before go through home again.
whole() {
    expect 'true true up []' "$(status home '"\(.up) \(.taken_up) \(.tunnel) \(.broken)"')" "JSON after $1"
    expect_match '^The whole system goes through home' "$(vpn status home)" "text after $1"
    works alice
    works inside_words a
    works alice vpnrun home --
}

# as_before: what a new tunnel must have of the old one.
as_before() {
    in_box home ip -o -d link show dev wg0 | grep -o 'mtu [0-9]*'
    in_box home ip -4 route show table main
    in_box home ip -6 route show table main
    in_box home ip -o address show scope global | awk '{ print $2, $3, $4 }'
}

# comes_back FAULT TUNNEL STATE REPAIR...: by each of them, with the command that was there before.
comes_back() {
    local fault=$1 tunnel=$2 state=$3 before; shift 3
    link home
    inside_open a alice home
    alice vpn up home >/dev/null
    works inside_words a
    before=$(as_before)
    lab_capture_start
    for repair; do
        echo "$repair"
        lost "$fault" "$tunnel" "$state"
        "$repair"
        settled home
        whole "$repair"
        expect_same "$before" "$(as_before)" "the box after $repair"
    done
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

test_tunnel_deleted() { comes_back tunnel_deleted gone 'no tunnel' by_refresh by_link by_up by_vpnrun; }
test_tunnel_set_down() { comes_back tunnel_set_down down 'no tunnel' by_refresh by_link by_up by_vpnrun; }
test_process_killed() {
    link home
    userspace || skip 'the kernel has WireGuard: no process'
    unlink_vpn home
    comes_back process_killed gone 'no tunnel' by_refresh by_link by_up by_vpnrun
}
test_box_routes_deleted() { comes_back box_routes_deleted up 'up, broken' by_refresh by_link by_up; }
test_link_deleted() { comes_back link_deleted up 'up, broken' by_refresh by_up; }
test_link_set_down() { comes_back link_set_down up 'up, broken' by_refresh by_up; }
test_rules_deleted() { comes_back rules_deleted up 'up, broken' by_refresh by_up; }
test_tables_deleted() { comes_back tables_deleted up 'up, broken' by_refresh by_up; }
test_filter_of_up_deleted() { comes_back filter_deleted up 'up, broken' by_refresh by_up; }
test_filter_of_identity_deleted() { comes_back identity_filter_deleted up 'up, broken' by_refresh by_up; }

# Not up, it is no less told; and a member learns who must do it where the kernel has no WireGuard.
test_linked_without_a_tunnel() {
    link home
    inside_open a alice home
    tunnel_deleted
    expect_match '^home is not up home no tunnel warning the tunnel of home is gone: .*vpn refresh home' "$(said_of_home)"
    expect_match 'home +1 +no tunnel' "$(vpn list)"
    expect 'false false gone null' "$(status home '"\(.up) \(.taken_up) \(.tunnel) \(.device)"')"
    lab_capture_start
    if ! userspace_only; then
        expect_match '^home has a new tunnel' "$(alice vpn refresh home)"
    else
        for request in 'refresh home' 'link home' 'up home' 'reload home'; do
            # shellcheck disable=SC2086
            refuses 125 'the kernel has no WireGuard; run `sudo vpn link home` once' alice vpn $request
        done
        refuses 125 'home has lost its tunnel: `vpn refresh home` gives it a new one' alice vpnrun home -- true
        expect 'not up' "$(alice vpn status home | sed -n 's/^home is //p')" 'an up that was refused'
        expect_match '^home has a new tunnel' "$(vpn link home)"
    fi
    works inside_words a
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

test_wait_puts_the_tunnel_back() {
    link home
    tunnel_deleted
    expect 203.0.113.101 "$(on_host vpnrun --wait home -- $LAB_GET $LAB_WEB4/)"
}

# failing_places COMMAND...: "NAME N" for every call of vpn-link's that may change the kernel.
failing_places() {
    on_host strace -qq -o "$LAB/trace" "$@" >/dev/null
    awk -F'(' '{ n[$1]++ }
        /^sendto\(.*(RTM_(NEW|DEL|SET)|NFNL_MSG_BATCH|AF_UNIX)/ || /^openat2?\(.*(O_WRONLY|O_RDWR)/ { print $1, n[$1] }' "$LAB/trace"
}

fails_at() {
    local call=$1 n=$2; shift 2
    on_host strace -qq -o /dev/null -e "inject=$call:error=EPERM:when=$n" "$@" 2>&1
}

# all_or_nothing CALL N: it says why in a sentence and has changed nothing, or all is in force.
all_or_nothing() {
    local said status=0
    said=$(fails_at "$1" "$2" "$LAB_PREFIX/libexec/vpnrun/vpn-link" up home) || status=$?
    echo "$1 $2: $status $said"
    if (( status == 0 )); then
        expect 'true true' "$(status home '"\(.up) \(.taken_up)"')" "after a fault at $1 $2 that did no harm"
    else
        expect 125 $status "after a fault at $1 $2"
        expect_match '^vpn: .' "$said" "what is said of a fault at $1 $2"
        expect 'false false' "$(status home '"\(.up) \(.taken_up)"')" "after a fault at $1 $2"
        [[ $(said_of_home) != *'goes through home'* ]] || fail "after a fault at $1 $2: $(said_of_home)"
    fi
}

test_up_leaves_all_or_nothing() {
    local call n places before
    command -v strace >/dev/null || skip 'no strace'
    link home
    before=$(rules)
    places=$(failing_places "$LAB_PREFIX/libexec/vpnrun/vpn-link" up home)
    vpn down home >/dev/null
    expect_same "$before" "$(rules)" 'the rules after down'
    while read -r call n; do
        all_or_nothing "$call" "$n"
        if [[ $(status home .up) == false ]]; then
            expect_same "$before" "$(rules)" "the rules after a fault at $call $n"
            expect "$LAB_DIRECT" "$(address alice)" "where the system goes after a fault at $call $n"
        fi
        vpn up home >/dev/null
        expect "$LAB_BY_HOME" "$(address alice)" "after another up"
        vpn down home >/dev/null
    done <<< "$places"
    (( $(wc -l <<< "$places") > 10 )) # an alias, rules, a filter
}

test_up_that_links_leaves_all_or_nothing() {
    local call n places before
    command -v strace >/dev/null || skip 'no strace'
    lab_profile home | vpn import - --name home >/dev/null
    before=$(snapshot)
    vpn up home >/dev/null
    vpn down home >/dev/null
    expect_no_trace "$before"
    device_for_up
    places=$(failing_places "$LAB_PREFIX/libexec/vpnrun/vpn-link" up home)
    vpn down home >/dev/null
    while read -r call n; do
        device_for_up
        all_or_nothing "$call" "$n"
        [[ $(status home .up) == true ]] || expect false "$(status home .linked)" "linked after a fault at $call $n"
        vpn down home >/dev/null
        on_host ip link del dev wg.home 2>/dev/null || true # a device that nobody took is its starter's
        expect_no_trace "$before"
    done <<< "$places"
}

device_for_up() {
    ! userspace_only || on_host wireguard-go wg.home >/dev/null 2>&1
}

# What can be told apart is said in words, by `up` and by `status`.
test_no_handshake() {
    in_srv nft 'table inet silent { chain input { type filter hook input priority raw; policy accept; iifname "s0" drop; }; }'
    trap 'in_srv nft delete table inet silent' EXIT
    link home
    expect_match '^home is up: ' "$(alice vpn up home 2> "$LAB/said")"
    expect_match 'no handshake with 203.0.113.2:51820 yet: nothing answers there' "$(< "$LAB/said")"
    expect_match 'warning no handshake with 203.0.113.2:51820 yet: nothing answers there' "$(said_of_home)"
    alice vpn down home >/dev/null
    on_host ip -4 route flush default
    expect_match 'no handshake with 203.0.113.2:51820 yet: there is no route to it' "$(alice vpn up home 2>&1)"
    expect_match 'warning no handshake with 203.0.113.2:51820 yet: there is no route to it' "$(said_of_home)"
    refuses 125 'no handshake with 203.0.113.2:51820 yet: there is no route to it' alice vpnrun --wait=1 home -- true
    expect false "$(status home '.peers[0].has_route')"
    on_host ip route add default via 198.51.100.1 dev u0 metric 5
    expect true "$(status home '.peers[0].has_route')"
}

# One that answers needs no words.
test_handshake_by_up() {
    link home
    expect '' "$(alice vpn up home 2>&1 >/dev/null)"
    [[ $(status home '.peers[0].latest_handshake') != 0 ]]
}
