# shellcheck shell=bash disable=SC2086
# Whatever breaks, nothing of a command is seen on uplink or LAN, and it learns at once. The capture runs while a download does;
# mutate.sh shows that it would see a leak.

# breaks FAULT [patient]: a download is under way, the fault happens, then everything tries to get out.
breaks() {
    link home
    inside_open a alice home
    lab_capture_start
    inside_download a
    "$1"
    try_all_ways_out "${2:-}"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# The command that was there before the fault, a new one, and a program of the host bound to A.
try_all_ways_out() {
    local url said
    for url in $LAB_WEB4/ $LAB_WEB6/ http://192.168.50.20/; do
        said=$(inside a "curl -s -m 3 -o /dev/null -w '%{exitcode} after %{time_total} s' $url; true")
        expect_match '^[1-9]' "$said" "exit status of curl $url"
        [[ $1 == patient ]] || expect_match 'after 0\.' "$said" "curl $url"
    done
    inside a "for t in +notcp +tcp; do dig +time=1 +tries=1 \$t @198.51.100.1 who.test; dig +time=1 +tries=1 \$t @192.168.50.20 who.test; done; true" >/dev/null
    inside a "for to in UDP4:192.0.2.80:4000 UDP6:[2001:db8:80::80]:4000 UDP4:192.168.50.20:4000; do echo x | socat -t 0 - \$to; done; true" >/dev/null
    for url in $LAB_WEB4/ $LAB_WEB6/; do
        said=$(alice vpnrun home -- curl -s -m 2 $url || true) # with a WireGuard in the kernel, a new command may build a new box
        [[ -z $said || $said == *:101 || $said == *.101 ]] || fail "a new command gets out as $said"
    done
    ! on_host curl -s -m 2 --interface 172.27.12.34 $LAB_WEB4/ || fail 'a program bound to A gets out'
    ! on_host curl -s -m 2 --interface fd27:12::34 $LAB_WEB6/ || fail 'a program bound to A gets out over IPv6'
}

device_deleted() { on_host ip -n vpn-home link del dev wg0; }
test_device_deleted() { breaks device_deleted; }

device_set_down() { on_host ip -n vpn-home link set dev wg0 down; }
test_device_set_down() { breaks device_set_down; }

default_routes_deleted() {
    on_host ip -n vpn-home -4 route del default dev wg0
    on_host ip -n vpn-home -6 route del default dev wg0
}
test_default_routes_deleted() { breaks default_routes_deleted; }

# Without a route back to the command nobody can tell it anything.
box_routes_flushed() {
    on_host ip -n vpn-home -4 route flush table main
    on_host ip -n vpn-home -6 route flush table main
}
test_box_routes_flushed() { breaks box_routes_flushed patient; }

box_firewall_flushed() { in_box home nft flush ruleset; }
test_box_firewall_flushed() { breaks box_firewall_flushed patient; }

pin_removed() { on_host umount /run/netns/vpn-home; }
test_pin_removed() { breaks pin_removed; }

userspace_process_killed() {
    local process
    for process in $(lab_processes); do
        grep -qzx wg-home "/proc/$process/cmdline" && kill -KILL "$process" && return
    done
    fail 'no process for wg-home'
}
test_userspace_process_killed() {
    link home
    userspace || skip 'the kernel has WireGuard: no process'
    vpn down home
    breaks userspace_process_killed
}

server_gone() { in_srv ip link set s0 down; }
server_back() { in_srv ip link set s0 up; in_srv ip route add default via 203.0.113.1; in_srv ip route add default via 2001:db8:113::1; }
test_server_gone() {
    trap server_back EXIT
    breaks server_gone patient
}

# Commands do not depend on the host's rules and tables; they go on through the tunnel.
host_rules_and_firewall_flushed() {
    on_host ip -4 rule flush protocol 86
    on_host ip -6 rule flush protocol 86
    on_host nft flush ruleset
    on_host ip route flush table 1
}
test_host_rules_and_firewall_flushed() {
    link home
    inside_open a alice home
    lab_capture_start
    inside_download a
    host_rules_and_firewall_flushed
    expect 203.0.113.101 "$(inside a "$LAB_GET $LAB_WEB4/")"
    expect 2001:db8:113::101 "$(inside a "$LAB_GET $LAB_WEB6/")"
    works alice vpnrun home --
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

test_box_removed_by_force() {
    link home
    inside_open a alice home
    lab_capture_start
    inside_download a
    vpn down home --force
    for url in $LAB_WEB4/ $LAB_WEB6/; do
        expect_match '^[1-9][0-9]* after 0\.' "$(inside a "curl -s -m 3 -o /dev/null -w '%{exitcode} after %{time_total} s' $url; true")" "curl $url"
    done
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}
