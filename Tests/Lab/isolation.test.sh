# shellcheck shell=bash
# A command reaches the internet through its VPN, and nobody else: not the host, not another command, not another VPN's, not a namespace.

# serve LOG PREFIX...: a web server on port 8080, all addresses; connections are lines in LOG.
serve() {
    local ready log=$1; shift
    : > "$log"
    exec {ready}< <("$@" /usr/bin/python3 -I "$LAB/web.py" 8080 "$log")
    read -r -u "$ready"
}

# unreachable LABEL URL...: from that shell.
unreachable() {
    local label=$1 url; shift
    for url; do
        inside "$label" "! curl -s -m 1 '$url'" || fail "reached $url"
    done
}

# The kernel stacks no more Landlock domains than 16.
test_too_many_inside_one_another() {
    local -a words=()
    link home
    [[ $(alice vpnrun -v home -- true 2>&1) != *Landlock* ]] || skip 'no Landlock'
    for _ in {1..16}; do words+=(vpnrun -q home --); done
    expect deep "$(alice "${words[@]}" echo deep)" 'the 16th'
    refuses 125 'each vpnrun is a Landlock domain, of which the kernel allows 16' alice "${words[@]}" vpnrun -q home -- true
}

test_services_of_the_host() {
    serve "$LAB/log" on_host
    link home work
    inside_open a alice home
    expect 192.168.50.20 "$(in_lan $LAB_GET http://192.168.50.10:8080/)" 'the server answers others'
    : > "$LAB/log"
    unreachable a http://{198.51.100.2,192.168.50.10,10.20.1.1,169.254.76.1,172.27.12.34,172.27.13.34,10.20.2.1,127.0.0.1}:8080/ \
        http://[{2001:db8:100::2,fd76:706e:1::1,fd27:12::34,fd27:13::34,fd76:706e:2::1,::1}]:8080/ "http://[fe80::1%25eth0]:8080/"
    expect_nothing "$(< "$LAB/log")" 'connections that the host got'
}

test_other_commands() {
    link home work
    inside_open a alice home
    inside_open b alice work
    inside_open c bob home
    for label in a b; do
        inside $label "/usr/bin/python3 -I $LAB/web.py 8080 >/dev/null & until curl -s http://127.0.0.1:8080/ >/dev/null; do sleep 0.05; done"
    done
    address4=$(inside a "ip -4 -j address show dev eth0" | jq -r '.[0].addr_info[0].local')
    address6=$(inside a "ip -6 -j address show dev eth0 scope global" | jq -r '.[0].addr_info[0].local')
    other4=$(inside b "ip -4 -j address show dev eth0" | jq -r '.[0].addr_info[0].local')
    other6=$(inside b "ip -6 -j address show dev eth0 scope global" | jq -r '.[0].addr_info[0].local')
    expect_match '^10\.20\.1\.' "$address4"
    expect_match '^10\.20\.2\.' "$other4"
    expect_match '^fd76:706e:1::' "$address6"
    unreachable c "http://$address4:8080/" "http://[$address6]:8080/" "http://$other4:8080/" "http://[$other6]:8080/"
    for address in $address4 $address6 $other4 $other6; do
        [[ $address == *:* ]] && url="http://[$address]:8080/" || url="http://$address:8080/"
        ! on_host curl -s -m 1 "$url" || fail "the host reaches $url"
    done
}

test_callers_from_the_tunnel() {
    serve "$LAB/log" on_host
    link home
    inside_open a alice home
    expect 203.0.113.101 "$(inside a "$LAB_GET $LAB_WEB4/")"
    address4=$(inside a "ip -4 -j address show dev eth0" | jq -r '.[0].addr_info[0].local')
    in_srv wg set home peer "$(wg pubkey < "$LAB/home.client")" allowed-ips 172.27.12.34/32,fd27:12::34/128,10.20.1.0/24
    in_srv ip route add 10.20.1.0/24 dev home
    trap 'in_srv ip route del 10.20.1.0/24 dev home; in_srv wg set home peer "$(wg pubkey < "$LAB/home.client")" allowed-ips 172.27.12.34/32,fd27:12::34/128' EXIT
    ! in_srv curl -s -m 1 http://172.27.12.34:8080/ || fail 'the VPN reaches the host at A'
    ! in_srv curl -s -m 1 'http://[fd27:12::34]:8080/' || fail 'the VPN reaches the host at A over IPv6'
    inside a "/usr/bin/python3 -I $LAB/web.py 8080 >/dev/null & until curl -s http://127.0.0.1:8080/ >/dev/null; do sleep 0.05; done"
    ! in_srv curl -s -m 1 "http://$address4:8080/" || fail 'the VPN reaches a command'
    expect_nothing "$(< "$LAB/log")" 'connections that the host got'
}

