# shellcheck shell=bash disable=SC2154
# `vpnrun --direct`: a program outside while the system is in a VPN, with the uplink's name servers; all others stay inside.

direct() { alice vpnrun --direct -- "$@"; }

# host_cgroups: of version 2, where a test of containers has taken them away.
host_cgroups() { on_host sh -euc 'grep -q " - cgroup2 " /proc/self/mountinfo || { mkdir -p /run/lab-cgroups; mount -t cgroup2 lab /run/lab-cgroups; }'; }

# groups_outside: cgroups that such programs have, of the machine's; other labs have theirs.
groups_outside() { find /sys/fs/cgroup -name 'vpnrun-direct-*' -type d 2>/dev/null | sort; }
are_gone() { [[ $(groups_outside) == "$1" ]]; }

# host_state: what the host has of rules and filters.
host_state() {
    rules
    on_host nft -s list ruleset
}

test_one_program_is_outside_and_all_others_inside() {
    host_cgroups
    local before groups
    groups=$(groups_outside)
    link home
    up home
    before=$(host_state)
    expect "$LAB_DIRECT" "$(address direct)" 'the program outside'
    expect '"isp"' "$(direct $LAB_DIG who.test TXT)" 'its resolver'
    expect '"isp"' "$(direct $LAB_DIG +tcp @198.51.100.1 who.test TXT)" 'its resolver, by TCP'
    expect 10.0.0.1 "$(direct getent ahostsv4 who.test | awk 'NR == 1 { print $1 }')" 'by libc'
    direct ping -c 1 -W 2 192.0.2.80 >/dev/null
    # Its children, too, and they do not hold others outside.
    expect "$LAB_DIRECT" "$(address direct sh -c '"$@" & wait' sh)" 'a child'
    # The VPN's own address is none to be outside with.
    lab_capture_start
    no_way direct curl -s -m 2 --interface 172.27.12.34 $LAB_WEB4/
    no_way direct curl -s -m 2 --interface fd27:12::34 $LAB_WEB6/
    direct sleep 1000 &
    works alice
    works bob
    works on_host
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    expect_same "$before" "$(host_state)" "the host's rules and filters"
    expect_match 'Outside, by vpnrun --direct: sleep \(pid [0-9]+\)' "$(bob vpn status)" status
    # What is explained of it is where it goes.
    local pid
    pid=$(pgrep -u 20001 -x sleep | while read -r one; do ! grep -q vpnrun-direct "/proc/$one/cgroup" || echo "$one"; done | head -1)
    expect 'direct u0' "$(alice vpn explain "$pid" 192.0.2.80 --json | jq -r '"\(.outcome) \(.link)"')" 'explained'
    expect 'direct u0' "$(alice vpn explain "$pid" who.test --json | jq -r '"\(.outcome) \(.link)"')" 'explained of its query'
    expect tunnel "$(alice vpn explain --host 192.0.2.80 --json | jq -r .outcome)" 'explained of others'
    alice vpn check home > "$LAB/check" || true
    expect_match "note +sleep 1000 \(pid $pid\) runs outside all VPNs" "$(cat "$LAB/check")"
    expect_nothing "$(grep '^!!' "$LAB/check")" 'problems'
    pkill -KILL -u 20001 -x sleep
    until_true 5 are_gone "$groups"
    ! grep -q Outside <<< "$(bob vpn status)" || fail 'it is still said to be there'
}

test_a_query_outside_is_seen_there_and_nowhere_else() {
    host_cgroups
    link home
    up home
    lab_capture_start
    direct $LAB_DIG who.test TXT >/dev/null
    expect_match '198\.51\.100\.2\.[0-9]+ > 198\.51\.100\.1\.53: .*who\.test' "$(lab_capture_stop)" 'on the uplink'
}

# One on this machine asks others by the VPN.
test_a_resolver_on_this_machine_is_not_asked() {
    host_cgroups
    link home
    on_host cp -aP /etc/resolv.conf /etc/resolv.conf.kept
    trap 'set +e; on_host sh -c "mv /etc/resolv.conf.kept /etc/resolv.conf; rm -r /run/systemd/resolve"' EXIT
    on_host sh -c 'mkdir -p /run/systemd/resolve
        echo nameserver 127.0.0.53 > /etc/resolv.conf
        printf "nameserver 172.27.12.1\nnameserver fd27:12::1\nnameserver 198.51.100.1\nsearch test\n" > /run/systemd/resolve/resolv.conf'
    up home
    expect '"isp"' "$(direct $LAB_DIG who.test TXT)" 'its resolver'
    expect 10.0.0.1 "$(direct getent ahostsv4 who | awk 'NR == 1 { print $1 }')" 'by libc, with the search domain'
    # Nor one on an address of this machine's own.
    on_host sh -c 'printf "nameserver 192.168.50.10\nnameserver 0.0.0.0\n" > /etc/resolv.conf'
    expect '"isp"' "$(direct $LAB_DIG who.test TXT)" 'its resolver, with one on an own address'
    on_host sh -c 'echo nameserver 127.0.0.53 > /etc/resolv.conf'
    expect '127.0.0.53' "$(on_host sed -n 's/nameserver //p' /etc/resolv.conf)" "the host's own file"
    on_host sh -c 'echo nameserver 127.0.0.1 > /run/systemd/resolve/resolv.conf'
    complains 0 'names may be resolved inside' direct true
}

