#!/bin/bash
# A kernel without IPv6 (started with ipv6.disable=1), or one that switches it off for all links (ipv6.disable_ipv6=1): IPv4 works, all of it,
# and the host's own links stay as they are. The machine and a server in a namespace, with the kernel's WireGuard.
set -uo pipefail

failed=0
# claim WHAT WANTED GOT: WANTED is a pattern of the shell.
claim() {
    # shellcheck disable=SC2053
    if [[ $3 == $2 ]]; then echo "ok      $1"; else echo "NOT OK  $1: expected '$2', got '$3'"; failed=1; fi
}
# does WHAT PATTERN COMMAND...: status 0, and it says that.
does() {
    local what=$1 pattern=$2 said status=0; shift 2
    said=$("$@" 2>&1 < /dev/null) || status=$?
    claim "$what: status" 0 $status
    claim "$what" "$pattern" "$said"
}

if grep -q 'ipv6.disable=1' /proc/cmdline; then has_ipv6=0; else has_ipv6=1; fi
claim 'the kernel is started so' $has_ipv6 "$([[ -e /proc/sys/net/ipv6 ]] && echo 1 || echo 0)"
make -s install-only >/dev/null || exit 125

ip netns add isp
ip link add u0 type veth peer name h0 netns isp
ip addr add 198.51.100.2/24 dev u0
ip link set u0 up
ip -n isp addr add 198.51.100.1/24 dev h0
ip -n isp addr add 192.0.2.80/32 dev lo
ip -n isp link set h0 up
ip -n isp link set lo up
ip route add default via 198.51.100.1 metric 1
ip netns exec isp sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.all.forwarding=1 2>/dev/null
(umask 077; wg genkey > server; wg genkey > client)
ip -n isp link add wgs type wireguard
ip netns exec isp wg set wgs listen-port 51820 private-key server peer "$(wg pubkey < client)" allowed-ips 172.27.12.34/32,fd27:12::34/128
ip -n isp addr add 172.27.12.1/24 dev wgs
ip -n isp link set wgs up
((has_ipv6 == 0)) || ip -n isp addr add fd27:12::1/64 dev wgs nodad
ip netns exec isp python3 -c '
import http.server
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write((self.client_address[0] + "\n").encode())
    def log_message(self, *_): pass
http.server.HTTPServer(("192.0.2.80", 80), H).serve_forever()' &
web=$!
trap 'kill $web' EXIT
for _ in {1..50}; do ! ip netns exec isp curl -s -m 1 -o /dev/null http://192.0.2.80/ || break; sleep 0.2; done
cat > home.conf <<END
[Interface]
PrivateKey = $(< client)
Address = 172.27.12.34/32, fd27:12::34/128
DNS = 172.27.12.1, fd27:12::1
[Peer]
PublicKey = $(wg pubkey < server)
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 198.51.100.1:51820
END
sed 's/, fd27:12::34\/128//; s/, fd27:12::1//; s/, ::\/0//' home.conf > four.conf
sed 's/172.27.12.34\/32, //; s/172.27.12.1, //' home.conf > six.conf

get=(curl -sS -m 5 http://192.0.2.80/)
before=$(ip rule; ip -o link; ip -o address)
own=$(sysctl -n net.ipv6.conf.u0.disable_ipv6 2>/dev/null)
for name in home four; do
    does "$name: import" '*imported*' vpn import $name.conf
    notice='*'
    if [[ $name == home ]]; then
        notice='*this kernel has no IPv6*'
        ((has_ipv6 == 0)) || notice='*IPv6 is switched off on this machine*'
    fi
    does "$name: link, with a notice" "$notice" vpn link $name
    does "$name: a command" 172.27.12.34 vpnrun $name -- "${get[@]}"
    does "$name: up" "*$name is up*" vpn up $name
    does "$name: the whole system" 172.27.12.34 "${get[@]}"
    does "$name: status" "*The whole system goes through $name*" vpn status $name
    claim "$name: status has no warning" '' "$(vpn status $name | grep -i -e missing -e warning)"
    does "$name: refresh" "*refreshed*" vpn refresh $name
    does "$name: reload" '*' vpn reload $name
    does "$name: the plan" '*' vpn plan $name
    checked=$(vpn check $name 2>&1)
    if [[ $has_ipv6 == 0 ]]; then claim "$name: check" '*this kernel has no IPv6*' "$checked"; fi
    problems=$(grep '^!!' <<< "$checked" | grep -v -e resolver -e 'DNS server')
    claim "$name: check finds no problem but the server's missing resolver" '' "$problems"
    if ((has_ipv6)) && [[ $name == home ]]; then
        does 'home: a command has IPv6' '*1 received*' vpnrun home -- ping -6 -n -c1 -w3 fd27:12::1
        does 'home: the system, too' '*1 received*' ping -6 -n -c1 -w3 fd27:12::1
        does 'home: and a loopback of both families' '*1 received*' vpnrun home -- ping -6 -n -c1 -w3 ::1
    fi
    does "$name: down" '*' vpn down $name
    does "$name: direct again" 198.51.100.2 "${get[@]}"
    does "$name: unlink" '*' vpn unlink --force $name
    claim "$name: nothing is left" '' "$(diff <(echo "$before") <(ip rule; ip -o link; ip -o address))"
    claim "$name: the host's links keep their setting" "$own" "$(sysctl -n net.ipv6.conf.u0.disable_ipv6 2>/dev/null)"
    vpn remove $name >/dev/null 2>&1 || rm -f /etc/vpnrun/$name.conf
done
if ((has_ipv6 == 0)); then
    vpn import six.conf >/dev/null 2>&1
    claim 'IPv6 only: refused in a sentence' '*IPv6 addresses only, and this kernel has no IPv6*' "$(vpn link six 2>&1)"
fi
exit $failed
