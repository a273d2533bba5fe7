# shellcheck shell=bash
# What tests say: expectations, VPNs, shells in them. Needs lab.sh.

# ---------------------------------------------------------------- expectations; one that fails ends the test

# fail TEXT: with the test's line.
fail() {
    local frame=1
    while [[ ${BASH_SOURCE[frame]} == */helpers.sh ]]; do frame=$((frame + 1)); done
    echo "${BASH_SOURCE[frame]##*/}:${BASH_LINENO[frame - 1]}: $*" >&2
    exit 1
}

skip() { echo "$*" > "$LAB/skipped"; exit 0; }

# expect WANTED GOT [WHAT]
expect() { [[ $2 == "$1" ]] || fail "${3:-value}: expected '$1', got '$2'"; }

# expect_match REGEX GOT [WHAT]
expect_match() { [[ $2 =~ $1 ]] || fail "${3:-value}: expected a match for '$1', got '$2'"; }

# expect_nothing GOT WHAT
expect_nothing() { [[ -z $1 ]] || fail "$2:"$'\n'"$1"; }

# expect_same WANTED GOT WHAT: two texts.
expect_same() {
    local difference
    difference=$(diff -a <(printf '%s\n' "$1") <(printf '%s\n' "$2")) || fail "$3 differs:"$'\n'"$difference"
}

# refuses STATUS REGEX COMMAND...: that exit status, and one sentence that matches on standard error.
refuses() {
    complains "$@"
    expect 1 "$(grep -c . <<< "$said")" "number of lines in '$said'"
}

# complains STATUS REGEX COMMAND...: as much as it likes; $said.
complains() {
    local wanted=$1 pattern=$2 status=0; shift 2
    said=$("$@" 2>&1 >/dev/null </dev/null) || status=$?
    expect "$wanted" "$status" "status of '$*', which said '$said'"
    expect_match "$pattern" "$said" "what '$*' said"
}

# until_true SECONDS COMMAND...: asks again and again.
until_true() {
    local end=$(( ${EPOCHREALTIME/./} + $1 * 1000000 )); shift
    until "$@"; do
        (( ${EPOCHREALTIME/./} < end )) || fail "still not so: $*"
        sleep 0.02
    done
}

# milliseconds COMMAND...: how long it took; its status is ours.
milliseconds() {
    local start=${EPOCHREALTIME/./} status=0
    "$@" >&2 || status=$?
    echo $(( (${EPOCHREALTIME/./} - start) / 1000 ))
    return $status
}

# ---------------------------------------------------------------- VPNs

vpn() { on_host vpn "$@"; }
alice() { as_user alice "$@"; }
bob() { as_user bob "$@"; }
carol() { as_user carol "$@"; }

# link NAME...: imported and linked.
link() {
    local name
    for name; do
        lab_profile "$name" | vpn import - --name "$name" >/dev/null
        vpn link "$name"
        settled "$name"
    done
}

# settled NAME: the kernel gives an IPv6 address its route a moment after it has taken it.
settled() { until_true 5 has_own_route "$1"; }
has_own_route() { [[ -z $(on_host ip -6 -o address show dev "$1" scope global) || -n $(on_host ip -6 route show table local dev "$1" type local) ]]; }

# unlink_vpn NAME: when the last command has left it, for which the kernel takes some milliseconds.
unlink_vpn() { until_true 5 nobody_inside "$1"; vpn unlink "$1"; }
nobody_inside() { are_inside "$1" 0; }
# are_inside NAME COUNT
are_inside() { [[ $(on_host ip -n "vpn-$1" -j link | jq '[.[] | select(.ifname | test("^v[0-9]"))] | length') == "$2" ]]; }

# status NAME FILTER: of one VPN. Exit status 3 is a part of the answer: it is not up.
status() { { vpn status "$1" --json || [[ $? == 3 ]]; } | jq -r "if type == \"array\" then .[0] else . end | $2"; }
in_box() { local name=$1; shift; on_host nsenter --net="/run/netns/vpn-$name" "$@"; }
userspace() { [[ $(status home .device) == userspace ]]; }

# The programs with capabilities, and what is asked of them again and again.
launcher() { echo "$LAB_PREFIX/libexec/vpnrun/vpn-launch"; }
linker() { echo "$LAB_PREFIX/libexec/vpnrun/vpn-link"; }
nothing_runs() { (( $(vpn ps --json | jq length) == 0 )); }
endpoint() { status home '.peers[0].endpoint'; }
userspace_only() { ! on_host ip link add wgprobe type wireguard 2>/dev/null || { on_host ip link del dev wgprobe; false; }; }

