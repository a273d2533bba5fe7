# shellcheck shell=bash
# Profiles whose way out is another link of this machine, `Link =`: what is relayed there, commands, the whole system.

# institute: a second network of the host's, 10.10.10.0/24 and fd10::/64 on eth1, whose router has a way of its own to the internet, and a
# resolver. It knows the host's clients behind the host.
institute() {
    [[ $LAB_HOST == namespace ]] || skip 'needs a host of the lab, which gets another link'
    on_host ip link del dev eth1 2>/dev/null || true
    in_inet ip link del dev i1 2>/dev/null || true
    trap 'set +e; on_host ip link del dev eth1 2>/dev/null' EXIT
    lab_namespace institute
    on_host ip link add eth1 index 200 type veth peer name e1 index 201 netns "${LAB_PID[institute]}"
    in_inet ip link add i1 index 202 type veth peer name i0 index 203 netns "${LAB_PID[institute]}"
    on_host ip -batch - <<'END'
        link set eth1 addrgenmode none
        address add fe80::10/64 dev eth1 nodad
        address add 10.10.10.10/24 dev eth1
        address add fd10::10/64 dev eth1 nodad
        link set eth1 up
END
    in_node institute ip -batch - <<'END'
        link set e1 addrgenmode none
        link set i0 addrgenmode none
        address add fe80::1/64 dev e1 nodad
        address add 10.10.10.1/24 dev e1
        address add fd10::1/64 dev e1 nodad
        address add fe80::2/64 dev i0 nodad
        address add 198.18.0.2/24 dev i0
        address add 2001:db8:18::2/64 dev i0 nodad
        link set e1 up
        link set i0 up
        route add default via 198.18.0.1
        route add default via 2001:db8:18::1
        route add 10.42.42.0/24 via 10.10.10.10
        route add fd42::/64 via fd10::10
END
    in_inet ip -batch - <<'END'
        link set i1 addrgenmode none
        address add fe80::1/64 dev i1 nodad
        address add 198.18.0.1/24 dev i1
        address add 2001:db8:18::1/64 dev i1 nodad
        link set i1 up
END
    in_node institute sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    in_node institute nft -f - <<'END'
        table inet nat {
            chain out {
                type nat hook postrouting priority 100; policy accept
                oifname "i0" masquerade
            }
        }
END
    lab_resolver institute campus 5 10.10.10.1 fd10::1
}
BY_CAMPUS='198.18.0.2 2001:db8:18::2'

# campus [KEY=VALUE...]: a profile by that link, in place of what is there. An empty value leaves a key out.
campus() {
    local -A keys=([Address]='10.10.10.11/24, fd10::11/64' [DNS]='10.10.10.1, fd10::1' [Link]=eth1 [Gateway]='10.10.10.1, fd10::1')
    local key place
    for key; do keys[${key%%=*}]=${key#*=}; done
    {
        for place in Interface VPN; do
            echo "[$place]"
            for key in "${!keys[@]}"; do
                case $key in
                    Address | DNS | MTU | Table) [[ $place == Interface ]] || continue ;;
                    *) [[ $place == VPN ]] || continue ;;
                esac
                [[ -z ${keys[$key]} ]] || echo "$key = ${keys[$key]}"
            done
        done
    } > "$LAB/profile"
    vpn import - --name campus --force < "$LAB/profile" >/dev/null
}
RELAYING=(Address= DNS= Table=5000 Relay='10.42.42.0/24, fd42::/64')

# of_it COMMAND...: without what is neither relayed nor a command's: the kernel's resets of connections that the host itself had in a test before.
of_it() { if [[ $1 == client || ${2:-} == vpnrun ]]; then grep -Ev '(198\.51\.100\.2|2001:db8:100::2)\.[0-9]+ > .* Flags \[R\]' || true; else cat; fi; }

# by_campus COMMAND...: that prefix reaches the internet by it, and nothing is seen on the other links meanwhile.
by_campus() {
    lab_capture_start
    expect "$BY_CAMPUS" "$(address "$@")" "the address of '$*'"
    expect_nothing "$(lab_capture_stop | of_it "$@")" 'seen on uplink or LAN'
}

