# shellcheck shell=bash
# Two VPNs to which the provider gave one address, as some do in every file: the first to be linked has it on the host, and the other is for
# commands only.

# shared: profiles `home` and `work` with one address; the server of `work` keeps its customer apart from the other one of that address.
shared() {
    local key way server customer family
    trap unshare_address EXIT
    key=$(wg pubkey < "$LAB/work.client")
    in_srv wg set work peer "$key" allowed-ips 172.27.12.34/32,fd27:12::34/128
    in_srv sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.work.rp_filter=0
    for way in '172.27.13.1 172.27.12.34' 'fd27:13::1 fd27:12::34'; do
        read -r server customer <<< "$way"
        [[ $server == *:* ]] && family=-6 || family=-4
        in_srv ip $family rule add fwmark 13 lookup 13
        in_srv ip $family rule add from "$server" lookup 13
        in_srv ip $family route add "$customer" dev work table 13
    done
    in_srv nft -f - <<'END'
        table inet shared {
            chain zones {
                type filter hook prerouting priority raw
                iifname "work" ct zone set 13
                iifname "s0" ip daddr 203.0.113.102 ct zone set 13
                iifname "s0" ip6 daddr 2001:db8:113::102 ct zone set 13
            }
            chain marks {
                type filter hook prerouting priority mangle
                iifname "work" ct mark set 13
                iifname "s0" ct mark 13 meta mark set 13
            }
            chain leave {
                type nat hook postrouting priority srcnat - 1
                iifname "work" oifname "s0" snat ip to 203.0.113.102
                iifname "work" oifname "s0" snat ip6 to 2001:db8:113::102
            }
        }
END
    import_vpn home
    import_vpn work Address='172.27.12.34/32, fd27:12::34/128'
}

unshare_address() {
    local family
    in_srv nft delete table inet shared
    for family in -4 -6; do
        in_srv ip $family rule del lookup 13 # and the other one
        in_srv ip $family rule del lookup 13
        in_srv ip $family route flush table 13
    done
    in_srv wg set work peer "$(wg pubkey < "$LAB/work.client")" allowed-ips 172.27.13.34/32,fd27:13::34/128
} 2>/dev/null

# by NAME: who is seen when NAME carries it.
by() { case $1 in home) echo "$LAB_BY_HOME" ;; work) echo "$LAB_BY_WORK" ;; esac; }

# bound_to WHAT4 [WHAT6]: as what a program of the host that is bound to that reaches the internet.
bound_to() { echo "$(on_host $LAB_GET --interface "$1" $LAB_WEB4/) $(on_host $LAB_GET --interface "${2:-$1}" $LAB_WEB6/)"; }

# holders: links of the host that have the address.
holders() { on_host ip -j address | jq -r '[.[] | select(any(.addr_info[]; .local == "172.27.12.34")).ifname] | join(" ")'; }

test_commands_in_both_and_the_host_in_the_first() {
    local name
    shared
    expect_match "'home' has the same address \(172.27.12.34\)" "$(< "$LAB/said")" 'what import said'
    vpn link home > /dev/null
    settled home
    expect_match 'work is for commands only: home has its address 172.27.12.34 .*`vpn unlink home`, then `vpn link work`' "$(vpn link work)" 'what link said'
    expect home "$(holders)" 'who has the address'
    expect_nothing "$(on_host ip -o address show dev work)" 'addresses of work'
    expect '-4 90: from all fwmark 0x2712 lookup 254 proto 86,-6 90: from all fwmark 0x2712 lookup 254 proto 86' \
        "$(rules | grep -E '0x2712|lookup 2 |work' | paste -sd,)" 'rules of work'
    expect_match 'work is for commands only' "$(status work '.warnings[]')" 'warning of work'
    expect_nothing "$(status home '.warnings[]')" 'warning of home'

    lab_capture_start
    inside_open a alice home
    inside_open b bob work
    inside_download a
    inside_download b
    for name in home work; do
        expect "$(by $name)" "$(address alice vpnrun $name --)" "a command in $name"
        expect "\"$name\"" "$(alice vpnrun $name -- $LAB_DIG who.test TXT)" "the resolver of $name"
    done
    expect "$LAB_BY_HOME" "$(bound_to home)" 'bound to home'
    expect "$LAB_BY_HOME" "$(bound_to 172.27.12.34 fd27:12::34)" 'bound to the address'
    for url in $LAB_WEB4/ $LAB_WEB6/; do no_way on_host curl -sS -m 5 --interface work "$url"; done
    # Somebody deletes the rules of the first: what has the address is refused, and the second is no way for it either.
    on_host ip -4 rule del priority 201 from 172.27.12.34
    on_host ip -6 rule del priority 201 from fd27:12::34
    no_way on_host curl -sS -m 5 --interface 172.27.12.34 $LAB_WEB4/
    no_way on_host curl -sS -m 5 --interface fd27:12::34 $LAB_WEB6/
    expect "$LAB_BY_WORK" "$(address alice vpnrun work --)" 'a command in work, all the while'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    inside a : && inside b :
}

