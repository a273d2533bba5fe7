# shellcheck shell=bash
# `vpnrun --forward`: a port of the provider's that leads to a command, and programs that ask for one themselves.

PROVIDER=203.0.113.101

# provider [SECONDS [MODE]]: a gateway of home as Proton's (probes/natpmp.py).
provider() {
    local ready
    : > "$LAB/asked-for"
    exec {ready}< <(in_srv /usr/bin/python3 -I "$LAB_HERE/probes/natpmp.py" 172.27.12.1 $PROVIDER "${1:-60}" "$LAB/asked-for" "${2:-any}")
    read -r -t 10 -u "$ready" provider
}
forgets() { kill -USR1 "$provider"; }

# forwarded USER OPTIONS... : a command whose port is in $port, with a web server there (or on $1 of --forward=$1) and an echo by UDP.
forwarded() {
    local user=$1 ready
    shift
    : > "$LAB/asked"
    : > "$LAB/changes"
    chmod 666 "$LAB/asked" "$LAB/changes"
    exec {ready}< <("$user" vpnrun -q "$@" home -- sh -c "
        echo \$VPNRUN_PORT
        socat UDP-RECVFROM:\${LISTEN:-\$VPNRUN_PORT},fork EXEC:cat &
        exec /usr/bin/python3 -I '$LAB/web.py' \${LISTEN:-\$VPNRUN_PORT} '$LAB/asked'" 2>"$LAB/said")
    read -r -t 30 -u "$ready" port || fail "no port: $(< "$LAB/said")"
    [[ $port =~ ^[0-9]+$ ]] || fail "no port: $port"
    read -r -t 10 -u "$ready"
}
end_forwarded() { vpn ps --json | jq '.[] | select(.forwarded) | .processes[].pid' | xargs -r kill -KILL; }
forwarded_now() { vpn ps --json | jq 'map(.forwarded | values)[0]'; }

# A peer on the internet.
peer_gets() { [[ $(in_inet curl -s -m 2 "http://${2:-$PROVIDER}:$1/") == 203.0.113.1 ]]; }
peer_echoes() { [[ $(in_inet timeout 2 socat -t 1 - "UDP:${2:-$PROVIDER}:$1" <<< hello 2>/dev/null) == hello ]]; }
box_ways() { in_box home ip route show table all; in_box home ip -6 route show table all | grep -v ' dev v[0-9]'; }
no_command_runs() { (( $(vpn ps --json | jq length) == 0 )); }
has_removed() { [[ $(tail -2 "$LAB/asked-for" | cut -d' ' -f5 | sort -u) == 0 ]]; }

test_a_forwarded_port_leads_to_the_command() {
    link home
    provider
    local before port
    before=$(box_ways)
    lab_capture_start
    forwarded alice --forward
    peer_gets "$port" || fail "TCP does not arrive"
    expect 203.0.113.1 "$(head -1 "$LAB/asked" | cut -d' ' -f1)" 'whom it saw'
    peer_echoes "$port" || fail 'UDP does not arrive'
    works alice vpnrun home --
    expect "$port" "$(forwarded_now)"
    expect_match "provider>$port" "$(vpn ps)"
    expect_match 'nothing that the command sent left by another link' "$(vpn check home || true)"
    # A new filter changes nothing for it.
    vpn reload home >/dev/null
    peer_gets "$port" || fail 'not with a new filter'
    # It ends with the command, and nothing is left.
    end_forwarded
    until_true 5 no_command_runs
    until_true 5 has_removed
    ! peer_gets "$port" || fail 'it is still open'
    until_true 5 no_keeper
    expect_same "$before" "$(box_ways)" 'the routes of the box'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}
no_keeper() { ! on_host pgrep -x vpn-launch >/dev/null; }

test_forwarded_to_a_port_of_its_own() {
    link home
    provider
    local port
    LISTEN=8090 forwarded_as_is --forward=8090 --inbound=tcp/8090 -p 8099:8090
    expect 172.27.12.1 "$(in_srv curl -s -m 2 http://172.27.12.34:8090/)" 'what --inbound lets in'
    expect 172.27.12.34 "$(alice curl -s -m 2 http://127.0.0.1:8099/)" 'what is published'
    [[ $port != 8090 ]] || fail 'the provider gave what was asked for'
    peer_gets "$port" || fail 'TCP does not arrive'
    peer_echoes "$port" || fail 'UDP does not arrive'
    expect "$port" "$(forwarded_now)"
}
forwarded_as_is() { forwarded with_listen "$@"; }
with_listen() { alice env LISTEN="$LISTEN" "$@"; }

test_a_provider_that_takes_no_wish() {
    link home
    provider 60 zero
    local port
    forwarded alice --forward
    peer_gets "$port" || fail 'TCP does not arrive'
    end_forwarded
    until_true 5 no_command_runs
    sleep 1
    expect_nothing "$(awk '$5 == 0' "$LAB/asked-for")" 'a removal with the port 0, which is one of all'
}

test_a_forwarded_port_is_renewed_and_may_change() {
    link home
    provider 4
    local port first
    forwarded alice --forward --forward-run="echo {port} \$VPNRUN_PORT \$VPNRUN >> $LAB/changes"
    first=$port
    sleep 5
    peer_gets "$port" || fail 'it was not renewed'
    expect_nothing "$(< "$LAB/changes")" 'no change'
    # A port of this machine that was added meanwhile is none of the provider's affair, and the other way round.
    alice vpn publish add "$(vpn ps --json | jq '.[0].pid')" "8085:$first" >/dev/null
    peer_gets "$port" || fail 'it went when another was added'
    forgets
    until_true 10 test -s "$LAB/changes"
    port=$(cut -d' ' -f1 "$LAB/changes")
    [[ $port != "$first" ]] || fail 'it is the same'
    expect "$port $port home" "$(< "$LAB/changes")"
    expect "$port" "$(forwarded_now)"
    # The box lets the new one in and the old one no more.
    expect '' "$(in_box home ip route show | grep "^240\.[0-9]*\.$((first >> 8))\.$((first & 255)) " || true)" 'the old one'
    expect 2 "$(in_box home ip route show | grep -c "^240\.[0-9]*\.$((port >> 8))\.$((port & 255)) dev v" || true)" 'the new one'
    beside_command "socat UDP-RECVFROM:$port,fork EXEC:cat" &
    until_true 5 peer_echoes "$port"
    expect 172.27.12.34 "$(alice curl -s -m 3 http://127.0.0.1:8085/)" 'what was published'
    alice vpn publish remove "$(vpn ps --json | jq '.[0].pid')" 8085 >/dev/null
    peer_echoes "$port" || fail 'it went with what was published'
}
beside_command() { on_host nsenter -t "$(vpn ps --json | jq 'map(select(.forwarded))[0].pid')" -n -- sh -c "$1"; }

test_programs_ask_by_themselves() {
    link home
    provider 30
    local ready port said
    exec {ready}< <(alice vpnrun -q --forward home -- sh -c 'echo $VPNRUN_PORT; exec sleep 60')
    read -r -t 30 -u "$ready" port
    said=$(beside_command 'natpmpc; natpmpc -a 0 6881 tcp 600; natpmpc -a 0 6881 udp 600')
    expect_match "Public IP address : $PROVIDER" "$said"
    expect_match "Mapped public port $port protocol TCP to local port 6881" "$said"
    expect_match "Mapped public port $port protocol UDP to local port 6881" "$said"
    beside_command 'exec socat TCP-LISTEN:6881,fork,reuseaddr EXEC:"echo here"' &
    beside_command 'exec socat UDP-RECVFROM:6881,fork EXEC:cat' &
    until_true 5 peer_echoes "$port"
    expect here "$(in_inet socat -t 2 - "TCP:$PROVIDER:$port" < /dev/null)"
    # One port: a second one is refused, and PCP is told to ask in the old way.
    expect_match 'natpmp.* failed|FAILED|OUT OF RESOURCES|TRYAGAIN|refused|error' "$(beside_command 'natpmpc -a 0 6882 tcp 600 2>&1' || true)"
    expect "$port" "$(forwarded_now)"
}

test_transmission_has_its_port_forwarded() {
    # Not in packaging/deps: the package starts a service.
    command -v transmission-daemon >/dev/null || skip 'transmission-daemon is not installed'
    link home
    provider 60
    local ready port
    on_host install -d -m 700 -o alice "$LAB/transmission"
    chmod 711 "$LAB"
    exec {ready}< <(alice vpnrun -q --forward home -- sh -c "echo \$VPNRUN_PORT; exec transmission-daemon --foreground -g '$LAB/transmission' --portmap --peerport 51999 --log-debug 2>'$LAB/transmission/log'")
    read -r -t 30 -u "$ready" port
    until_true 30 in_the_log 'Port 51999 forwarded successfully'
    until_true 5 in_inet socat -t 1 /dev/null "TCP:$PROVIDER:$port"
}
in_the_log() { on_host grep -q "$1" "$LAB/transmission/log"; }

# It asks by PCP first, is told that this is another version, and asks by NAT-PMP then.
test_qbittorrent_has_its_port_forwarded() {
    command -v qbittorrent-nox >/dev/null || skip 'qbittorrent-nox is not installed'
    link home
    provider 60
    local ready port folder=$LAB/qbittorrent
    on_host install -d -m 700 -o alice "$folder" "$folder/qBittorrent" "$folder/qBittorrent/config"
    chmod 711 "$LAB"
    printf '[LegalNotice]\nAccepted=true\n[BitTorrent]\nSession\\Port=51998\n[Network]\nPortForwardingEnabled=true\n[Preferences]\nConnection\\UPnP=true\n' |
        alice tee "$folder/qBittorrent/config/qBittorrent.conf" >/dev/null
    exec {ready}< <(alice vpnrun -q --forward home -- sh -c "echo \$VPNRUN_PORT; sleep 1; exec qbittorrent-nox --profile='$folder' >/dev/null 2>&1")
    read -r -t 30 -u "$ready" port
    ! qbittorrent_is_reached "$port" || fail 'another program answers'
    until_true 40 qbittorrent_is_reached "$port"
}
qbittorrent_is_reached() { in_inet socat -t 1 /dev/null "TCP:$PROVIDER:$1" 2>/dev/null; }

# Neither its neighbours nor the machine's other users get at what a command has.
test_nobody_takes_a_forwarded_port() {
    link home
    provider
    local port inside
    forwarded alice --forward
    inside=$(head -1 "$LAB/asked-for" | cut -d' ' -f3)
    : > "$LAB/asked-for"
    # By the provider's gateway, by the box, and by the command that has the port itself.
    cannot_take natpmpc -g 172.27.12.1 -a 0 "$inside" tcp 0
    cannot_take natpmpc -g 172.27.12.1 -a 0 0 tcp 0
    cannot_take natpmpc -a 0 "$inside" tcp 0
    ! beside_command "timeout 2 natpmpc -g 172.27.12.1 -a 0 $inside tcp 0" >/dev/null 2>&1 || fail 'the command itself'
    ! alice timeout 2 socat -t 1 - "UDP:172.27.12.1:5351,bind=172.27.12.34" <<< x >/dev/null 2>&1 || true
    expect_nothing "$(< "$LAB/asked-for")" 'what the provider was asked'
    peer_gets "$port" || fail 'it is gone'
    complains 125 "tcp/$port of home is let in to sh" bob vpnrun --forward home -- true
    complains 125 "this program is not for use by hand" bob vpnrun -q home -- "$LAB_PREFIX/libexec/vpnrun/vpn-launch" --forwarded=$port:$port:$port
    complains 125 "this program is not for use by hand" bob "$LAB_PREFIX/libexec/vpnrun/vpn-launch" --forwarded=$port:$port:$port
    peer_gets "$port" || fail 'it is gone'
    # The filter is what keeps them from it.
    local handle
    in_box home nft -a list chain inet vpn forward | sed -n 's/.*dport 5351 .*# handle //p' | while read -r handle; do
        in_box home nft delete rule inet vpn forward handle "$handle"
    done
    bob vpnrun -q home -- timeout 5 natpmpc -g 172.27.12.1 -a 0 "$inside" tcp 0 >/dev/null || true
    expect_match 'tcp' "$(< "$LAB/asked-for")" 'without the filter'
    ! peer_gets "$port" || fail 'nothing was taken without the filter'
}
cannot_take() { ! bob vpnrun -q home -- timeout 2 "$@" >/dev/null 2>&1 || fail "bob: $*"; }

test_a_provider_without_ports_is_one_sentence() {
    local took
    link home
    took=$(milliseconds complains 125 '172.27.12.1 does not answer \(NAT-PMP, UDP port 5351\)' alice vpnrun -q --forward home -- touch "$LAB/started")
    (( took < 25000 )) || fail "it took $took ms"
    took=$(milliseconds alice timeout 1 vpnrun -q --forward home -- true 2>/dev/null || true)
    (( took < 4000 )) || fail "it ended $took ms after it was told to, a second later"
    expect_match 'waiting for 172.27.12.1' "$(alice vpnrun --forward home -- true 2>&1 || true)"
    provider 60 refuse
    complains 125 'home gives no port: 172.27.12.1 says that it refuses to forward ports' alice vpnrun --forward home -- touch "$LAB/started"
    [[ ! -e $LAB/started ]] || fail 'the command was started'
    vpn edit home DNS=fd27:12::1 >/dev/null
    vpn reload home >/dev/null
    complains 125 'home has no DNS server of IPv4: that is where a provider is asked' alice vpnrun --forward home -- true
    complains 2 "'x' is no port: --forward=51413" alice vpnrun --forward=x home -- true
    complains 2 'type both, or neither' alice vpnrun --forward-run='echo' home -- true
    complains 2 '--strict lets nothing be' alice vpnrun --strict --forward --forward-run='echo' home -- true
    no_command_runs || fail 'something runs'
}

# What the provider has given is given back where it cannot be used.
test_a_port_of_this_machines_own_is_given_back() {
    import_vpn home Inbound=tcp/36000-46000
    vpn link home
    provider
    complains 125 'tcp/[0-9]+ of home is this machine.s own' alice vpnrun --forward home -- touch "$LAB/started"
    [[ ! -e $LAB/started ]] || fail 'the command was started'
    until_true 5 has_removed
    expect 2 "$(awk '$5 == 0' "$LAB/asked-for" | wc -l)" 'ports that were given back'
}

test_forward_also_strict_and_as_another_user() {
    link home
    provider 4
    local port ready
    exec {ready}< <(alice vpnrun -q --strict --forward home -- sh -c 'echo $VPNRUN_PORT; exec python3 -m http.server $VPNRUN_PORT' 2>/dev/null)
    read -r -t 30 -u "$ready" port
    until_true 10 in_inet curl -s -m 2 -o /dev/null "http://$PROVIDER:$port/"
    forgets
    until_true 15 changed_from "$port"
    end_forwarded
    until_true 5 no_command_runs
    until_true 5 has_removed
    forwarded on_host --user=bob --forward
    peer_gets "$port" || fail 'as another user'
    forgets
    until_true 15 changed_from "$port"
}
changed_from() { [[ $(forwarded_now) != "$1" ]]; }

# What keeps the port asks from the box, which guards its own questions as well when another way out of it appears.
test_questions_for_ports_stay_in_the_tunnel() {
    link home
    provider 4
    local port
    forwarded alice --forward
    lab_capture_start
    stay_in_box
    on_host ip -n vpn-home link del dev wg0
    # shellcheck disable=SC2154  # stay_in_box has set it
    way_out $box
    sleep 5
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    # It can be seen, if nothing guards it.
    nsenter -t $box -n nft flush ruleset
    lab_capture_start
    until_true 30 asked_outside
    leaks '> 172\.27\.12\.1\.5351: UDP'
}

asked_outside() { cat "$LAB"/capture.* | grep -q '172\.27\.12\.1\.5351: UDP'; }

# Debian's own server: it gives the port that was asked for, and refuses what is no port.
test_forward_with_miniupnpd() {
    local port first address=81.2.69.101
    link home
    in_srv ip address add $address/32 dev s0
    in_inet ip route add $address via 203.0.113.2
    trap 'in_srv ip address del 81.2.69.101/32 dev s0; in_inet ip route del 81.2.69.101; in_srv nft delete table inet miniupnpd; kill "$miniupnpd"' EXIT
    in_srv nft -f - <<'NFT'
        table inet miniupnpd {
            chain miniupnpd { }
            chain prerouting_miniupnpd { }
            chain postrouting_miniupnpd { }
            chain forward { type filter hook forward priority 10; policy accept; jump miniupnpd; }
            chain prerouting { type nat hook prerouting priority -100; policy accept; jump prerouting_miniupnpd; }
            chain postrouting { type nat hook postrouting priority 100; policy accept; jump postrouting_miniupnpd; }
        }
NFT
    cat > "$LAB/miniupnpd.conf" <<CONF
ext_ifname=s0
ext_ip=$address
listening_ip=home
enable_natpmp=yes
enable_upnp=no
min_lifetime=60
upnp_table_name=miniupnpd
upnp_nat_table_name=miniupnpd
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
secure_mode=no
uuid=00000000-0000-0000-0000-000000000000
allow 1024-65535 0.0.0.0/0 1024-65535
CONF
    in_srv miniupnpd -d -f "$LAB/miniupnpd.conf" -P "$LAB/miniupnpd.pid" > "$LAB/miniupnpd.log" 2>&1 &
    miniupnpd=$!
    until_true 5 in_srv bash -c "[[ -n \$(ss -Hlun 'sport = :5351') ]]"
    forwarded alice --forward
    peer_gets "$port" $address || fail "TCP does not arrive: $(tail -5 "$LAB/miniupnpd.log")"
    peer_echoes "$port" $address || fail 'UDP does not arrive'
    # Two at once have two ports.
    first=$port
    forwarded bob --forward
    [[ $port != "$first" ]] || fail 'both have one port'
    peer_gets "$port" $address || fail 'the second one'
    peer_gets "$first" $address || fail 'the first one'
    end_forwarded
    until_true 5 no_command_runs
    until_true 5 no_mapping
}
no_mapping() { ! in_srv nft list chain inet miniupnpd prerouting_miniupnpd | grep -q dport; }
