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

# link NAME...: imported and linked.
link() {
    local name
    for name; do
        lab_profile "$name" | vpn import - --name "$name" >/dev/null
        vpn link "$name"
    done
}

# down NAME: when the last command has left it, for which the kernel takes some milliseconds.
down() { until_true 5 nobody_inside "$1"; vpn down "$1"; }
nobody_inside() { [[ $(on_host ip -n "vpn-$1" -j link | jq '[.[] | select(.ifname | test("^v[0-9]"))] | length') == 0 ]]; }

status() { vpn status "$1" --json | jq -r "if type == \"array\" then .[0] else . end | $2"; }
in_box() { local name=$1; shift; on_host nsenter --net="/run/netns/vpn-$name" "$@"; }
userspace() { [[ $(status home .device) == userspace ]]; }

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

# reset: no VPN, no profile, no box; by force where the programs fail.
reset() {
    local profile
    for profile in $(on_host find /etc/vpnrun -mindepth 1 -name '*.conf' -printf '%f\n'); do
        vpn down "${profile%.conf}" --force || true
    done
    on_host bash -c '
        find /etc/vpnrun -mindepth 1 -delete
        for pin in /run/netns/vpn-*; do umount -l "$pin"; rm -f "$pin"; done
        for name in home work; do
            ip link del dev "$name"
            ip link del dev "wg-$name"
            nft delete table inet "vpn-$name"
        done
        for family in -4 -6; do
            ip $family rule flush protocol 86
            ip $family route flush table all proto 86
        done
        for table in 1 2; do ip -6 route del unreachable default metric 4294967295 table $table; done # flush leaves it
        true'
} >/dev/null 2>&1
