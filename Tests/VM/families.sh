#!/bin/bash
# A kernel without IPv6 (started with ipv6.disable=1), one that switches it off for all links (ipv6.disable_ipv6=1), and a host that has it
# switched off by sysctl: IPv4 works, all of it, with one notice; the host's own links stay as they are. The machine, and a server in a
# namespace, with the kernel's WireGuard. The lab's own world has IPv6.
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

LAB=$(mktemp -d)
LAB_ID=families LAB_PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
get=(curl -sS -m 10 "$web")

world() {
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
    (umask 077; wg genkey > "$LAB/server"; wg genkey > "$LAB/client")
    ip -n isp link add wgs type wireguard
    ip netns exec isp wg set wgs listen-port 51820 private-key "$LAB/server" \
        peer "$(wg pubkey < "$LAB/client")" allowed-ips 172.27.12.34/32,fd27:12::34/128
    ip -n isp addr add 172.27.12.1/24 dev wgs
    ip -n isp link set wgs up
    resolver home 3 172.27.12.1
    ((has_ipv6 == 0)) || { ip -n isp addr add fd27:12::1/64 dev wgs nodad && resolver home 3 fd27:12::1; }
    resolver isp 1 198.51.100.1
    resolvectl dns u0 198.51.100.1
    resolvectl domain u0 '~.'
    ip netns exec isp /usr/bin/python3 -I Tests/Lab/web.py 80 >/dev/null &
    until_true 30 ip netns exec isp curl -s -m 1 -o /dev/null "$web"
}

resolver() {
    ip netns exec isp dnsmasq --conf-file=/dev/null --pid-file= --user=root --group=root --bind-interfaces --except-interface=lo --no-resolv --no-hosts \
        --local=/test/ --host-record="who.test,10.0.0.$2" --txt-record="who.test,$1" --listen-address="$3"
}

profiles() {
    cat > "$LAB/home.conf" <<END
[Interface]
PrivateKey = $(< "$LAB/client")
Address = 172.27.12.34/32, fd27:12::34/128
DNS = 172.27.12.1, fd27:12::1
[Peer]
PublicKey = $(wg pubkey < "$LAB/server")
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 198.51.100.1:51820
END
    sed 's/, fd27:12::34\/128//; s/, fd27:12::1//; s/, ::\/0//' "$LAB/home.conf" > "$LAB/four.conf"
    sed 's/172.27.12.34\/32, //; s/172.27.12.1, //' "$LAB/home.conf" > "$LAB/six.conf"
}

# state: what must be as before when a VPN has gone, the settings of the host's own links included.
state() {
    ip rule; ip -6 rule; ip -o link; ip -o address; ip route show table all; ip -6 route show table all; nft list ruleset
    grep -r . /proc/sys/net/ipv6/conf/{all,default,lo,u0}/disable_ipv6
} 2>/dev/null
settings() { sysctl net.ipv6.conf.{all,default,lo,u0}.disable_ipv6 2>/dev/null || true; }
left() { diff <(echo "$before") <(state); }
# settled_left: the kernel takes a moment to end namespaces.
settled_left() { for _ in {1..50}; do ! left >/dev/null || return 0; sleep 0.2; done; left; }
# notices COMMAND...: how many lines about IPv6 it prints. It has to end well.
notices() { local said; said=$("$@" 2>&1 < /dev/null) && { grep -c IPv6 <<< "$said" || true; }; }
checked() { vpn check "$1" 2>&1 || true; }
problems() { checked "$1" | grep '^!!' || true; }