# A command of root's may set addresses; what it sends from them ends in the box.
test_foreign_source_addresses() { sends_from 10.99.0.1 172.27.12.34 192.0.2.81 fd99::1 fd27:12::34; }
test_another_commands_address() { sends_from 10.20.1.200 fd76:706e:1::c8; }

sends_from() {
    local source process in_command to
    link home
    inside_open a alice home
    lab_capture_start
    process=$(inside a 'echo $$')
    in_command=(nsenter -t "$process" -n)
    in_srv tcpdump -i any -ln --immediate-mode 'udp port 4000' > "$LAB/spoofed" 2>/dev/null &
    until_true 5 sends_udp_to_server "${in_command[@]}"
    for source; do
        case $source in
            *:*) to="UDP6:[2001:db8:80::80]:4000,bind=[$source]" ;;
            *) to=UDP4:192.0.2.80:4000,bind=$source ;;
        esac
        "${in_command[@]}" ip address add "$source" dev eth0 nodad 2>/dev/null || "${in_command[@]}" ip address add "$source" dev eth0
        echo "from $source" | "${in_command[@]}" socat -t 0 - "$to" 2>/dev/null || true
    done
    sends_udp_to_server "${in_command[@]}"
    expect_nothing "$(grep -v 'length 1$' "$LAB/spoofed" || true)" 'what came through the tunnel'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}
# The server refuses the datagram, and socat may hear of that before it ends.
sends_udp_to_server() { printf x | "$@" socat -u - UDP4:192.0.2.80:4000 || true; grep -q 'length 1$' "$LAB/spoofed"; }

test_raw_sockets_and_links() {
    link home
    expect 'EPERM EPERM EPERM' "$(alice vpnrun home -- /usr/bin/python3 -Ic 'import errno, socket
def tries(*a):
    try: socket.socket(*a); return "open"
    except OSError as e: return errno.errorcode[e.errno]
print(tries(socket.AF_PACKET, socket.SOCK_RAW, 0x300), tries(socket.AF_INET, socket.SOCK_RAW, 1), tries(socket.AF_INET6, socket.SOCK_RAW, 58))')"
    for denied in 'ip link set dev eth0 down' 'ip address add 10.20.1.99/24 dev eth0' 'ip route add 10.0.0.0/8 dev eth0' 'nft list ruleset' 'ip netns exec vpn-home true' \
        'nsenter --net=/run/netns/vpn-home true' 'nsenter --net=/proc/1/ns/net true' 'unshare -n true' 'umount /etc/resolv.conf' 'unshare -Ur ip link set dev eth0 down' \
        'unshare -Urm umount /etc/resolv.conf' 'unshare -Ur nft flush ruleset' 'unshare -Ur nsenter --net=/run/netns/vpn-home true' \
        'sysctl -w net.ipv4.conf.eth0.rp_filter=0' 'unshare -Ur sysctl -w net.ipv4.conf.eth0.route_localnet=0'; do
        ! alice vpnrun home -- env PATH=/usr/sbin:/usr/bin $denied >/dev/null 2>&1 || fail "allowed: $denied"
    done
}

test_namespaces_of_other_processes() {
    link home work
    alice sh -c 'echo $$ > outside; exec sleep 30' &
    inside_open b alice work
    until_true 5 on_host test -s /home/alice/outside
    outside=$(alice cat outside)
    inside_work=$(inside b 'echo $$')
    inside_open a alice home
    for process in 1 "$outside" "$inside_work"; do
        inside a "! nsenter -t $process -n true 2>/dev/null" || fail "entered the network of process $process"
        inside a "! unshare -Ur nsenter -t $process -n true 2>/dev/null" || fail "entered the network of process $process as root of a user namespace"
    done
}
