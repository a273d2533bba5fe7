#!/bin/sh
# A command in a network namespace that is made for it, as scripts and tools without a daemon do it (vopono, namespaced-openvpn, many a blog):
# a veth, addresses, a route, masquerading, a resolv.conf of its own, and everything taken away at the end. As root.
#
#   by-hand.sh COMMAND...
set -e
name=byhand$$
clean() {
    ip netns delete $name
    nft delete table inet $name
    rm -r /etc/netns/$name
}
trap clean EXIT
ip netns add $name
ip link add vh$$ type veth peer name eth0 netns $name
ip address add 10.98.0.1/24 dev vh$$
ip link set vh$$ up
ip -n $name link set lo up
ip -n $name address add 10.98.0.2/24 dev eth0
ip -n $name link set eth0 up
ip -n $name route add default via 10.98.0.1
nft -f - <<END
table inet $name {
    chain leave { type nat hook postrouting priority srcnat; ip saddr 10.98.0.0/24 masquerade; }
    chain pass { type filter hook forward priority filter; oifname "vh$$" ct state established,related accept; iifname "vh$$" accept; }
}
END
mkdir -p /etc/netns/$name
echo nameserver 10.64.0.1 > /etc/netns/$name/resolv.conf
ip netns exec $name "$@"
