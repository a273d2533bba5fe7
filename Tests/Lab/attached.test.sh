# shellcheck shell=bash
# What is attached to a VPN stays whole, and `vpn check` proves it. The functions of attach.test.sh make the namespaces.
# shellcheck disable=SC2154 # namespace sets these

port_of() { in_box home ip -j link show group 76 | jq -r --arg text " $1" '.[] | select(.ifalias // "" | endswith($text)) | .ifname'; }

# port_state PORT: all that guards it, as ip, bridge and nft tell it.
port_state() {
    in_box home bash -c '
        nft list chain netdev vpn "$1" 2>&1
        ip -j -d link show dev "$1" | jq -c ".[0] | [.flags | index(\"UP\") != null] + [.linkinfo.info_slave_data | .isolated, .learning, .flood, .mcast_flood, .bcast_flood]"
        bridge fdb show dev "$1" | grep "master br-home static" | sort
        ip neighbour show dev br-home nud permanent | sort' state "$1"
}

# Whatever is taken from a port of an attached namespace in the box: told, and brought back by refresh and by reload.
test_refresh_restores_what_a_port_has_lost() {
    local port mac whole loss how
    link home
    namespace a
    attach a --label web >/dev/null
    port=$(port_of web)
    mac=$(within a ip -j link show eth0 | jq -r '.[0].address')
    whole=$(port_state "$port")
    expect_nothing "$(status home '.warnings[]')" 'warnings of a whole one'
    while IFS='|' read -r loss words; do
        for how in refresh reload; do
            in_box home bash -c "${loss//PORT/$port}" </dev/null
            expect_match "web \(attached\) has lost .*$words.*: \`vpn refresh home\` fixes it" "$(status home '.warnings[]' </dev/null)" "$loss"
            expect_match "web \(attached\) has again: .*$words" "$(vpn "$how" home </dev/null)" "$loss"
            expect_same "$whole" "$(port_state "$port" </dev/null)" "$how after $loss"
        done
    done <<END
nft delete chain netdev vpn PORT|the filter of its port
nft delete table netdev vpn|the filter of its port
nft flush chain netdev vpn PORT|the filter of its port
nft insert rule netdev vpn PORT accept|the filter of its port
nft add chain netdev vpn PORT '{ policy accept; }'|the filter of its port
ip link set dev PORT type bridge_slave learning on|its port's isolation
ip link set dev PORT type bridge_slave flood on|its port's isolation
ip link set dev PORT type bridge_slave mcast_flood on|its port's isolation
ip link set dev PORT type bridge_slave bcast_flood on|its port's isolation
ip link set dev PORT type bridge_slave isolated off|its port's isolation
bridge fdb del $mac dev PORT master static|its entry in the bridge's table
ip neighbour flush dev br-home nud permanent|its entries in the box's table of neighbours
ip -6 neighbour flush dev br-home nud permanent|its entries in the box's table of neighbours
ip link set dev PORT down|its port, which is down
END
    works within a
    expect_nothing "$(status home '.warnings[]')" warnings
    # A command has none of it, and nothing is said of that.
    inside_open b alice home
    expect_nothing "$(status home '.warnings[]')" 'warnings with a command'
}

# By its label, however early the attach was killed; and no command goes with it.
test_detach_by_label_takes_what_a_kill_has_left() {
    local call killed=0
    link home
    inside_open other alice home
    namespace a
    for call in 8 10 12 13 14 15 16 17 18 19 20 22 24 26 30; do
        on_host strace -f -o /dev/null -e trace=sendto,sendmsg,send -e inject=sendto:signal=KILL:when="$call" \
            vpn attach home --pid "$namespace_a" --label web >/dev/null 2>&1 || killed=$((killed + 1))
        on_host vpn detach home web >/dev/null
        expect_nothing "$(attached_ports | grep -v ' sh$' || true)" "ports after call $call"
    done
    (( killed > 5 )) || fail "only $killed were killed"
    works inside_words other
}

