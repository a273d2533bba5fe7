#!/bin/bash
# Containers of Docker's engine and of podman beside `vpn up`: by which way they go, what they publish, and that they are refused when the
# tunnel has gone. And containers that have a VPN as their only network, by what each engine knows. Their image is busybox; nothing comes from a registry.
#
#   containers.sh [PART...]    docker, podman, rootless, only, containerd; all of them without one
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

# image: a tar of a system for a container, readable by all: what it asks with needs its libraries.
image() {
    local root=$LAB/root file
    mkdir -p "$root"/{bin,etc,tmp,www}
    cp /bin/busybox "$root/bin/"
    chroot "$root" /bin/busybox --install -s /bin
    for file in $(ldd /usr/bin/{curl,getent} | grep -oE '/[^ ]+' | grep -v :) /lib/x86_64-linux-gnu/libnss_{dns,files}.so.2 /usr/bin/{curl,getent}; do
        install -D "$file" "$root$file"
    done
    echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
    echo published > "$root/www/index.html"
    tar -C "$root" -cf "$LAB/box.tar" .
    chmod 644 "$LAB/box.tar"
}
start=(run --security-opt apparmor=unconfined) # there is no apparmor_parser here
serves=(httpd -f -p 80 -h /www)
ask4=(/usr/bin/curl -sS -m 20 "$web")
ask6=(/usr/bin/curl -sS -m 20 "$web6")
# shellcheck disable=SC2016  # the container's shell
names=(sh -c '/usr/bin/getent ahostsv4 who.test | sed -n "1s/ .*//p"')

# goes CLAIM WAY COMMAND...: where a container's packets go, which COMMAND starts programs in: direct, or by the VPN.
goes() {
    local claim=$1 way=$2; shift 2
    local -A four=([direct]=198.51.100.2 [vpn]=203.0.113.101) six=([direct]=2001:db8:100::2 [vpn]=2001:db8:113::101) who=([direct]=10.0.0.1 [vpn]=10.0.0.3)
    says "$claim: IPv4" "${four[$way]}" "$@" "${ask4[@]}"
    says "$claim: IPv6" "${six[$way]}" "$@" "${ask6[@]}"
    says "$claim: names" "${who[$way]}" "$@" "${names[@]}"
}

# closed COMMAND...: without the tunnel a container gets nothing out.
closed() {
    lab_capture_start
    ip -n vpn-home link delete wg0
    holds 'the tunnel is deleted: IPv4 is refused' fails "$@" "${ask4[@]}"
    holds 'IPv6, too' fails "$@" "${ask6[@]}"
    holds 'and names' fails "$@" /usr/bin/getent ahostsv4 example.org
    says 'nothing was on uplink and LAN' '' lab_capture_stop
    holds 'vpn refresh' until_true 20 alice vpn refresh home
}

# published_direct CLAIM PORT: from this machine and its neighbours.
published_direct() {
    says "$1, from the machine" published curl -sS -m 10 "http://127.0.0.1:$2"
    says 'from the LAN' published in_lan curl -sS -m 10 "http://192.168.50.10:$2"
    says "from the uplink's neighbour" published in_inet curl -sS -m 10 --interface 198.51.100.1 "http://198.51.100.2:$2"
}
from_internet() { in_inet curl -sS -m 5 --interface 192.0.2.80 "http://198.51.100.2:$1"; }

# shows COMMAND...: what the uplink sees of it.
shows() {
    lab_capture_start
    "$@" >/dev/null 2>&1
    lab_capture_stop
}

# engine PROGRAM PORT: there before `up`, with a network of its own and a published port.
engine() {
    local program=$1 port=$2
    "$program" import "$LAB/box.tar" box >/dev/null 2>&1
    "$program" network create --ipv6 --subnet 10.77.0.0/24 --subnet fd00:c0::/64 own >/dev/null
    holds "$program: a container with a published port" "$program" "${start[@]}" -d --restart always --name web -p "$port:80" box "${serves[@]}"
    holds 'one in a network of its own' "$program" "${start[@]}" -d --restart always --name own --network own box sleep 1000000
    goes "$program, before" direct "$program" exec own
    says 'its packets are seen on the uplink' '*> 192.0.2.80.80: *' shows "$program" exec web "${ask4[@]}"
    published_direct 'its port' "$port"
    says 'from the internet' published from_internet "$port"
    lab_capture_start
    holds 'vpn up by an ordinary user' alice vpn up home
    goes 'up, the network of its own' vpn "$program" exec own
    says 'the default network: IPv4' 203.0.113.101 "$program" exec web "${ask4[@]}"
    says 'and names' 10.0.0.3 "$program" exec web "${names[@]}"
    goes 'a new container' vpn "$program" "${start[@]}" --rm --network own box
    goes "the host's network" vpn "$program" "${start[@]}" --rm --network host box
    behind 'and the system' alice
    says 'a command in the VPN' 203.0.113.101 get home
    says 'all that time nothing was on uplink and LAN' '' lab_capture_stop
    published_direct 'while up, its port' "$port"
    holds 'but not from the internet' fails from_internet "$port"
    says 'vpn status warns of nothing' '[]' warnings
    closed "$program" exec own
    goes 'after that' vpn "$program" exec own
}

