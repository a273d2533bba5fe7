# shellcheck shell=bash
# `vpn plan`: run as a script by root, what it prints leaves the kernel as the programs do.

# plan NAME [ACTION] [COMMAND...]: alice asks for it, root runs it.
plan() {
    local action=(); [[ ${2:-} != @(link|up|launch|down|unlink) ]] || action=("$2")
    alice vpn plan "$1" "${action[@]}" > "$LAB/plan"
    on_host sed -nE 's/^(PrivateKey|PresharedKey) *= *//p' "/etc/vpnrun/$1.conf" > "$LAB/keys"
    test -s "$LAB/keys"
    ! grep -qFf "$LAB/keys" "$LAB/plan" || fail "a key stands in the plan of $1"
    on_host bash "$LAB/plan" "${@:$((2 + ${#action[@]}))}"
}

# The first `ip netns add` makes its folder a mount.
prepare() { on_host ip netns add vpn-first; on_host ip netns del vpn-first; }

# network [COMMAND...]: what the kernel says in the namespace where that prefix runs, without numbers that it gives by turn, and clocks.
network() {
    "$@" bash -c '
        clean="walk(if type == \"object\" then del(.ifindex, .link_index, .link_netnsid, .handle, .metainfo, .packets, .bytes, .valid_life_time,
            .preferred_life_time, .hello_timer, .tcn_timer, .topology_change_timer, .gc_timer, .hold_timer, .message_age_timer,
            .forward_delay_timer, .topology_change_detected, .fdb_n_learned) else . end) | .[]"
        # A rule in the second spelling, which nft of Debian 13 needs, as if it were in the first.
        first="walk(if type == \"object\" and (.expr? | type) == \"array\" then .expr |= map(select(.match?.left?.jhash? | not)
            | if .dnat?.port?.payload?
                then (select(.dnat.family == \"ip\") | {match: {left: {meta: {key: \"l4proto\"}}, op: \"==\", right: .dnat.port.payload.protocol}}),
                    del(.dnat.port)
                else . end) else . end)"
        echo "# link"; ip -j -d link | jq -cS "$clean" | sort
        echo "# address"; ip -j address | jq -cS "$clean" | sort
        for family in -4 -6; do
            echo "# $family rule"; ip -N -j $family rule | jq -cS "$clean"
            echo "# $family route"; ip -N -j $family route show table all | jq -cS "$clean" | sort
            echo "# $family neighbour"; ip -j $family neighbour show nud permanent | jq -cS "$clean" | sort
        done
        echo "# nft"; nft -j list ruleset | # a table that was made again comes last
            jq -cS ".nftables | sort_by([.table.name?, .set.table?, .chain.table?, .rule.table?] | map(values)[0] // \"\") | $first | $clean"
        echo "# sysctl"; sysctl -a -r "^net\\." 2>/dev/null | grep -Ev "nf_conntrack_(count|buckets|max)|retrans|fastopen_key|(tcp|udp)_mem|stable_secret"'
}

# state: of the host and of the box of `home`; WireGuard chooses a port of its own.
state() {
    settled home
    network on_host
    network in_box home
    if userspace; then on_host wg showconf wg.home; else in_box home wg showconf wg0; fi | grep -v ListenPort
}

test_of_linking() {
    local before linked
    import_vpn home
    prepare
    before=$(snapshot)
    vpn link home >/dev/null
    linked=$(state)
    unlink_vpn home
    plan home link
    expect_same "$linked" "$(state)" 'linked by the plan'
    works alice vpnrun home --
    expect 203.0.113.101 "$(on_host $LAB_GET --interface home $LAB_WEB4/)" 'bound to its link'
    until_true 5 nobody_inside home
    plan home unlink
    expect_no_trace "$before"
}

# nft 1.1.3 refuses a packet's bytes as an address: the second spelling of what lets ports in does the same.
test_of_an_nft_that_refuses_the_first_spelling() {
    mkdir -p "$LAB/newer"
    # shellcheck disable=SC2016
    printf '%s\n' '#!/bin/bash' 'text="$*"; [[ "$1" != -f ]] || text=$(cat)' '[[ $text != *"dnat ip"*" to @"* || $text == *" addr . port to "* ]] || exit 1' \
        'if [[ "$1" == -f ]]; then /usr/sbin/nft -f - <<< "$text"; else exec /usr/sbin/nft "$@"; fi' > "$LAB/newer/nft"
    chmod 755 "$LAB/newer" "$LAB/newer/nft"
    import_vpn home
    prepare
    alice vpn plan home link > "$LAB/plan"
    on_host env "PATH=$LAB/newer:$PATH" bash "$LAB/plan"
    expect 4 "$(in_box home nft list chain inet vpn inbound | grep -c 'dnat ip.*th dport\|dnat ip.*\(tcp\|udp\) dport')" 'rules in the second spelling'
    session
    serves alice tcp/8090,udp/5300
    expect '8090 udp 8090 udp ' "$(asking in_srv 172.27.12.34 fd27:12::34)" 'what is let in'
    expect '172.27.12.1 fd27:12::1' "$(who_asked "$LAB/asked")" 'whom it saw'
}

# up_and_down [KEY=VALUE...]: linked, up and down again by the plan as by the programs, with what decides about rules, filters and settings.
up_and_down() {
    local linked up
    link_with home "$@"
    linked=$(state)
    up home
    up=$(state)
    unlink_vpn home
    plan home link
    plan home up
    expect_same "$up" "$(state)" "up by the plan, with $*"
    plan home down
    expect_same "$linked" "$(state)" "down by the plan, with $*"
    plan home up
    unlink_vpn home
}

