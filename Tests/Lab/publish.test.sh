# shellcheck shell=bash
# `vpnrun --publish`, `vpn publish`: ports of this machine that are handed on to a command. The command has no way out by that.

# publishes USER PORTS [VPN]: a command with web servers on 8090 and 8091, and an echo by UDP on 5300.
publishes() {
    local ready name=${3:-home}
    : > "$LAB/asked"
    chmod 666 "$LAB/asked"
    exec {ready}< <("$1" vpnrun -q -p "$2" "$name" -- sh -c "
        /usr/bin/python3 -I '$LAB/web.py' 8091 /dev/null >/dev/null &
        socat UDP6-RECVFROM:5300,ipv6only=0,fork EXEC:cat &
        exec /usr/bin/python3 -I '$LAB/web.py' 8090 '$LAB/asked'")
    read -r -u "$ready"
}
gets() { "$1" curl -s -m 3 "http://$2/"; }
echoes() { "$1" timeout 2 socat -t 1 - "UDP:$2" <<< hello 2>/dev/null || true; }
relays() { on_host pgrep -u alice -f 'vpnrun -q -p' | while read -r pid; do [[ $(on_host readlink "/proc/$pid/cwd") != / ]] || echo "$pid"; done; }
nothing_listens() { [[ -z $(on_host ss -Hltn "sport = :$1") ]]; }
ends_all() { on_host pkill -KILL -u alice python3; on_host pkill -KILL -u alice socat || true; }

test_a_port_of_this_machine_leads_to_the_command() {
    link home
    publishes alice 8085:8090,0.0.0.0:8086:8091,5301:5300/udp
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)" 'whom it sees'
    expect hello "$(echoes alice 127.0.0.1:5301)"
    expect 172.27.12.34 "$(gets in_lan 192.168.50.10:8086)" 'from the LAN'
    ! gets in_lan 192.168.50.10:8085 || fail 'the LAN reaches a port of 127.0.0.1'
    ! gets alice 127.0.0.1:8091 || fail 'a port that is not published'
    expect '["127.0.0.1:8085:8090/tcp","0.0.0.0:8086:8091/tcp","127.0.0.1:5301:5300/udp"]' "$(vpn ps --json | jq -c '.[0].published')"
    expect_match '8085>8090/tcp,0.0.0.0:8086>8091/tcp,5301>5300/udp' "$(vpn ps)"
    works alice vpnrun home --
    # Both ends at once, and while the system is behind the VPN.
    up home
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)" 'while it is up'
    # Nothing of the host's changes, and nothing is left.
    expect 0 "$(on_host sysctl -n net.ipv4.conf.u0.forwarding)" 'forwarding'
    ends_all
    until_true 5 nothing_listens 8085
    until_true 5 no_way_to_a_command
}
no_way_to_a_command() { ! in_box home ip route show | grep -q ' dev v[0-9]'; }

test_a_port_in_use_is_one_sentence() {
    link home
    on_host socat TCP-LISTEN:8095,bind=127.0.0.1,fork /dev/null &
    until_true 5 on_host bash -c "[[ -n \$(ss -Hltn 'sport = :8095') ]]"
    complains 125 'cannot publish port 8095 of 127.0.0.1/tcp: .*Address already in use' alice vpnrun -p 8095:80 home -- touch "$LAB/started"
    [[ ! -e $LAB/started ]] || fail 'the command was started'
    complains 125 'cannot publish port 80 of 127.0.0.1/tcp: .*Permission denied' alice vpnrun -p 80 home -- true
    complains 2 "'x' is no port to hand on: --publish=8080" alice vpnrun -p x home -- true
    complains 2 "'0:80' is no port to hand on" alice vpnrun --publish 0:80 home -- true
}

