#!/bin/bash
# How long `vpn up` and `vpn down` take with kernel WireGuard, as a part of wg-quick's time in the same run, a launch as a multiple of
# `ip netns exec`, and what a command gets through as a part of what a tunnel of the same kind gets alone. Prints, and expects nothing: the
# machine may be an emulated one. systemd-resolved is stopped, since wg-quick is given no DNS servers either.
#
#   speed [ROUNDS [LAPS]]   of the first two and of the last; 0 rounds: the last alone
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

rounds=${1:-9} laps=${2:-3}

# timed WHAT KIND COMMAND...: in microseconds, and of it what the kernel has worked for the command, as KIND-kernel.
timed() {
    local what=$1 kind=$2 whole kernel status=0 TIMEFORMAT='%3R %3S'; shift 2
    { time "$@" >/dev/null 2>&1; } 2> "$LAB/time" || status=$?
    read -r whole kernel < "$LAB/time"
    (( status == 0 )) || echo "$* failed" >&2
    echo "$what $kind $((10#${whole/./} * 1000))"
    echo "$what $kind-kernel $((10#${kernel/./} * 1000))"
    sleep 0.3
}

# ratio FILE WHAT A B: of medians. Lines of the file: WHAT KIND VALUE.
ratio() {
    awk -v what="$2" -v a="$3" -v b="$4" '
        function median(v, n,  i, j, t) { for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j] < v[j-1]; j--) { t = v[j]; v[j] = v[j-1]; v[j-1] = t }
            return v[int((n + 1) / 2)] }
        $1 == what && $2 == a { x[++n] = $3 }
        $1 == what && $2 == b { y[++m] = $3 }
        END { if (!n || !m) exit; x0 = median(x, n); y0 = median(y, m); printf "%-22s %.3f (%.0f : %.0f, medians of %d)\n", what " " a, x0 / y0, x0, y0, n }' "$1"
}

# paired FILE WHAT A B [-]: the median of the laps' ratios, or differences, in its quartiles; and the medians of both.
paired() {
    awk -v what="$2" -v a="$3" -v b="$4" -v minus="${5:-}" '
        function sort(v, n,  i, j, t) { for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j] < v[j-1]; j--) { t = v[j]; v[j] = v[j-1]; v[j-1] = t } }
        function at(v, n, q,  i, x) { x = 1 + q * (n - 1); i = int(x); return i < n ? v[i] + (x - i) * (v[i+1] - v[i]) : v[n] }
        $1 == what && $2 == a { x[++n] = $3 }
        $1 == what && $2 == b { y[++m] = $3 }
        END {
            if (!n || n != m) exit
            for (i = 1; i <= n; i++) r[i] = minus ? x[i] - y[i] : x[i] / y[i]
            sort(x, n); sort(y, n); sort(r, n)
            format = minus ? "%.0f us, %.0f...%.0f" : "%.3f, %.3f...%.3f"
            printf "%-26s " format " (%.0f and %.0f, %d laps)\n", what " " a, at(r, n, .5), at(r, n, .25), at(r, n, .75), at(x, n, .5), at(y, n, .5), n
        }' "$1"
}

claims_lab
systemctl stop systemd-resolved
rm -rf /run/systemd/resolve
lab_profile home | vpn import - --name home >/dev/null
install -d "$LAB/quick"
lab_profile home | grep -v '^DNS' > "$LAB/quick/quick.conf"
vpn link home >/dev/null
for ((round = 0; round < rounds; round++)); do
    timed up quick wg-quick up "$LAB/quick/quick.conf"
    timed down quick wg-quick down "$LAB/quick/quick.conf"
    timed up linked vpn up home
    timed down linked vpn down home
    vpn unlink home >/dev/null
    sleep 0.3
    timed up nothing vpn up home
    timed down nothing vpn down home
    vpn link home >/dev/null
    sleep 0.3
done > "$LAB/times"
echo "linked, and from nothing, as a part of wg-quick's time"
for kind in linked nothing; do
    for what in up down; do
        ratio "$LAB/times" $what $kind quick
        ratio "$LAB/times" $what $kind-kernel quick
    done
done

# ---------------------------------------------------------------- launch

on_host ip netns add plain
for ((round = 0; round < 3 * rounds; round++)); do
    timed launch vpnrun alice vpnrun home -- true
    timed launch netns ip netns exec plain true
done > "$LAB/launches" 2>&1
on_host ip netns del plain

# ---------------------------------------------------------------- throughput

# The other VPN's tunnel, of the same kind, in a namespace without bridge, address translation or filter.
lab_namespace alone
ip link add wg-alone type wireguard
lab_profile work | grep -vE '^(Address|DNS)' > "$LAB/work.wg"
wg setconf wg-alone "$LAB/work.wg"
ip link set wg-alone mtu 1420 netns "${LAB_PID[alone]}"
alone() { nsenter -t "${LAB_PID[alone]}" -n -- "$@"; }
alone ip address add 172.27.13.34/32 dev wg-alone
alone ip link set wg-alone up
alone ip route add default dev wg-alone
for address in 172.27.12.1 172.27.13.1; do in_srv iperf3 -s -D -B $address >/dev/null; done

# through PATH WORDS...: received bits, or packets, per second.
through() {
    local path=$1 what=$2; shift 2
    case $path in
        command | no-flowtable) alice vpnrun home -- iperf3 -J -t 3 -c 172.27.12.1 "$@" ;;
        alone) alone iperf3 -J -t 3 -c 172.27.13.1 "$@" ;;
    esac | jq "$what"
}
# round_trips PATH: the median of 200, in microseconds.
round_trips() {
    case $1 in
        command | no-flowtable) alice vpnrun home -- ping -i 0.02 -c 200 172.27.12.1 ;;
        alone) alone ping -i 0.02 -c 200 172.27.13.1 ;;
    esac | sed -n 's/.* time=\([0-9.]*\) ms$/\1/p' | sort -n | awk '{ t[NR] = $1 } END { printf "%.0f\n", 1000 * t[int((NR + 1) / 2)] }'
}
bits=.end.sum_received.bits_per_second
packets='.end.sum | .packets * (100 - .lost_percent) / 100 / .seconds'
# One after the other for each kind, since the machine's speed changes by the minute.
measured() {
    case $1 in
        tcp-1) through "$2" $bits ;;
        tcp-4) through "$2" $bits -P 4 ;;
        down-1) through "$2" $bits -R ;;
        udp-100-bytes) through "$2" "$packets" -u -l 100 -b 0 ;;
        ping) round_trips "$2" ;;
    esac
}
kinds='tcp-1 tcp-4 down-1 udp-100-bytes ping'
paths='command alone'
# Without it a command is as it was before there was one.
if [[ -e /proc/sys/net/netfilter/nf_flowtable_tcp_timeout ]]; then paths='command alone no-flowtable'; fi
for ((lap = 0; lap < laps; lap++)); do
    for what in $kinds; do
        for path in $paths; do
            if [[ $path == no-flowtable ]]; then box nft delete table inet vpn-flows; fi
            echo "$what $path $(measured "$what" "$path")"
        done
        # It comes again with the filter.
        vpn reload home >/dev/null
    done
done > "$LAB/speeds"

echo 'launch as a multiple of ip netns exec'
ratio "$LAB/launches" launch vpnrun netns
echo 'in a command, as a part of the same kind of tunnel alone, or ping minus its ping'
for path in ${paths/alone/}; do
    for what in ${kinds/ping/}; do paired "$LAB/speeds" "$what" "$path" alone; done
    paired "$LAB/speeds" ping "$path" alone -
done