warnings() { vpn status home --json | jq -c '.[0].warnings'; }

# outside PORT: the key that keeps answers on the uplink is about addresses of the host's own, and a container's is none.
outside() {
    alice vpn down >/dev/null
    profile 'ID = 1' 'OutsideIdentity = yes'
    holds 'with OutsideIdentity = yes: vpn up' alice vpn up home
    published_direct 'its port' "$1"
    holds 'and not from the internet either' fails from_internet "$1"
    holds 'vpn down' alice vpn down
    profile 'ID = 1'
}

docker_runs() { [[ $(docker inspect -f '{{.State.Running}}' own web 2>/dev/null | tr '\n' ' ') == 'true true ' ]]; }

docker_part() {
    mkdir -p /etc/docker
    echo '{"ipv6": true, "fixed-cidr-v6": "fd00:d0c::/64", "ip6tables": true, "experimental": true}' > /etc/docker/daemon.json
    echo "# $(docker --version), $(containerd --version | cut -d' ' -f3)"
    holds 'systemctl start docker' systemctl start docker
    engine docker 8080
    lab_capture_start
    holds 'systemctl restart docker' systemctl restart docker
    holds 'its containers are back' until_true 60 docker_runs
    goes 'after that' vpn docker exec own
    behind 'and the system' alice
    says 'nothing was on uplink and LAN' '' lab_capture_stop
    published_direct 'its port' 8080
    exits "vpnrun with docker is told that the engine's containers are outside" 125 '*Docker*outside home*' alice vpnrun home -- docker run box true
    holds 'vpn down' alice vpn down
    goes 'down' direct docker exec own
    outside 8080
    docker rm -f web own >/dev/null
    docker network rm own >/dev/null
    systemctl stop docker.socket docker containerd
    # It leaves the machine forwarding nothing of others, which would be podman's.
    iptables -P FORWARD ACCEPT
    ip6tables -P FORWARD ACCEPT
}

podman_part() {
    echo "# $(podman --version), $(/usr/lib/podman/netavark --version 2>/dev/null)"
    engine podman 8081
    holds 'vpn down' alice vpn down
    goes 'down' direct podman exec own
    outside 8081
    podman rm -f -t 0 web own >/dev/null
}

