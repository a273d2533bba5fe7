# shellcheck shell=bash
# `vpnrun --inbound`: ports by which a command is reached from its VPN, and from nowhere else; nothing is left of it.

# serves USER PORTS [VPN]: a command with these let in, which has web servers on 8090 and 8091, and an echo by UDP on 5300.
serves() {
    local ready name=${3:-home}
    : > "$LAB/asked"
    chmod 666 "$LAB/asked"
    exec {ready}< <("$1" vpnrun -q --inbound "$2" "$name" -- sh -c "
        /usr/bin/python3 -I '$LAB/web.py' 8091 /dev/null >/dev/null &
        socat UDP6-RECVFROM:5300,ipv6only=0,fork EXEC:cat &
        exec /usr/bin/python3 -I '$LAB/web.py' 8090 '$LAB/asked'")
    read -r -u "$ready"
}

# asking FROM ADDRESS...: which of the ports answer.
asking() {
    local from=$1 address url port
    shift
    for address; do
        [[ $address == *:* ]] && url="[$address]" || url=$address
        for port in 8090 8091; do asked_at_once over_tcp "$from" "$url" "$port"; done
        asked_at_once over_udp "$from" "$url"
    done
    answers
}

session() { until_true 10 alice $LAB_DIG @172.27.12.1 -b 172.27.12.34 who.test TXT; }
pid_of() { vpn ps --json | jq -r ".[] | select(.inbound | index(\"$1\")).pid"; }
routes() { in_box home ip route show table all; in_box home ip -6 route show table all | grep -v ' dev v[0-9]'; }
none_runs() { (( $(vpn ps --json | jq length) == 0 )); }

test_a_port_is_let_in_and_nothing_else() {
    link home
    session
    local before
    before=$(routes)
    expect '' "$(asking in_srv 172.27.12.34 fd27:12::34)" 'before'
    serves alice tcp/8090,udp/5300
    expect '8090 udp 8090 udp ' "$(asking in_srv 172.27.12.34 fd27:12::34)" 'what is let in'
    expect '172.27.12.1 fd27:12::1' "$(who_asked "$LAB/asked")" 'whom it saw'
    works alice vpnrun home --
    expect '["tcp/8090","udp/5300"]' "$(vpn ps --json | jq -c 'map(.inbound | select(. != []))[0]')"
    expect_match 'VPN>8090/tcp,VPN>5300/udp' "$(vpn ps)"
    expect_match 'nothing that the command sent left by another link' "$(vpn check home || true)"
    # A new filter changes nothing for it.
    vpn reload home >/dev/null
    in_box home nft delete table inet vpn
    vpn reload home >/dev/null
    expect '8090 udp 8090 udp ' "$(asking in_srv 172.27.12.34 fd27:12::34)" 'with a new filter'
    # However it ends.
    on_host kill -KILL "$(pid_of tcp/8090)"
    on_host pkill -KILL -u alice socat
    on_host pkill -KILL -u alice python3
    until_true 5 none_runs
    expect '' "$(asking in_srv 172.27.12.34 fd27:12::34)" 'afterwards'
    expect_same "$before" "$(routes)" 'the routes of the box'
}

test_a_port_is_one_commands() {
    link home
    serves alice tcp/8090,udp/5300
    local pid
    pid=$(pid_of tcp/8090)
    complains 125 "tcp/8090 of home is let in to sh \(pid $pid\) already" bob vpnrun --inbound tcp/8090 home -- true
    complains 125 "udp/5300 of home is let in to sh \(pid $pid\) already" bob vpnrun --inbound tcp/5300,udp/5300 home -- true
    bob vpnrun --inbound udp/8090,tcp/5300 home -- true
    # The next one gets it, though the kernel needs a moment.
    on_host pkill -KILL -u alice socat
    on_host pkill -KILL -u alice python3
    bob vpnrun --inbound tcp/8090 home -- true
    for _ in 1 2 3 4 5; do bob vpnrun --inbound tcp/8090 home -- true; done
}

# Neither another command nor the host nor its neighbours come in; only the VPN's side.
test_only_the_vpn_reaches_a_command() {
    link home
    link work
    session
    serves alice tcp/8090,udp/5300
    trap 'in_lan ip route del 172.27.12.34; in_lan ip route del 240.0.0.0/8; in_inet ip route del 172.27.12.34; in_inet ip route del 240.0.0.0/8; in_srv ip route del 240.0.0.0/8
        in_srv wg set home peer "$served" allowed-ips 172.27.12.34/32,fd27:12::34/128' EXIT
    in_lan ip route add 172.27.12.34 via 192.168.50.10
    in_lan ip route add 240.0.0.0/8 via 192.168.50.10
    in_inet ip route add 172.27.12.34 via 198.51.100.2
    in_inet ip route add 240.0.0.0/8 via 198.51.100.2
    # Its address in the box says nothing to the VPN's side, which sends to it whatever it likes.
    in_srv ip route add 240.0.0.0/8 dev home
    served=$(in_srv wg show home peers)
    in_srv wg set home peer "$served" allowed-ips 172.27.12.34/32,fd27:12::34/128,240.0.0.0/8
    local address=172.27.12.34 hidden=240.6.31.154
    : > "$LAB/asked"
    for state in linked up; do
        [[ $state == linked ]] || up home
        expect '' "$(asking in_lan $address $hidden)" "$state: the LAN"
        expect '' "$(asking in_inet $address $hidden)" "$state: the uplink"
        expect '' "$(asking on_host $address $hidden fd27:12::34 fd76:706e:ffff:6:0:1f9a::)" "$state: the host"
        expect '' "$(asking by_the_link $address $hidden)" "$state: the host by the link"
        expect '' "$(asking another $address $hidden fd27:12::34)" "$state: another command"
        expect '' "$(asking of_another_vpn $hidden)" "$state: another VPN's command"
        expect '' "$(asking in_srv $hidden)" "$state: its address in the box"
    done
    expect_nothing "$(< "$LAB/asked")" asked
    expect '8090 udp ' "$(asking in_srv $address)" 'the VPN'
    # The filter is what keeps its address in the box from the VPN's side.
    in_box home nft flush chain inet vpn antispoof
    expect '8090 ' "$(asking in_srv $hidden)" 'without antispoof'
}
by_the_link() { alice "$1" --interface home "${@:2}" 2>/dev/null; }
another() { bob vpnrun -q home -- "$@"; }
of_another_vpn() { bob vpnrun -q work -- "$@"; }

# What it answers goes by the tunnel or not at all.
test_answers_to_what_is_let_in_stay_in_the_tunnel() {
    link home
    session
    serves alice tcp/8090,udp/5300
    lab_capture_start
    in_srv curl -s -m 20 http://172.27.12.34:8090/big > /dev/null &
    until_true 5 test -s "$LAB/asked"
    on_host ip -n vpn-home link set dev wg0 down
    sleep 1
    on_host ip -n vpn-home link del dev wg0
    sleep 1
    vpn refresh home >/dev/null
    session
    expect '8090 udp ' "$(asking in_srv 172.27.12.34)" 'with a new tunnel'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

test_this_machines_own_come_first() {
    link_with home Inbound=tcp/8090,icmp
    complains 125 'tcp/8090 of home is this machine.s own: its profile has Inbound = tcp/8090' alice vpnrun --inbound tcp/8090 home -- true
    session
    serves alice tcp/8091,udp/5300
    expect '8091 udp ' "$(asking in_srv 172.27.12.34)"
    vpn edit home Inbound=all >/dev/null
    vpn reload home >/dev/null
    complains 125 'tcp/9 of home is this machine.s own: its profile has Inbound = all' alice vpnrun --inbound tcp/9 home -- true
}

test_also_strict_and_as_another_user() {
    link home
    session
    alice vpnrun --strict --inbound tcp/8090 home -- python3 -m http.server 8090 >/dev/null 2>&1 &
    until_true 10 in_srv curl -s -m 2 -o /dev/null http://172.27.12.34:8090/
    on_host vpnrun --user=bob --inbound tcp/8092 home -- python3 -m http.server 8092 >/dev/null 2>&1 &
    until_true 10 in_srv curl -s -m 2 -o /dev/null http://172.27.12.34:8092/
}

test_wrong_ports_are_refused() {
    link home
    complains 2 "'22' is no list of ports: --inbound=tcp/22" alice vpnrun --inbound 22 home -- true
    complains 2 "'tcp/0' is no list of ports" alice vpnrun --inbound=tcp/0 home -- true
    complains 2 "'tcp/22,' is no list of ports" alice vpnrun --inbound=tcp/22, home -- true
    complains 2 "'icmp' is no list of ports" alice vpnrun --inbound=icmp home -- true
    expect 0 "$(vpn ps --json | jq length)"
}

sleep_lets_in() { [[ $(vpn ps --json | jq -r '.[] | select(.command | startswith("sleep")).inbound[0]') == tcp/8090 ]]; }
test_an_attached_namespace_lets_in_as_well() {
    local ready pid port
    link home
    session
    exec {ready}< <(on_host unshare -n sh -c 'echo $$; exec sleep 300 >&-')
    read -r -u "$ready" pid
    on_host vpn attach home --pid "$pid" --label web --inbound tcp/8090 >/dev/null
    on_host nsenter -t "$pid" -n -- python3 -m http.server --bind :: 8090 >/dev/null 2>&1 &
    until_true 10 in_srv curl -s -m 2 -o /dev/null http://172.27.12.34:8090/
    in_srv curl -s -m 2 -o /dev/null 'http://[fd27:12::34]:8090/' || fail 'not by IPv6'
    complains 125 'tcp/8090 of home is let in to web \(attached\) already' alice vpnrun --inbound tcp/8090 home -- true
    expect '["tcp/8090"]' "$(vpn ps --json | jq -c '.[] | select(.command == "web").inbound')"
    # The routes go with the port that is down, and come back with it.
    port=$(in_box home ip -j link show group 76 | jq -r '.[] | select(.ifalias // "" | test("inbound=tcp/8090 web$")).ifname')
    in_box home ip link set dev "$port" down
    expect '[]' "$(vpn ps --json | jq -c '.[] | select(.command == "web").inbound')" 'of a port that is down'
    expect_match "web \(attached\) has lost its ports in the VPN and its port, which is down: \`vpn refresh home\`" "$(status home '.warnings[]')"
    expect_match 'web \(attached\) has again: its ports in the VPN and its port' "$(vpn refresh home)"
    expect '["tcp/8090"]' "$(vpn ps --json | jq -c '.[] | select(.command == "web").inbound')"
    until_true 10 in_srv curl -s -m 2 -o /dev/null http://172.27.12.34:8090/
    in_srv curl -s -m 2 -o /dev/null 'http://[fd27:12::34]:8090/' || fail 'not by IPv6, again'
    # Another may have taken its port meanwhile, and keeps it.
    in_box home ip link set dev "$port" down
    bob vpnrun --inbound tcp/8090 home -- sleep 60 &
    until_true 10 sleep_lets_in
    expect_match 'web \(attached\): tcp/8090 of home is let in to sleep \(pid [0-9]+\) already' "$(vpn refresh home)"
    on_host kill "$(pid_of tcp/8090)"
    expect_match 'web \(attached\) has again: its ports in the VPN' "$(vpn refresh home)"
    expect '["tcp/8090"]' "$(vpn ps --json | jq -c '.[] | select(.command == "web").inbound')"
    complains 2 'at most 140 characters' on_host vpn attach home --pid "$pid" --inbound "$(seq -s, -f 'tcp/%g' 10001 10015)"
    # Once more, without: it is shut.
    on_host vpn attach home --pid "$pid" --label web >/dev/null
    expect '[]' "$(vpn ps --json | jq -c '.[] | select(.command == "web").inbound')"
    ! in_srv curl -s -m 2 -o /dev/null http://172.27.12.34:8090/ || fail 'it is still open'
    alice vpnrun --inbound tcp/8090 home -- true
    kill "$pid"
}