test_it_is_the_command_itself() {
    host_cgroups
    local status=0
    link home
    up home
    direct sh -c 'exit 7' || status=$?
    expect 7 "$status"
    expect 'alice /tmp a:b /x 022' "$(alice env WORD=a:b LD_LIBRARY_PATH=/x vpnrun --direct --cwd=/tmp -- sh -c 'echo $(id -un) $PWD $WORD $LD_LIBRARY_PATH $(umask | tail -c 4)')"
    expect 0000000000000000 "$(direct sed -n 's/^CapPrm:\t//p' /proc/self/status)" capabilities
    refuses 127 'no-such-program' direct no-such-program
    refuses 2 'takes no name' alice vpnrun --direct home -- true
    refuses 2 'goes with' alice vpnrun --direct --strict -- true
    expect_match 'outside home, by the mark 10001' "$(alice vpnrun -v --direct -- true 2>&1)"
}

test_the_log_tells_of_it() {
    host_cgroups
    log_file
    link home
    up home
    direct true
    until_true 5 on_host grep -q 'uid 20001 runs true outside home' /var/log/auth.log
    expect_match 'alice +home +runs true outside' "$(on_host vpn log home)"
}

test_capabilities_are_gone_before_the_next_program() {
    host_cgroups
    link home
    on_host strace -f -u alice -e trace=capset,execve -o "$LAB/trace" vpnrun --direct -- true
    expect_match 'effective=0, permitted=0, inheritable=0' "$(grep -B 1 'execve("[^"]*/vpn-launch", ' "$LAB/trace" | head -1)"
}

test_it_stays_outside_when_vpns_change() {
    host_cgroups
    local groups
    groups=$(groups_outside)
    link home
    link work
    up home
    coproc OUTSIDE { direct /usr/bin/python3 -Ic 'import sys, urllib.request
for line in sys.stdin: print(urllib.request.urlopen(line.strip(), timeout=5).read().decode().strip(), flush=True)'; }
    said() { echo $LAB_WEB4/ >&"${OUTSIDE[1]}"; read -t 6 -r -u "${OUTSIDE[0]}" line; echo "$line"; }
    expect 198.51.100.2 "$(said)" 'while home is up'
    up work
    expect 198.51.100.2 "$(said)" 'and work'
    down home
    expect 198.51.100.2 "$(said)" 'work alone'
    down work
    expect 198.51.100.2 "$(said)" 'none'
    up work
    expect 198.51.100.2 "$(said)" 'again'
    works_by_work alice
    kill -KILL "$OUTSIDE_PID"
    until_true 5 are_gone "$groups"
    # And one that was started while none was up.
    down work
    coproc OUTSIDE { direct /usr/bin/python3 -Ic 'import sys, urllib.request
for line in sys.stdin: print(urllib.request.urlopen(line.strip(), timeout=5).read().decode().strip(), flush=True)'; }
    expect 198.51.100.2 "$(said)" 'while none is up'
    up home
    expect 198.51.100.2 "$(said)" 'later'
}
works_by_work() { expect "$LAB_BY_WORK" "$(address "$@")" 'all others'; }

test_an_administrators_vpn_counts_before_it_is_up() {
    host_cgroups
    link_with home SystemWide=root
    refuses 125 'only root may' direct true
    link work
    up work
    refuses 125 'only root may' direct true
}

# One that is not waited for is no process that spins.
test_the_process_beside_it_sleeps() {
    local groups before
    host_cgroups
    groups=$(groups_outside)
    link home
    direct sh -c 'sleep 1000 &'
    sleep 0.3
    beside=$(pgrep -u 20001 -f 'vpnrun --direct -- sh -c sleep')
    before=$(cut -d' ' -f14,15 "/proc/$beside/stat")
    sleep 1
    expect "$before" "$(cut -d' ' -f14,15 "/proc/$beside/stat")" 'ticks of CPU'
    pkill -KILL -u 20001 -x sleep
    until_true 5 are_gone "$groups"
}

test_who_may_go_outside() {
    host_cgroups
    link_with home SystemWide=root
    on_host vpn up home >/dev/null
    refuses 125 'only root may' direct true
    expect "$LAB_DIRECT" "$(address on_host vpnrun --direct --)" 'root'
    refuses 125 'not in the group' carol vpnrun --direct -- true
    refuses 125 'runs inside a VPN' alice vpnrun home -- vpnrun --direct -- true
}

test_a_browser_apart_and_the_portal() {
    host_cgroups
    link home
    up home
    # As the real one, it says what it was started with.
    install -d "$LAB/bin"
    printf '#!/bin/sh\necho "$0 $*"; exec curl -sS -m 5 %s/\n' "$LAB_WEB4" > "$LAB/bin/firefox"
    chmod 755 "$LAB/bin/firefox"
    expect_match "firefox --profile /.*/vpnrun/\\.direct/firefox .*http://192.168.1.1/"$'\n'198.51.100.2 \
        "$(alice env HOME=/tmp/portal PATH="$LAB/bin:$LAB_PREFIX/bin:/usr/bin:/bin" vpn portal http://192.168.1.1/)"
    refuses 2 'is no page' alice vpn portal login
    refuses 125 'no browser' alice env PATH="$LAB_PREFIX/bin" vpn portal
    expect_match 'vpnrun/\.direct/firefox' "$(alice env HOME=/tmp/portal PATH="$LAB/bin:/usr/bin:/bin" "$LAB_PREFIX/bin/vpnrun" --direct --separate -- firefox)"
}