# shut_off WHAT COMMAND...: that prefix reaches nothing, and nothing of it is seen on the other links.
shut_off() {
    local what=$1 url; shift
    lab_capture_start
    for url in $LAB_WEB4/ $LAB_WEB6/; do ! "$@" curl -s -m 1 -o /dev/null "$url" || fail "$what: $* reaches $url"; done
    "$@" bash -c 'echo x > /dev/udp/192.0.2.80/9; echo x > /dev/udp/2001:db8:80::80/9; sleep 0.1' >/dev/null 2>&1 || true
    ! "$@" $LAB_DIG +time=1 @198.51.100.1 who.test TXT | grep . || fail "$what: a query is answered"
    expect_nothing "$(lab_capture_stop | of_it "$@")" "$what: seen on uplink or LAN"
}

our_rules() { { on_host ip rule; on_host ip -6 rule; } | grep 'proto vpnrun' || true; }
tables_of_campus() { on_host nft list tables | grep campus || true; }
host_settings() { on_host sysctl -a 2>/dev/null | grep '\(eth1\|u0\|all\|default\)\.\(forwarding\|arp\|proxy\|rp_filter\)'; }

# eth1 has been down, and has its addresses again, which the kernel has taken.
eth1_up() {
    on_host ip link set eth1 up
    on_host ip address replace fd10::10/64 dev eth1 nodad
    on_host ip address replace fe80::10/64 dev eth1 nodad
    vpn refresh campus >/dev/null
}

# ---------------------------------------------------------------- relayed

# As in docs.eduvpn.org's page on policy routing: the rule, the table, and the way back.
test_link_relays() {
    clients
    institute
    campus "${RELAYING[@]}"
    vpn link campus
    by_campus client
    expect $'94:\tfrom 10.42.42.0/24 lookup campus proto vpnrun' "$(on_host ip -4 rule show priority 94)" 'rule'
    expect $'94:\tfrom fd42::/64 lookup campus proto vpnrun' "$(on_host ip -6 rule show priority 94)" 'rule of IPv6'
    expect_match '^default via 10\.10\.10\.1 dev eth1 proto vpnrun' "$(on_host ip -4 route show table 5000)" 'table'
    expect_match '^default via fd10::1 dev eth1 proto vpnrun' "$(on_host ip -6 route show table 5000)" 'table of IPv6'
    expect_match 'dev c0' "$(on_host ip route get 10.42.42.7 from 192.0.2.80 iif eth1)" 'the way back'
    # Sources are kept.
    nsenter -t "${LAB_PID[institute]}" -n timeout 5 tcpdump -i e1 -c1 -ln 'src host 10.42.42.7 and tcp' > "$LAB/seen" 2> "$LAB/seen.log" &
    until_true 5 grep -q 'listening on' "$LAB/seen.log"
    client $LAB_GET $LAB_WEB4/ >/dev/null
    wait $!
    expect_match '10\.42\.42\.7' "$(< "$LAB/seen")" 'source'
    # The host and its LAN are not concerned, and with another VPN up the clients stay where they are.
    expect "$LAB_DIRECT" "$(address alice)" "the host's address"
    expect '["10.42.42.0/24","fd42::/64"]' "$(status campus '.relay | tojson')"
    expect '[]' "$(status campus '.warnings | tojson')"
    link_with home ID=2
    up home
    by_campus client
    expect "$LAB_BY_HOME" "$(address alice)" "the host's address"
    down home
    expect_match 'It goes through campus, and leaves by eth1' "$(vpn explain --from 10.42.42.7 192.0.2.80)"
    vpn unlink campus
    expect '' "$(on_host ip route show table 5000; on_host ip -6 route show table 5000)" 'table after unlink'
    expect '' "$(our_rules | grep 'campus\|from 10.42\|0x2711' || true; tables_of_campus)" 'left after unlink'
}

test_link_relays_translated() {
    clients
    institute
    in_node institute ip route del 10.42.42.0/24
    in_node institute ip route del fd42::/64
    campus "${RELAYING[@]}"
    vpn link campus
    shut_off 'without snat nobody knows the way back' client
    vpn edit campus Relay='10.42.42.0/24, fd42::/64, snat' >/dev/null
    vpn reload campus >/dev/null
    by_campus client
}