# udp_flow COMMAND...: a datagram from port 4001 to the server; prints the address that it has there.
udp_flow() { "$@" /usr/bin/python3 -I "$LAB/quote.py" flow; }

# The kernel would call an error that quotes a neighbour's flow related to that, and let the tunnel have it.
test_attached_namespaces_send_errors_about_their_own_flows_alone() {
    local own victim how i
    install -m 644 "$LAB_HERE/quote.py" "$LAB"
    link home
    inside_open victim bob home
    namespace a
    attach a --label attacker >/dev/null
    mapfile -t own < <(udp_flow within a)
    mapfile -t victim < <(udp_flow inside_words victim)
    in_srv tcpdump -i home -ln --immediate-mode '(icmp and icmp[0] == 3) or (ip6 and ip6[6] != 58 and ip6[6] != 17) or (icmp6 and ip6[40] < 128)' \
        >> "$LAB/errors" 2>/dev/null &
    until_true 5 own_errors
    for how in plain fragments; do
        for i in 0 1; do
            udp_flow inside_words victim >/dev/null
            for _ in 1 2 3; do within a /usr/bin/python3 -I "$LAB/quote.py" "$how" "${own[i]}" "${victim[i]}" 4001; done
        done
    done
    : > "$LAB/errors"
    sleep 0.2
    for how in plain fragments; do
        for i in 0 1; do
            within a /usr/bin/python3 -I "$LAB/quote.py" "$how" "${own[i]}" "${victim[i]}" 4001
            sleep 0.1
            expect_nothing "$(< "$LAB/errors")" "what the tunnel has of another's flow: $how ${own[i]}"
        done
    done
    until_true 5 own_errors
    # Large pings have fragments, and go on.
    within a ping -c 1 -W 2 -s 3000 172.27.12.1 >/dev/null
    within a ping -c 1 -W 2 -s 3000 fd27:12::1 >/dev/null
    # The guard is what does it.
    in_box home nft delete table netdev vpn
    : > "$LAB/errors"
    until_true 5 others_errors
}
own_errors() {
    udp_flow within a >/dev/null
    for i in 0 1; do within a /usr/bin/python3 -I "$LAB/quote.py" plain "${own[i]}" "${own[i]}" 4001; done
    grep -q 'IP 172' "$LAB/errors" && grep -q 'IP6 fd27' "$LAB/errors"
}
others_errors() {
    udp_flow inside_words victim >/dev/null
    for i in 0 1; do within a /usr/bin/python3 -I "$LAB/quote.py" plain "${own[i]}" "${victim[i]}" 4001; done
    grep -q 'IP 172' "$LAB/errors" && grep -q 'IP6 fd27' "$LAB/errors"
}

# ---------------------------------------------------------------- vpn check

attached_finding() { jq -r --arg key "$1" '[.[] | select(.check == "attached")] | ([.[] | select(.severity == "problem")] + [.[] | select(.severity == "warning")] + .)[0] | .[$key]' "$LAB/findings"; }

test_check_proves_what_is_attached() {
    link home
    namespace a
    attach a --label web >/dev/null
    namespace m alice
    alice vpn attach home --pid "$namespace_m" --label mine --link net1 >/dev/null
    expect_nothing "$(problems vpn home)" problems
    expect_match "web \(attached\) has lo and eth0 and nothing else; its filter and its port's guard are whole, and what was sent" \
        "$(jq -r '.[] | select(.check == "attached").what' "$LAB/findings")"
    expect_match "mine \(attached\) has lo and net1" "$(jq -r '.[] | select(.check == "attached").what' "$LAB/findings")"
    # A member looks into what is theirs.
    expect_nothing "$(problems alice home)" "alice's problems"
    expect_match "mine \(attached\) has lo and net1 and nothing else.*what was sent from there came into the tunnel" \
        "$(jq -r '.[] | select(.check == "attached").what' "$LAB/findings")"
    expect_match "web \(attached\): the guard of its port is whole; its network cannot be looked into" \
        "$(jq -r '.[] | select(.check == "attached").what' "$LAB/findings")"
}