# An end of one direction is no end of the other.
test_one_direction_may_end_before_the_other() {
    link home
    alice vpnrun -q -p 8085:8090 home -- socat TCP-LISTEN:8090,fork,reuseaddr SYSTEM:'sleep 1; wc -c' &
    until_true 5 vpn_has_a_command
    until_true 5 on_host bash -c "[[ -n \$(ss -Hltn 'sport = :8085') ]]"
    sleep 0.5
    expect 3000000 "$(head -c 3000000 /dev/zero | alice timeout 10 socat -t 8 - TCP:127.0.0.1:8085)" 'what the other end has counted'
}
vpn_has_a_command() { (( $(vpn ps --json | jq length) == 1 )); }

# What the relay holds is out of the command's reach, and the command is out of everybody else's.
test_the_relay_is_no_way_out() {
    link home
    link work
    publishes alice 8085:8090
    local relay name
    relay=$(relays)
    [[ $relay =~ ^[0-9]+$ ]] || fail "no relay: $relay"
    for name in fd environ maps; do
        ! alice ls "/proc/$relay/$name/" >/dev/null 2>&1 || fail "/proc/$relay/$name can be read"
    done
    expect '' "$(inside_of_command 'for f in /proc/self/fd/*; do readlink $f; done | grep socket' || true)" 'sockets that it has'
    # Not bound to the VPN's link, from another VPN's command, from the VPN: nothing comes in at the address in the box.
    local hidden
    hidden=$(in_box home ip route show | sed -n 's/^\(240\.0\.[0-9.]*\) dev v.*/\1/p')
    expect_match '^240\.0\.' "$hidden"
    ! on_host curl -s -m 1 "http://$hidden:8090/" || fail 'it is reached without the VPN link'
    ! bob vpnrun -q home -- curl -s -m 1 "http://$hidden:8090/" || fail 'another command reaches it'
    ! bob vpnrun -q work -- curl -s -m 1 "http://$hidden:8090/" || fail "another VPN's command reaches it"
    trap 'in_srv ip route del 240.0.0.0/8' EXIT
    in_srv ip route add 240.0.0.0/8 dev home
    ! in_srv curl -s -m 1 "http://$hidden:8090/" || fail 'the VPN reaches it'
    ! alice curl -s -m 1 --interface home "http://$hidden:8091/" || fail 'a port that is not published is reached'
    ! carol curl -s -m 1 --interface home "http://$hidden:8090/" || fail 'carol reaches it by the link'
}
inside_of_command() { on_host nsenter -t "$(vpn ps --json | jq '.[0].pid')" -n -- sh -c "$1"; }

# A tunnel that is lost changes nothing for the port, and the command's packets go nowhere else.
test_published_while_the_tunnel_is_gone() {
    link home
    publishes alice 8085:8090
    local seen
    lab_capture_start
    on_host ip -n vpn-home link del dev wg0
    seen=$(gets alice 127.0.0.1:8085) || true
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    expect 172.27.12.34 "$seen"
}

test_many_connections_at_once() {
    # Each takes two descriptors of the relay.
    local most=$(($(ulimit -Hn) / 2 - 100)) count=10000
    ((count <= most)) || count=$most
    link home
    alice vpnrun -q -p 8085:8090 home -- /usr/bin/python3 -I -c '
import asyncio, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
async def echo(reader, writer):
    writer.write(await reader.readexactly(4)); await writer.drain()
async def main():
    server = await asyncio.start_server(echo, "0.0.0.0", 8090, backlog=4096)
    await server.serve_forever()
asyncio.run(main())' &
    until_true 5 on_host bash -c "[[ -n \$(ss -Hltn 'sport = :8085') ]]"
    sleep 1
    expect "$count" "$(on_host /usr/bin/python3 -I -c '
import asyncio, resource, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
async def one(limit):
    async with limit:
        reader, writer = await asyncio.open_connection("127.0.0.1", 8085, local_addr=("127.0.0.2", 0))
    return reader, writer
async def main():
    limit = asyncio.Semaphore(200)
    all = await asyncio.gather(*[one(limit) for _ in range(int(sys.argv[1]))])
    for _, writer in all: writer.write(b"ping")
    print(sum([await reader.readexactly(4) == b"ping" for reader, _ in all]))
asyncio.run(main())' "$count")"
}