test_link_relays_or_refuses() {
    clients
    institute
    campus "${RELAYING[@]}"
    vpn link campus
    by_campus client
    on_host ip link set eth1 down
    shut_off 'eth1 is down' client
    expect_match 'eth1, by which campus goes, is down' "$(status campus '.broken[0]')"
    eth1_up
    by_campus client
    on_host ip route flush table 5000
    on_host ip -6 route flush table 5000
    shut_off 'its table is empty' client
    vpn refresh campus >/dev/null
    by_campus client
    on_host ip rule flush protocol 86
    on_host ip -6 rule flush protocol 86
    shut_off 'its rules are gone' client
    vpn refresh campus >/dev/null
    on_host nft flush ruleset
    on_host ip link del eth1
    shut_off 'eth1 is gone' client
    expect_match "there is no link 'eth1'" "$(status campus '.broken[0]')"
}

test_link_needs_forwarding() {
    clients
    institute
    forward 0
    on_host sysctl -qw net.ipv4.conf.c0.forwarding=0 net.ipv4.conf.eth1.forwarding=0
    campus "${RELAYING[@]}"
    vpn link campus 2> "$LAB/said"
    # Exactly what is said is enough, on this kernel.
    grep -o 'sudo sysctl -w [^`]*' "$LAB/said" | sort -u > "$LAB/settings"
    (( $(wc -l < "$LAB/settings") >= 3 )) || fail "said: $(< "$LAB/said")"
    while read -r _ _ _ setting; do on_host sysctl -qw "$setting"; done < "$LAB/settings"
    by_campus client
    expect '[]' "$(status campus '.warnings | tojson')"
}

# ---------------------------------------------------------------- commands

test_link_runs_commands() {
    institute
    campus
    before=$(host_settings)
    by_campus alice vpnrun campus --
    expect '"campus"' "$(alice vpnrun campus -- $LAB_DIG who.test TXT)" 'resolver'
    expect '"campus"' "$(alice vpnrun campus -- $LAB_DIG @198.51.100.1 who.test TXT)" 'resolver, asked for another'
    expect '"campus"' "$(alice vpnrun campus -- $LAB_DIG @2001:db8:100::1 who.test TXT)" 'resolver over IPv6'
    expect "$LAB_DIRECT" "$(address alice)" "the host's address"
    # Programs of the host that bind to the link.
    expect "$BY_CAMPUS" "$(bound_to campus)" 'bound to the link'
    expect link "$(status campus .device)"
    expect eth1 "$(status campus .link)"
    expect '["10.10.10.11/24","fd10::11/64"]' "$(status campus '.addresses | tojson')"
    expect_match 'It goes through campus, and leaves by eth1' "$(vpn explain campus 192.0.2.80)"
    # Its neighbours find it and nothing else there.
    in_node institute ping -c1 -W2 10.10.10.11 >/dev/null && fail 'the box answers from outside'
    expect "$before" "$(host_settings)" "the host's settings"
    unlink_vpn campus
    expect '' "$(our_rules; tables_of_campus)" 'left'
}

test_link_commands_fail_closed() {
    institute
    campus
    vpn link campus
    by_campus alice vpnrun campus --
    on_host ip link set eth1 down
    shut_off 'eth1 is down' alice vpnrun campus --
    expect_match 'is down' "$(status campus '.broken[0]')"
    eth1_up
    by_campus alice vpnrun campus --
    in_node institute ip link set e1 down
    shut_off 'no carrier' alice vpnrun campus --
    in_node institute ip link set e1 up
    in_node institute ip address replace fd10::1/64 dev e1 nodad
    in_node institute ip address replace fe80::1/64 dev e1 nodad
    in_node institute ip route replace fd42::/64 via fd10::10
    by_campus alice vpnrun campus --
    on_host ip -n vpn-campus -4 route flush default
    on_host ip -n vpn-campus -6 route flush default
    # Neighbours on the wire are still reached, the resolver is one.
    lab_capture_start
    ! alice vpnrun campus -- curl -s -m 1 -o /dev/null $LAB_WEB4/ || fail "the box's default routes are gone: it reaches the internet"
    ! alice vpnrun campus -- curl -s -m 1 -o /dev/null "$LAB_WEB6/" || fail "the box's default routes are gone: it reaches the internet"
    expect_nothing "$(lab_capture_stop)" "the box's default routes are gone: seen on uplink or LAN"
    vpn refresh campus >/dev/null
    by_campus alice vpnrun campus --
    on_host ip -n vpn-campus link del wg0
    vpn refresh campus >/dev/null
    by_campus alice vpnrun campus --
    on_host ip link del eth1
    complains 125 "there is no link 'eth1'" alice vpnrun campus -- true
}

