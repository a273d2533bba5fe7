# shellcheck shell=bash
# What other programs do to the host's packets does not concern a VPN: set up before it is linked, and after.

# beside FIREWALL: with that firewall, commands and programs bound to A reach the internet, linked before and after.
beside() {
    trap firewall_off EXIT
    "$1"
    link home
    all_work
    unlink_vpn home
    firewall_off
    vpn link home
    # A handshake whose answer meets a firewall that is half set up is repeated after five seconds.
    alice vpnrun --wait home true
    "$1"
    all_work
}

all_work() {
    works alice vpnrun home --
    expect 203.0.113.101 "$(on_host curl -sS -m 5 --interface home http://192.0.2.80/)" 'bound to the host link'
    expect 2001:db8:113::101 "$(on_host curl -sS -m 5 --interface home 'http://[2001:db8:80::80]/')" 'bound to the host link, IPv6'
    expect 198.51.100.2 "$(on_host curl -sS -m 5 http://192.0.2.80/)" 'not bound'
}

firewall_off() {
    local tool
    for tool in iptables ip6tables; do
        on_host $tool -P INPUT ACCEPT
        on_host $tool -P FORWARD ACCEPT
    done
    for table in 'ip filter' 'ip6 filter' 'ip nat' 'inet firewalld'; do
        on_host nft delete table $table 2>/dev/null || true
    done
    on_host sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.{all,default,u0,l0}.rp_filter=0
}

docker() {
    on_host sysctl -qw net.ipv4.ip_forward=1
    for tool in iptables ip6tables; do
        on_host $tool -P FORWARD DROP
        on_host $tool -N DOCKER-USER
        on_host $tool -A FORWARD -j DOCKER-USER
        on_host $tool -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        on_host $tool -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
    done
    on_host iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
}
test_docker() { beside docker; }

# At once, as ufw does it: while INPUT drops and nothing is accepted yet, the answer to a handshake may be lost, and the next one is 5 s later.
ufw() {
    local type
    { echo '*filter'; ufw_rules; echo COMMIT; } | on_host iptables-restore --noflush
    {
        echo '*filter'
        ufw_rules
        for type in router-advertisement neighbour-solicitation neighbour-advertisement; do
            echo "-A INPUT -p icmpv6 --icmpv6-type $type -m hl --hl-eq 255 -j ACCEPT"
        done
        echo COMMIT
    } | on_host ip6tables-restore --noflush
}
ufw_rules() {
    cat <<'END'
:INPUT DROP
:FORWARD DROP
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
END
}
test_ufw() { beside ufw; }

firewalld() {
    on_host nft -f - <<'END'
        table inet firewalld {
            chain filter_PREROUTING {
                type filter hook prerouting priority filter + 10; policy accept
                icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
                meta nfproto ipv6 fib saddr . mark . iif oif missing drop
            }
            chain filter_INPUT {
                type filter hook input priority filter + 10; policy accept
                ct state { established, related } accept
                ct status dnat accept
                iifname "lo" accept
                icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
                ct state invalid drop
                reject with icmpx admin-prohibited
            }
            chain filter_FORWARD {
                type filter hook forward priority filter + 10; policy accept
                ct state { established, related } accept
                ct state invalid drop
                reject with icmpx admin-prohibited
            }
        }
END
}
test_firewalld() { beside firewalld; }

strict_rp_filter() { on_host sysctl -qw net.ipv4.conf.{all,default,u0,l0}.rp_filter=1; }
test_strict_rp_filter() { beside strict_rp_filter; }

# Bridged packets go through the FORWARD chain of the bridge's namespace.
bridge_netfilter() {
    docker
    on_host sysctl -qw net.bridge.bridge-nf-call-{iptables,ip6tables,arptables}=1
}
test_bridge_netfilter() {
    on_host sysctl -qn net.bridge.bridge-nf-call-iptables >/dev/null || skip 'the kernel has no br_netfilter'
    beside bridge_netfilter
}

everything() { docker; ufw; firewalld; strict_rp_filter; }
test_everything_at_once() { beside everything; }

test_another_programs_flush() {
    link home
    on_host nft flush ruleset
    works alice vpnrun home --
}
