#!/bin/bash
# seen.sh with|without FILE: what a machine has sent that was started with vpnrun-block.service, or without it.
set -euo pipefail
see() { tcpdump -ttnr "$2" "ether src 52:54:00:12:34:56 and ($1)" 2>/dev/null; }

dhcp='udp and (dst port 67 or dst port 547)'
tunnel='udp and dst port 51820 and dst host 203.0.113.2'
others="not arp and not ($dhcp) and not ($tunnel)
    and not (icmp6 and (ip6[40] = 133 or ip6[40] = 135 or ip6[40] = 136)) and not (ip6[6] = 0 and ip6[40] = 58)"
status=0
for wanted in dhcp tunnel; do
    [[ -n $(see "${!wanted}" "$2") ]] || { echo "FAIL $1: no $wanted in the capture"; status=1; }
done
# Once the VPN is up the LAN is direct.
first=$(see "$tunnel" "$2" | awk '{ print $1; exit }')
seen=$(see "$others" "$2" | awk -v first="${first:-0}" '$1 < first || !/ > (10\.0\.2\.|fec0::)/')
echo "# $(see "$others" "$2" | wc -l) packets of others, $(see "$dhcp" "$2" | wc -l) of DHCP, $(see "$tunnel" "$2" | wc -l) of the tunnel"
case $1 in
    with) if [[ -z $seen ]]; then echo 'ok   from the first packet on nothing but DHCP, neighbours and the tunnel'; else echo "FAIL seen:"; head -20 <<< "$seen"; status=1; fi ;;
    without) if [[ -n $seen ]]; then echo "ok   without the service it is seen what leaves: $(wc -l <<< "$seen") packets"; else echo 'FAIL nothing is seen without the service either'; status=1; fi ;;
esac
exit $status
