# shellcheck shell=bash
# All that the host's kernel and its /run say about the network, to be compared. Needs lab.sh.

# snapshot: what an administrator could find, without what changes by itself (indices, counters, lifetimes, random identities).
snapshot() {
    on_host bash -c '
        for family in -4 -6; do
            echo "# ip $family rule"; ip $family rule
            echo "# ip $family route show table all"; ip $family route show table all | sort
        done
        echo "# ip -d link"; ip -d link | sed -E "s/^[0-9]+: //; s/@if[0-9]+:/:/; s/ (link-netnsid|link-netns) [^ ]+//"
        echo "# ip address"; ip -o address | sed -E "s/^[0-9]+: //; s/ (valid_lft|preferred_lft) [0-9]+sec//g"
        echo "# nft list ruleset"; nft list ruleset
        echo "# sysctl -a"; sysctl -a -r "^net\\." 2>/dev/null |
            grep -Ev "nf_conntrack_(count|buckets|max)|\\.neigh\\..*retrans|random|net\\.ipv4\\.(tcp_fastopen_key|tcp_mem|udp_mem)|stable_secret"
        echo "# findmnt"; findmnt -rno TARGET,SOURCE,FSTYPE,OPTIONS,PROPAGATION | sed "s/\[[^]]*\]//"
        echo "# /run"; find /run /etc/vpnrun -maxdepth 2 -path "/run/user" -prune -o -path "/run/systemd" -prune -o -path "/run/udev" -prune -o -printf "%p %y %M %u %g\n" | sort
        echo "# processes"; for process in /proc/[0-9]*; do
            [[ $(readlink "$process/ns/net") == "$(readlink /proc/self/ns/net)" ]] && [[ $(< "$process/comm") == wireguard* ]] && tr "\0" " " < "$process/cmdline"; done
        true'
}

# expect_no_trace BEFORE: the kernel takes a moment to end namespaces; then all is as before.
expect_no_trace() {
    local after turn
    for turn in {1..60}; do
        after=$(snapshot)
        [[ $after != "$1" ]] || return 0
        (( turn < 5 )) || sleep 0.05
    done
    expect_same "$1" "$after" 'what is left'
}