# broken WORDS COMMAND...: check finds it, and what it says mends it.
broken() {
    local words=$1 fix; shift
    "$@"
    problems vpn home >/dev/null
    expect_match "$words" "$(attached_finding what)" "after $*"
    fix=$(attached_finding fix)
    on_host env LAB_ID="$LAB_ID" PATH="$PATH" bash -c "sudo() { \"\$@\"; }; $fix" >/dev/null
    expect_nothing "$(problems vpn home)" "problems after $fix"
    expect ok "$(attached_finding severity)" "after $fix"
}

test_check_names_what_is_broken() {
    local port
    link home
    namespace a
    attach a --label web >/dev/null
    port=$(port_of web)
    broken 'web \(attached\) has lost in the box: the filter of its port' in_box home nft delete table netdev vpn
    broken 'has lost in the box: its entry in the bridge' in_box home bridge fdb del "$(within a ip -j link show eth0 | jq -r '.[0].address')" dev "$port" master static
    broken 'the filter in its network is not as it was made' within a nft flush ruleset
    broken 'the filter in its network is not as it was made' within a nft insert rule inet vpn source accept
    broken 'its link eth0 is down|has lost in the box' within a ip link set dev eth0 down
    broken 'its network has another link, other0, and its filter alone' another_link
}

# A leak, seen by what the packets do: the filter there is gone, and another link leads around the VPN.
test_check_sees_packets_of_what_is_attached_leave() {
    link home
    namespace a
    attach a --label web >/dev/null
    another_way
    within a nft flush ruleset
    within a ip route replace default via 10.99.0.1 dev other0
    problems vpn home >/dev/null
    expect_match 'packets? from there left by a link of the host' "$(jq -r '.[] | select(.check == "attached").what' "$LAB/findings")"
}

# systemd does not run here; what it would say is said for it. Tests/VM/services.sh has it run.
test_check_looks_at_services() {
    local unit=/etc/systemd/system/lab-web.service.d web
    on_host bash -c 'command -v systemctl >/dev/null' && [[ -d /run/systemd/system ]] && skip 'systemd runs here'
    link home
    vpn service add home lab-web >/dev/null
    namespace a
    attach a --label lab-web >/dev/null
    mkdir -p "$LAB/bin"
    # shellcheck disable=SC2016 # the program's own
    printf '#!/bin/sh\n[ "$1" = show ] && cat "%s/main-pid"\n' "$LAB" > "$LAB/bin/systemctl"
    chmod 755 "$LAB/bin" "$LAB/bin/systemctl"
    PATH=$LAB/bin:$PATH
    exec {web}< <(on_host nsenter -t "$namespace_a" -n -- unshare -m sh -c "mount --bind $unit/50-vpnrun.resolv /etc/resolv.conf
        [ ! -e $unit/50-vpnrun.nsswitch ] || mount --bind $unit/50-vpnrun.nsswitch /etc/nsswitch.conf; echo \$\$; exec sleep 300 >&-")
    read -r -u "$web" web_pid
    echo "$web_pid" > "$LAB/main-pid"
    expect_nothing "$(problems vpn home)" problems
    expect "the service lab-web is in the VPN, with the VPN's resolver files" "$(jq -r '.[] | select(.check == "service").what' "$LAB/findings")"
    nsenter -t "$web_pid" -m umount /etc/resolv.conf
    expect 'proof service' "$(problems vpn home)"
    expect_match 'the service lab-web sees another /etc/resolv.conf' "$(finding proof service what)"
    expect 'sudo systemctl restart lab-web' "$(finding proof service fix)"
    echo "${LAB_PID[host]}" > "$LAB/main-pid"
    expect 'proof service' "$(problems vpn home)"
    expect_match 'the service lab-web \(pid [0-9]+\) is not in the VPN' "$(finding proof service what)"
    echo 0 > "$LAB/main-pid"
    expect_nothing "$(problems vpn home)" 'problems of one that does not run'
    vpn service remove lab-web >/dev/null
}
