# shellcheck shell=bash
# Behind a VPN every query reaches its servers, whoever asks whom and how; nothing is edited for that, and after `down` all is as before.

# ways_to_ask PREFIX...: who answers, a line for each way.
ways_to_ask() {
    local server transport
    for server in '' @198.51.100.1 @192.168.50.20 @192.0.2.80 @2001:db8:100::1 @2001:db8:80::80 '-b 198.51.100.2 @198.51.100.1' \
        '-b 198.51.100.2 @192.0.2.80' '-b 2001:db8:100::2 @2001:db8:100::1' '-b 192.168.50.10 @192.168.50.20' '-b 172.27.12.34 @198.51.100.1'; do
        for transport in +notcp +tcp; do echo "$transport $server: $("$@" $LAB_DIG $transport $server who.test TXT || true)"; done
    done
}

test_every_way_to_ask() {
    link home
    up home
    lab_capture_start
    expect_nothing "$(ways_to_ask alice | grep -v ': "home"$' || true)" 'ways that do not reach it'
    expect_nothing "$(ways_to_ask on_host | grep -v ': "home"$' || true)" 'ways of root that do not reach it'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# Names as programs resolve them, both families.
test_names_of_all_programs() {
    link home
    expect 10.0.0.1 "$(alice getent ahostsv4 who.test | awk 'NR == 1 { print $1 }')" 'before'
    up home
    expect '10.0.0.3 fd00::3' "$(alice getent ahostsv4 who.test | awk 'NR == 1 { print $1 }') $(alice getent ahostsv6 who.test | awk 'NR == 1 { print $1 }')"
    down home
    expect 10.0.0.1 "$(alice getent ahostsv4 who.test | awk 'NR == 1 { print $1 }')" 'after'
}

# ask_on_link HOW: a query on u0 as systemd-resolved sends it (IP_UNICAST_IF, IPV6_UNICAST_IF, IP_PKTINFO), or bound to the link.
ask_on_link() {
    alice /usr/bin/python3 -Ic 'import socket, struct, sys
query = struct.pack(">6H", 77, 0x100, 1, 0, 0, 0) + b"\x03who\x04test\0" + struct.pack(">2H", 16, 1)
how, index = sys.argv[1], socket.if_nametoindex("u0")
answers = []
for family, servers in ((socket.AF_INET, ("198.51.100.1", "192.0.2.80")), (socket.AF_INET6, ("2001:db8:100::1", "2001:db8:80::80"))):
    for server in servers:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            s = socket.socket(family, kind)
            s.settimeout(2)
            ancillary = []
            if how == "device":
                s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"u0")
            elif how == "unicast":
                if family == socket.AF_INET: s.setsockopt(socket.IPPROTO_IP, 50, struct.pack("!I", index))
                else: s.setsockopt(socket.IPPROTO_IPV6, 76, struct.pack("!I", index))
            elif kind == socket.SOCK_STREAM: continue
            elif family == socket.AF_INET: ancillary = [(socket.IPPROTO_IP, 8, struct.pack("=I4s4s", index, bytes(4), bytes(4)))]
            else: ancillary = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, struct.pack("=16sI", bytes(16), index))]
            try:
                if kind == socket.SOCK_DGRAM:
                    if ancillary: s.sendmsg([query], ancillary, 0, (server, 53))
                    else:
                        s.connect((server, 53))
                        s.send(query)
                    answer = s.recv(512)
                else:
                    s.connect((server, 53))
                    s.sendall(struct.pack(">H", len(query)) + query)
                    answer = s.recv(512)[2:]
                answers.append(answer[len(query) + 13:].decode())
            except OSError as error: answers.append(f"{server} {kind.name}: {error}")
print(" ".join(sorted(set(answers))))' "$1"
}

