# shellcheck shell=bash
# What is in the lab: links, addresses, routes, servers. Part of lab.sh.

lab_world() {
    lab_links
    lab_servers
}

# Ready at once: link-local addresses of our own (the kernel asks for neighbours with its tentative ones, in vain, for a second; without any
# a router does not ask at all), and different indices on both ends of a veth (with equal ones its carrier is noticed up to a second late).
lab_links() {
    on_host ip -batch - <<END
        link add u0 index 100 type veth peer name h0 netns ${LAB_PID[inet]}
        link add l0 type veth peer name l1 netns ${LAB_PID[lan]}
        link set u0 addrgenmode none
        address add fe80::2/64 dev u0 nodad
        address add 198.51.100.2/24 dev u0
        address add 2001:db8:100::2/64 dev u0 nodad
        link set l0 addrgenmode none
        address add 192.168.50.10/24 dev l0
        link set u0 up
        link set l0 up
END
    in_inet ip -batch - <<END
        link add s1 index 101 type veth peer name s0 netns ${LAB_PID[srv]}
        link set h0 addrgenmode none
        link set s1 addrgenmode none
        address add fe80::1/64 dev h0 nodad
        address add fe80::1/64 dev s1 nodad
        address add 198.51.100.1/24 dev h0
        address add 2001:db8:100::1/64 dev h0 nodad
        address add 203.0.113.1/24 dev s1
        address add 2001:db8:113::1/64 dev s1 nodad
        address add 192.0.2.80/32 dev lo
        address add 2001:db8:80::80/128 dev lo nodad
        link set h0 up
        link set s1 up
END
    in_lan ip -batch - <<END
        link set l1 addrgenmode none
        address add 192.168.50.20/24 dev l1
        link set l1 up
END
    in_srv ip -batch - <<END
        link set s0 addrgenmode none
        address add fe80::2/64 dev s0 nodad
        address add 203.0.113.2/24 dev s0
        address add 203.0.113.101/32 dev s0
        address add 203.0.113.102/32 dev s0
        address add 2001:db8:113::2/64 dev s0 nodad
        address add 2001:db8:113::101/128 dev s0 nodad preferred_lft 0
        address add 2001:db8:113::102/128 dev s0 nodad preferred_lft 0
        link set s0 up
        route add default via 203.0.113.1
        route add default via 2001:db8:113::1
END
    on_host ip -batch - <<END
        route add default via 198.51.100.1 dev u0 metric 5
        route add default via 2001:db8:100::1 dev u0 metric 5
END
    in_inet sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    in_srv sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    in_inet nft -f - <<END
        table inet isp { # customers are called by nobody
            chain forward {
                type filter hook forward priority filter; policy accept
                oifname "h0" ct state new reject with tcp reset
            }
        }
END
}

lab_servers() {
    local inet lan
    install -m 644 "$LAB_HERE/web.py" "$LAB" # where every user can read it
    exec {inet}< <(in_inet /usr/bin/python3 -I "$LAB/web.py" 80)
    exec {lan}< <(in_lan /usr/bin/python3 -I "$LAB/web.py" 80)
    lab_resolver inet isp 1 198.51.100.1 2001:db8:100::1
    lab_resolver lan lan 2 192.168.50.20
    lab_vpn_server home 12 101 51820
    lab_resolver srv home 3 172.27.12.1 fd27:12::1 --host-record=printer.corp.test,172.27.12.9,fd27:12::9
    lab_vpn_server work 13 102 51821
    lab_resolver srv work 4 172.27.13.1 fd27:13::1
    lab_host_resolver
    { read -r -u "$inet" && read -r -u "$lan"; } || lab_die 'no web server'
    exec {inet}<&- {lan}<&-
}

# lab_resolver NODE WHO N ADDRESS... [OPTION...]: who.test is WHO, 10.0.0.N and fd00::N. It listens when the command is back.
lab_resolver() {
    local node=$1 who=$2 n=$3 argument; shift 3
    local -a options=()
    for argument; do
        case $argument in
            -*) options+=("$argument") ;;
            *) options+=("--listen-address=$argument") ;;
        esac
    done
    in_node "$node" dnsmasq --conf-file=/dev/null --pid-file= --user=root --group=root --bind-interfaces --no-resolv --no-hosts --cache-size=0 \
        --local=/test/ --host-record="who.test,10.0.0.$n,fd00::$n" --txt-record="who.test,$who" \
        --host-record=ifconfig.co,192.0.2.80,2001:db8:80::80 --host-record=example.org,192.0.2.80,2001:db8:80::80 "${options[@]}"
}

# lab_vpn_server NAME SUBNET LAST PORT: 172.27.SUBNET.0/24 and fd27:SUBNET::/64 inside, leaves as the addresses that end in LAST.
lab_vpn_server() {
    local name=$1 subnet=$2 last=$3 port=$4
    (umask 077; wg genkey > "$LAB/$name.server"; wg genkey > "$LAB/$name.client")
    in_srv ip link add "$name" type wireguard 2>/dev/null || in_srv wireguard-go "$name" >/dev/null 2>&1 || lab_die "no WireGuard for $name"
    in_srv wg set "$name" listen-port "$port" private-key "$LAB/$name.server" \
        peer "$(wg pubkey < "$LAB/$name.client")" allowed-ips "172.27.$subnet.34/32,fd27:$subnet::34/128"
    in_srv ip -batch - <<END
        address add 172.27.$subnet.1/24 dev $name
        address add fd27:$subnet::1/64 dev $name nodad
        link set $name up
END
    in_srv nft -f - <<END
        table inet $name {
            chain forward { # what is behind the customers' routers is not on the internet
                type filter hook forward priority filter; policy accept
                iifname "$name" ip daddr { 10.0.0.0/8, 192.168.0.0/16, 169.254.0.0/16 } reject with tcp reset
                iifname "$name" ip6 daddr fc00::/7 reject with tcp reset
            }
            chain leave {
                type nat hook postrouting priority srcnat
                ip saddr 172.27.$subnet.0/24 oifname "s0" snat to 203.0.113.$last
                ip6 saddr fd27:$subnet::/64 oifname "s0" snat to 2001:db8:113::$last
            }
        }
END
}

# lab_profile home|work [FILE]: what the provider would hand out, on standard output or in FILE.
lab_profile() {
    local name=$1 subnet=12 port=51820
    if (( $# > 1 )); then lab_profile "$name" > "$2"; return; fi
    [[ $name == home ]] || { subnet=13 port=51821; }
    cat <<END
[Interface]
PrivateKey = $(< "$LAB/$name.client")
Address = 172.27.$subnet.34/32, fd27:$subnet::34/128
DNS = 172.27.$subnet.1, fd27:$subnet::1, corp.test

[Peer]
PublicKey = $(wg pubkey < "$LAB/$name.server")
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 203.0.113.2:$port
END
}

# Where the machine is the host, its own resolver learns about the uplink as it would from DHCP; without multicast, which captures would show.
lab_host_resolver() {
    [[ $LAB_HOST == self ]] && resolvectl status >/dev/null 2>&1 || return 0
    resolvectl dns u0 198.51.100.1 2001:db8:100::1
    resolvectl domain u0 '~.'
    resolvectl llmnr u0 no
    resolvectl mdns u0 no
    resolvectl llmnr l0 no
    resolvectl mdns l0 no
}