test_of_the_whole_system() { up_and_down Direct=192.0.2.0/25 OutsideIdentity=yes; }
test_of_some_networks() { up_and_down AllowedIPs=192.0.2.0/24,2001:db8:80::/64,172.27.12.1/32 Networks=192.0.2.0/25; }
test_of_ipv4_alone_without_dns() { up_and_down Address=172.27.12.34/32 DNS= AllowedIPs=0.0.0.0/0; }

test_of_strict_reverse_path() {
    trap 'on_host sysctl -qw net.ipv4.conf.all.rp_filter=0' EXIT
    on_host sysctl -qw net.ipv4.conf.all.rp_filter=1
    up_and_down
}

# The other lets its packets pass by their mark, and hands over the queries.
test_beside_another_that_is_up() {
    link work
    up work
    up_and_down Table=1234 FwMark=4711 MTU=1300
    expect "$LAB_BY_WORK" "$(address alice)"
}

test_of_an_endpoint_with_a_name() {
    trap 'on_host sed -i /vpn.server/d /etc/hosts' EXIT
    on_host sh -c 'echo 203.0.113.2 vpn.server >> /etc/hosts'
    import_vpn home Endpoint=vpn.server:51820
    plan home link
    works alice vpnrun home --
}

# command_state PID: namespaces of a command, and the box, with its slot and pid as words.
command_state() {
    local slot hex
    slot=$(on_host ip -n vpn-home -j link | jq -r '.[].ifname | select(test("^v[0-9]+$")) | .[1:]')
    hex=$(printf %x "$slot")
    {
        network nsenter -t "$1" -n
        network in_box home
        echo '# mounts'; grep vpn-home "/proc/$1/mounts" | sed 's/,[ug]id=[0-9]*//g' # who has made it
        cat "/proc/$1"/root/etc/{resolv.conf,nsswitch.conf}
        find "/proc/$1/root/run/" -maxdepth 2 -printf '%P %M %l %F\n'
    } | sed -E "s/\"v$slot\"/\"vN\"/g; s/\.v$slot\./.vN./; s/10\.20\.1\.$slot\b/10.20.1.N/g; s/(fd76:706e:1::)$hex\b/\1N/g
        s/(0[26]:76:70:00):00:$(printf %02x "$slot")/\1:00:N/; s/uid=[0-9]+ pid=[0-9]+/uid=U pid=P/; s/,\"txqlen\":[0-9]+//" > "$LAB/state"
    # In the order of the words; only that of rules in a filter means something.
    grep -v '^{"rule"' "$LAB/state" | sort
    grep '^{"rule"' "$LAB/state"
}

test_of_a_command() { command_by_plan; }

# A /run of its own then, with all that is in it but one.
test_of_a_command_where_nscd_is() {
    trap 'on_host rm -rf /run/{nscd,.hidden,folder,link}' EXIT
    on_host mkdir -p /run/nscd /run/folder/inner
    on_host sh -c 'echo text > /run/.hidden; ln -s folder/inner /run/link'
    command_by_plan
}

command_by_plan() {
    local ran process
    prepare
    link home
    inside_open a alice home
    ran=$(command_state "$(inside a 'echo $$')")
    inside_close a
    until_true 5 nobody_inside home
    rm -f "$LAB/pid" "$LAB/fifo"
    mkfifo "$LAB/fifo"
    { plan home launch sh -c 'echo $$; read end < "$1"' sh "$LAB/fifo" > "$LAB/pid"; } &
    until_true 5 test -s "$LAB/pid"
    process=$(< "$LAB/pid")
    expect_same "$ran" "$(command_state "$process")" 'the command of the plan'
    expect "0 $process sh" "$(status home '.commands[] | "\(.uid) \(.pid) \(.command)"')"
    # The next one takes another address.
    works plan home launch
    echo > "$LAB/fifo"
    until_true 5 nobody_inside home
}

test_of_all_at_once() {
    local before
    import_vpn home
    prepare
    before=$(snapshot)
    expect 203.0.113.101 "$(alice vpn plan home | on_host bash -s $LAB_GET $LAB_WEB4/)" 'a command'
    works alice
    expect true "$(status home .up)"
    until_true 5 nobody_inside home
    alice vpn unlink home
    expect_no_trace "$before"
}

test_of_what_changes_nothing() {
    local before
    link home work
    before=$(snapshot)
    for action in link launch up down unlink ''; do bob vpn plan home $action >/dev/null; done
    expect_same "$before" "$(snapshot)" 'the host'
    complains 2 "'sideways'" alice vpn plan home sideways
    refuses 125 'not in the group' carol vpn plan home
}

# `Block = yes`: the script blocks first and ends that when all is in force; in between nothing leaves.
test_of_block() {
    local before
    import_vpn home Autostart=up Block=yes
    prepare
    before=$(snapshot)
    alice vpn plan home > "$LAB/plan"
    awk '/^ip netns add/ && !box { box = NR } /vpn-block.home/ { last = NR; if (!first) first = NR } /vpn-up.home/ { up = NR }
        END { exit !(first && first < box && box < up && up < last) }' "$LAB/plan" || fail "not in this order: $(grep -n vpn-block "$LAB/plan")"
    ! alice vpn plan home link | grep -q vpn-block || fail 'linking alone ends no block'
    on_host sed '/^# Up\./,$d' "$LAB/plan" > "$LAB/half"
    on_host bash "$LAB/half"
    expect true "$(status home .blocked)"
    no_way alice $LAB_GET $LAB_WEB4
    vpn down home >/dev/null
    unlink_vpn home
    alice vpn plan home > "$LAB/plan"
    on_host bash "$LAB/plan" true
    expect 'true false' "$(status home '"\(.up) \(.blocked)"')"
    works alice
    down home
    unlink_vpn home
    expect_no_trace "$before"
}