# ---------------------------------------------------------------- the whole system

test_link_up() {
    institute
    campus
    alice vpn up campus
    by_campus alice
    expect '"campus"' "$(alice $LAB_DIG who.test TXT)" 'resolver'
    expect '"campus"' "$(alice $LAB_DIG @198.51.100.1 who.test TXT)" 'resolver, asked for another'
    expect 192.168.50.10 "$(on_host $LAB_GET http://192.168.50.20/)" 'the LAN'
    expect true "$(status campus .up)"
    expect_match 'The whole system goes through campus, by eth1' "$(vpn status campus)"
    complains 7 '' alice $LAB_GET --interface u0 $LAB_WEB4/
    on_host ip link set eth1 down
    shut_off 'eth1 is down' alice
    eth1_up
    by_campus alice
    on_host ip link del eth1
    shut_off 'eth1 is gone' alice
    alice vpn down campus
    expect "$LAB_DIRECT" "$(address alice)" "the host's address"
}

test_link_check_and_plan() {
    institute
    campus
    vpn link campus
    vpn check campus > "$LAB/said" || true
    expect '' "$(grep -A3 '^!!.*campus' "$LAB/said" || true)" 'problems'
    expect_match 'campus: it goes by eth1' "$(< "$LAB/said")"
    expect_match 'nothing that the command sent left by another link' "$(< "$LAB/said")"
    vpn unlink campus
    vpn plan campus link > "$LAB/plan"
    on_host bash -e "$LAB/plan"
    by_campus alice vpnrun campus --
    unlink_vpn campus
}

# ---------------------------------------------------------------- what cannot be

test_link_errors() {
    local value sentence
    institute
    campus
    while IFS='|' read -r value sentence; do
        complains 125 "$sentence" vpn edit campus "$value"
    done <<'END'
Gateway=10.10.11.1|not in the network of Address = 10.10.10.11/24
Gateway=10.10.10.1|there is no Gateway of IPv6
Gateway=10.10.10.11, fd10::1|own Address
Gateway=10.10.10.1, 10.10.10.2, fd10::1|a second one of IPv4
Gateway=|which router is on it
Link=lo|not the name of a link
Link=|only with Link
Address=10.10.10.11/24|there is no Address of IPv6
Box=no|not with Link
FwMark=7|not with Link
Table=off|not with Link
Inbound=icmp|not with Link
Relay=10.10.10.0/24|Gateway 10.10.10.1 in it
END
    vpn export campus --format networkd > /dev/null 2> "$LAB/said" && fail 'exported'
    expect_match 'only for a box' "$(< "$LAB/said")"
    vpn edit campus Link=eth7 >/dev/null
    refuses 125 "there is no link 'eth7', by which campus goes" vpn link campus
    vpn edit campus Link=eth1 Address='10.10.10.10/24, fd10::11/64' >/dev/null
    refuses 125 "10.10.10.10 of campus is this machine's own on eth1" vpn link campus
    vpn edit campus Address='10.10.10.11/24, fd10::11/64' >/dev/null
    on_host ip link set eth1 down
    refuses 125 'eth1, by which campus goes, is down' vpn link campus
    on_host ip link set eth1 up
    on_host ip link add br9 type bridge
    on_host ip link set eth1 master br9
    refuses 125 'eth1 is a port of br9' vpn link campus
    on_host ip link del br9
    vpn edit campus Address= DNS= Relay='10.42.42.0/24' Gateway=10.10.11.1 >/dev/null
    refuses 125 'Gateway 10.10.11.1 is in no network of eth1' vpn link campus
    vpn edit campus Gateway=10.10.10.1 >/dev/null
    vpn link campus 2>/dev/null
    refuses 125 'has no Address' vpn up campus
    refuses 125 'has no Address' alice vpnrun campus -- true
    expect '' "$(on_host ip route show table main proto 86)" 'routes of main'
}