# on_such_a_host NAME NOTICE: by alice.
on_such_a_host() {
    local name=$1 notice=$2 expected=1 own
    [[ $notice != '*' ]] || expected=0
    before=$(state) own=$(settings)
    says "$name: import" '*imported*' vpn import "$LAB/$name.conf"
    says "$name: link, with its notice" "$notice" alice vpn link "$name"
    says "$name: a command" 172.27.12.34 alice vpnrun "$name" -- "${get[@]}"
    says "$name: and its names" '10.0.0.3 *' alice vpnrun "$name" -- getent ahostsv4 who.test
    says "$name: up" "*$name is up*" alice vpn up "$name"
    says "$name: the whole system" 172.27.12.34 alice "${get[@]}"
    says "$name: and its names" '10.0.0.3 *' alice getent ahostsv4 who.test
    says "$name: status" "*The whole system goes through $name*" alice vpn status "$name"
    says "$name: which has no warning" '[]' jq -c '.[0].warnings' <(alice vpn status "$name" --json)
    says "$name: refresh" '*refreshed*' alice vpn refresh "$name"
    says "$name: reload" '*' alice vpn reload "$name"
    says "$name: the plan" '*' alice vpn plan "$name"
    ((has_ipv6)) || says "$name: check says what the kernel lacks" '*this kernel has no IPv6*' checked "$name"
    says "$name: check finds no problem" '' problems "$name"
    if ((has_ipv6)) && [[ $name == home ]]; then
        says 'home: a command has IPv6' '*1 received*' alice vpnrun home -- ping -6 -n -c1 -w9 fd27:12::1
        says 'home: the system, too' '*1 received*' ping -6 -n -c1 -w9 fd27:12::1
        says 'home: and a loopback of both families' '*1 received*' alice vpnrun home -- ping -6 -n -c1 -w9 ::1
    fi
    holds "$name: the tunnel is deleted" ip -n "vpn-$name" link delete wg0
    says "$name: refresh makes a new one" "*$name has a new tunnel*" alice vpn refresh "$name"
    says "$name: the whole system" 172.27.12.34 alice "${get[@]}"
    says "$name: the host's links keep their settings" "$own" settings
    says "$name: down" "*$name is down*" alice vpn down "$name"
    says "$name: direct again" 198.51.100.2 alice "${get[@]}"
    says "$name: and its names" '10.0.0.1 *' alice getent ahostsv4 who.test
    holds "$name: unlink" until_true 10 alice vpn unlink "$name"
    says "$name: nothing is left" '' settled_left
    says "$name: up from nothing, notices" $expected notices alice vpn up "$name"
    says "$name: the whole system" 172.27.12.34 alice "${get[@]}"
    holds "$name: down" alice vpn down "$name"
    says "$name: nothing is left" '' settled_left
    says "$name: vpnrun from nothing prints what the command prints" 172.27.12.34 alice vpnrun "$name" -- "${get[@]}"
    holds "$name: unlink" until_true 10 alice vpn unlink "$name"
    says "$name: nothing is left" '' settled_left
    says "$name: the host's links keep their settings" "$own" settings
    rm "/etc/vpnrun/$name.conf"
}

claims_begin
if [[ -e /proc/sys/net/ipv6 ]]; then has_ipv6=1; else has_ipv6=0; fi
case $(< /proc/cmdline) in
    *ipv6.disable=1*) says 'the kernel is started so' 0 echo $has_ipv6; notice='*this kernel has no IPv6*' ;;
    *ipv6.disable_ipv6=1*) says 'the kernel is started so' 1 sysctl -n net.ipv6.conf.default.disable_ipv6; notice='*IPv6 is switched off on this machine*' ;;
    *) sysctl -qw net.ipv6.conf.{all,default}.disable_ipv6=1; notice='*IPv6 is switched off on this machine*' ;;
esac
install_programs >/dev/null || exit 125
lab_accounts_of_machine
world
profiles
on_such_a_host home "$notice"
on_such_a_host four '*'
if ((has_ipv6 == 0)); then
    holds 'six: import' vpn import "$LAB/six.conf"
    for verb in link up; do
        exits "six: $verb is refused in a sentence" 125 'vpn: *IPv6 addresses only, and this kernel has no IPv6*' alice vpn $verb six
    done
    exits 'six: vpnrun, too' 125 '*IPv6 addresses only, and this kernel has no IPv6*' alice vpnrun six -- true
    says 'six: nothing is left' '' left
fi
claims_end
