# shellcheck shell=bash
# `Inbound`: what may come in from the VPN to this machine. All else stays closed, and nothing of it is open to any other link.

# serving PORT...: a web server of alice's on each, on all addresses; who asked is in $LAB/asked.PORT.
serving() {
    local port ready
    for port; do
        : > "$LAB/asked.$port"
        chmod 666 "$LAB/asked.$port"
        exec {ready}< <("${LISTENER:-alice}" /usr/bin/python3 -I "$LAB/web.py" "$port" "$LAB/asked.$port")
        read -r -u "$ready"
    done
}

# calls ADDRESS...: who of the VPN's network gets an answer where: TCP to 8022 and 8080, UDP to 5353, a ping.
calls() {
    local address url
    for address; do
        [[ $address == *:* ]] && url="[$address]" || url=$address
        for port in 8022 8080; do asked_at_once over_tcp in_srv "$url" "$port"; done
        asked_at_once over_udp in_srv "$url"
        asked_at_once by_ping in_srv "$address"
    done
    answers
}
by_ping() { "$1" ping -c 1 -W 1 "$2" >/dev/null && echo -n 'ping '; }

# answering: an echo by UDP, as alice, once the VPN is linked: what is bound to no address answers from that of the way which it takes.
answering() {
    alice socat UDP4-RECVFROM:5300,fork,bind=172.27.12.34 EXEC:cat &
    alice socat 'UDP6-RECVFROM:5300,fork,bind=[fd27:12::34]' EXEC:cat &
    until_true 5 on_host bash -c "(( \$(ss -Hlun 'sport = :5300' | wc -l) == 2 ))"
}

# The VPN's side reaches this machine's addresses once the tunnel has a session.
met() { until_true 10 alice $LAB_DIG @172.27.12.1 -b 172.27.12.34 who.test TXT; }

test_nothing_comes_in_by_default() {
    serving 8022 8080
    link home
    answering
    met
    expect '' "$(calls 172.27.12.34 fd27:12::34)" 'what is open'
    up home
    expect '' "$(calls 172.27.12.34 fd27:12::34)" 'what is open while it is up'
    expect '[]' "$(status home '.inbound')"
    expect_match 'nothing comes in from the VPN' "$(vpn check home || true)"
}

test_what_is_named_comes_in_and_nothing_else() {
    serving 8022 8080
    link_with home Inbound=tcp/8022,icmp
    settled home
    answering
    met
    expect '8022 ping 8022 ping ' "$(calls 172.27.12.34 fd27:12::34)" 'what is open'
    expect '172.27.12.1 fd27:12::1' "$(who_asked "$LAB/asked.8022")" 'whom the server saw'
    # No process of the box answers for the host.
    up home
    expect '8022 ping 8022 ping ' "$(calls 172.27.12.34 fd27:12::34)" 'what is open while it is up'
    works alice
    down home
    expect '8022 ping 8022 ping ' "$(calls 172.27.12.34 fd27:12::34)" 'and afterwards'
    expect '["tcp/8022","icmp"]' "$(status home '.inbound | tojson')"
    expect_match 'inbound +tcp/8022, icmp' "$(vpn status home || true)"
    expect_match 'may come in to this machine: tcp/8022, icmp; nothing else' "$(vpn check home || true)"
}

test_all_and_udp() {
    serving 8022 8080
    link_with home Inbound=udp/5300
    settled home
    answering
    met
    expect 'udp udp ' "$(calls 172.27.12.34 fd27:12::34)" 'UDP alone'
    vpn edit home Inbound=all >/dev/null
    vpn reload home >/dev/null
    expect '8022 8080 udp ping 8022 8080 udp ping ' "$(calls 172.27.12.34 fd27:12::34)" 'all'
}

# The box's filter is what counts, and status says what that has.
test_reload_opens_and_closes() {
    serving 8022 8080
    link home
    met
    vpn edit home Inbound=tcp/8022 >/dev/null
    expect '[] ["Inbound"]' "$(status home '"\(.inbound) \(.changed)"')" 'before reload'
    expect '' "$(calls 172.27.12.34)" 'before reload'
    vpn reload home >/dev/null
    expect '["tcp/8022"] []' "$(status home '"\(.inbound) \(.changed)"')" 'after reload'
    expect '8022 ' "$(calls 172.27.12.34)" 'after reload'
    vpn refresh home >/dev/null
    expect '8022 ' "$(calls 172.27.12.34)" 'after refresh'
    on_host ip link del dev home
    vpn refresh home >/dev/null
    settled home
    expect '8022 ' "$(calls 172.27.12.34)" 'with a new link'
    vpn edit home Inbound=no >/dev/null
    vpn reload home >/dev/null
    expect '' "$(calls 172.27.12.34)" 'closed again'
    expect '[] []' "$(status home '"\(.inbound) \(.changed)"')" 'closed again'
}

