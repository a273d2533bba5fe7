# shellcheck shell=bash
# What `vpn explain` says is where packets go: for each destination one is sent, and looked for on the host's links and behind the tunnel.

# The ways out: node, link, and what is seen there.
watch_ways() {
    local way node link
    for way in 'inet h0 direct:u0' 'lan l1 direct:l0' 'srv home tunnel:home'; do
        read -r node link way <<< "$way"
        in_node "$node" tcpdump -i "$link" -Q in -ln --immediate-mode 'not arp and not icmp6 and not (udp and port 51820)' 2> "$LAB/way.log" |
            sed -u "s/^/$way /" >> "$LAB/ways" &
        until_true 5 grep -q 'listening on' "$LAB/way.log"
    done
}

# sent COMMAND...: by which way what it sends leaves, `nowhere` if by none, as far as it is for one of these addresses.
sent() {
    local address=$1; shift
    "$@" >/dev/null 2>&1 || true
    for _ in {1..15}; do
        if grep -F "> $address" "$LAB/ways" >/dev/null; then break; fi
        sleep 0.02
    done
    grep -F "> $address" "$LAB/ways" | cut -d' ' -f1 | sort -u | grep . || echo nowhere
    sleep 0.05
    : > "$LAB/ways"
}

# explained FILTER WORDS...: alice asks.
explained() { local filter=$1; shift; alice vpn explain "$@" --json | jq -r "$filter"; }
# shellcheck disable=SC2016
as_way='if .outcome == "direct" then "direct:\(.link)" elif .outcome == "tunnel" then "tunnel:\(.through)" else "nowhere" end'

# agrees WAY ADDRESS of a program of the host; commands_agree WAY ADDRESS of one in `home`. A packet of TCP for its port 80.
agrees() {
    expect "$1" "$(explained "$as_way" --host "$2")" "explained of the host to $2"
    expect "$1" "$(sent "$2" alice curl -s -m 0.3 "http://$(bracketed "$2")/")" "seen of the host to $2"
    kernel_agrees "$2"
}
commands_agree() {
    expect "$1" "$(explained "$as_way" home "$2")" "explained of a command to $2"
    expect "$1" "$(sent "$2" alice vpnrun home -- curl -s -m 0.3 "http://$(bracketed "$2")/")" "seen of a command to $2"
}
bracketed() { [[ $1 == *:* ]] && echo "[$1]" || echo "$1"; }

