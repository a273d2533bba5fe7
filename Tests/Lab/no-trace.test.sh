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

test_of_200_launches() {
    local before
    link home
    before=$(snapshot)
    alice sh -ec 'n=0; while [ $n -lt 200 ]; do vpnrun home -- true; n=$((n + 1)); done'
    until_true 5 nobody_inside home
    expect_no_trace "$before"
    works alice vpnrun home --
}

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

test_of_refused_requests() {
    local before
    before=$(snapshot)
    refuses 125 nothere vpn link nothere
    refuses 125 nothere alice vpnrun nothere -- true
    expect_no_trace "$before"
}