# A server may be anyone's: carol may not use VPNs, and answers all the same. She opens nothing by it.
test_whoever_is_asked_may_answer() {
    LISTENER=carol serving 8022
    link_with home Inbound=tcp/8022
    settled home
    met
    expect '8022 ' "$(calls 172.27.12.34)" "what carol's server gets"
    no_way carol $LAB_GET --interface home $LAB_WEB4/
    no_way carol $LAB_GET --interface 172.27.12.34 $LAB_WEB4/
}

# A server outside asks nothing, though a local user says so by loopback in its name: what would answer is not let out.
test_questions_in_anothers_name_open_nothing() {
    local server=${LAB_WEB6#*[} say='
import socket, sys, time
server, own = sys.argv[1:3]
def at(*address):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, 78, 1)
    s.bind(address)
    return s
outside, inside = at(server, 5301), at(own, 5300)
for _ in range(5):
    for one, to in (outside, (own, 5300)), (inside, (server, 5301)):
        try: one.sendto(sys.argv[3].encode(), to)
        except OSError: pass
    time.sleep(0.1)
'
    server=${server%%]*}
    link_with home Inbound=udp/5300
    settled home
    met
    in_srv tcpdump -i any -lnA --immediate-mode 'udp and dst port 5301' > "$LAB/answers" 2>/dev/null &
    until_true 10 tells_the_server alice
    carol /usr/bin/python3 -I -c "$say" "$server" fd27:12::34 from-carol
    tells_the_server alice
    expect_nothing "$(grep from-carol "$LAB/answers" || true)" 'what came out'
    # The connection's mark is what does it.
    on_host nft insert rule inet vpn.home identity oifname home ct direction reply accept
    until_true 10 tells_the_server carol
}
tells_the_server() {
    "$1" /usr/bin/python3 -I -c "$say" "$server" fd27:12::34 "from-$1"
    sleep 0.5
    grep -q "from-$1" "$LAB/answers"
}

# Neither the LAN nor the uplink reaches A, and no command's network is opened.
test_from_the_vpn_only() {
    serving 8022 8080
    link_with home Inbound=all
    settled home
    met
    trap 'in_lan ip route del 172.27.12.34; in_inet ip route del 172.27.12.34; in_inet ip route del fd27:12::34; in_srv ip route del 10.20.1.0/24' EXIT
    in_lan ip route add 172.27.12.34 via 192.168.50.10
    in_inet ip route add 172.27.12.34 via 198.51.100.2
    in_inet ip route add fd27:12::34 via 2001:db8:100::2
    in_srv ip route add 10.20.1.0/24 dev home
    for state in linked up; do
        [[ $state == linked ]] || up home
        : > "$LAB/asked.8022"
        ! in_lan curl -s -m 1 http://172.27.12.34:8022/ || fail "$state: the LAN reaches A"
        ! in_inet curl -s -m 1 http://172.27.12.34:8022/ || fail "$state: the uplink reaches A"
        ! in_inet curl -s -m 1 'http://[fd27:12::34]:8022/' || fail "$state: the uplink reaches A by IPv6"
        expect_nothing "$(< "$LAB/asked.8022")" "$state: asked"
        expect '8022 8080 ping ' "$(calls 172.27.12.34)" "$state: from the VPN"
    done
    # Addresses of the host's that are not the VPN's.
    in_srv ip route add 192.168.50.10 dev home
    ! in_srv curl -s -m 1 http://192.168.50.10:8022/ || fail 'another address of the host is reached'
    in_srv ip route del 192.168.50.10
    inside_open a alice home
    inside a "python3 -m http.server 8090 >/dev/null 2>&1 & echo" >/dev/null
    until_true 5 inside a 'ss -Hltn "sport = :8090" | grep -q . && echo listens' >/dev/null
    for address in 10.20.1.2 172.27.12.34; do
        ! in_srv curl -s -m 1 "http://$address:8090/" || fail "a command is reached at $address"
    done
}

# What the host answers goes by the tunnel only.
test_answers_stay_in_the_tunnel() {
    serving 8022
    link_with home Inbound=tcp/8022
    settled home
    met
    lab_capture_start
    expect '8022 ' "$(calls 172.27.12.34)"
    on_host ip rule del from 172.27.12.34 iif lo priority 201
    in_srv curl -s -m 2 http://172.27.12.34:8022/ >/dev/null || true
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

test_wrong_words_are_refused() {
    link home
    complains 125 'home.conf:[0-9]+:[0-9]+: Inbound = ssh: write no, all, icmp, or tcp/PORT' vpn edit home Inbound=ssh
    complains 125 'Inbound = tcp/70000: out of range; write no, all, icmp' vpn edit home Inbound=tcp/70000
    expect '[]' "$(status home '.inbound')"
}

test_plan_shows_and_makes_it() {
    import_vpn home Inbound=tcp/8022,icmp
    expect_match 'iifname "wg0" oifname "host0" ip daddr 172.27.12.34 tcp dport 8022 ct state new accept' "$(vpn plan home link)"
}
