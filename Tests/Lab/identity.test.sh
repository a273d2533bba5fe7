# shellcheck shell=bash
# The host has the VPN's address A on a link of its own: programs that bind to it go through the VPN, all others do not.

test_bound_goes_by_the_vpn_and_unbound_direct() {
    link home
    for bound in home 172.27.12.34; do
        expect 203.0.113.101 "$(on_host $LAB_GET --interface $bound $LAB_WEB4/)" "bound to $bound"
        expect 203.0.113.101 "$(alice $LAB_GET --interface $bound $LAB_WEB4/)" "alice, bound to $bound"
    done
    for bound in home fd27:12::34; do
        expect 2001:db8:113::101 "$(on_host $LAB_GET --interface $bound $LAB_WEB6/)" "bound to $bound"
    done
    expect 198.51.100.2 "$(on_host $LAB_GET $LAB_WEB4/)" 'not bound'
    expect 2001:db8:100::2 "$(on_host $LAB_GET $LAB_WEB6/)" 'not bound, IPv6'
    expect 192.168.50.10 "$(on_host $LAB_GET http://192.168.50.20/)" 'the LAN'
}

test_two_identities() {
    link home work
    expect '203.0.113.101 203.0.113.102' "$(on_host $LAB_GET --interface home $LAB_WEB4/) $(on_host $LAB_GET --interface work $LAB_WEB4/)"
    expect '2001:db8:113::101 2001:db8:113::102' "$(on_host $LAB_GET --interface home $LAB_WEB6/) $(on_host $LAB_GET --interface work $LAB_WEB6/)"
}

# The same ports of host and command at the same time: connection tracking in the box keeps them apart.
test_one_port_for_host_and_command() {
    link home
    lab_capture_start
    inside_open a alice home
    inside a "curl -sS --local-port 40000 -o /dev/null $LAB_WEB4/big & echo" >/dev/null
    until_true 10 inside_receives a 500000
    expect 203.0.113.101 "$(on_host $LAB_GET --interface 172.27.12.34 --local-port 40000 $LAB_WEB4/)"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

test_bound_programs_fail_when_the_tunnel_is_gone() {
    link home
    lab_capture_start
    on_host ip -n vpn-home link del dev wg0
    for address in 172.27.12.34 fd27:12::34; do
        [[ $address == *:* ]] && url=$LAB_WEB6/ || url=$LAB_WEB4/
        ! took=$(milliseconds on_host curl -s -m 3 --interface $address $url) || fail "reached $url from $address"
        (( took < 1000 )) || fail "$took ms until curl bound to $address gave up"
    done
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# Neighbours that send packets for A to the host's other addresses (CVE-2019-14899 starts so).
test_neighbours_do_not_reach_it() {
    local ready
    : > "$LAB/log"
    exec {ready}< <(on_host /usr/bin/python3 -I "$LAB/web.py" 8080 "$LAB/log")
    read -r -u "$ready"
    link home
    trap 'in_lan ip route del 172.27.12.34; in_inet ip route del 172.27.12.34; in_inet ip route del fd27:12::34' EXIT
    in_lan ip route add 172.27.12.34 via 192.168.50.10
    in_inet ip route add 172.27.12.34 via 198.51.100.2
    in_inet ip route add fd27:12::34 via 2001:db8:100::2
    expect 192.168.50.20 "$(in_lan $LAB_GET http://192.168.50.10:8080/)" 'the server answers at its own address'
    ! in_lan curl -s -m 1 http://172.27.12.34:8080/ || fail 'the LAN reaches A'
    ! in_inet curl -s -m 1 http://172.27.12.34:8080/ || fail 'the uplink reaches A'
    ! in_inet curl -s -m 1 'http://[fd27:12::34]:8080/' || fail 'the uplink reaches A over IPv6'
    expect 1 "$(wc -l < "$LAB/log")" 'connections that the host got'
}

# send_as SERVER PORT ADDRESS: what seems to be an answer of that server's comes by the tunnel to an address of the VPN's.
send_as() {
    in_box home /usr/bin/python3 -I -c '
import socket, sys
server, port, own = sys.argv[1], int(sys.argv[2]), sys.argv[3]
family, level, option = (socket.AF_INET6, 41, 75) if ":" in own else (socket.AF_INET, 0, 19)
s = socket.socket(family, socket.SOCK_DGRAM)
s.setsockopt(level, option, 1) # IP_TRANSPARENT: from an address which the box has not
s.bind((server, 53))
s.sendto(b"answer", (own, port))' "$@"
}

no_route_to_a() { for own in 172.27.12.34 fd27:12::34; do on_host ip route "$1" unreachable $own; done; }

# A server outside learns by no error message who has the VPN's address. One is sent where the address is gone, as with a link that is set down
# in the middle of an answer, and routes refuse it (as those of a VPN that is up do then); of IPv4 only where the machine forwards.
test_no_error_about_the_vpns_address_leaves() {
    local when
    link home
    trap 'set +e; on_host sysctl -qw net.ipv4.ip_forward=0; no_route_to_a del' EXIT
    for when in linked up; do
        [[ $when == linked ]] || { vpn refresh home >/dev/null; settled home; up home; }
        on_host ip address del 172.27.12.34/32 dev home
        on_host ip -6 address del fd27:12::34/128 dev home
        on_host sysctl -qw net.ipv4.ip_forward=1
        no_route_to_a add
        lab_capture_start
        send_as 198.51.100.1 4053 172.27.12.34
        send_as 2001:db8:100::1 4053 fd27:12::34
        sleep 0.3
        expect_nothing "$(lab_capture_stop)" "$when: seen on uplink or LAN"
        no_route_to_a del
    done
    # Without these rules both are seen.
    no_route_to_a add
    on_host bash -c 'nft -a list chain inet vpn.home identity | sed -nE "/@(th|ih),/s/.* # handle (.*)/delete rule inet vpn.home identity handle \1/p" | nft -f -'
    lab_capture_start
    send_as 198.51.100.1 4053 172.27.12.34
    send_as 2001:db8:100::1 4053 fd27:12::34
    sleep 0.3
    said=$(lab_capture_stop)
    expect_match '198.51.100.2 > 198.51.100.1: ICMP .*172.27.12.34 unreachable' "$said"
    expect_match '2001:db8:100::2 > 2001:db8:100::1: ICMP6, destination unreachable' "$said"
}
