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
by_refresh() { repairing vpn refresh home >/dev/null; }
by_link() { repairing vpn link home >/dev/null; }
by_up() { repairing vpn up home >/dev/null; }
by_vpnrun() { repairing vpnrun home -- true; }
by_waiting() { repairing vpnrun --wait home -- true; }

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

test_tunnel_deleted() { comes_back tunnel_deleted gone 'no tunnel' by_refresh by_link by_up by_waiting by_vpnrun; }
test_tunnel_set_down() { comes_back tunnel_set_down down 'no tunnel' by_refresh by_link by_up by_waiting by_vpnrun; }
test_process_killed() {
    link home
    userspace || skip 'the kernel has WireGuard: no process'
    unlink_vpn home
    comes_back process_killed gone 'no tunnel' by_refresh by_link by_up by_waiting by_vpnrun
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
    expect_match '^No tunnel: .* home no tunnel warning the tunnel of home is gone: .*vpn refresh home' "$(said_of_home)"
    expect_match 'home +1 +no tunnel' "$(vpn list)"
    expect 'false false gone null' "$(status home '"\(.up) \(.taken_up) \(.tunnel) \(.device)"')"
    lab_capture_start
    if ! userspace_only; then
        expect_match '^home has a new tunnel' "$(alice vpn refresh home)"
    else
        for request in 'vpn refresh home' 'vpn link home' 'vpn up home' 'vpn reload home' 'vpnrun home -- true' 'vpnrun --wait home -- true'; do
            # shellcheck disable=SC2086
            refuses 125 'the kernel has no WireGuard; run `sudo vpn link home` once' alice $request
        done
        expect_match '^No tunnel: ' "$({ alice vpn status home || true; } | head -1)" 'an up that was refused'
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

# command_sees PREFIX...: what a command finds of what its caller has set up.
command_sees() {
    "$@" sh -c 'pwd; umask; ulimit -c; ulimit -f; printf "<%s>\n" "$0" "$@"; env -0 | sort -z | tr "\0\n" "\n|"; ls /proc/self/fd
        grep -E "^(Uid|Gid|Groups|Sig|Cap)" /proc/self/status; cat' 'a  b' '' $'c\nd' '--' <<< input
}

alice_sets() {
    alice env -C /tmp ODD=$'x\ny' LD_BIND_NOW=1 bash -c 'umask 027; ulimit -S -c 7 -f 9999; trap "" USR1; exec vpnrun "$@" 7</dev/null' bash "$@"
}

# Who may ask for nothing but a command gets the tunnel all the same, and the command is as it would have been.
test_a_command_that_finds_no_tunnel() {
    local before
    link home
    before=$(command_sees alice_sets home)
    tunnel_set_down
    expect_same "$before" "$(command_sees alice_sets home)" 'a command that found its tunnel down'
    expect_same "$before" "$(command_sees alice_sets home)" 'the command after that'
    for want in 0 7 126 127; do
        tunnel_set_down
        case $want in
            126) refuses 126 '^vpnrun: /etc/passwd: ' alice vpnrun home -- /etc/passwd ;;
            127) refuses 127 '^vpnrun: no-such: ' alice vpnrun home -- no-such ;;
            *) refuses_nothing $want alice vpnrun home -- sh -c "exit $want" ;;
        esac
    done
    tunnel_set_down
    expect "$LAB_BY_HOME" "$(address alice vpnrun -q home --)"
    tunnel_set_down
    expect 'bob /home/bob home ' "$(on_host env SUDO_USER=x vpnrun --user=bob home -- sh -c 'echo "$(id -un) $HOME $VPNRUN $SUDO_USER"')"
    on_host ip -n vpn-home link del dev host0
    expect "$LAB_BY_HOME" "$(address alice vpnrun home --)" 'without its link to the host'
    # What alice may not start may wait for her.
    tunnel_deleted
    device_for_up
    expect "$LAB_BY_HOME" "$(address alice vpnrun home --)" 'with a new device'
}

