# shellcheck shell=bash
# vpn-link and vpn-launch, killed half-way: nothing in the clear, and `vpn unlink` or nobody has to clean up. Every system call that changes
# something is a place to be killed at.

# places COMMAND...: "NAME N" for every N-th call of NAME that can change the kernel's state, in order.
places() {
    on_host strace -qq -o "$LAB/trace" "$@" >/dev/null
    awk -F'(' '{ n[$1]++ }
        /^(sendto|sendmsg|write|mount|move_mount|unshare|setns|ioctl|umount2|unlink|unlinkat)\(/ || /^openat2?\(.*(O_WRONLY|O_RDWR|O_CREAT)/ { print $1, n[$1] }' "$LAB/trace"
}

# kill_at NAME N COMMAND...
kill_at() {
    local call=$1 n=$2; shift 2
    on_host strace -qq -o /dev/null -e "inject=$call:signal=KILL:when=$n" "$@" >/dev/null 2>&1 || true
}

# What `sudo vpn link` does first where the kernel has no WireGuard.
device_for() {
    on_host ip link add wgprobe type wireguard 2>/dev/null && { on_host ip link del dev wgprobe; return; }
    on_host wireguard-go wg.$1 >/dev/null 2>&1
}

test_link_killed_half_way() {
    local before call n places
    command -v strace >/dev/null || skip 'no strace'
    lab_profile home | vpn import - --name home >/dev/null
    before=$(snapshot)
    device_for home
    places=$(places "$LAB_PREFIX/libexec/vpnrun/vpn-link" link home)
    works alice vpnrun home --
    unlink_vpn home
    lab_capture_start
    while read -r call n; do
        echo "killed at $call $n"
        device_for home
        kill_at $call $n "$LAB_PREFIX/libexec/vpnrun/vpn-link" link home
        ! on_host curl -s -m 0.5 --interface 172.27.12.34 $LAB_WEB4/ | grep -v '\.101$' || fail 'a program bound to A gets out'
        ! on_host curl -s -m 0.5 --interface fd27:12::34 $LAB_WEB6/ | grep -v ':101$' || fail 'a program bound to A gets out over IPv6'
        ! alice vpnrun home -- curl -s -m 0.5 $LAB_WEB4/ 2>/dev/null | grep -v '\.101$' || fail 'a command gets out'
        until_true 5 vpn unlink home
        on_host ip link del dev wg.home 2>/dev/null || true # a device that nobody took is its starter's
        expect_no_trace "$before"
    done <<< "$places"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    (( $(wc -l <<< "$places") > 10 ))
}

test_unlink_killed_half_way() {
    local before call n places
    command -v strace >/dev/null || skip 'no strace'
    lab_profile home | vpn import - --name home >/dev/null
    before=$(snapshot)
    vpn link home
    places=$(places "$LAB_PREFIX/libexec/vpnrun/vpn-link" unlink home)
    expect_no_trace "$before"
    lab_capture_start
    while read -r call n; do
        echo "killed at $call $n"
        vpn link home
        kill_at $call $n "$LAB_PREFIX/libexec/vpnrun/vpn-link" unlink home
        ! on_host curl -s -m 0.5 --interface 172.27.12.34 $LAB_WEB4/ | grep -v '\.101$' || fail 'a program bound to A gets out'
        ! on_host curl -s -m 0.5 --interface fd27:12::34 $LAB_WEB6/ | grep -v ':101$' || fail 'a program bound to A gets out over IPv6'
        until_true 5 vpn unlink home
        expect_no_trace "$before"
    done <<< "$places"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# By root, because a traced program has no file capabilities for anyone else.
test_launch_killed_half_way() {
    local before call n places
    command -v strace >/dev/null || skip 'no strace'
    link home
    before=$(snapshot)
    places=$(places "$LAB_PREFIX/bin/vpnrun" home -- /bin/true)
    lab_capture_start
    while read -r call n; do
        echo "killed at $call $n"
        kill_at $call $n "$LAB_PREFIX/bin/vpnrun" home -- curl -s -m 1 $LAB_WEB4/
    done <<< "$places"
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    until_true 5 nobody_inside home
    expect_no_trace "$before"
    works alice vpnrun home --
}
