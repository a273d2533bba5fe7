#!/bin/bash
# What vpnrun makes of each FOLDER/NAME.case: FOLDER/NAME.ours, or nothing there if it refuses it; what it said is in FOLDER/NAME.ours.said.
#
#   vpnrun.sh FOLDER

folder=$1
# shellcheck source=SCRIPTDIR/wireguard-state.sh
. "$(dirname "$(readlink -f "$0")")/wireguard-state.sh"

understood() {
    vpn import "$folder/ours.conf" > /dev/null && vpn link ours > /dev/null || return
    { wg show wg.ours dump 2>/dev/null || ip netns exec vpn-ours wg show wg0 dump; } | wireguard_state
    vpn status ours --json | jq -r '(.[0]? // .) |
        (.addresses | map("address " + sub("/.*"; "")) | sort[]), "dns \(.dns | join(" "))", "search \(.search | join(" "))", "mtu \(.mtu)",
        # Nothing has changed since it was linked: what is compared for that must be told the same by box and profile.
        (.changed[] | "changed \(.)")'
    # `table=` of the link's alias; the ID if the file says nothing.
    ip -d link show ours | awk '{ delete value; for (i = 1; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] } }
        "fwmark" in value && value["table"] != value["id"] { print "table", value["table"] }'
}

for file in "$folder"/*.case; do
    result=${file%.case}.ours
    install -m 600 "$file" "$folder/ours.conf"
    understood > "$result" 2> "$result.said" < /dev/null
    [[ -s $result ]] || rm "$result"
    vpn unlink ours --force > /dev/null 2>&1
    rm -f /etc/vpnrun/ours.conf
done
