# shellcheck shell=bash
# After the last `vpn unlink` the host is what it was before, line by line.

test_after_normal_use() {
    local before
    before=$(snapshot)
    link home work
    works alice vpnrun home --
    bob vpnrun work -- true
    unlink_vpn home
    unlink_vpn work
    on_host find /etc/vpnrun -name '*.conf' -delete
    expect_no_trace "$before"
}

# One VPN more or less does not touch the other.
test_of_one_vpn_beside_another() {
    local before
    link home
    before=$(snapshot)
    lab_profile work | vpn import - --name work
    vpn link work
    vpn unlink work
    on_host rm /etc/vpnrun/work.conf
    expect_no_trace "$before"
    works alice vpnrun home --
}

test_of_commands() {
    local before mounts
    link home
    before=$(snapshot)
    works alice vpnrun home --
    inside_open a alice home
    mounts=$(on_host findmnt -rn)
    inside_close a
    expect_no_trace "$before"
    expect "$(on_host findmnt -rn)" "$mounts" 'mounts of the host while a command runs'
}

test_of_killed_commands() {
    local before process
    link home
    before=$(snapshot)
    for _ in {1..5}; do
        inside_open a alice home
        process=$(inside a 'sleep 60 & echo $$ $!')
        kill -KILL $process
    done
    until_true 5 nobody_inside home
    expect_no_trace "$before"
}

# Nothing of the kernel's grows with them: LAB_LAUNCHES=10000 in `make test-soak`. A page more each would be 40 MB.
test_of_200_launches() {
    local before memory
    link home
    alice sh -ec 'n=0; while [ $n -lt 50 ]; do vpnrun home -- true; n=$((n + 1)); done'
    until_true 5 nobody_inside home
    before=$(snapshot)
    memory=$(kernel_memory)
    alice sh -ec 'n=0; while [ $n -lt "$1" ]; do vpnrun home -- true; n=$((n + 1)); done' sh "${LAB_LAUNCHES:-200}"
    until_true 5 nobody_inside home
    echo "kB of the kernel's, before and after ${LAB_LAUNCHES:-200}: $memory, $(kernel_memory)"
    (( ${LAB_LAUNCHES:-200} < 10000 )) || until_true 30 grown_less_than 20000
    expect_no_trace "$before"
    works alice vpnrun home --
}

# What it cannot give back.
kernel_memory() { awk '/^(SUnreclaim|PageTables|Percpu|KernelStack):/ { n += $2 } END { print n }' /proc/meminfo; }
grown_less_than() { (( $(kernel_memory) - memory < $1 )); }

test_of_50_launches_at_once() {
    local before
    link home
    before=$(snapshot)
    alice bash -c 'for n in {1..50}; do vpnrun home -- sh -c "sleep 1; exit 7" & p+=($!); done; for q in "${p[@]}"; do wait $q; [ $? = 7 ] || exit 1; done'
    until_true 10 nobody_inside home
    expect_no_trace "$before"
}

test_after_commands_were_cut_off() {
    local before
    before=$(snapshot)
    link home
    inside_open a alice home
    inside_download a
    vpn unlink home --force
    on_host rm /etc/vpnrun/home.conf
    expect_no_trace "$before"
}

test_after_the_box_was_broken_by_others() {
    local before fault
    before=$(snapshot)
    link home
    for fault in 'umount /run/netns/vpn-home' 'ip link del dev home' 'ip -n vpn-home link del dev wg0' 'ip rule flush protocol 86' 'nft flush ruleset' \
        'ip route flush table 1' 'rm /run/netns/vpn-home' 'ip netns del vpn-home'; do
        echo "$fault"
        vpn link home
        on_host $fault || true
        vpn unlink home
        on_host rm /etc/vpnrun/home.conf
        expect_no_trace "$before"
        lab_profile home | vpn import - --name home > /dev/null
    done
}

# The lab's /run is no shared mount: so the folder of pins is a mount of its own from the first pin to the last, and `ip netns` makes none.
test_of_the_mount_for_pins() {
    local before
    expect private "$(on_host findmnt -no PROPAGATION /run)" 'propagation of /run'
    before=$(snapshot)
    link home work
    expect '/run/netns /run/netns/vpn-home /run/netns/vpn-work' "$(pins)" 'with two VPNs'
    expect shared "$(on_host findmnt -no PROPAGATION /run/netns)" 'propagation of the folder'
    on_host ip netns add x
    expect '/run/netns /run/netns/vpn-home /run/netns/vpn-work /run/netns/x' "$(pins)" 'with a namespace of another'
    vpn link home
    works alice vpnrun home --
    unlink_vpn home
    expect '/run/netns /run/netns/vpn-work /run/netns/x' "$(pins)" 'without home'
    vpn link home
    settled home
    works alice vpnrun home --
    unlink_vpn home
    unlink_vpn work
    expect '/run/netns /run/netns/x' "$(pins)" 'without VPNs'
    on_host ip netns del x
    vpn link home
    unlink_vpn home
    on_host find /etc/vpnrun -name '*.conf' -delete
    expect_no_trace "$before"
}
pins() { on_host findmnt -rno TARGET | grep ^/run/netns | sort | xargs; }

# Where /run is shared there is no such mount, and one that `ip netns` has made stays.
test_of_others_mounts_for_pins() {
    local before
    on_host mount --make-shared /run
    before=$(snapshot)
    link home
    expect /run/netns/vpn-home "$(pins)" 'where /run is shared'
    # Now it is none: a pin of before comes along with the next one.
    on_host mount --make-private /run
    link work
    expect '/run/netns /run/netns/vpn-home /run/netns/vpn-work' "$(pins)" 'with a pin of before'
    works alice vpnrun home --
    unlink_vpn home
    unlink_vpn work
    on_host find /etc/vpnrun -name '*.conf' -delete
    on_host mount --make-shared /run
    expect_no_trace "$before"
    on_host mount --make-private /run
    on_host ip netns add x
    on_host ip netns del x
    before=$(snapshot)
    link home
    unlink_vpn home
    on_host rm /etc/vpnrun/home.conf
    expect_no_trace "$before"
}

# The machine's own mount at /run/netns lies below the lab's /run and is still listed.
test_of_a_lab_where_the_machine_has_such_a_mount() {
    [[ $LAB_HOST == namespace ]] || skip 'the host is the machine itself'
    unshare -m bash -euc '
        mount --make-rprivate /
        mount -t tmpfs machine /run
        mkdir /run/netns
        mount --bind /run/netns /run/netns
        LAB_TESTS="$1/no-trace.test.sh" timeout 60 "$1/run" no-trace/of_refused_requests' machine "$LAB_HERE" > "$LAB/nested" 2>&1 ||
        fail "the lab in the lab: status $?, $(< "$LAB/nested")"
    expect '1 passed, 0 failed' "$(tail -n 1 "$LAB/nested")"
}

test_of_refused_requests() {
    local before
    before=$(snapshot)
    refuses 125 nothere vpn link nothere
    refuses 125 nothere alice vpnrun nothere -- true
    expect_no_trace "$before"
}
