# shellcheck shell=bash
# Whatever breaks, nothing of a command is seen on uplink or LAN, and it learns at once. The capture runs while a download does;
# mutate.sh shows that it would see a leak.

# breaks FAULT [patient|open]: a download is under way, the fault happens, then everything tries to get out.
# patient: nobody is left who could tell the command; open: the tunnel may still work.
breaks() {
    link home
    inside_open a alice home
    lab_capture_start
    inside_download a
    "$1"
    try_all_ways_out "${2:-cut}"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# The command that was there before the fault, a new one, and programs of the host bound to A.
try_all_ways_out() {
    local url said
    for url in $LAB_WEB4/ $LAB_WEB6/ http://192.168.50.20/; do
        said=$(inside a "curl -s -m 1 -w '%{exitcode} after %{time_total} s\n' $url; true" | xargs)
        case $1 in
            cut) expect_match '^[1-9][0-9]* after 0\.' "$said" "curl $url" ;;
            patient) expect_match '^[1-9][0-9]* after' "$said" "curl $url" ;;
            open) expect_match '^([1-9]|203\.0\.113\.101 0|2001:db8:113::101 0)' "$said" "curl $url" ;;
        esac
    done
    inside a 'for to in @198.51.100.1 @192.168.50.20 "+tcp @198.51.100.1" "+tcp @2001:db8:100::1"; do dig +time=1 +tries=1 $to who.test & done >/dev/null
        for to in UDP4:192.0.2.80:4000 UDP6:[2001:db8:80::80]:4000 UDP4:192.168.50.20:4000; do echo x | socat -t 0 - $to; done >/dev/null 2>&1
        sleep 1.1'
    by_the_vpn_or_not_at_all alice vpnrun home -- curl $LAB_WEB4/ # with WireGuard in the kernel, a new command may build a new box
    by_the_vpn_or_not_at_all alice vpnrun home -- curl $LAB_WEB6/
    by_the_vpn_or_not_at_all on_host curl --interface 172.27.12.34 $LAB_WEB4/
    by_the_vpn_or_not_at_all on_host curl --interface fd27:12::34 $LAB_WEB6/
}

by_the_vpn_or_not_at_all() {
    local said
    said=$("$@" -s -m 1 || true)
    expect_match '^$|^203\.0\.113\.101$|^2001:db8:113::101$' "$said" "$*"
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

all_default_routes_flushed() {
    on_host ip -n vpn-home -4 route flush default
    on_host ip -n vpn-home -6 route flush default
}
test_all_default_routes_flushed() { breaks all_default_routes_flushed; }

box_routes_flushed() {
    on_host ip -n vpn-home -4 route flush table main
    on_host ip -n vpn-home -6 route flush table main
}
test_box_routes_flushed() { breaks box_routes_flushed patient; }

box_firewall_flushed() { in_box home nft flush ruleset; }
test_box_firewall_flushed() { breaks box_firewall_flushed open; }

# Where mounts are private, the command's own copy of the pin keeps the box alive; elsewhere it ends.
pin_removed() { on_host umount /run/netns/vpn-home; }
test_pin_removed() { breaks pin_removed open; }

userspace_process_killed() { kill_userspace home; }
test_userspace_process_killed() {
    link home
    userspace || skip 'the kernel has WireGuard: no process'
    unlink_vpn home
    breaks userspace_process_killed
}

server_silent() { in_srv nft 'table inet silent { chain input { type filter hook input priority raw; policy accept; iifname "s0" drop; }; }'; }
test_server_silent() {
    trap 'in_srv nft delete table inet silent' EXIT
    breaks server_silent patient
}

# Commands do not depend on the host's rules and tables; they go on through the tunnel.
test_host_rules_and_firewall_flushed() {
    link home
    inside_open a alice home
    lab_capture_start
    inside_download a
    on_host ip -4 rule flush protocol 86
    on_host ip -6 rule flush protocol 86
    on_host ip route flush table 1
    works inside_words a
    works alice vpnrun home --
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    on_host nft delete table inet vpn.home
    works inside_words a
}

test_box_removed_by_force() {
    link home
    inside_open a alice home
    lab_capture_start
    inside_download a
    vpn unlink home --force
    try_all_ways_out cut
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}
