# shellcheck shell=bash
# wireguard_state: `wg show DEVICE dump` as lines that can be compared, sorted.
wireguard_state() {
    awk -F '\t' '
        NR == 1 { print "interface", $1, "port", $3, "mark", $4; next }
        { n = split($4, networks, ","); for (i = 1; i <= n; i++) print "peer", $1, "allows", networks[i]; print "peer", $1, $2, "at", $3, "every", $8 }' | sort
}
