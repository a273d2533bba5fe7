#!/bin/bash
# What wg-quick(8) and wg(8) make of each FOLDER/NAME.conf: FOLDER/NAME.theirs, or nothing there if they refuse it; what they said is in
# FOLDER/NAME.theirs.said.
#
#   unshare -mn wg-quick.sh FOLDER
#
# wg-quick's own functions on a real device. Hooks are not run, and of DNS and default routes only the text is of interest.

folder=$1
# shellcheck source=SCRIPTDIR/wireguard-state.sh
. "$(dirname "$(readlink -f "$0")")/wireguard-state.sh"
# shellcheck disable=SC1090
. <(sed '/^# ~~ function override/,$d' "$(command -v wg-quick)") # which sets -e
export WG_ENDPOINT_RESOLUTION_RETRIES=0

cmd() { "$@"; }
for name in execute_hooks add_if del_if set_dns add_default; do eval "$name() { :; }"; done
eval "real_$(declare -f set_mtu_up)"
set_mtu_up() { if [[ -n $MTU ]]; then real_set_mtu_up; else ip link set up dev "$INTERFACE"; fi; }
eval "$(declare -f cmd_up | sed '/already exists/d')" # it is there for all of them

asks_for_port() { [[ ${WG_CONFIG,,} =~ listen[[:blank:]]*port[[:blank:]]*=[[:blank:]0]*[1-9] ]]; }

understood() {
    parse_options "$folder/theirs.conf"
    cmd_up >&2
    trap - EXIT
    wireguard_state < <(wg show theirs dump) | if asks_for_port; then cat; else sed '/^interface/s/ port [0-9]*/ port any/'; fi
    ip -o address show dev theirs | awk '!/kernel_ll/ { sub("/.*", "", $4); print "address", $4 }' | sort
    echo "dns ${DNS[*]}"
    [[ ${#DNS[@]} == 0 ]] || echo "search ${DNS_SEARCH[*]}"
    [[ -z $MTU ]] || echo "mtu $(< /sys/class/net/theirs/mtu)"
    case $TABLE in auto | off | '') ;; *) echo "table $((TABLE))" ;; esac
}

mount -t sysfs sysfs /sys
ip link set lo up
ip link add theirs type wireguard 2>/dev/null || wireguard-go theirs >/dev/null 2>&1
ip link set theirs addrgenmode none
for file in "$folder"/*.case; do
    result=${file%.case}.theirs
    install -m 600 "$file" "$folder/theirs.conf"
    set +e
    (set -e; understood) > "$result" 2> "$result.said" < /dev/null
    status=$?
    (( status == 0 )) || rm "$result"
    set -e
    ip address flush dev theirs
    ip link set theirs down mtu 1420
    ip link set theirs addrgenmode none # after less than 1280 IPv6 starts anew
    for family in -4 -6; do ip $family route flush table all dev theirs 2>/dev/null || true; done
done
rm -f /run/wireguard/theirs.sock # its program ends
ip link del theirs 2>/dev/null || true
