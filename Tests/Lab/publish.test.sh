# shellcheck shell=bash
# `vpnrun --publish`: ports of this machine that are handed on to a command. The command has no way out by that.

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
    lab_capture_start
    on_host ip -n vpn-home link del dev wg0
    expect 172.27.12.34 "$(gets alice 127.0.0.1:8085)"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
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