# kernel_agrees ADDRESS: the first rule and link as ip(8) has them.
kernel_agrees() {
    local said route
    said=$(explained '.steps[0] | "\(.link) \(.table)"' --host "$1")
    if route=$(alice ip -N -j route get "$1"); then
        expect "$(jq -r '.[0] | "\(.dev) \(.table // "254")"' <<< "$route")" "$said" "link and table to $1"
    else
        expect null "${said%% *}" "link to $1, which the kernel refuses"
    fi
    expect_match '^[0-9]+$' "$(explained '.steps[0].rule' --host "$1")" "rule to $1"
}

test_linked() {
    link home
    watch_ways
    agrees direct:u0 192.0.2.80
    agrees direct:u0 2001:db8:80::80
    agrees direct:l0 192.168.50.20
    agrees nowhere 172.27.12.34
    agrees nowhere 127.0.0.1
    commands_agree tunnel:home 192.0.2.80
    commands_agree tunnel:home 2001:db8:80::80
    commands_agree tunnel:home 192.168.50.20
    commands_agree nowhere 172.27.12.34
    commands_agree nowhere 10.20.1.1
    commands_agree nowhere 10.20.1.254
}

test_all_up() {
    link_with home Direct=192.0.2.0/25
    up home
    watch_ways
    agrees direct:u0 192.0.2.80
    agrees tunnel:home 192.0.2.200
    agrees tunnel:home 2001:db8:80::80
    agrees direct:l0 192.168.50.20
    agrees tunnel:home 10.9.9.9
    agrees nowhere 10.20.1.7
    commands_agree tunnel:home 192.0.2.80
    # A route for half of the internet, as a DHCP server may send one: the filter refuses.
    on_host ip route add 128.0.0.0/1 via 198.51.100.1
    agrees nowhere 192.0.2.200
    expect_match 'filter vpn-up.home refuses' "$(explained .reason --host 192.0.2.200)"
    on_host ip route del 128.0.0.0/1
    down home
    agrees direct:u0 192.0.2.200
}

# As it is, not as it should be.
test_broken() {
    link home
    up home
    watch_ways
    agrees tunnel:home 192.0.2.80
    on_host ip rule flush protocol 86
    agrees nowhere 192.0.2.80
    expect_match 'filter vpn-up.home refuses' "$(explained .reason --host 192.0.2.80)"
    on_host nft delete table inet vpn-up.home
    agrees direct:u0 192.0.2.80
    expect_match 'filter vpn-up.home is missing' "$(explained '.steps[].text' --host 192.0.2.80)"
    on_host ip -n vpn-home route flush table main dev wg0
    commands_agree nowhere 192.0.2.80
}

test_split() {
    link_with home AllowedIPs=192.0.2.0/25,172.27.12.1/32 Address=172.27.12.34/32
    watch_ways
    up home
    agrees tunnel:home 192.0.2.80
    agrees direct:u0 203.0.113.2
    agrees direct:u0 2001:db8:80::80
    agrees direct:l0 192.168.50.20
    commands_agree tunnel:home 192.0.2.80
    commands_agree nowhere 192.168.50.20
    expect_match "no peer's AllowedIPs have it" "$(explained .reason home 192.168.50.20)"
    commands_agree nowhere 2001:db8:80::80
    expect_match 'no IPv6 address' "$(explained .reason home 2001:db8:80::80)"
}

# Of two peers the one whose network is longer; and WireGuard's own table counts, not only routes.
test_peers() {
    local other
    other=$(wg genkey | wg pubkey)
    link home
    expect tunnel:home "$(explained "$as_way" home 192.0.2.80)"
    in_home_wg peer "$other" allowed-ips 192.0.2.0/24
    expect "${other:0:8}" "$(explained '.steps[].text | select(startswith("encrypted")) | .[19:27]' home 192.0.2.80)" 'peer'
    expect 'that peer has no endpoint: it must call first' "$(explained .reason home 192.0.2.80)"
    in_home_wg peer "$other" allowed-ips 0.0.0.0/0
    in_home_wg peer "$other" remove
    expect "no peer's AllowedIPs have it: WireGuard refuses it" "$(explained .reason home 192.0.2.80)"
    on_host ip -n vpn-home link set dev wg0 down
    expect_match '^the tunnel is down' "$(explained .reason home 192.0.2.80)"
}
in_home_wg() { if userspace; then on_host wg set wg.home "$@"; else in_box home wg set wg0 "$@"; fi; }

test_queries() {
    link_with home DNS=172.27.12.1
    watch_ways
    expect direct:u0 "$(explained "$as_way" --host who.test)"
    expect direct:u0 "$(sent 198.51.100.1.53 alice $LAB_DIG who.test)"
    expect tunnel:home "$(explained "$as_way" home who.test)"
    expect tunnel:home "$(sent 172.27.12.1.53 alice vpnrun home -- $LAB_DIG who.test)"
    up home
    expect tunnel:home "$(explained "$as_way" --host who.test)"
    expect tunnel:home "$(sent 172.27.12.1.53 alice $LAB_DIG who.test)"
    expect 100 "$(explained '.steps[0].rule' --host who.test)" 'rule'
    expect_match 'sends it to 172.27.12.1 instead of 198.51.100.1' "$(explained '.steps[].text' --host who.test)"
    expect 'true false' "$(explained .query home who.test) $(explained .query home 192.0.2.80)"
}

# Port 853 of a server in the LAN, while the VPN takes the system's queries and afterwards.
test_port_853() {
    link home
    watch_ways
    up home
    expect nowhere "$(explained "$as_way" --host 192.168.50.20 --port tcp/853)" 'explained of port 853'
    expect_match 'refuses DNS by TLS and QUIC, port 853' "$(explained .reason --host 192.168.50.20 --port udp/853)"
    expect nowhere "$(sent 192.168.50.20.853 alice curl -s -m 0.3 http://192.168.50.20:853/)" 'seen of port 853'
    expect direct:l0 "$(explained "$as_way" --host 192.168.50.20 --port tcp/443)" 'explained of port 443'
    expect direct:l0 "$(sent 192.168.50.20.443 alice curl -s -m 0.3 http://192.168.50.20:443/)" 'seen of port 443'
    expect tunnel:home "$(explained "$as_way" home 192.168.50.20 --port tcp/853)" 'explained of a command'
    # Port 53 is a query, to whomever it is addressed.
    expect 'true tunnel:home' "$(explained ".query, ($as_way)" --host 192.168.50.20 --port udp/53 | xargs)"
    down home
    expect direct:l0 "$(explained "$as_way" --host 192.168.50.20 --port tcp/853)" 'explained when it is down'
    expect direct:l0 "$(sent 192.168.50.20.853 alice curl -s -m 0.3 http://192.168.50.20:853/)" 'seen when it is down'
}

# What comes in from the VPN, as it is told and as it is.
test_coming_in() {
    local port said
    link_with home Inbound=tcp/8022-8023,icmp
    settled home
    until_true 10 alice $LAB_DIG @172.27.12.1 -b 172.27.12.34 who.test TXT
    for port in 8022 8023 8024; do
        install -m 666 /dev/null "$LAB/asked.$port"
        exec {ready}< <(alice /usr/bin/python3 -I "$LAB/web.py" $port "$LAB/asked.$port")
        read -r -u "$ready"
        said=closed
        ! in_srv curl -s -m 2 -o /dev/null http://172.27.12.34:$port/ || said=open
        expect "$said" "$(explained 'if .outcome == "local" then "open" else "closed" end' --inbound home tcp/$port)" "port $port"
    done
    expect closed "$said" 'port 8024'
    expect_match 'lets in only tcp/8022-8023, icmp and answers.*Inbound=tcp/8022-8023,icmp,tcp/8024' "$(explained .reason --inbound home tcp/8024)"
    expect 'true home null tcp/8022' "$(explained '"\(.inbound) \(.through) \(.vpn) \(.port)"' --inbound home tcp/8022)"
    in_srv ping -c 1 -W 1 172.27.12.34 >/dev/null
    expect_match 'It comes in' "$(alice vpn explain --inbound home icmp)"
    expect_match 'only tcp/8022-8023, icmp' "$(explained .reason --inbound home udp/8022)"
    vpn edit home Inbound=tcp/9 >/dev/null
    vpn reload home >/dev/null
    expect_match 'no program listens on tcp/9' "$(explained .reason --inbound home tcp/9)"
    expect_match 'after [0-9]+ ms|refused' "$(in_srv curl -sS -m 2 http://172.27.12.34:9/ 2>&1 || true)"
    # As root sees it, another firewall as well.
    expect_nothing "$(vpn explain --inbound home tcp/9 | grep 'unless a rule' || true)" 'a firewall'
    on_host nft 'table inet wall { chain in { type filter hook input priority 0; policy drop; }; }'
    said=$(vpn explain --inbound home tcp/9)
    on_host nft delete table inet wall
    expect_match "the chain 'in' of table inet wall drops it, unless a rule there allows it" "$said"
    on_host ip -n vpn-home link set dev wg0 down
    expect_match 'the tunnel is gone or down' "$(explained .reason --inbound home tcp/9)"
    refuses 125 'neither one port' alice vpn explain --inbound home ssh
    complains 2 'to which port' alice vpn explain --inbound home
    complains 2 'is no port' alice vpn explain --host 192.0.2.80 --port 853
    complains 2 'goes with an address' alice vpn explain --host who.test --port tcp/853
}

# Where the tunnel's own packets go.
test_underlay() {
    link home
    expect 'host 90 254 u0' "$(explained '.steps[] | select(.rule == 90) | "\(.place) \(.rule) \(.table) \(.link)"' home 192.0.2.80)"
    expect '203.0.113.2:51820 u0' "$(explained '"\(.endpoint) \(.link)"' home 192.0.2.80)"
    on_host ip route add unreachable 203.0.113.0/24
    expect_match 'unreachable' "$(explained .reason home 192.0.2.80)"
    on_host ip route del unreachable 203.0.113.0/24
}

test_words() {
    import_vpn home
    expect_match 'home is not linked' "$(explained .reason home 192.0.2.80)"
    vpn link home >/dev/null
    expect_match 'It goes through home, and leaves encrypted by u0' "$(alice vpn explain home 192.0.2.80)"
    expect_match 'It goes past every VPN, in the clear by u0' "$(alice vpn explain --host 192.0.2.80)"
    expect_match 'they cannot reach one another' "$(alice vpn explain home 10.20.1.9)"
    refuses 125 'neither an address nor a name' alice vpn explain home 192.0.2
    refuses 125 "no VPN 'work'" alice vpn explain work 192.0.2.80
    complains 2 'to which destination' alice vpn explain home
}

# One command, with what it has besides its VPN.
test_of_one_command_with_exceptions() {
    local pid
    link home
    watch_ways
    alice vpnrun -q --lan=192.168.50.20:80 --inbound tcp/8090 -p 8085:8090 home -- sleep 100 &
    until_true 5 has_exceptions
    pid=$(vpn ps --json | jq '.[0].pid')
    one_agrees direct:l0 192.168.50.20 80
    one_agrees tunnel:home 192.168.50.20 81
    one_agrees tunnel:home 192.0.2.80 80
    expect tunnel:home "$(explained "$as_way" home 192.168.50.20 --port tcp/80)" 'of any command'
    expect tunnel:home "$(explained "$as_way" "$pid" 192.168.50.20 --port udp/80)" 'by UDP'
    expect_match 'sleep.* \(pid [0-9]+\) in home sends to 192.168.50.20' "$(alice vpn explain "$pid" 192.168.50.20 | head -1)"
    expect_match 'It goes past every VPN, in the clear by l0' "$(alice vpn explain "$pid" 192.168.50.20 --port tcp/80)"
    # What comes in, and by what.
    expect local "$(explained .outcome --inbound "$pid" tcp/8090)" 'from the VPN'
    expect_match 'port 8085 of 127.0.0.1/tcp leads there' "$(alice vpn explain --inbound "$pid" tcp/8090)"
    expect stops "$(explained .outcome --inbound "$pid" tcp/8091)" 'another port'
    expect_match "^local sleep.*\(pid $pid\)" "$(explained '"\(.outcome) \(.steps[-1].text)"' --inbound home tcp/8090 | sed 's/it arrives at //')"
    expect stops "$(explained .outcome --inbound home tcp/8091)" 'another port of the VPN'
    refuses 125 "^vpn: there is no process 4194000: " alice vpn explain 4194000 192.0.2.80
    refuses 125 "^vpn: there is no VPN 'hom'; did you mean 'home'\?" alice vpn explain hom 192.0.2.80
    # No false leak, and no silence.
    alice vpn check home > "$LAB/check" || true
    expect_match "note +home: sleep \(pid $pid\): tcp/8090 comes in to it .*; ports of this machine lead to it: 127.0.0.1:8085:8090/tcp .*; it reaches in the LAN, by TCP: 192.168.50.20:80" "$(cat "$LAB/check")"
    expect_nothing "$(grep '^!!' "$LAB/check")" 'problems'
    expect_match 'nothing that the command sent left by another link' "$(vpn check home || true)"
    kill_all_of alice sleep
}
has_exceptions() { (( $(vpn ps --json | jq '[.[] | select(.lan != [] and .published != [])] | length') == 1 )) && nsenter -t "$(vpn ps --json | jq '.[0].pid')" -n nft list table inet vpn-lan >/dev/null 2>&1; }
kill_all_of() { on_host pkill -KILL -u "$1" -x "$2"; }
# one_agrees WAY ADDRESS PORT: of the command in $pid, by TCP.
one_agrees() {
    expect "$1" "$(explained "$as_way" "$pid" "$2" --port "tcp/$3")" "explained of $pid to $2:$3"
    expect "$1" "$(sent "$2" on_host nsenter -t "$pid" -n -- curl -s -m 0.3 "http://$2:$3/")" "seen of $pid to $2:$3"
}