# A box of an older version has no way in.
test_a_box_without_a_way_in_is_told() {
    link home
    in_box home nft delete table inet vpn
    refuses 125 '^vpnrun: the box of home lets nothing in: `vpn reload home` fixes that$' alice vpnrun -p 8085:8090 home -- true
    until_true 5 nothing_listens 8085
    vpn reload home >/dev/null
    publishes alice 8085:8090
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)"
    ends_all
    until_true 5 nothing_listens 8085
    vpn edit home Inbound=all >/dev/null
    vpn reload home >/dev/null
    publishes alice 8085:8090
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)" 'with Inbound = all'
    ends_all
}

# serves_unpublished USER: the same servers in a command of home without a port; its pid is in $first.
serves_unpublished() {
    local ready
    exec {ready}< <("$1" vpnrun -q home -- sh -c "
        /usr/bin/python3 -I '$LAB/web.py' 8091 /dev/null >/dev/null &
        socat UDP6-RECVFROM:5300,ipv6only=0,fork EXEC:cat &
        exec /usr/bin/python3 -I '$LAB/web.py' 8090 /dev/null")
    read -r -u "$ready"
    first=$(vpn ps --json | jq -r 'last(.[] | select(.attached | not)).pid')
}
live_relays() { on_host pgrep -f '(^|/)vpn[a-z-]* publish add' | while read -r pid; do [[ $(on_host readlink "/proc/$pid/cwd") != / ]] || echo "$pid"; done; }
no_live_relay() { [[ -z $(live_relays) ]]; }
filter_of() { on_host nsenter -t "$1" -n -- nft list ruleset; }

test_live_ports_come_and_go() {
    local before
    link home
    serves_unpublished alice
    before=$(filter_of "$first")
    expect_match "^vpn: no port of this machine leads to a command$" "$(alice vpn publish list 2>&1)"
    expect_same "port 8085 of 127.0.0.1/tcp leads to port 8090 of /usr/bin/python3 -I $LAB/web.py 8090 /dev/null (pid $first) in home
port 5301 of 127.0.0.1/udp leads to port 5300 of /usr/bin/python3 -I $LAB/web.py 8090 /dev/null (pid $first) in home" \
        "$(alice vpn publish add "$first" 8085:8090 5301:5300/udp)" 'what it says'
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)" 'whom it sees'
    expect hello "$(echoes alice 127.0.0.1:5301)"
    ! gets in_lan 192.168.50.10:8085 || fail 'the LAN reaches a port of 127.0.0.1'
    ! gets alice 127.0.0.1:8091 || fail 'a port that is not published'
    expect '["127.0.0.1:8085:8090/tcp","127.0.0.1:5301:5300/udp"]' "$(vpn ps --json | jq -c '.[0].published')"
    expect_match '8085>8090/tcp,5301>5300/udp' "$(vpn ps)"
    # Twice is once, and another one beside them; with the name of the VPN.
    expect_match ' in home already$' "$(alice vpn publish add home "$first" 8085:8090)"
    alice vpn publish add home "$first" 0.0.0.0:8086:8091 >/dev/null
    expect 172.27.12.34 "$(gets in_lan 192.168.50.10:8086)" 'from the LAN'
    expect 2 "$(live_relays | wc -l)" 'processes'
    expect "[\"home\",$first,\"alice\",\"127.0.0.1\",8085,\"tcp\",8090,true]" \
        "$(bob vpn publish list home --json | jq -c '.[0] | [.vpn, .pid, .user, .address, .port, .protocol, .target, .listening]')"
    expect_match "home +$first +alice +127.0.0.1:5301/udp +5300 " "$(vpn publish list)"
    works alice vpnrun --join "$first" --
    # One goes; the others stay.
    expect_match "^port 8085 of 127.0.0.1/tcp leads to .* no more$" "$(alice vpn publish remove "$first" 8085)"
    is_refused_port alice 8085
    expect hello "$(echoes alice 127.0.0.1:5301)" 'the other one'
    on_host vpn publish remove home "$first" 5301:5300/udp 0.0.0.0:8086 >/dev/null
    is_refused_port alice 8086
    until_true 2 no_live_relay
    no_way_to_a_command || fail 'the box has a way left'
    expect_same "$before" "$(filter_of "$first")" 'the filter of the command'
    expect '[]' "$(vpn publish list --json | jq -c)"
    ends_all
    until_true 5 nothing_runs
    unlink_vpn home
}
is_refused_port() { expect 7 "$("$1" curl -s -m 2 "http://127.0.0.1:$2/" >/dev/null; echo $?)" "connecting to $2"; }

# A port that the command was started with, with a connection that is open; and one more is added to it.
test_ports_of_a_launch_are_removed_live() {
    local pid holder
    link home
    publishes alice 8085:8090,8086:8091
    pid=$(vpn ps --json | jq '.[0].pid')
    alice vpn publish add "$pid" 8087:8090 >/dev/null
    alice socat -u TCP:127.0.0.1:8085 /dev/null &
    holder=$!
    until_true 5 is_connected 8085
    alice vpn publish remove "$pid" 8085 >/dev/null
    is_refused_port alice 8085
    until_true 2 has_ended "$holder"
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8086)" 'another one of the launch'
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8087)" 'one that was added'
    alice vpn publish remove "$pid" 8086 8087 >/dev/null
    expect '' "$(relays)$(live_relays)" 'processes'
    no_way_to_a_command || fail 'the box has a way left'
    works alice vpnrun --join "$pid" --
    # And again.
    alice vpn publish add "$pid" 8085:8090 >/dev/null
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)" 'once more'
    ends_all
    until_true 5 nothing_listens 8085
    until_true 2 no_live_relay
}