# What udev's folders say of a Wi-Fi, which a lab has not. By its own address it relays as any other.
test_link_is_a_wifi() {
    local folder
    clients
    institute
    campus
    trap 'on_host umount /sys/class/net/eth1 /sys 2>/dev/null || true' EXIT
    on_host mount -t sysfs sysfs /sys
    on_host mount -t tmpfs tmpfs /sys/class/net/eth1
    for folder in phy80211 wireless; do
        on_host mkdir /sys/class/net/eth1/$folder
        refuses 125 'eth1 is a Wi-Fi, whose access point takes one link-layer address only' vpn link campus
        expect false "$(status campus .linked)"
        on_host rmdir /sys/class/net/eth1/$folder
    done
    on_host mkdir /sys/class/net/eth1/phy80211
    campus "${RELAYING[@]}"
    vpn link campus
    by_campus client
}

# There is nothing in it for commands, and what is to be done is said.
test_link_without_an_address() {
    clients
    institute
    campus "${RELAYING[@]}"
    vpn link campus
    refuses 125 'no command can run in it: it is only for what it relays until Address is written' alice vpnrun campus -- true
    refuses 125 'write one that is free there' vpn up campus
    complains 125 'not an address' vpn edit campus Address=dhcp
}

test_link_exports() {
    local format file before
    institute
    campus "${RELAYING[@]}" Relay='10.42.42.0/24, fd42::/64, snat'
    before=$(vpn show --secrets campus | grep . | sort)
    rm -rf "$LAB/out"
    mkdir "$LAB/out"
    for format in networkd ifupdown-ng nixos; do vpn export --format $format campus "$LAB/out" >/dev/null 2>&1; done
    for file in campus.conf campus.interfaces campus.nix; do
        vpn import "$LAB/out/$file" --name campus --force >/dev/null 2>&1
        expect_same "$before" "$(vpn show --secrets campus | grep . | sort)" "what comes back of $file"
    done
    refuses 125 'NetworkManager keeps routes and rules of eth1' vpn export --format networkmanager campus "$LAB/out"
    refuses 125 'there is no tunnel for wg-quick' vpn export campus "$LAB/out"
}

test_link_changes() {
    institute
    campus
    vpn link campus
    vpn edit campus DNS=10.10.10.1 >/dev/null
    vpn reload campus >/dev/null
    expect '["10.10.10.1"]' "$(status campus '.dns | tojson')"
    vpn edit campus Gateway='10.10.10.2, fd10::1' >/dev/null
    refuses 125 'Gateway of campus cannot change while it is linked' vpn reload campus
    expect_match 'Gateway; `vpn unlink campus`' "$(status campus '.warnings[0]')"
    vpn edit campus Gateway='10.10.10.1, fd10::1' Address='10.10.10.12/24, fd10::11/64' >/dev/null
    refuses 125 'Address of campus cannot change while it is linked' vpn reload campus
}

# The page is typed as it stands there.
test_link_page() {
    # shellcheck source=documents.test.sh
    . "$LAB_HERE/documents.test.sh"
    clients
    institute
    forward 0
    stage
    awk '/^    \[Interface\]/ { inside = 1 } /^[^ ]/ { inside = 0 } inside' "$LAB_REPOSITORY/docs/setups/link.md" |
        on_host tee /home/alice/Downloads/campus.conf >/dev/null
    typed_by_alice docs/setups/link.md
    on_host rm -r /run/log/journal
}

# Nothing comes in by the link but answers; what this machine has gets to a command as in any VPN.
test_nothing_is_let_in_to_a_command_of_campus() {
    institute
    campus
    vpn link campus
    refuses 125 '^vpnrun: campus is a link of this machine and no tunnel, by which nothing comes in to a command but answers$' \
        alice vpnrun --inbound tcp/8090 campus -- true
}
