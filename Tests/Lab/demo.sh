#!/bin/bash
# The product in half a minute, in a lab of its own: no VPN account, nothing of the machine is changed. Needs root, for the lab.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
for part in lab helpers inside snapshot; do
    # shellcheck source=lab.sh
    . "$here/$part.sh"
done

bold='' faint='' red='' green='' blue='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    bold=$'\e[1m' faint=$'\e[2m' red=$'\e[31m' green=$'\e[32m' blue=$'\e[34m' plain=$'\e[0m'
fi
wrong=0

chapter() { printf '\n%s%s%s\n' "$bold$blue" "$*" "$plain"; }
explain() { printf '%s  %s%s\n' "$faint" "$*" "$plain"; }
show() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }

# answer WANTED GOT: green when it is what the story says; on a line of its own when it is long.
answer() {
    (( ${#2} <= 42 )) || printf '\n    '
    # shellcheck disable=SC2053
    if [[ $2 == $1 ]]; then
        printf '%s%s%s\n' "$green" "$2" "$plain"
    else
        printf '%s%s%s  (the story says %s)\n' "$red" "$2" "$plain" "$1"
        wrong=1
    fi
}

# ask WANTED PREFIX COMMAND...: the command, and beside it what it says; PREFIX tells who runs it.
ask() {
    local wanted=$1 prefix=$2; shift 2
    printf '%s%-58s%s' "$bold" "\$ ${prefix#alice }$*" "$plain"
    answer "$wanted" "$($prefix "$@" 2>&1)"
}

# by_root WHY COMMAND...
by_root() {
    explain "$1"; shift
    show "# $*"
    on_host "$@" 2>&1 | sed 's/^/    /'
}

# twice WHY DIRECT THROUGH COMMAND...: alice runs it directly and in the VPN.
twice() {
    local direct=$2 through=$3
    explain "$1"; shift 3
    ask "$direct" 'alice ' "$@"
    ask "$through" 'alice vpnrun lab -- ' "$@"
}

# fails_at_once URL: in the shell that has been in the VPN since before the cut.
fails_at_once() {
    local said
    printf '%s%-58s%s' "$bold" "\$ curl $1" "$plain"
    said=$(inside a "curl -sS -m 5 -w '%{time_total}\n' -o /dev/null $1 2>&1; true")
    answer '*Couldn'"'"'t connect*, 0.* ms' "$(sed -E 's/^curl: //; s/ to .*: /: /' <<< "${said%$'\n'*}"), $(awk '{ printf "%.1f ms", $1 * 1000 }' <<< "${said##*$'\n'}")"
}

lab_up
lab_install
before=$(snapshot)

chapter 'A lab: internet, LAN and VPN provider with real WireGuard, all in network namespaces'
explain 'this host   198.51.100.2 and 2001:db8:100::2; in the LAN 192.168.50.10'
explain 'web server  192.0.2.80 and 2001:db8:80::80; it answers with the address that it sees'
explain 'provider    comes out of its tunnel as 203.0.113.101 and 2001:db8:113::101'
explain 'resolvers   who.test is "isp" to the ISP'"'"'s, "lan" to the LAN'"'"'s, "home" to the provider'"'"'s'

chapter 'From the provider'"'"'s file to a VPN'
lab_profile home | on_host install -m 600 -o alice /dev/stdin /home/alice/lab.conf
by_root 'The file is read as data, its hooks are never run.' vpn import /home/alice/lab.conf
by_root 'With WireGuard in the kernel, the first vpnrun would do this, for alice too.' vpn link lab

chapter 'The same command, direct and in the VPN; alice is no administrator'
twice 'The web server sees another address.' 198.51.100.2 203.0.113.101 curl -s http://192.0.2.80/
twice 'Over IPv6 as well.' 2001:db8:100::2 2001:db8:113::101 curl -s 'http://[2001:db8:80::80]/'
twice 'Another resolver answers.' '"isp"' '"home"' dig +short who.test TXT
twice 'Also when the command insists on one: port 53 belongs to the VPN.' '"lan"' '"home"' dig +short @192.168.50.20 who.test TXT
twice 'It is still her command: same user, no capability.' '*0000000000000000' '*0000000000000000' grep CapEff /proc/self/status

chapter 'The whole system, and back'
explain 'alice puts everything behind the VPN: every program of every user, and every query.'
lab_capture_start
ask 'lab is up: everything goes through it*' 'alice ' vpn up lab
ask 203.0.113.101 'alice ' curl -s http://192.0.2.80/
ask 2001:db8:113::101 'alice ' curl -s 'http://[2001:db8:80::80]/'
ask '"home"' 'alice ' dig +short who.test TXT
ask '"home"' 'alice ' dig +short @198.51.100.1 who.test TXT
seen=$(lab_capture_stop)
printf '  %-56s' 'tcpdump on uplink and LAN, the tunnel'"'"'s packets aside:'
answer '0 packets' "$(grep -c . <<< "$seen" || true) packets"
explain 'The LAN stays direct.'
ask 192.168.50.10 'alice ' curl -s http://192.168.50.20/
explain 'Each change is a line that ip or nft would take: `vpn down -v` shows them.'
ask 'lab is down' 'alice ' vpn down
ask 198.51.100.2 'alice ' curl -s http://192.0.2.80/
ask '"isp"' 'alice ' dig +short who.test TXT

chapter 'The tunnel is cut while a download runs'
inside_open a alice lab
lab_capture_start
explain 'A shell in the VPN, and a download in it.'
show '$ vpnrun lab -- sh'
show '$ curl http://192.0.2.80/big &'
inside_download a >/dev/null
by_root 'Root deletes the tunnel.' ip -n vpn-lab link delete dev wg0
explain 'The same shell asks again: an error at once, no other way out.'
fails_at_once http://192.0.2.80/
fails_at_once 'http://[2001:db8:80::80]/'
seen=$(lab_capture_stop)
printf '  %-56s' 'tcpdump on uplink and LAN, the tunnel'"'"'s packets aside:'
answer '0 packets' "$(grep -c . <<< "$seen" || true) packets"
explain 'It does see packets: those of a curl outside the VPN, which works as before.'
lab_capture_start
ask 198.51.100.2 'alice ' curl -s http://192.0.2.80/
seen=$(lab_capture_stop)
printf '  %-56s' 'tcpdump:'
answer '[1-9]* packets' "$(grep -c . <<< "$seen" || true) packets"

chapter 'Leave no trace'
by_root 'Its commands are cut off, the box goes away.' vpn unlink lab --force
on_host rm /etc/vpnrun/lab.conf
explain 'Rules, routes, links, nftables, sysctls, mounts and /run of the host,'
printf '  %-56s' 'before and after:'
answer 'no difference' "$( (expect_no_trace "$before") 2>&1 && echo 'no difference')"
exit $wrong
