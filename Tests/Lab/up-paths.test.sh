# shellcheck shell=bash disable=SC2154
# Ways out and in: reverse path filtering, addresses that programs are bound to, other uplinks, other underlays; and what happens to whom is killed.

# ---------------------------------------------------------------- reverse path filtering

# reverse_path ALL UPLINK
reverse_path() { on_host sysctl -qw net.ipv4.conf.all.rp_filter="$1" net.ipv4.conf.u0.rp_filter="$2"; }
valid_mark() { on_host sysctl -n net.ipv4.conf.all.src_valid_mark; }
trust_paths() { on_host sysctl -qw net.ipv4.conf.all.src_valid_mark=0 net.ipv4.conf.{all,default,u0}.rp_filter=0; }

test_every_reverse_path_filter() {
    local before all uplink strict
    trap trust_paths EXIT
    link home
    for all in 0 1 2; do
        for uplink in 0 1 2; do
            reverse_path $all $uplink
            vpn refresh home >/dev/null # the tunnel's connections remember their mark from now on, where it is strict
            strict=$(( all == 1 || (all == 0 && uplink == 1) )) # the larger of all's and its own counts, and the LAN's link has 0
            before=$(snapshot)
            up home
            expect $strict "$(valid_mark)" "src_valid_mark with rp_filter $all and $uplink"
            expect "$LAB_BY_HOME" "$(address alice)" "with rp_filter $all and $uplink"
            down home
            expect 0 "$(valid_mark)" "src_valid_mark after rp_filter $all and $uplink"
            (( uplink )) || expect_no_trace "$before"
        done
    done
}

test_strict_from_before_and_src_valid_mark_from_before() {
    local before
    trap trust_paths EXIT
    reverse_path 1 1
    on_host sysctl -qw net.ipv4.conf.all.src_valid_mark=1
    import_vpn home
    before=$(snapshot)
    vpn up home >/dev/null
    works alice
    vpn unlink home
    expect 1 "$(valid_mark)" 'what somebody else has set'
    expect_no_trace "$before"
}

test_strict_with_two_vpns() {
    local before first second addresses
    trap trust_paths EXIT
    reverse_path 1 1
    link home work
    before=$(snapshot)
    for first in home work; do
        [[ $first == home ]] && second=work || second=home
        up home work
        address alice >/dev/null
        down $first
        expect 1 "$(valid_mark)" "src_valid_mark without $first"
        [[ $second == home ]] && addresses=$LAB_BY_HOME || addresses=$LAB_BY_WORK
        expect "$addresses" "$(address alice)" "without $first"
        down $second
        expect_no_trace "$before"
    done
    up work home
    vpn unlink work
    works alice
    expect 1 "$(valid_mark)"
    vpn unlink home
    expect 0 "$(valid_mark)" 'after the last'
}

# It becomes strict while the VPN is up: refresh, or the next `up`.
test_strict_after_up() {
    local before
    trap trust_paths EXIT
    link home
    before=$(snapshot)
    up home
    reverse_path 1 1
    alice vpn refresh home >/dev/null
    works alice
    expect 1 "$(valid_mark)"
    reverse_path 0 0
    down home
    expect_no_trace "$before"
}

# ---------------------------------------------------------------- identities

test_bound_to_the_vpn_up_and_down() {
    link home
    for state in up down; do
        $state home
        for bound in home 172.27.12.34; do expect 203.0.113.101 "$(alice $LAB_GET --interface $bound $LAB_WEB4/)" "bound to $bound, $state"; done
        for bound in home fd27:12::34; do expect 2001:db8:113::101 "$(alice $LAB_GET --interface $bound $LAB_WEB6/)" "bound to $bound, $state"; done
    done
    [[ $(address alice) == "$LAB_DIRECT" ]]
}

test_bound_to_the_uplink() {
    link_with home OutsideIdentity=yes
    up home
    works alice
    expect 198.51.100.2 "$(alice $LAB_GET --interface 198.51.100.2 $LAB_WEB4/)"
    expect 2001:db8:100::2 "$(alice $LAB_GET --interface 2001:db8:100::2 $LAB_WEB6/)"
    expect '"home" "home"' "$(asked -b 198.51.100.2 @198.51.100.1) $(asked +tcp -b 2001:db8:100::2 @2001:db8:100::1)" 'DNS of one that is bound to the uplink'
    expect '192.168.50.10 198.51.100.2 2001:db8:100::2' "$(rules | sed -nE 's/.* 201: from ([^ ]+) iif lo goto 601 .*/\1/p' | sort | xargs)" "rules for the host's other addresses"
    down home
    link_with work
    up work
    no_way alice curl -s -m 2 --interface 198.51.100.2 $LAB_WEB4/
    no_way alice curl -s -m 2 --interface 2001:db8:100::2 $LAB_WEB6/
}