# Options for programs that ask once and do not wait long.
LAB_GET='curl -sS -m 5'
LAB_DIG='dig +short +time=2 +tries=1'
LAB_WEB4=http://192.0.2.80 LAB_WEB6='http://[2001:db8:80::80]'

# works COMMAND...: that prefix reaches the internet by `home`, with both protocols and its resolver.
works() {
    expect 203.0.113.101 "$("$@" $LAB_GET $LAB_WEB4/)" 'address over IPv4'
    expect 2001:db8:113::101 "$("$@" $LAB_GET $LAB_WEB6/)" 'address over IPv6'
    expect '"home"' "$("$@" $LAB_DIG who.test TXT)" 'resolver'
}

# reset: no VPN, no profile, no box, by force where the programs fail; and nobody on the internet who goes on with an old connection.
reset() {
    local profile
    for profile in $(on_host find /etc/vpnrun -mindepth 1 -name '*.conf' -printf '%f\n'); do
        vpn unlink "${profile%.conf}" --force || true
    done
    on_host bash -c '
        find /etc/vpnrun -mindepth 1 -delete
        while umount -l /run/netns; do :; done # of ip netns; mountpoint(1) also says yes of what the lab itself has covered
        for pin in /run/netns/vpn-*; do umount -l "$pin"; rm -f "$pin"; done
        for name in home work; do
            ip link del dev "$name"
            ip link del dev "wg.$name"
            nft delete table inet "vpn.$name"
            nft delete table inet "vpn-up.$name"
            nft delete table inet "vpn-block.$name"
        done
        for family in -4 -6; do
            ip $family rule flush protocol 86
            ip $family route flush table all proto 86
        done
        for table in 1 2 767620{1,2}; do ip -6 route del unreachable default metric 4294967295 table $table; done # flush leaves it
        true'
    in_inet ss -K dst 198.51.100.2 or dst 2001:db8:100::2
    true
} >/dev/null 2>&1

# stopped: whether a vpn-link has been stopped by a signal; its pid is in $stopped.
# shellcheck disable=SC2034
stopped() {
    local process
    for process in $(lab_processes); do
        [[ $(readlink "/proc/$process/exe") == */vpn-link ]] && grep -q '^State:.*[tT]' "/proc/$process/status" && stopped=$process && return 0
    done 2>/dev/null
    return 1
}

# ---------------------------------------------------------------- the whole system

# import_vpn NAME [KEY=VALUE...]: its profile, with these values in place of what is there, or as keys of [VPN]. Quietly.
import_vpn() {
    local name=$1; shift
    lab_profile "$name" | awk '
        BEGIN {
            for (i = 1; i < ARGC; i++) { key = ARGV[i]; sub(/=.*/, "", key); values[key] = substr(ARGV[i], length(key) + 2); ARGV[i] = "" }
            for (key in values) if (key ~ /^(Table|FwMark|MTU)$/) { own = own key " = " values[key] "\n"; delete values[key] }
        }
        $1 in values { if (values[$1] != "") print $1 " = " values[$1]; delete values[$1]; next }
        { print }
        /^\[Interface\]/ { printf "%s", own }
        END { print "\n[VPN]"; for (key in values) print key " = " values[key] }' "$@" > "$LAB/profile"
    vpn import - --name "$name" --force >/dev/null 2>"$LAB/said" < "$LAB/profile" || fail "not imported: $(< "$LAB/said")"
}

# link_with NAME [KEY=VALUE...]: imported so, and linked.
link_with() { import_vpn "$@"; vpn link "$1" >/dev/null; }

# up NAME..., down NAME...: by alice.
up() { local name; for name; do alice vpn up "$name" >/dev/null; done; }
down() { local name; for name; do alice vpn down "$name" >/dev/null; done; }

# address COMMAND...: as what that prefix reaches the internet, over both protocols.
address() { echo "$("$@" $LAB_GET $LAB_WEB4/) $("$@" $LAB_GET $LAB_WEB6/)"; }
# shellcheck disable=SC2034
LAB_DIRECT='198.51.100.2 2001:db8:100::2'
# shellcheck disable=SC2034
LAB_BY_HOME='203.0.113.101 2001:db8:113::101'
# shellcheck disable=SC2034
LAB_BY_WORK='203.0.113.102 2001:db8:113::102'