test_the_second_cannot_be_up() {
    local before
    shared
    vpn link home > /dev/null
    settled home
    before=$(snapshot)
    refuses 125 'work cannot be up: home has its address 172.27.12.34 .*`vpn unlink home`, then `vpn up work`' alice vpn up work
    expect_no_trace "$before"
    vpn link work > /dev/null
    before=$(snapshot)
    refuses 125 'work cannot be up: home has its address' alice vpn up work
    refuses 125 'work cannot be up: home has its address' alice vpn toggle work
    vpn refresh > /dev/null
    vpn reload work > /dev/null
    expect_match 'work is for commands only: home' "$(vpn link work)" 'linked again'
    # As one leaves it who is killed as soon as the box is there.
    on_host ip link set dev work alias ''
    refuses 125 'work cannot be up: home has its address' alice vpn up work
    expect_match 'work is for commands only: home' "$(vpn link work)" 'linked again'
    expect_no_trace "$before"
    up home
    lab_capture_start
    expect "$LAB_BY_HOME" "$(address alice)" 'the system'
    expect "$LAB_BY_WORK" "$(address alice vpnrun work --)" 'a command in work'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    down home
    expect_no_trace "$before"
}

# rebuilt: a snapshot that does not tell one box from another of that name.
rebuilt() { snapshot | sed -E 's/net:\[[0-9]+\]/net/'; }

# takes_over COMMAND...: that gives the second what the first had: all that it has when it is linked alone.
takes_over() {
    local alone
    vpn link work > /dev/null
    settled work
    alone=$(rebuilt)
    vpn unlink work > /dev/null
    vpn link home > /dev/null
    vpn link work > /dev/null
    expect home "$(holders)" 'who has the address'
    inside_open a alice work
    vpn unlink home > /dev/null
    expect '' "$(holders)" 'who has the address'
    expect_match '`vpn link work` gives it' "$(status work '.warnings[]')" 'warning'
    "$@" > /dev/null
    expect work "$(holders)" 'who has the address'
    settled work
    expect_nothing "$(status work '.warnings[]')" 'warning'
    expect "$LAB_BY_WORK" "$(bound_to work)" 'bound to work'
    expect "$LAB_BY_WORK" "$(address inside_words a)" 'a command from before'
    inside_close a
    until_true 5 nobody_inside work
    expect_same "$alone" "$(rebuilt)" 'what it has'
}

test_the_second_takes_over() {
    local before verb
    before=$(snapshot)
    shared
    for verb in link refresh; do
        takes_over vpn $verb work
        vpn unlink work > /dev/null
    done
    on_host rm /etc/vpnrun/home.conf /etc/vpnrun/work.conf
    expect_no_trace "$before"
}

test_up_takes_over_as_well() {
    shared
    vpn link home > /dev/null
    vpn link work > /dev/null
    vpn unlink home > /dev/null
    up work
    expect work "$(holders)" 'who has the address'
    expect "$LAB_BY_WORK" "$(address alice)" 'the system'
}

test_one_goes_and_the_other_stays() {
    local before
    shared
    vpn link home > /dev/null
    settled home
    before=$(snapshot)
    stream_open home
    vpn link work > /dev/null
    vpn unlink work > /dev/null
    expect_no_trace "$before"
    vpn link work > /dev/null
    on_host ip link del dev work
    vpn unlink work > /dev/null
    expect_no_trace "$before"
    stream_tell
    stream_close
    expect 2001:db8:113::101,203.0.113.101 "$(stream_got home-http)" 'a program bound to home'
}

test_only_one_of_those_that_are_linked_at_once() {
    shared
    for _ in {1..5}; do
        vpn link home > /dev/null 2>&1 & vpn link work > /dev/null 2>&1 & wait
        expect_match '^(home|work)$' "$(holders)" 'who has the address'
        expect "$LAB_BY_HOME" "$(address alice vpnrun home --)" 'a command in home'
        expect "$LAB_BY_WORK" "$(address alice vpnrun work --)" 'a command in work'
        unlink_vpn home > /dev/null
        unlink_vpn work > /dev/null
    done
}

# A network that the machine is in uses the address.
test_the_machine_has_the_address() {
    trap 'on_host ip address del 172.27.12.34/24 dev l0; in_lan ip address del 172.27.12.20/24 dev l1' EXIT
    on_host ip address add 172.27.12.34/24 dev l0
    in_lan ip address add 172.27.12.20/24 dev l1
    import_vpn home
    expect_match '172.27.12.34 is this machine.s own, on l0' "$(< "$LAB/said")" 'what import said'
    expect_match 'the link l0 has its address 172.27.12.34' "$(vpn link home)" 'what link said'
    expect 172.27.12.34 "$(on_host $LAB_GET --interface 172.27.12.34 http://172.27.12.20/)" 'from that address to that network'
    expect "$LAB_BY_HOME" "$(address alice vpnrun home --)" 'a command in home'
    refuses 125 'the link l0 has its address 172.27.12.34 .*remove it there, then `vpn up home`' alice vpn up home
}