is_connected() { [[ -n $(on_host ss -Htn state established "dport = :$1") ]]; }
has_ended() { ! kill -0 "$1" 2>/dev/null; }

test_live_ports_and_mistakes() {
    local who
    link home
    link work
    serves_unpublished alice
    on_host socat TCP-LISTEN:8095,bind=127.0.0.1,fork /dev/null &
    until_true 5 on_host bash -c "[[ -n \$(ss -Hltn 'sport = :8095') ]]"
    refuses 125 '^vpn: cannot publish port 8095 of 127.0.0.1/tcp: Address already in use$' alice vpn publish add "$first" 8085:8090 8095:80
    refuses 125 '^vpn: cannot publish port 80 of 127.0.0.1/tcp: Permission denied$' alice vpn publish add "$first" 80
    refuses 125 '^vpn: there is no process 4194000: `vpn ps` lists what runs$' alice vpn publish add 4194000 8085
    refuses 125 "^vpn: process $first is no command in work: " alice vpn publish add work "$first" 8085
    refuses 125 "^vpn: nothing is attached as 'home' in a VPN: " alice vpn publish add home 8085
    refuses 125 "^vpn: $first is alice's: only alice or root may publish its ports$" bob vpn publish add "$first" 8085:8090
    refuses 125 "^vpn: port 8085 of 127.0.0.1/tcp does not lead to .* \`vpn publish list\` shows" alice vpn publish remove "$first" 8085
    refuses 2 "^vpn: '0:80' is no port to hand on: 8080, 8080:80" alice vpn publish add "$first" 0:80
    complains 2 '^vpn: Which port' alice vpn publish add "$first"
    no_way_to_a_command || fail 'a mistake has left a way'
    alice vpn publish add "$first" 8085:8090 >/dev/null
    refuses 125 "^vpn: $first is alice's: " bob vpn publish remove "$first" 8085
    refuses 125 '^vpn: cannot publish port 8085 .* in use; it leads to .* \(pid [0-9]+\) in home$' alice vpn publish add "$first" 8085:8091
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)" 'after all these'
    # A process that was killed is said, and comes back.
    on_host pkill -KILL -f '(^|/)vpn[a-z-]* publish add'
    until_true 5 nothing_listens 8085
    expect_match "^vpn: nothing listens on 127.0.0.1:8085/tcp any more: \`vpn publish add home $first 127.0.0.1:8085:8090\`" "$(vpn publish list 2>&1 >/dev/null)"
    alice vpn publish add home "$first" 127.0.0.1:8085:8090 >/dev/null
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)" 'again'
    # Whatever descriptor it is handed, by whomever that was opened.
    for who in "/proc/$first/ns/net" "/proc/${LAB_PID[host]}/ns/net" /run/netns/vpn-home "/proc/${LAB_PID[lan]}/ns/net" /etc/passwd; do
        hands_over_as_bob "$who"
    done
    expect '["127.0.0.1:8085:8090/tcp"]' "$(vpn ps --json | jq -c '.[0].published')"
    ends_all
}
# hands_over_as_bob FILE: bob asks for both changes, with a descriptor that root has opened.
hands_over_as_bob() {
    local status=0 said change
    for change in '--relay=9 --add=127.0.0.1:8088:8090/tcp' --remove=127.0.0.1:8085:8090/tcp; do
        # shellcheck disable=SC2016
        said=$(on_host bash -c 'exec 8<"$1" 9</dev/null
            exec setpriv --reuid=bob --regid=bob --init-groups --inh-caps=-all "$2" publish home --namespace=8 $3' \
            hands_over "$1" "$LAB_PREFIX/libexec/vpnrun/vpn-link" "$change" 2>&1) || status=$?
        expect 125 "$status" "with $1, which said '$said'"
        expect_match "^vpn: (.* is another user's \(uid 20001\)|that is no command of home|cannot use what was named as a network namespace)" "$said"
    done
}

# Alice is root of her network, and gives it the address of root's.
test_a_network_with_anothers_address() {
    local ready webs address
    link home
    exec {ready}< <(on_host unshare -n sh -c "echo \$\$; exec /usr/bin/python3 -I '$LAB/web.py' 8090 /dev/null")
    read -r -u "$ready" webs
    vpn attach home --pid "$webs" --label web >/dev/null
    address=$(vpn ps --json | jq -r '.[] | select(.command == "web").address')
    namespace a alice
    # shellcheck disable=SC2154  # namespace sets it
    alice vpn attach home --pid "$namespace_a" --label mine >/dev/null
    within a ip addr add "$address/32" dev lo
    # Which one is found first is chance.
    for _ in 1 2 3 4; do
        on_host vpn publish add web 8085:8090 >/dev/null
        expect '["web"]' "$(on_host vpn ps --json | jq -c '[.[] | select(.published != []).command]')"
        expect "$(readlink "/proc/$webs/ns/net")" "$(on_host vpnrun --join web -- readlink /proc/self/ns/net)"
        on_host vpn publish remove web 8085 >/dev/null
    done
    on_host vpn detach home web >/dev/null
    expect '["mine"]' "$(on_host vpn ps --json | jq -c '[.[].command]')"
}

# What is attached is known by its label; its port is guarded, for it may have a root of its own.
test_live_ports_of_what_is_attached() {
    local ready pid
    link home
    exec {ready}< <(on_host unshare -n sh -c "echo \$\$; exec /usr/bin/python3 -I '$LAB/web.py' 8090 /dev/null")
    read -r -u "$ready" pid
    vpn attach home --pid "$pid" --label web --inbound tcp/8090 >/dev/null
    refuses 125 "^vpn: web is root's: only root may publish its ports$" alice vpn publish add web 8085:8090
    on_host vpn publish add web 8085:8090 >/dev/null
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)" 'whom it sees'
    expect 172.27.12.1 "$(gets in_srv 172.27.12.34:8090)" 'what it lets in stays'
    # What it was given stays over all these, and comes back.
    vpn attach home --pid "$pid" --label web --inbound tcp/8090 >/dev/null
    vpn reload home >/dev/null
    in_box home nft flush ruleset
    vpn refresh home >/dev/null; vpn reload home >/dev/null
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)" 'after a repair'
    ! grep -E '^ *(!|!!) ' <(vpn check home) || fail 'vpn check'
    on_host vpn publish remove web 8085 >/dev/null
    is_refused_port alice 8085
    no_way_published || fail 'the box has a way left'
    # By detach, and with its last process.
    on_host vpn publish add web 8085:8090 >/dev/null
    vpn detach home web >/dev/null
    until_true 5 nothing_listens 8085
    vpn attach home --pid "$pid" --label web >/dev/null
    expect '[]' "$(vpn publish list --json | jq -c)" 'after it was attached anew'
    on_host vpn publish add home web 8085:8090 >/dev/null
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)" 'once more'
    kill -KILL "$pid"
    until_true 5 nothing_listens 8085
    until_true 2 no_live_relay
}
no_way_published() { ! in_box home ip route show | grep -q '^240\.0\..* dev v[0-9]'; }

