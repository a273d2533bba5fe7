# shellcheck shell=bash disable=SC2016,SC2086
# What others may find changed on the host: mounts, links, what leaves it afterwards.

# Where mounts are shared, as systemd has them, nothing of a command's comes back, and of the box only its pin.
test_mounts_where_they_are_shared() {
    local before after
    on_host mount --make-rshared /
    trap 'on_host mount --make-rprivate /' EXIT
    before=$(mounts)
    lab_profile home | vpn import - --name home >/dev/null
    vpn link home >/dev/null
    after=$(mounts)
    expect '> /run/netns/vpn-home' "$(diff <(echo "$before") <(echo "$after") | grep '^[<>]' | cut -d' ' -f1,2)" 'mounts of a linked VPN'
    inside_open a alice home
    expect_same "$after" "$(mounts)" 'the mounts while a command runs'
    on_host mount -t tmpfs later /mnt/vpnrun/share
    expect later "$(inside a 'findmnt -no SOURCE /mnt/vpnrun/share')" 'a later mount of the host, in the command'
    on_host umount /mnt/vpnrun/share
    inside_close a
    expect_same "$after" "$(mounts)" 'the mounts after the command'
    until_true 5 vpn unlink home
    expect_same "$before" "$(mounts)" 'the mounts after `vpn unlink`'
}
mounts() { on_host findmnt -rno TARGET,SOURCE,FSTYPE,OPTIONS,PROPAGATION; }

# Links and namespaces of others that happen to have a VPN's names.
test_unlink_removes_nothing_of_others() {
    lab_profile home | vpn import - --name home
    on_host ip link add dev home type bridge
    on_host ip netns add vpn-home
    on_host ip -n vpn-home link add dev wg0 type bridge
    alice "$LAB_PREFIX/libexec/vpnrun/vpn-link" unlink home || true
    vpn unlink home --force || true
    on_host ip link show dev home >/dev/null || fail "the host's link is gone"
    on_host ip -n vpn-home link show dev wg0 >/dev/null || fail 'the link in the namespace is gone'
    on_host ip link del dev home
    on_host ip netns del vpn-home
}

# IPv6 does not ask on output whether its source address is still there.
test_bound_sockets_after_unlink() {
    local ready
    link home
    lab_capture_start
    exec {ready}< <(alice /usr/bin/python3 -Ic 'import socket, time
def bound(family, kind, source, to):
    s = socket.socket(family, kind); s.bind((source, 0)); s.connect(to); s.send(b"GET"); return s
sockets = [bound(f, k, *a) for f, a in ((socket.AF_INET, ("172.27.12.34", ("192.0.2.80", 80))), (socket.AF_INET6, ("fd27:12::34", ("2001:db8:80::80", 80))))
           for k in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
print(flush=True)
for turn in range(40):
    time.sleep(0.05)
    for s in sockets:
        try: s.send(b"secret")
        except OSError: pass')
    read -r -u "$ready"
    vpn unlink home
    sleep 2
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
}

# Killed between the pin's file and its mount; the next user is not to suffer.
test_half_a_pin_is_no_box() {
    command -v strace >/dev/null || skip 'no strace'
    link home
    userspace && device='on_host wireguard-go wg.home' || device=:
    vpn unlink home
    $device >/dev/null 2>&1
    on_host strace -u alice -qq -o /dev/null -e inject=mount:signal=KILL:when=1 "$LAB_PREFIX/libexec/vpnrun/vpn-link" link home || true
    # It is alice's, and worth nothing to her: she cannot put into root's folder what fills the memory.
    on_host test -S /run/netns/vpn-home
    alice chmod 666 /run/netns/vpn-home
    ! alice sh -c 'echo text > /run/netns/vpn-home' 2>/dev/null || fail 'she can write to it'
    ! alice truncate -s 1M /run/netns/vpn-home 2>/dev/null || fail 'she can make it larger'
    expect 0 "$(on_host stat -c %s /run/netns/vpn-home)" 'its size'
    refuses 125 'home is not linked' alice bash -c "exec '$LAB_PREFIX/libexec/vpnrun/vpn-launch' --environment=7 home -- true 7</dev/null"
    until_true 5 no_link
    if [[ $device == : ]]; then
        works bob vpnrun home --
    else
        refuses 125 'sudo vpn link home' bob vpnrun home -- true
        vpn link home
    fi
}
no_link() { ! on_host ip link show dev home >/dev/null 2>&1; }

# LAB_KILLS times at a random moment, as anybody may do it to a vpn-link of his own.
test_link_killed_at_random_moments() {
    local before turn
    lab_profile home | vpn import - --name home >/dev/null
    before=$(snapshot)
    for (( turn = 0; turn < ${LAB_KILLS:-20}; turn++ )); do
        has_kernel_wireguard || on_host wireguard-go wg.home >/dev/null 2>&1 || true
        alice sh -c '"$1" link home & sleep "$2"; kill -KILL $!' sh "$LAB_PREFIX/libexec/vpnrun/vpn-link" "0.0$(printf %03d $((RANDOM % 500)))" 2>/dev/null || true
        until_true 5 vpn unlink home >/dev/null
        on_host ip link del dev wg.home 2>/dev/null || true
        # A wireguard-go whose device was deleted keeps its socket for a moment.
        until_true 5 vpn link home > /dev/null
        expect 203.0.113.101 "$(bob vpnrun home -- $LAB_GET $LAB_WEB4/)"
        until_true 5 vpn unlink home >/dev/null 2>&1
        expect_no_trace "$before"
    done
}
has_kernel_wireguard() {
    on_host ip link add wgprobe type wireguard 2>/dev/null || return 1
    on_host ip link del dev wgprobe
}

# systemd's RestrictSUIDSGID= has seccomp answer ENOSYS to openat2(2), whose flags it cannot see.
without_openat2() { on_host strace -f -qq -o /dev/null -e trace=openat2,setns -e inject=openat2:error=ENOSYS "$@"; }

test_a_sandbox_without_openat2() {
    command -v strace >/dev/null || skip 'no strace'
    link home >/dev/null # not traced: strace would wait for wireguard-go
    without_openat2 vpn refresh home >/dev/null
    expect 203.0.113.101 "$(without_openat2 vpnrun home -- $LAB_GET $LAB_WEB4/)"
    # As strict: a link in the profile's place, and a folder that others may write to.
    on_host sh -c 'mv /etc/vpnrun/home.conf /etc/vpnrun/other.file; ln -s other.file /etc/vpnrun/home.conf'
    refuses 125 'must be a plain file, not a link' without_openat2 vpn refresh home
    on_host sh -c 'rm /etc/vpnrun/home.conf; mv /etc/vpnrun/other.file /etc/vpnrun/home.conf; chmod 777 /etc/vpnrun'
    refuses 125 'root.s and writable by root only' without_openat2 vpn refresh home
    on_host chmod 755 /etc/vpnrun
}

test_a_sandbox_without_setns() {
    command -v strace >/dev/null || skip 'no strace'
    link home >/dev/null
    refuses 125 'home is linked, but a sandbox keeps this process out of its box' \
        on_host strace -f -qq -o /dev/null -e trace=setns -e inject=setns:error=EPERM vpnrun home -- true
}