# refuses_nothing STATUS COMMAND...
refuses_nothing() {
    local wanted=$1 status=0; shift
    said=$("$@" 2>&1) || status=$?
    expect "$wanted" $status "status of '$*', which said '$said'"
    expect '' "$said"
}

# Where vpn-link says that all is well and vpn-launch finds no tunnel, nobody goes round in circles.
test_a_tunnel_that_stays_lost() {
    link home
    tunnel_deleted
    on_host mount --bind /bin/true "$LAB_PREFIX/libexec/vpnrun/vpn-manage"
    trap 'on_host umount "$LAB_PREFIX/libexec/vpnrun/vpn-manage"' EXIT
    refuses 125 '^vpnrun: home has lost its tunnel: `vpn refresh home` gives it a new one' alice vpnrun home -- true
}

test_a_box_of_others_gets_no_tunnel() {
    link_with home AllowUsers=alice
    tunnel_deleted
    refuses 125 '^vpnrun: you may not use home: ' bob vpnrun home -- true
    expect gone "$(status home .tunnel)"
}

# table_number TABLE: the kernel's; a table that is made anew has another.
table_number() { on_host nft -j list tables | jq ".nftables[].table | select(.name? == \"$1\").handle"; }
# table_content TABLE: all of it but such numbers.
table_content() { on_host nft -j list table inet "$1" | jq -c 'del(.. | .handle?) | .nftables[1:][]'; }