# rootless: of an ordinary user, whose containers' packets leave by sockets of hers.
hers() { alice env XDG_RUNTIME_DIR="/run/user/$(id -u alice)" podman --cgroup-manager=cgroupfs --events-backend=file "$@"; }
within() { alice env XDG_RUNTIME_DIR="/run/user/$(id -u alice)" vpnrun home -- podman --cgroup-manager=cgroupfs --events-backend=file "$@"; }
rootless_part() {
    local line answers words
    loginctl enable-linger alice
    holds 'alice has a session' until_true 20 test -d "/run/user/$(id -u alice)"
    holds 'rootless: podman import' hers import "$LAB/box.tar" box
    hers network create own >/dev/null
    says 'before: the default network' 198.51.100.2 hers "${start[@]}" --rm box "${ask4[@]}"
    says 'its packets are seen on the uplink' '*> 192.0.2.80.80: *' shows hers "${start[@]}" --rm box "${ask4[@]}"
    lab_capture_start
    holds 'vpn up by an ordinary user' alice vpn up home
    for network in '' --network=slirp4netns --network=own --network=host; do
        says "up, ${network:-the default network}: IPv4" 203.0.113.101 hers "${start[@]}" --rm ${network:+"$network"} box "${ask4[@]}"
        says 'names' 10.0.0.3 hers "${start[@]}" --rm ${network:+"$network"} box "${names[@]}"
    done
    says 'nothing was on uplink and LAN' '' lab_capture_stop
    holds 'one that stays' hers "${start[@]}" -d --name stays box sleep 1000000
    exits 'vpnrun with podman, while containers run outside, says what to do' 125 '*podman*' within "${start[@]}" --rm box true
    lab_capture_start
    ip -n vpn-home link delete wg0
    holds 'the tunnel is deleted: refused' fails hers exec stays "${ask4[@]}"
    says 'nothing was on uplink and LAN' '' lab_capture_stop
    holds 'vpn refresh' until_true 20 alice vpn refresh home
    says 'after that' 203.0.113.101 hers exec stays "${ask4[@]}"
    holds 'vpn down' alice vpn down
    says 'down' 198.51.100.2 hers exec stays "${ask4[@]}"
    hers rm -f -t 0 stays >/dev/null
    profile 'ID = 1' 'OutsideIdentity = yes'
    holds 'one with a published port, which is a socket of hers' hers "${start[@]}" -d --name web -p 8082:80 box "${serves[@]}"
    published_direct 'its port' 8082
    says 'from the internet' published from_internet 8082
    holds 'with OutsideIdentity = yes: vpn up' alice vpn up home
    published_direct 'its port' 8082
    says 'from the internet, too' published from_internet 8082
    holds 'vpn down' alice vpn down
    profile 'ID = 1'
    holds 'without it: vpn up' alice vpn up home
    published_direct 'its port' 8082
    holds 'but not from the internet' fails from_internet 8082
    holds 'vpn down' alice vpn down
    hers rm -f -t 0 web >/dev/null
    hers system migrate
    lab_capture_start
    for network in '' --network=host; do
        says "vpnrun home -- podman, ${network:-the default network}: IPv4" '*203.0.113.101' within "${start[@]}" --rm ${network:+"$network"} box "${ask4[@]}"
        says 'names' '*10.0.0.3' within "${start[@]}" --rm ${network:+"$network"} box "${names[@]}"
    done
    coproc waits { within "${start[@]}" -i --rm box sh -c "echo ready; read -r _; ${ask4[*]}" 2>&1; } # another vpnrun would bring it back
    exec {answers}<&"${waits[0]}" {words}>&"${waits[1]}"
    while read -r -t 120 line <&"$answers" && [[ $line != ready ]]; do :; done
    ip -n vpn-home link delete wg0
    echo go >&"$words"
    says 'the tunnel is deleted: refused' '*curl: (*' cat <&"$answers"
    says 'nothing was on uplink and LAN' '' lab_capture_stop
    holds 'vpn refresh' until_true 20 alice vpn refresh home
    hers system migrate
}

no_ports() { [[ -z $(ip -n vpn-home -j link show group 76 | jq -r '.[] | select(.ifname // "" | test("^v[0-9]")) | .ifname') ]]; }
running() { "$1" start only >/dev/null 2>&1; "$1" exec only /bin/true; }

# only CLAIM ENGINE OPTION...: a container that has the VPN as its only network, with root's rights over it.
only() {
    local claim=$1 engine=$2; shift 2
    lab_capture_start
    holds "$claim: $*" "$engine" "${start[@]}" -d --name only --cap-add NET_ADMIN --cap-add NET_RAW "$@" box sleep 1000000
    goes 'it' vpn "$engine" exec only
    holds 'the LAN is out of reach' fails "$engine" exec only /usr/bin/curl -sS -m 3 http://192.168.50.20/
    exits 'vpn unlink knows of it' 125 '*in use by*(attached)*' vpn unlink home
    ip -n vpn-home link delete wg0
    holds 'the tunnel is deleted: IPv4 is refused' fails "$engine" exec only "${ask4[@]}"
    holds 'IPv6, too' fails "$engine" exec only "${ask6[@]}"
    holds 'vpn refresh' until_true 20 vpn refresh home
    goes 'after that' vpn "$engine" exec only
    holds 'restarted' "$engine" restart -t 0 only
    goes 'it' vpn "$engine" exec only
    "$engine" exec only ip link set dev eth0 address 02:76:70:00:00:fe
    holds "under another's link-layer address it gets nothing out" fails "$engine" exec only /usr/bin/curl -sS -m 3 "$web"
    holds 'vpn unlink --force' vpn unlink --force home
    holds 'without its box it gets nothing out' fails "$engine" exec only /usr/bin/curl -sS -m 3 "$web"
    "$engine" stop -t 0 only >/dev/null 2>&1
    holds 'and does not start' fails "$engine" start only
    holds 'vpn link' vpn link home
    holds 'with the VPN it does' until_true 20 running "$engine"
    goes 'it' vpn "$engine" exec only
    says 'all that time nothing was on uplink and LAN' '' lab_capture_stop
    holds 'it ends' "$engine" rm -f only
    holds 'no port is left' until_true 10 no_ports
}

major() { "$1" --version | grep -oE '[0-9]+' | head -1; }

