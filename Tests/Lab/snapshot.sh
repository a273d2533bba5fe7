# shellcheck shell=bash
# All that the host says about its network, as text to compare. Needs lab.sh and helpers.sh.

# snapshot: what an administrator can find, without what changes by itself (indices, lifetimes, sizes, random keys).
snapshot() {
    on_host bash -c '
        for family in -4 -6; do
            echo "# ip $family rule"; ip $family rule
            echo "# ip $family route show table all"; ip $family route show table all | sort
        done
        echo "# ip -d link"; ip -d link | sed -E "s/^[0-9]+: //; s/@if[0-9]+:/:/; s/ link-netns(id)? [^ ]+//"
        echo "# ip address"; ip -o address | sed -E "s/^[0-9]+: //; s/(valid|preferred)_lft [0-9]+sec//g"
        echo "# nft list table"; nft list tables | sort | while read -r _ table; do nft list table $table; done # made again, a table comes last
        echo "# sysctl -a"; sysctl -a -r "^net\\." 2>/dev/null | grep -Ev "nf_conntrack_(count|buckets|max)|retrans|fastopen_key|(tcp|udp)_mem|stable_secret"
        echo "# findmnt"; findmnt -rno TARGET,SOURCE,FSTYPE,OPTIONS,PROPAGATION | sort # a service that starts again mounts again
        echo "# /run"; find /run /etc/vpnrun -maxdepth 2 \( -path /run/user -o -path /run/systemd -o -path /run/udev \) -prune -o -printf "%p %M %u %g\n" | sort
        echo "# wireguard-go"; for process in $(pgrep -x wireguard-go); do
            [[ $(readlink "/proc/$process/ns/net") != $(readlink /proc/self/ns/net) ]] || tr "\0" " " < "/proc/$process/cmdline"; done
        true'
}

# expect_no_trace BEFORE: the kernel takes a moment to end namespaces; then all is as it was.
expect_no_trace() {
    local after turn
    for turn in {1..50}; do
        after=$(snapshot)
        [[ $after != "$1" ]] || return 0
        (( turn < 5 )) || sleep 0.05
    done
    expect_same "$1" "$after" 'what is left'
}
