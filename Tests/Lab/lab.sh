# shellcheck shell=bash
# A world to test in: source it as root, `lab_up`, and `lab_down` comes by itself at exit.
#
#   host ── u0 198.51.100.2, 2001:db8:100::2 ────── inet ─── srv 203.0.113.2, 2001:db8:113::2
#    │                                   router, web,         VPN servers `home` (leaves as 203.0.113.101) and `work` (.102),
#    └──── l0 192.168.50.10 ─── lan       resolver            UDP 51820 and 51821, a resolver in each
#
# Every node has a network and a mount namespace, held by a process; what the lab starts carries LAB_ID in its environment.
# On the host, /etc is a copy, /run, /home and /mnt are empty file systems: nothing of the machine changes, and two labs do not meet.
# With LAB_HOST=self the host is the machine itself: for virtual machines, which have kernel WireGuard and systemd.

LAB_HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
LAB_REPOSITORY=$(dirname "$(dirname "$LAB_HERE")")
LAB_HOST=${LAB_HOST:-namespace}
declare -A LAB_PID=() LAB_NET=()
# shellcheck source=world.sh
. "$LAB_HERE/world.sh"
# shellcheck source=capture.sh
. "$LAB_HERE/capture.sh"

lab_die() { echo "lab: $*" >&2; exit 1; }

lab_up() {
    [[ $EUID == 0 ]] || lab_die 'needs root'
    lab_need ip nft wg dnsmasq tcpdump dig curl jq setpriv nsenter unshare /usr/bin/python3
    LAB=$(mktemp -d /tmp/vpnrun-lab.XXXXXX)
    chmod 755 "$LAB"
    export LAB_ID=${LAB##*.}
    unset SSH_CONNECTION # `vpn up` on the lab's host cuts nobody off
    trap lab_down EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    for node in inet lan srv; do lab_namespace $node; done
    if [[ $LAB_HOST == self ]]; then
        LAB_PREFIX=${LAB_PREFIX:-/usr/local}
        LAB_PID[host]=$$
        lab_accounts_of_machine
    else
        LAB_PREFIX=${LAB_PREFIX:-/mnt/vpnrun}
        lab_namespace host
        lab_private_host
    fi
    LAB_PATH=$LAB_PREFIX/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    export PATH=$LAB_PATH:$PATH
    lab_world
}

lab_need() {
    local program
    for program; do
        command -v "$program" >/dev/null || lab_die "$program is missing; apt install iproute2 nftables iptables wireguard-tools" \
            'wireguard-go dnsmasq-base bind9-dnsutils tcpdump curl jq python3 strace'
    done
}

# lab_namespace NODE: held by the process LAB_PID[NODE], which Ctrl-C does not end.
lab_namespace() {
    local ready hold='trap "" INT; mount -t tmpfs -o mode=755 run /run && ip link set lo up && echo $$ && exec sleep infinity >&-'
    exec {ready}< <(exec unshare -m -n sh -c "$hold")
    read -r -u "$ready" "LAB_PID[$1]" || lab_die "no namespace for $1"
    exec {ready}<&-
    LAB_NET[$1]=$(readlink "/proc/${LAB_PID[$1]}/ns/net")
}

in_node() { local node=$1; shift; nsenter -t "${LAB_PID[$node]}" -m -n -- "$@"; }
in_inet() { in_node inet "$@"; }
in_lan() { in_node lan "$@"; }
in_srv() { in_node srv "$@"; }
on_host() { if [[ $LAB_HOST == self ]]; then command "$@"; else in_node host "$@"; fi; }

# as_user USER COMMAND...: from the user's home, with a clean environment and no capability.
as_user() {
    local user=$1; shift
    on_host setpriv --reuid="$user" --regid="$user" --init-groups --inh-caps=-all --ambient-caps=-all \
        env -i -C "/home/$user" HOME="/home/$user" USER="$user" LOGNAME="$user" PATH="$LAB_PATH" LANG=C.UTF-8 LAB_ID="$LAB_ID" "$@"
}

# ---------------------------------------------------------------- the host

lab_private_host() {
    in_node host sh -euc '
        for folder in /home /mnt; do mount -t tmpfs -o mode=755 lab $folder; done
        mkdir /mnt/etc
        mount -t tmpfs -o mode=755 lab /mnt/etc
        cp -a /etc/. /mnt/etc
        mount --move /mnt/etc /etc
        rmdir /mnt/etc
        rm -rf /etc/vpnrun /etc/resolv.conf
        mkdir -m 755 /etc/vpnrun /run/netns /run/vpnrun /run/wireguard
        printf "nameserver %s\n" 198.51.100.1 2001:db8:100::1 > /etc/resolv.conf
        sed -i -E "/^(alice|bob|carol|vpn):/d" /etc/passwd /etc/group
        echo vpn:x:20000:alice,bob >> /etc/group
        number=20000
        for user in alice bob carol; do
            number=$((number + 1))
            echo $user:x:$number:$number::/home/$user:/bin/sh >> /etc/passwd
            echo $user:x:$number: >> /etc/group
            install -d -m 700 -o $number -g $number /home/$user
        done'
}

# A virtual machine is thrown away: its new accounts stay.
lab_accounts_of_machine() {
    local user
    getent group vpn >/dev/null || groupadd -r vpn
    for user in alice bob carol; do id "$user" >/dev/null 2>&1 || useradd -m -s /bin/sh "$user"; done
    usermod -aG vpn alice
    usermod -aG vpn bob
}

# lab_install: what `make` built, on the lab's host (which has no internet to build with).
lab_install() {
    if [[ $LAB_HOST == self && -x $LAB_PREFIX/bin/vpnrun ]]; then return; fi
    on_host make -s -C "$LAB_REPOSITORY" install-only PREFIX="$LAB_PREFIX" GROUP=vpn >/dev/null || lab_die 'not installed; is it built? `make` does that'
}

# ---------------------------------------------------------------- the end

lab_down() {
    [[ -n ${LAB:-} ]] || return 0
    trap '' INT TERM HUP
    lab_kill
    rm -rf "$LAB"
    unset LAB
    LAB_PID=() LAB_NET=()
}

# lab_processes: whatever carries this lab's LAB_ID or lives in one of its namespaces.
lab_processes() (
    set +e
    id=$LAB_ID nets=(-false)
    unset LAB_ID # or this search would find itself
    for net in "${LAB_NET[@]}"; do
        net=${net/[/\\[} # a pattern
        nets+=(-o -lname "${net/]/\\]}")
    done
    {
        grep -lzsx "LAB_ID=$id" /proc/[0-9]*/environ
        find /proc/[0-9]*/ns/net \( "${nets[@]}" \) -print 2>/dev/null
    } | cut -d/ -f3 | sort -u
)

# Namespaces end with their last process, and with them every link, mount, rule and socket in them.
lab_kill() {
    local turn
    local -a processes
    for turn in {1..100}; do
        mapfile -t processes < <(lab_processes)
        (( ${#processes[@]} )) || return 0
        kill -KILL "${processes[@]}" 2>/dev/null || true
        (( turn == 1 )) || sleep 0.02
    done
    echo "lab: still running: ${processes[*]}" >&2
}
