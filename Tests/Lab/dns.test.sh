# shellcheck shell=bash
# Names are resolved by the VPN's servers, whatever the host runs and whatever server the command asks.

# asks COMMAND...: that prefix is answered by home's server, whoever it asks, by UDP and TCP, and nothing is sent in the clear.
asks() {
    lab_capture_start
    for server in '' @198.51.100.1 @192.168.50.20 @127.0.0.53 @127.0.0.1 @::1 @2001:db8:100::1 @fd27:12::1; do
        for transport in +notcp +tcp; do
            expect '"home"' "$("$@" $LAB_DIG $transport $server who.test TXT)" "dig $transport $server"
        done
    done
    expect 10.0.0.3 "$("$@" $LAB_DIG who.test A)"
    expect fd00::3 "$("$@" $LAB_DIG who.test AAAA)"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

test_every_query_goes_to_the_vpns_server() {
    link home
    expect '"isp" "lan"' "$(alice sh -c "$LAB_DIG who.test TXT @198.51.100.1; $LAB_DIG who.test TXT @192.168.50.20" | xargs -d '\n')" 'without vpnrun'
    asks alice vpnrun home --
}

test_resolv_conf_names_the_vpns_servers() {
    link home
    expect 'nameserver 172.27.12.1,nameserver fd27:12::1,search corp.test' \
        "$(alice vpnrun home -- grep -E '^(nameserver|search|domain)' /etc/resolv.conf | sort | paste -sd,)"
    expect_match '^-r.-r--r--$' "$(alice vpnrun home -- stat -Lc %A /etc/resolv.conf)"
    ! alice vpnrun home -- sh -c ': >> /etc/resolv.conf' 2>/dev/null || fail 'the command can write to it'
}

test_search_domains() {
    link home
    expect 172.27.12.9 "$(alice vpnrun home -- getent ahostsv4 printer | awk 'NR == 1 { print $1 }')" 'printer, found as printer.corp.test'
    expect fd27:12::9 "$(alice vpnrun home -- getent ahostsv6 printer.corp.test | awk 'NR == 1 { print $1 }')"
    ! alice getent hosts printer.corp.test || fail 'the host finds it too'
}

test_no_other_service_in_nsswitch() {
    link home
    nss=$(alice vpnrun home -- grep '^hosts:' /etc/nsswitch.conf)
    expect_match dns "$nss"
    [[ ! $nss =~ resolve|mdns|mymachines ]] || fail "$nss"
}

test_the_host_keeps_its_own_resolver() {
    before=$(on_host cat /etc/resolv.conf /etc/nsswitch.conf)
    link home
    alice vpnrun home -- true
    expect "$before" "$(on_host cat /etc/resolv.conf /etc/nsswitch.conf)"
    expect '"isp"' "$(alice $LAB_DIG who.test TXT)"
}

# listen PATH: something that takes connections as a resolver's socket would; a line in $LAB/listener for each.
listen() {
    local ready
    exec {ready}< <(on_host /usr/bin/python3 -Ic 'import os, socket, sys
path, log = sys.argv[1:]
os.makedirs(os.path.dirname(path), exist_ok=True)
s = socket.socket(socket.AF_UNIX); s.bind(path); os.chmod(path, 0o666); s.listen()
print("ready", flush=True)
while True:
    s.accept()[0].close()
    open(log, "a").write(path + "\n")' "$1" "$LAB/listener")
    read -r -u "$ready"
}

test_resolver_sockets_are_out_of_reach() {
    [[ $LAB_HOST != self ]] || skip 'the machine has its own'
    trap 'on_host rm -rf /run/nscd /run/systemd' EXIT
    listen /run/nscd/socket
    listen /run/systemd/resolve/io.systemd.Resolve
    alice getent hosts who.test >/dev/null
    expect /run/nscd/socket "$(sort -u "$LAB/listener")" 'the host asks nscd'
    link home
    inside_open a alice home
    rm "$LAB/listener" # setpriv asked it for alice's groups
    expect 10.0.0.3 "$(inside a 'getent ahostsv4 who.test' | awk 'NR == 1 { print $1 }')"
    for path in /run/nscd/socket /run/systemd/resolve/io.systemd.Resolve /var/run/nscd/socket; do
        inside a "! /usr/bin/python3 -Ic 'import socket; socket.socket(socket.AF_UNIX).connect(\"$path\")' 2>/dev/null"
    done
    test ! -e "$LAB/listener" || fail "connected: $(sort -u "$LAB/listener")"
}

# The real nscd, which ends and comes back, with a new folder and a new socket, while a command runs: it never answers inside. LAB_NSCD: where
# it is, if it is not installed.
test_nscd_is_restarted() {
    local nscd
    [[ $LAB_HOST != self ]] || skip 'the machine has its own'
    nscd=${LAB_NSCD:-$(command -v nscd)} || skip 'no nscd (apt install nscd)'
    trap 'nscd_stop; on_host rm -rf /run/nscd /etc/nscd.conf' EXIT
    on_host sh -c 'printf "enable-cache hosts yes\npositive-time-to-live hosts 600\nshared hosts yes\n" > /etc/nscd.conf'
    link home
    nscd_start
    expect 10.0.0.1 "$(host_asks)" 'who.test on the host'
    inside_open a alice home
    for turn in 1 2 3; do
        expect 10.0.0.3 "$(inside a 'getent ahostsv4 who.test' | awk 'NR == 1 { print $1 }')" "who.test inside, $turn"
        expect 10.0.0.3 "$(alice vpnrun home -- getent ahostsv4 who.test | awk 'NR == 1 { print $1 }')" "who.test in a new command, $turn"
        inside a '! test -S /run/nscd/socket && ! test -S /var/run/nscd/socket' || fail "nscd's socket is inside, $turn"
        nscd_stop
        (( turn == 1 )) || on_host rm -rf /run/nscd
        expect 10.0.0.3 "$(inside a 'getent ahostsv4 who.test' | awk 'NR == 1 { print $1 }')" "who.test inside, without nscd, $turn"
        nscd_start
        expect 10.0.0.1 "$(host_asks)" "who.test on the host, $turn"
    done
    inside_close a
    # None of its answers is one from a VPN.
    expect_nothing "$(on_host strings -n 8 /var/cache/nscd/hosts 2>/dev/null | grep '10\.0\.0\.3' || true)" "in nscd's cache"
}
host_asks() { alice getent ahostsv4 who.test | awk 'NR == 1 { print $1 }'; }
nscd_start() {
    on_host sh -c 'mkdir -p -m 755 /run/nscd; [ -d /var/cache/nscd ] || mkdir -p /var/cache/nscd; exec "$1" -f /etc/nscd.conf' sh "$nscd"
    until_true 5 on_host /usr/bin/python3 -Ic 'import socket; socket.socket(socket.AF_UNIX).connect("/run/nscd/socket")' 2>/dev/null
}
nscd_stop() {
    local process
    for process in $(lab_processes); do [[ $(readlink "/proc/$process/exe") != */nscd ]] || kill -KILL "$process"; done 2>/dev/null
    on_host rm -f /run/nscd/nscd.pid
}

# A bind mount over the file vanishes when the host renames another one into place: packets decide.
test_a_replaced_resolv_conf_does_not_matter() {
    link home
    inside_open a alice home
    on_host cp -aP /etc/resolv.conf /etc/resolv.conf.kept
    trap 'on_host mv /etc/resolv.conf.kept /etc/resolv.conf' EXIT
    for server in 198.51.100.1 192.168.50.20 127.0.0.53; do
        on_host sh -c "echo nameserver $server > /etc/resolv.conf.new; mv /etc/resolv.conf.new /etc/resolv.conf"
        expect 10.0.0.3 "$(inside a 'getent ahostsv4 who.test' | awk 'NR == 1 { print $1 }')" "who.test, with $server in the host's file"
    done
    asks inside_words a
}

test_launch_where_resolv_conf_is_a_link_or_missing() {
    [[ $LAB_HOST != self ]] || skip 'the machine has its own'
    link home
    on_host mv /etc/resolv.conf /etc/resolv.conf.kept
    trap 'on_host mv /etc/resolv.conf.kept /etc/resolv.conf' EXIT
    on_host sh -c 'mkdir -p /run/manager; echo nameserver 198.51.100.1 > /run/manager/resolv.conf; ln -s /run/manager/resolv.conf /etc/resolv.conf'
    works alice vpnrun home --
    expect 10.0.0.3 "$(alice vpnrun home -- getent ahostsv4 who.test | awk 'NR == 1 { print $1 }')" 'a link'
    on_host ln -sf /nowhere/resolv.conf /etc/resolv.conf
    expect '"home"' "$(alice vpnrun home -- $LAB_DIG who.test TXT @198.51.100.1)" 'a link to nothing'
    on_host rm /etc/resolv.conf
    expect '"home"' "$(alice vpnrun home -- $LAB_DIG who.test TXT @198.51.100.1)" 'no file'
}

test_fast_answers_do_not_wait() {
    link home
    alice vpnrun home -- getent ahosts who.test >/dev/null
    took=$(milliseconds alice vpnrun home -- getent ahosts who.test)
    (( took < 1000 )) || fail "$took ms"
}