test_sockets_that_have_chosen_a_link() {
    link home
    up home
    lab_capture_start
    for how in unicast info; do expect home "$(ask_on_link $how)" "answers to queries on u0, chosen by $how"; done
    # A socket that is bound to the link cannot leave by another one.
    expect_nothing "$(ask_on_link device | grep -Ew 'isp|lan|timed' || true)" 'answers to queries of a socket that is bound to u0'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# A resolver on loopback goes on to ask the provider's, and is answered by the VPN's.
test_a_stub_resolver() {
    on_host dnsmasq --conf-file=/dev/null --pid-file=/run/stub.pid --user=root --group=root --bind-interfaces --listen-address=127.0.0.53 --no-resolv --no-hosts \
        --cache-size=0 --server=198.51.100.1 --server=2001:db8:100::1
    stub=$(on_host cat /run/stub.pid)
    trap 'set +e; kill $stub; on_host rm -f /run/stub.pid' EXIT
    expect '"isp"' "$(asked @127.0.0.53)" 'before'
    link home
    up home
    lab_capture_start
    for _ in {1..5}; do expect '"home" "home"' "$(asked @127.0.0.53) $(asked +tcp @127.0.0.53)"; done
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    down home
    expect '"isp"' "$(asked @127.0.0.53)" 'after'
}

test_nothing_is_edited_and_all_is_as_before() {
    local files before
    link home
    files=$(on_host find /etc -xdev -printf '%p %T@ %s %M %i\n' | sort)
    before=$(ways_to_ask alice)
    expect_match '"isp".*"lan"' "$(tr '\n' ' ' <<< "$before")"
    up home
    expect '"home"' "$(asked @198.51.100.1)"
    expect_same "$files" "$(on_host find /etc -xdev -printf '%p %T@ %s %M %i\n' | sort)" '/etc while up'
    down home
    expect_same "$files" "$(on_host find /etc -xdev -printf '%p %T@ %s %M %i\n' | sort)" '/etc after'
    expect_same "$(grep '"' <<< "$before")" "$(ways_to_ask alice | grep '"')" 'who answers'
}

test_replaced_resolv_conf() {
    on_host cp -aP /etc/resolv.conf /etc/resolv.conf.kept
    trap 'set +e; on_host mv /etc/resolv.conf.kept /etc/resolv.conf' EXIT
    link home
    up home
    lab_capture_start
    for server in 192.168.50.20 2001:db8:80::80 10.99.0.1; do
        on_host sh -c "echo nameserver $server > /etc/resolv.conf.new; mv /etc/resolv.conf.new /etc/resolv.conf"
        expect 10.0.0.3 "$(alice getent ahostsv4 who.test | awk 'NR == 1 { print $1 }')" "with $server in the file"
    done
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# Of a family in which the VPN has no server: refused at once, or answered by the other's.
test_servers_of_one_family() {
    link_with home DNS=172.27.12.1
    up home
    lab_capture_start
    expect '"home" "home"' "$(asked) $(asked @192.168.50.20)"
    took=$(milliseconds alice $LAB_DIG @2001:db8:100::1 who.test TXT) || true
    (( took < 500 )) || fail "$took ms until a query over IPv6 was refused"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# A VPN without DNS: queries go through it, none to the LAN's resolver, as it says.
test_without_servers() {
    link_with home DNS=
    expect_match 'no DNS servers' "$(alice vpn up home)"
    lab_capture_start
    expect '"isp"' "$(asked @198.51.100.1)" 'answer by way of the VPN'
    alice $LAB_DIG @192.168.50.20 who.test >/dev/null || true
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# Rules and redirection gone by another tool's hand: refused.
test_queries_without_rules() {
    link home
    up home
    for family in -4 -6; do on_host ip $family rule flush protocol 86; done
    lab_capture_start
    ways_to_ask alice +time=1 > "$LAB/ways" 2>/dev/null || true
    for how in device unicast info; do ask_on_link $how >> "$LAB/ways"; done
    expect_nothing "$(grep -E 'isp|lan' "$LAB/ways" || true)" 'answered past the VPN'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}