# The process that listens is out of the command's reach, and of everybody else's.
test_a_live_relay_is_no_way_out() {
    local relay name seen
    link home
    serves_unpublished alice
    alice vpn publish add "$first" 8085:8090 >/dev/null
    relay=$(live_relays)
    [[ $relay =~ ^[0-9]+$ ]] || fail "no relay: $relay"
    for name in fd environ maps; do
        ! alice ls "/proc/$relay/$name/" >/dev/null 2>&1 || fail "/proc/$relay/$name can be read"
    done
    expect_match 'CapEff:.0+'$'\n' "$(on_host cat "/proc/$relay/status")" 'capabilities'
    ! alice vpnrun --join "$first" -- vpn publish add "$first" 8088:8090 >/dev/null 2>&1 || fail 'the command publishes by itself'
    lab_capture_start
    seen=$(gets alice 127.0.0.1:8085) || true
    on_host ip -n vpn-home link del dev wg0
    seen+=" $(gets alice 127.0.0.1:8085)" || true
    alice vpn publish add "$first" 8086:8091 >/dev/null
    seen+=" $(gets alice 127.0.0.1:8086)" || true
    no_way on_host nsenter -t "$first" -n -- curl -s -m 1 http://192.168.50.20/
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    expect '172.27.12.34 172.27.12.34 172.27.12.34' "$seen" 'with a tunnel, without one, and one that is added then'
    ends_all
    until_true 5 nothing_listens 8085
    until_true 2 no_live_relay
}

# What the command was started with stays: its way to the LAN, and that it is strict.
test_live_ports_of_a_strict_command_with_a_lan() {
    local ready pid
    link home
    on_host install -m 644 "$LAB/web.py" /home/alice
    exec {ready}< <(alice vpnrun -q --strict --lan home -- sh -c '/usr/bin/python3 -I ~/web.py 8090 /dev/null')
    read -r -u "$ready"
    pid=$(vpn ps --json | jq '.[0].pid')
    alice vpn publish add "$pid" 8085:8090 >/dev/null
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)" 'whom it sees'
    expect '["127.0.0.1:8085:8090/tcp"] true' "$(vpn ps --json | jq -r '.[0] | "\(.published | tojson) \(.lan != [])"')"
    expect 192.168.50.10 "$(on_host nsenter -t "$pid" -n -- $LAB_GET http://192.168.50.20)" 'its LAN'
    alice vpn publish remove "$pid" 8085 >/dev/null
    is_refused_port alice 8085
    expect 192.168.50.10 "$(on_host nsenter -t "$pid" -n -- $LAB_GET http://192.168.50.20)" 'its LAN, after that'
    ends_all
}