# What is as it should be stays; what another program has changed, however little, does not.
test_refresh_and_the_filters() {
    local table change numbers before number
    import_vpn home 'AllowedIPs=10.128.0.0/9, 192.0.2.0/24, 2001:db8:80::/48'
    vpn link home >/dev/null
    up home
    for table in vpn-up.home vpn.home; do
        before=$(table_content $table)
        number=$(table_number $table)
        [[ -n $number ]]
        vpn refresh home >/dev/null
        vpn up home >/dev/null
        expect "$number" "$(table_number $table)" "the table $table after a refresh that found nothing to do"
        for change in 'flush chain %s identity' 'delete rule %s identity handle N' 'insert rule %s identity accept' \
            'add rule %s identity counter' 'replace rule %s identity handle N accept' 'add chain %s identity { policy drop; }' \
            'add chain %s own { type filter hook output priority -1; policy drop; }' 'add table %s { flags dormant; }' \
            'flush chain %s identity; add rule %s identity accept' 'delete table %s; add table %s { comment "vpnrun home"; }'; do
            [[ $table == vpn.home ]] || change=${change//identity/output}
            numbers=$(on_host nft -a list table inet $table | grep -A 2 'chain \(identity\|output\)' | sed -n 's/.*[^{] # handle //p')
            change=${change//N/${numbers%%$'\n'*}}
            echo "$table: $change"
            on_host nft "${change//%s/inet $table}"
            [[ $(table_content $table) != "$before" ]]
            vpn refresh home >/dev/null
            expect_same "$before" "$(table_content $table)" "the table $table after '$change' and a refresh"
        done
    done
    on_host nft rename chain inet vpn-up.home forward other
    vpn refresh home >/dev/null
    # Read in again with less in it, it is as new, and has its comment.
    before=$(table_content vpn-up.home)
    on_host sh -c 'nft list table inet vpn-up.home > /mnt/table; nft delete table inet vpn-up.home; sed "s/, 192.0.2.0.24//" /mnt/table | nft -f -; rm /mnt/table'
    [[ $(table_content vpn-up.home) != "$before" ]]
    vpn refresh home >/dev/null
    expect_same "$before" "$(table_content vpn-up.home)" 'a table that was read in again'
    # A chain that the kernel does not call any more has the name of one that it called.
    while read -r table change; do
        before=$(table_content "$table")
        on_host nft "delete chain inet $table $change; add chain inet $table $change"
        vpn refresh home >/dev/null
        expect_same "$before" "$(table_content "$table")" "the table $table after its chain $change has lost its hook"
    done <<END
vpn.home translated
vpn-up.home recall
END
    # Elements that were changed while no rule looked them up do not stay, either.
    while read -r table change numbers; do
        before=$(table_content "$table")
        on_host nft flush chain inet "$table" "$change"
        # shellcheck disable=SC2086  # a set and an element
        on_host nft add element inet "$table" $numbers
        vpn refresh home >/dev/null
        expect_same "$before" "$(table_content "$table")" "the table $table after $numbers was added"
    done <<END
vpn.home identity users { 4242 }
vpn-up.home guard direct4 { 192.0.2.80 }
END
    # Elements are changed by nobody.
    for change in 'add element inet vpn-up.home direct4 { 192.0.2.80 }' 'delete element inet vpn-up.home networks4 { 192.0.2.0/24 }' \
        'flush set inet vpn-up.home networks4'; do
        ! on_host nft "$change" 2>/dev/null || fail "a set in use was changed: $change"
    done
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

# box_content: rules, addresses and routes in the box, a line each: what ip(8) takes behind `ip -n BOX -FAMILY OBJECT add|del`.
box_content() {
    local family link
    for family in 4 6; do
        on_host ip -n vpn-home -N -$family rule | sed -E "s/^([0-9]+):\t/$family rule priority \1 /; s/from all //"
        # Nobody asks there for the box's own address: the table local comes first.
        on_host ip -n vpn-home -N -$family route show table main | grep -v '^fe80::1 ' | sed "s/^/$family route /"
        on_host ip -n vpn-home -N -$family route show table 253 | sed "s/^/$family route /; s/ *\$/ table 253/"
        # Those for all of a network, and for nobody in it, are nobody's way.
        for link in br-home host0; do
            # Not mended: ff00::/8, and fe80::1 by the second of two links after it was deleted for both.
            on_host ip -n vpn-home -$family route show table local dev $link | grep '^local ' | grep -v '^local fe80::1 ' |
                sed -E "s/^/$family route /; s/ metric (0|1024)//; s/ *\$/ dev $link table local/"
        done
        on_host ip -n vpn-home -$family -o address show | grep -v ' lo ' | awk -v f=$family '{ print f, "address", $4, "dev", $2 }'
    done | sed -E 's/ proto [a-z0-9]+//g; s/ linkdown//g; s/ +$//'
}

# Whatever another program deletes in the box, one by one or all of a kind, refresh brings it back, and until then status says that it is gone.
test_all_of_a_box_comes_back() {
    local before line family object rest what
    local -a words
    link_with home Relay='10.42.42.0/24, fd42::/64'
    before=$(box_content | sort)
    (( $(wc -l <<< "$before") > 25 )) || fail "only this is in the box: $before"
    while read -r line; do
        read -r family object rest <<< "$line"
        read -r -a words <<< "$rest"
        on_host ip -n vpn-home -N -"$family" "$object" del "${words[@]}" || fail "cannot delete $line"
        expect 1 "$(status home '.broken | length')" "what is broken without $line"
        expect_match '^home has again what its box had lost' "$(vpn refresh home)" "without $line"
        expect_same "$before" "$(box_content | sort)" "the box after $line was deleted"
        expect '[]' "$(status home '.broken | tojson')" "what is broken after $line came back"
        expect_match '^home is refreshed' "$(vpn refresh home)" 'and nothing more'
    done <<< "$before"
    works alice vpnrun home --
    inside_open a alice home
    for what in '-4 route flush table main' '-6 route flush table main' '-4 route flush table 253' '-6 route flush table 253' \
        '-4 route flush table 255' '-4 address flush dev br-home'; do
        # shellcheck disable=SC2086
        on_host ip -n vpn-home $what
        vpn refresh home >/dev/null
        expect_same "$before" "$(box_content | sort)" "the box after $what"
        works inside_words a
    done
}