# incoming: a server of alice's, and somebody on the internet who has connected to it; `say_from_outside` is what the server sends back.
incoming() {
    local ready
    exec {ready}< <(alice /usr/bin/python3 -Ic 'import socket, threading
def echo(c):
    try:
        while line := c.recv(99): c.sendall(line)
    except OSError: pass
server = socket.create_server(("::", 7777), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True: threading.Thread(target=echo, args=(server.accept()[0],), daemon=True).start()')
    read -r -u "$ready"
    coproc OUTSIDE4 { in_inet /usr/bin/python3 -Ic "$outside" 192.0.2.80 198.51.100.2; }
    outside_in=${OUTSIDE4[1]} outside_out=${OUTSIDE4[0]}
    expect hello "$(say_from_outside hello)" 'before'
}
outside='import socket, sys
s = socket.create_connection((sys.argv[2], 7777), 2, (sys.argv[1], 0))
s.settimeout(0.4)
for line in sys.stdin:
    try:
        s.sendall(line.encode())
        print(s.recv(99).decode().strip() or "closed", flush=True)
    except OSError as error: print(type(error).__name__, flush=True)'
say_from_outside() {
    local line
    echo "$1" >&"$outside_in"
    IFS= read -t 5 -r -u "$outside_out" line
    echo "$line"
}

test_incoming_connections_survive_with_outside_identity() {
    link_with home OutsideIdentity=yes
    incoming
    up home
    works alice
    expect again "$(say_from_outside again)" 'the connection from before'
    expect new "$(echo new | in_inet timeout 3 /usr/bin/python3 -Ic "$outside" 192.0.2.80 198.51.100.2)" 'a new connection'
    expect new "$(echo new | in_inet timeout 3 /usr/bin/python3 -Ic "$outside" 2001:db8:80::80 2001:db8:100::2)" 'a new connection, IPv6'
    alice vpn refresh home >/dev/null
    up home
    expect yet "$(say_from_outside yet)"
    down home
    expect end "$(say_from_outside end)"
}

test_incoming_connections_are_cut_without_outside_identity() {
    link home
    incoming
    lab_capture_start
    up home
    lab_capture_forget
    expect_match 'Timeout|timeout|Connection|closed' "$(say_from_outside again)" 'the connection from before'
    expect_nothing "$(on_host ss -Htn state established '( sport = :7777 )' dst 192.0.2.80)" 'the connection'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# ---------------------------------------------------------------- networks that change

# endpoint: where the tunnel sends.

test_refresh_follows_a_name() {
    trap 'set +e; on_host sed -i /vpn.example.test/d /etc/hosts' EXIT
    LAB_CAPTURE+=' and not (udp and dst port 51820 and dst host 203.0.113.101)'
    on_host sh -c 'echo 203.0.113.99 vpn.example.test >> /etc/hosts'
    link_with home Endpoint=vpn.example.test:51820
    inside_open a alice home
    up home
    lab_capture_start
    expect 203.0.113.99:51820 "$(endpoint)"
    on_host sed -i 's/203.0.113.99/203.0.113.101/' /etc/hosts 2>/dev/null || true
    expect_match 'endpoint 203\.0\.113\.101:51820' "$(alice vpn refresh home)"
    works alice
    works inside_words a
    # A server that answers is where it is, whatever the name says.
    on_host sed -i 's/203.0.113.101/203.0.113.99/' /etc/hosts
    alice vpn refresh >/dev/null
    expect 203.0.113.101:51820 "$(endpoint)" 'endpoint of a server that answers'
    works alice
    # Nor does a name that is gone stop it.
    on_host sed -i /vpn.example.test/d /etc/hosts
    alice vpn refresh home >/dev/null
    works inside_words a
    # The endpoint's name is asked outside, and nothing else.
    expect_nothing "$(lab_capture_stop | grep -v '203\.0\.113\.99\|53: .* vpn\.example\.test\. ' || true)" 'seen on uplink or LAN'
}

test_refresh_follows_the_mtu() {
    trap 'set +e; on_host ip link set u0 mtu 1500' EXIT
    link home
    inside_open a alice home
    up home
    expect 1420 "$(status home .mtu)"
    on_host ip link set u0 mtu 1400
    expect_match 'MTU 1320' "$(alice vpn refresh)"
    expect '1320 1320' "$(status home .mtu) $(on_host ip -j link show dev home | jq '.[0].mtu')"
    works alice
    works inside_words a
    on_host ip link set u0 mtu 1500
    alice vpn refresh home >/dev/null
    expect 1420 "$(status home .mtu)"
    works inside_words a
}

# Another link, then another address on the old one: the tunnel goes on, as do commands.
test_the_tunnel_follows_the_uplink() {
    trap 'set +e; on_host ip address del 198.51.100.7/24 dev u0; on_host ip address replace 198.51.100.2/24 dev u0; to_first_uplink' EXIT
    second_uplink
    on_host ip route add default via 198.51.101.1 dev u1 metric 9
    on_host ip -6 route add default via 2001:db8:101::1 dev u1 metric 9
    link home
    inside_open a alice home
    up home
    works alice
    lab_capture_start
    to_second_uplink
    alice vpn refresh >/dev/null
    works alice
    works inside_words a
    expect_match $'\t198\.51\.101\.2:' "$(in_srv wg show home endpoints)" 'where the server sees the tunnel come from'
    on_host ip address del 198.51.100.2/24 dev u0
    on_host ip address add 198.51.100.7/24 dev u0
    on_host ip route replace default via 198.51.100.1 dev u0 metric 3
    alice vpn refresh >/dev/null
    works alice
    works inside_words a
    expect_match $'\t198\.51\.100\.7:' "$(in_srv wg show home endpoints)" 'where the server sees the tunnel come from'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

test_outside_identity_follows_the_uplink() {
    trap 'set +e; on_host ip address del 198.51.100.7/24 dev u0' EXIT
    link_with home OutsideIdentity=yes
    up home
    on_host ip address add 198.51.100.7/24 dev u0
    no_way alice curl -s -m 2 --interface 198.51.100.7 $LAB_WEB4/
    alice vpn refresh home >/dev/null
    expect 198.51.100.7 "$(alice $LAB_GET --interface 198.51.100.7 $LAB_WEB4/)"
    works alice
}

test_refresh_without_anything() {
    local before
    expect 'no VPN is linked' "$(alice vpn refresh)"
    link home
    before=$(snapshot)
    alice vpn refresh >/dev/null
    expect_same "$before" "$(snapshot)" 'the host'
}

# ---------------------------------------------------------------- underlay

test_underlay_table() {
    local before
    trap 'set +e; on_host ip link del dev u1' EXIT # its routes go with it
    second_uplink
    on_host ip route add default via 198.51.101.1 dev u1 table 77
    import_vpn home Underlay=77
    before=$(snapshot)
    vpn link home >/dev/null; settled home
    lab_capture_start
    up home
    works alice
    expect_match $'\t198\.51\.101\.2:' "$(in_srv wg show home endpoints)" 'where the server sees the tunnel come from'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    expect_match '90: from all fwmark 0x2711 lookup 77' "$(rules)"
    vpn unlink home
    expect_no_trace "$before"
}

test_underlay_vrf() {
    local before
    on_host ip link add red type vrf table 77 2>/dev/null || skip 'the kernel has no VRF'
    trap 'set +e; on_host ip link del dev red; on_host ip link del dev u1' EXIT
    on_host ip link set red up
    second_uplink
    on_host ip link set u1 master red
    on_host ip route add default via 198.51.101.1 dev u1 table 77
    import_vpn home 'Underlay=vrf red'
    before=$(snapshot)
    vpn link home >/dev/null; settled home
    up home
    works alice
    expect_match $'\t198\.51\.101\.2:' "$(in_srv wg show home endpoints)" 'where the server sees the tunnel come from'
    vpn unlink home
    expect_no_trace "$before"
}

# ---------------------------------------------------------------- at once, and killed

# Of 30 changes by two users at the same time none fails, and the end is what one after the other would have made.
test_changes_at_once() {
    local linked both
    link home work
    linked=$(sorted_rules)
    up home work
    both=$(sorted_rules)
    for state in up down; do
        alice sh -ec "n=0; while [ \$n -lt 15 ]; do vpn toggle home; vpn up home; vpn down home; n=\$((n + 1)); done; vpn $state home" > "$LAB/alice" 2>&1 &
        first=$!
        bob sh -ec "n=0; while [ \$n -lt 15 ]; do vpn toggle work; vpn down work; vpn up work; n=\$((n + 1)); done; vpn $state work" > "$LAB/bob" 2>&1
        wait $first || fail "$(< "$LAB/alice")"
        [[ $state == up ]] || both=$linked
        expect_same "$both" "$(sorted_rules)" "both $state"
        [[ $state == down ]] || works alice
    done
}
sorted_rules() { on_host bash -c 'ip rule; ip -6 rule; nft list tables; ip -d link show group 76 | grep alias; sysctl net.ipv4.conf.all.src_valid_mark' | sort; }

# One that was stopped in the middle keeps the others waiting, who say so, and nothing is ever half-way.
test_others_wait_for_one_that_is_stopped() {
    command -v strace >/dev/null || skip 'no strace'
    link home work
    on_host strace -qq -o /dev/null -e inject=sendto:signal=STOP:when=6 "$LAB_PREFIX/libexec/vpnrun/vpn-link" up home >/dev/null 2>&1 &
    until_true 5 stopped
    on_host timeout 5 vpn up work > "$LAB/said" 2>&1 &
    waiter=$!
    until_true 5 grep -q 'waiting for another change' "$LAB/said"
    kill -CONT "$stopped"
    wait $waiter
    expect_match 'after home, which comes first' "$(< "$LAB/said")"
    works alice
    down home
    expect "$LAB_BY_WORK" "$(address alice)"
}

# places_of COMMAND...: "NAME N" for every N-th call of NAME that can change the kernel's state, in order; see killed.test.sh.
places_of() {
    on_host strace -qq -o "$LAB/trace" "$@" >/dev/null
    awk -F'(' '{ n[$1]++ } /^(sendto|sendmsg|write|unlink|unlinkat|umount2|mount|setns)\(/ || /^openat2?\(.*(O_WRONLY|O_RDWR)/ { print $1, n[$1] }' "$LAB/trace"
}
kill_there() {
    local call=$1 n=$2; shift 2
    on_host strace -qq -o /dev/null -e "inject=$call:signal=KILL:when=$n" "$@" >/dev/null 2>&1 || true
}

# killed_at_every_place VERB PREPARE: in turn `down`, `up` and `unlink` have to get along with what is left. Strict reverse paths: a sysctl to put back.
killed_at_every_place() {
    local verb=$1 call n places turn=0 clean linked linker=$LAB_PREFIX/libexec/vpnrun/vpn-link
    command -v strace >/dev/null || skip 'no strace'
    trap trust_paths EXIT
    reverse_path 1 1
    import_vpn home
    clean=$(snapshot)
    vpn link home >/dev/null; settled home
    linked=$(snapshot)
    [[ $verb == up ]] || up home
    places=$(places_of "$linker" $verb home)
    (( $(wc -l <<< "$places") > 6 ))
    down home
    while read -r call n; do
        echo "killed at $call $n"
        [[ $verb == up ]] || up home
        kill_there $call $n "$linker" $verb home
        expect_match '^(|198\.51\.100\.2|203\.0\.113\.101) (|2001:db8:100::2|2001:db8:113::101)$' \
            "$(alice curl -s -m 0.5 $LAB_WEB4/ || true) $(alice curl -s -m 0.5 $LAB_WEB6/ || true)" 'addresses'
        case $(( turn++ % 3 )) in
            0)
                down home
                expect_no_trace "$linked"
                ;;
            1)
                up home
                expect "$LAB_BY_HOME" "$(address alice)"
                expect '"home"' "$(asked @192.168.50.20)"
                down home
                expect_no_trace "$linked"
                ;;
            2)
                vpn unlink home
                expect_no_trace "$clean"
                vpn link home >/dev/null; settled home
                linked=$(snapshot)
                ;;
        esac
    done <<< "$places"
    vpn unlink home
    expect_no_trace "$clean"
}

test_up_killed_half_way() { killed_at_every_place up; }
test_down_killed_half_way() { killed_at_every_place down; }

# With another VPN up, which has to go on, and to inherit.
test_down_of_one_of_two_killed_half_way() {
    local call n places linker=$LAB_PREFIX/libexec/vpnrun/vpn-link
    command -v strace >/dev/null || skip 'no strace'
    trap trust_paths EXIT
    reverse_path 1 1
    link home work
    up home work
    address alice >/dev/null
    places=$(places_of "$linker" down home)
    stream_open plain
    lab_capture_start
    lab_capture_forget
    while read -r call n; do
        echo "killed at $call $n"
        up home
        kill_there $call $n "$linker" down home
        down home
        expect "$LAB_BY_WORK" "$(address alice)"
        expect '"work" 1' "$(asked @192.168.50.20) $(valid_mark)"
    done <<< "$places"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    stream_close
    down work
    expect 0 "$(valid_mark)"
}

# From nothing: no command of a half-made VPN, no trace in the end.
test_up_from_nothing_killed_half_way() {
    local before call n places linker=$LAB_PREFIX/libexec/vpnrun/vpn-link kernel=0
    command -v strace >/dev/null || skip 'no strace'
    on_host ip link add probe type wireguard 2>/dev/null && { on_host ip link del dev probe; kernel=1; }
    import_vpn home
    before=$(snapshot)
    (( kernel )) || on_host wireguard-go wg.home >/dev/null 2>&1
    places=$(places_of "$linker" up home | tail -n 16)
    vpn unlink home
    while read -r call n; do
        echo "killed at $call $n"
        (( kernel )) || on_host wireguard-go wg.home >/dev/null 2>&1
        kill_there $call $n "$linker" up home
        until_true 5 vpn unlink home
        on_host ip link del dev wg.home 2>/dev/null || true
        expect_no_trace "$before"
    done <<< "$places"
    vpn up home >/dev/null
    works alice
    down home
    expect_no_trace "$before"
}
