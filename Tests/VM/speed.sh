#!/bin/bash
# How long `vpn up` and `vpn down` take with kernel WireGuard, as a part of wg-quick's time in the same run. Prints, and expects nothing: the
# machine may be an emulated one. systemd-resolved is stopped, since wg-quick is given no DNS servers either.
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

rounds=${1:-9}

timed() {
    local what=$1 start=${EPOCHREALTIME/./}; shift
    "$@" >/dev/null 2>&1 || echo "$* failed" >&2
    echo "$what $((${EPOCHREALTIME/./} - start))"
    sleep 0.3
}

claims_begin
install_programs >/dev/null || exit
lab_up
systemctl stop systemd-resolved
rm -rf /run/systemd/resolve
lab_profile home | vpn import - --name home >/dev/null
install -d "$LAB/quick"
lab_profile home | grep -v '^DNS' > "$LAB/quick/quick.conf"
vpn link home >/dev/null
for ((round = 0; round < rounds; round++)); do
    timed quick-up wg-quick up "$LAB/quick/quick.conf"
    timed quick-down wg-quick down "$LAB/quick/quick.conf"
    timed linked-up vpn up home
    timed linked-down vpn down home
    vpn unlink home >/dev/null
    sleep 0.3
    timed nothing-up vpn up home
    timed nothing-down vpn down home
    vpn link home >/dev/null
    sleep 0.3
done > "$LAB/times"
for what in linked-up linked-down nothing-up nothing-down; do
    awk -v a=$what -v b="quick-${what#*-}" '
        function median(v, n,  i, j, t) { for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j] < v[j-1]; j--) { t = v[j]; v[j] = v[j-1]; v[j-1] = t }
            return v[int((n + 1) / 2)] }
        $1 == a { x[++n] = $2 }
        $1 == b { y[++m] = $2 }
        END { x0 = median(x, n); y0 = median(y, m); printf "%-14s %.3f of wg-quick (%d : %d us, median of %d)\n", a, x0 / y0, x0, y0, n }' "$LAB/times"
done