# What docker's configuration must say is what `vpn containers status` prints.
docker_told() {
    local setup
    setup=$(vpn containers status --json | jq -r '.engines[] | select(.name == "docker") | .uses[0].setup // "{}"')
    mkdir -p /etc/docker
    echo "${setup%%\} in *}}" > /etc/docker/daemon.json
    [[ $setup != '{}' ]] || echo '{}' > /etc/docker/daemon.json
    jq -e . /etc/docker/daemon.json >/dev/null
}

only_part() {
    alice vpn down >/dev/null 2>&1
    holds 'vpn link' vpn link home
    says 'vpn containers enable' 'containers can have home as their only network*' vpn containers enable
    podman image exists box || podman import "$LAB/box.tar" box >/dev/null 2>&1
    only podman podman --network none --device vpnrun/vpn=home
    if (($(major podman) >= 5)); then
        holds 'podman network create' podman network create -d vpnrun home
        only 'its plugin' podman --network home
        exits 'with a published port' 126 '*publishes no ports*' podman run --rm --network home -p 80:80 box true
        holds 'podman network rm' podman network rm home
    fi
    holds 'what docker is told' docker_told
    holds 'systemctl restart docker' systemctl restart docker
    docker image inspect box >/dev/null 2>&1 || docker import "$LAB/box.tar" box >/dev/null
    if (($(major docker) >= 25)); then
        only docker docker --network none --device vpnrun/vpn=home
        exits 'without --network none it does not start' 125 '*other links*' docker "${start[@]}" --rm --device vpnrun/vpn=home box true
    else
        only docker docker --network none --runtime vpn-home
        exits 'without --network none it does not start' 125 '*other links*' docker "${start[@]}" --rm --runtime vpn-home box true
    fi
    systemctl stop docker.socket docker containerd
    loginctl enable-linger alice
    holds 'alice has a session' until_true 20 test -d "/run/user/$(id -u alice)"
    hers image exists box || hers import "$LAB/box.tar" box >/dev/null 2>&1
    lab_capture_start
    holds 'rootless: vpn podman' her_vpn run -d --name only "${start[@]:1}" box sleep 1000000
    goes 'it' vpn hers exec only
    ip -n vpn-home link delete wg0
    holds 'the tunnel is deleted: refused' fails hers exec only "${ask4[@]}"
    holds 'vpn refresh' until_true 20 vpn refresh home
    says 'nothing was on uplink and LAN' '' lab_capture_stop
    exits 'its exit status' 7 '' her_vpn run --rm "${start[@]:1}" box sh -c 'exit 7'
    hers rm -f -t 0 only >/dev/null
    says 'what engines know is in files' '*/etc/cdi/vpnrun.json*' what_engines_know
    says 'vpn containers disable' '*no VPN any more*' vpn containers disable
    says 'nothing of it is left' '' what_engines_know
}
# Not each of these folders is there.
what_engines_know() { find /etc /opt /usr/lib/cni /usr/libexec /usr/local/libexec \( -path '*/c[dn]i/*vpnrun*' -o -path '*/netavark/*vpnrun*' \) 2>/dev/null || true; }
her_vpn() { alice env XDG_RUNTIME_DIR="/run/user/$(id -u alice)" vpn podman home "$@"; }

# containerd_part: by CNI; ctr takes the first network that it finds.
containerd_part() {
    mkdir -p /opt/cni/bin /etc/cni/net.d "$LAB/networks"
    mv /etc/cni/net.d/* "$LAB/networks" 2>/dev/null
    holds 'vpn link' vpn link home
    holds 'vpn containers enable' vpn containers enable
    holds 'systemctl start containerd docker' systemctl start containerd docker
    docker image inspect box >/dev/null 2>&1 || docker import "$LAB/box.tar" box >/dev/null
    docker save box | ctr image import - >/dev/null
    lab_capture_start
    holds 'ctr run --cni' ctr run --cni -d docker.io/library/box:latest only /bin/sleep 1000000
    goes 'it' vpn ctr task exec --exec-id asks only
    ip -n vpn-home link delete wg0
    holds 'the tunnel is deleted: refused' fails ctr task exec --exec-id asks only "${ask4[@]}"
    holds 'vpn refresh' until_true 20 vpn refresh home
    says 'nothing was on uplink and LAN' '' lab_capture_stop
    ctr task kill -s KILL only
    sleep 1
    ctr container rm only
    holds 'no port is left' until_true 10 no_ports
    holds 'vpn containers disable' vpn containers disable
    mv "$LAB/networks"/* /etc/cni/net.d 2>/dev/null
    systemctl stop docker.socket docker containerd
}

claims_lab
image
profile 'ID = 1'
claims_parts 'docker podman rootless only containerd' "$@"
claims_end