# asked [SERVER|OPTION...]: who answers alice's query.
asked() { alice $LAB_DIG "$@" who.test TXT || true; }

# no_way COMMAND...: refused, at once.
no_way() {
    local took
    ! took=$(milliseconds "$@") || fail "not refused: $*"
    (( took < 300 )) || fail "$took ms until it was refused: $*"
}

# rules: of the host, as numbers, a line each.
rules() { on_host bash -c 'for family in -4 -6; do ip -N $family rule | sed "s/^/$family /; s/\t/ /; s/ *$//"; done'; }

# own_folders [FOLDER]: what `vpn containers enable` would write outside of /etc is this lab's own, and what CNI remembers. FOLDER is the one with
# CNI's plugins in it.
own_folders() {
    # shellcheck disable=SC2016
    on_host sh -euc '
        for folder; do
            [ -d "$folder" ] && ! grep -q "^lab-own $folder " /proc/self/mounts || continue
            mkdir -p "/run/lab-own$folder/upper" "/run/lab-own$folder/work"
            mount -t overlay -o "lowerdir=$folder,upperdir=/run/lab-own$folder/upper,workdir=/run/lab-own$folder/work" lab-own "$folder"
        done
        mkdir -p /var/lib/cni
        grep -q "^lab-own /var/lib/cni " /proc/self/mounts || mount -t tmpfs lab-own /var/lib/cni' sh /usr/local /opt/cni/bin "${1:-/usr/lib/cni}"
}

kill_userspace() {
    local process
    for process in $(lab_processes); do
        ! grep -qzx "wg.$1" "/proc/$process/cmdline" || kill -KILL "$process"
    done
    until_true 5 tunnel_is_gone "$1"
}
tunnel_is_gone() { ! on_host ip -n "vpn-$1" link show dev wg0 >/dev/null 2>&1; }

# second_uplink: u1, another way from host to inet, and in captures; without a default route.
second_uplink() {
    on_host ip link add u1 index 102 type veth peer name h1 netns "${LAB_PID[inet]}"
    on_host ip -batch - <<'END'
        link set u1 addrgenmode none
        address add fe80::3/64 dev u1 nodad
        address add 198.51.101.2/24 dev u1
        address add 2001:db8:101::2/64 dev u1 nodad
        link set u1 up
END
    in_inet ip -batch - <<'END'
        link set h1 addrgenmode none
        address add fe80::1/64 dev h1 nodad
        address add 198.51.101.1/24 dev h1
        address add 2001:db8:101::1/64 dev h1 nodad
        link set h1 up
END
    LAB_WATCHED+=('inet h1 198.51.101.1')
}

# to_second_uplink, to_first_uplink: the default routes.
to_second_uplink() {
    on_host ip route replace default via 198.51.101.1 dev u1 metric 4
    on_host ip route replace default via 2001:db8:101::1 dev u1 metric 4
    on_host ip route del default via 198.51.100.1 dev u0
    on_host ip route del default via 2001:db8:100::1 dev u0
}
to_first_uplink() {
    on_host ip -4 route flush default
    on_host ip route replace default via 198.51.100.1 dev u0 metric 5
    on_host ip route replace default via 2001:db8:100::1 dev u0 metric 5
    on_host ip link del dev u1 # and its routes with it
}

# Questions that only time answers are asked all at once: `asked_at_once COMMAND...` starts one, whose output waits for `answers`, which
# prints those of all in the order in which they were started.
asked_at_once() {
    [[ -n ${answers_folder:-} ]] || answers_folder=$(mktemp -d "$LAB/answers.XXXXXX")
    answers_files+=("$answers_folder/${#answers_files[@]}")
    "$@" > "${answers_files[-1]}" 2>/dev/null &
    answers_pids+=($!)
}
answers() {
    wait "${answers_pids[@]}" || true
    cat "${answers_files[@]}"
    rm -r "$answers_folder"
    unset answers_folder answers_files answers_pids
}

# Such questions: FROM ADDRESS [PORT].
over_tcp() { "$1" curl -s -m 2 -o /dev/null "http://$2:$3/" && echo -n "$3 "; }
over_udp() { [[ $("$1" timeout 2 socat -t 1 - "UDP:$2:5300" <<< hello 2>/dev/null) == hello ]] && echo -n 'udp '; }
# who_asked FILE: whom a server (web.py) has written down, each once.
who_asked() { cut -d' ' -f1 "$1" | sort -u | paste -sd' '; }
