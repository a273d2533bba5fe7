# shellcheck shell=bash
# `vpn containers`: what is written for engines, and the plugins of CNI and netavark, called as engines call them. containers.test.sh has the
# engines themselves.

# folders_of_engines: those that engines would have made; what is written outside of /etc is this lab's own.
folders_of_engines() {
    own_folders /usr/lib
    on_host sh -euc '
        mkdir -p /usr/lib/cni /usr/lib/podman /etc/cni/net.d
        [ -e /usr/lib/podman/netavark ] || install -m 755 /bin/true /usr/lib/podman/netavark'
    trap 'without_namespaces; vpn containers disable >/dev/null 2>&1 || true' EXIT
}
every_file() { on_host find /etc /usr/lib/cni /usr/local | grep -v -e '^/etc/vpnrun' -e '^/etc/iproute2' | sort; }

pinned() { # LABEL: an empty namespace, pinned at /run/netns/lab-LABEL
    on_host ip netns add "lab-$1"
}
# without_namespaces: what the tests have made.
without_namespaces() { on_host sh -c 'for pin in /run/netns/lab-*; do [ ! -e "$pin" ] || ip netns del "${pin##*/}"; done'; }

# cni COMMAND [VARIABLE=VALUE...]: the plugin, with the configuration from standard input.
cni() {
    local command=$1; shift
    on_host env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin CNI_PATH=/usr/lib/cni CNI_COMMAND="$command" "$@" /usr/lib/cni/vpnrun
}
config() { jq -cn --arg version "${1:-1.1.0}" --argjson more "${2:-{\}}" '{cniVersion: $version, name: "any", type: "vpnrun", vpn: "home"} + $more'; }
attached_labels() { in_box home ip -j link show group 76 | jq -r '.[] | select(.ifname // "" | test("^v[0-9]")) | .ifalias' | sed 's/.*attached=[0-9]* //'; }

test_containers_enable_and_disable() {
    local first
    folders_of_engines
    refuses 125 'there is no VPN yet' vpn containers enable
    import_vpn home
    every_file > "$LAB/before"
    refuses 125 'needs root: sudo vpn containers enable' alice vpn containers enable
    expect_match 'knows? of no VPN|know of no VPN' "$(alice vpn containers status)"
    expect_match '^containers can have home as their only network' "$(vpn containers enable)"
    expect '/etc/cdi/vpnrun.json /etc/cdi/vpnrun/home.resolv /etc/cni/net.d/95-vpnrun-home.conflist /usr/lib/cni/vpnrun /usr/local/libexec/netavark/vpnrun' "$(vpn containers status --json | jq -r '.files | sort | join(" ")')"
    for file in $(vpn containers status --json | jq -r '.files[]'); do
        expect_match '^(644|755) root root$' "$(on_host stat -c '%a %U %G' "$file")" "$file"
    done
    expect "vpnrun/vpn home $LAB_PREFIX/libexec/vpnrun/vpn-manage" "$(on_host jq -r '"\(.kind) \(.devices[0].name) \(.devices[0].containerEdits.hooks[0].path)"' /etc/cdi/vpnrun.json)"
    # Anybody may read it: engines of users do.
    expect home "$(alice jq -r '.devices[].name' /etc/cdi/vpnrun.json)"
    first=$(on_host stat -c '%i %Y' /etc/cdi/vpnrun.json)
    vpn containers enable >/dev/null
    expect "$first" "$(on_host stat -c '%i %Y' /etc/cdi/vpnrun.json)" 'twice'
    # Profiles come, change and go.
    import_vpn work
    expect 'home work' "$(vpn containers status --json | jq -r '.vpns | join(" ")')"
    expect work "$(on_host jq -r '.plugins[0].vpn' /etc/cni/net.d/95-vpnrun-work.conflist)"
    import_vpn work DNS=
    expect null "$(on_host jq '.devices[1].containerEdits.mounts' /etc/cdi/vpnrun.json)" 'without a server of its own'
    vpn rename work office >/dev/null
    expect 'home office' "$(vpn containers status --json | jq -r '.vpns | join(" ")')"
    ! on_host test -e /etc/cni/net.d/95-vpnrun-work.conflist || fail 'the old name is left'
    vpn edit office DNS=192.0.2.53 >/dev/null
    expect_match '^nameserver 192\.0\.2\.53$' "$(on_host tail -1 /etc/cdi/vpnrun/office.resolv)"
    vpn remove office >/dev/null
    expect home "$(vpn containers status --json | jq -r '.vpns | join(" ")')"
    # What another has put there stays.
    on_host sh -c 'mkdir -p /etc/cdi; echo "{}" > /etc/cdi/other.json'
    expect 'container engines know of no VPN any more' "$(vpn containers disable)"
    expect '{}' "$(on_host cat /etc/cdi/other.json)"
    on_host sh -c 'rm /etc/cdi/other.json; rmdir /etc/cdi'
    every_file > "$LAB/after"
    expect_same "$(< "$LAB/before")" "$(< "$LAB/after")" 'files'
    expect 'vpn: container engines knew of no VPN' "$(vpn containers disable 2>&1)"
    import_vpn work
    ! on_host test -e /etc/cdi/vpnrun.json || fail 'it came back by itself'
}

test_containers_enable_refuses() {
    folders_of_engines
    import_vpn home
    on_host sh -c 'echo "#!/bin/sh" > /usr/lib/cni/vpnrun'
    refuses 125 '/usr/lib/cni/vpnrun is there already, and not made here: remove it first' vpn containers enable
    ! on_host test -e /etc/cdi/vpnrun.json || fail 'half of it is written'
    on_host rm /usr/lib/cni/vpnrun
    # On a node of Kubernetes the first network that lies there would be that of all pods.
    on_host mkdir -p /etc/kubernetes
    vpn containers enable >/dev/null
    ! on_host test -e /etc/cni/net.d/95-vpnrun-home.conflist || fail 'a network for all pods'
    on_host rmdir /etc/kubernetes
}

test_cni_plugin() {
    local given
    folders_of_engines
    link home >/dev/null
    vpn containers enable >/dev/null
    pinned a
    expect '0.3.1 0.4.0 1.0.0 1.1.0' "$(config | cni VERSION | jq -r '.supportedVersions | join(" ")')"
    config | cni STATUS
    for version in 0.3.1 0.4.0 1.0.0 1.1.0; do
        given=$(config $version | cni ADD CNI_CONTAINERID=one CNI_NETNS=/run/netns/lab-a CNI_IFNAME=eth0)
        expect "$version eth0 /run/netns/lab-a 2 172.27.12.1" "$(jq -r '"\(.cniVersion) \(.interfaces[0].name) \(.interfaces[0].sandbox) \(.ips | length) \(.dns.nameservers[0])"' <<< "$given")"
        expect "$([[ $version != 0* ]] || echo '4 6')" "$(jq -r '[.ips[].version // empty] | join(" ")' <<< "$given")"
        expect one "$(attached_labels)"
        works in_lab_a
        config $version "$(jq -c '{prevResult: .}' <<< "$given")" | cni CHECK CNI_CONTAINERID=one CNI_NETNS=/run/netns/lab-a CNI_IFNAME=eth0
        in_lab_a ip address flush dev eth0
        expect 100 "$(config $version "$(jq -c '{prevResult: .}' <<< "$given")" | cni CHECK CNI_CONTAINERID=one CNI_NETNS=/run/netns/lab-a CNI_IFNAME=eth0 | jq .code)"
        expect '' "$(config $version | cni DEL CNI_CONTAINERID=one CNI_NETNS=/run/netns/lab-a CNI_IFNAME=eth0)"
        expect '' "$(attached_labels)"
        expect 100 "$(config $version "$(jq -c '{prevResult: .}' <<< "$given")" | cni CHECK CNI_CONTAINERID=one CNI_NETNS=/run/netns/lab-a CNI_IFNAME=eth0 | jq .code)"
    done
    # Containerd has no namespace any more, or its pin is empty.
    config | cni ADD CNI_CONTAINERID=two CNI_NETNS=/run/netns/lab-a CNI_IFNAME=eth0 >/dev/null
    config | cni DEL CNI_CONTAINERID=two CNI_NETNS= CNI_IFNAME=eth0
    expect '' "$(attached_labels)"
    pinned b
    on_host touch /run/netns/lab-c
    config | cni ADD CNI_CONTAINERID=three CNI_NETNS=/run/netns/lab-b CNI_IFNAME=eth0 >/dev/null
    config | cni DEL CNI_CONTAINERID=three CNI_NETNS=/run/netns/lab-c CNI_IFNAME=eth0
    expect '' "$(attached_labels)"
    for _ in 1 2; do config | cni DEL CNI_CONTAINERID=nobody CNI_NETNS=/run/netns/nosuch CNI_IFNAME=eth0; done
    config | cni GC
    vpn unlink home --force
    config | cni DEL CNI_CONTAINERID=two CNI_NETNS=/run/netns/lab-a CNI_IFNAME=eth0
    expect 50 "$(config | cni STATUS | jq .code)"
}

# Beside another plugin, as in a cluster: the pod's link by /usr/lib/cni/bridge, then ours. Only pods that ask for it are in the VPN.
test_cni_plugin_in_a_chain() {
    on_host test -x /usr/lib/cni/bridge || skip 'no containernetworking-plugins here'
    local first given annotated
    folders_of_engines
    link home >/dev/null
    vpn containers enable >/dev/null
    pinned a
    on_host sysctl -qw net.ipv4.ip_forward=1
    trap 'set +e; on_host ip link del cni9; on_host rm -rf /var/lib/cni/networks/pods; without_namespaces; vpn containers disable >/dev/null 2>&1' EXIT
    pods() {
        jq -cn '{cniVersion: "1.0.0", name: "pods", type: "bridge", bridge: "cni9", isGateway: true, ipMasq: true,
            ipam: {type: "host-local", ranges: [[{subnet: "10.88.9.0/24"}]], routes: [{dst: "0.0.0.0/0"}], dataDir: "/var/lib/cni/networks"}}' |
            on_host env -i PATH="$PATH" CNI_PATH=/usr/lib/cni CNI_COMMAND="$1" CNI_CONTAINERID=pod CNI_NETNS=/run/netns/lab-a CNI_IFNAME=eth0 /usr/lib/cni/bridge
    }
    first=$(pods ADD)
    chain() {
        jq -cn --argjson previous "$first" --argjson more "${2:-{\}}" '{cniVersion: "1.0.0", name: "pods", type: "vpnrun", beside: ["10.88.0.0/16"],
            capabilities: {"io.kubernetes.cri.pod-annotations": true}, prevResult: $previous} + $more' |
            cni "$1" CNI_CONTAINERID=pod CNI_NETNS=/run/netns/lab-a CNI_IFNAME=eth0
    }
    annotated='{"runtimeConfig": {"io.kubernetes.cri.pod-annotations": {"vpnrun/vpn": "home", "other": "x"}}}'
    # No annotation: as it was.
    expect_same "$(jq -S . <<< "$first")" "$(chain ADD | jq -S .)"
    expect '' "$(attached_labels)"
    chain CHECK
    chain STATUS
    expect "${LAB_DIRECT%% *}" "$(in_lab_a curl -s -m 5 $LAB_WEB4/)" 'a pod without a VPN'
    given=$(chain ADD "$annotated")
    expect 'eth0 vpn0' "$(jq -r '[.interfaces[] | select(.sandbox // "" != "") | .name] | join(" ")' <<< "$given")"
    expect 'vpn0 vpn0' "$(jq -r '. as $all | [.ips[1:][] | $all.interfaces[.interface].name] | join(" ")' <<< "$given")"
    expect "$(jq -c .dns <<< "$first")" "$(jq -c .dns <<< "$given")" "the cluster's DNS"
    expect pod "$(attached_labels)"
    lab_capture_start
    works in_lab_a
    in_lab_a ping -c 1 -W 2 10.88.9.1 >/dev/null || fail "the cluster's own network is out of reach"
    chain CHECK "$(jq -c --argjson given "$given" '. + {prevResult: $given}' <<< "$annotated")"
    on_host ip -n vpn-home link del wg0
    ! in_lab_a curl -s -m 2 $LAB_WEB4/ || fail 'without its tunnel'
    ! in_lab_a curl -s -m 2 $LAB_WEB6/ || fail 'without its tunnel, IPv6'
    vpn refresh home >/dev/null
    works in_lab_a
    vpn unlink home --force
    ! in_lab_a curl -s -m 2 $LAB_WEB4/ || fail 'without its box'
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    expect 100 "$(chain ADD "$annotated" | jq .code)"
    vpn link home >/dev/null
    chain ADD "$annotated" >/dev/null
    works in_lab_a
    expect '' "$(chain DEL "$annotated")"
    expect '' "$(attached_labels)"
    expect "${LAB_DIRECT%% *}" "$(in_lab_a curl -s -m 5 $LAB_WEB4/)" 'after DEL'
    expect 7 "$(chain ADD '{"beside": "10.0.0.0/8"}' | jq .code)"
    expect 7 "$(chain ADD '{"beside": ["0.0.0.0/0"]}' | jq .code)"
    expect 7 "$(chain ADD '{"prevResult": null}' | jq .code)"
    expect 7 "$(chain ADD '{"vpn": "no such"}' | jq .code)"
    pods DEL
}
in_lab_a() { on_host nsenter --net=/run/netns/lab-a "$@"; }

test_cni_plugin_refuses() {
    folders_of_engines
    link home >/dev/null
    vpn containers enable >/dev/null
    pinned a
    all='CNI_CONTAINERID=one CNI_NETNS=/run/netns/lab-a CNI_IFNAME=eth0'
    # wrong CODE CONFIGURATION COMMAND [VARIABLE=VALUE...]: what it says on standard output; its status is 1.
    wrong() {
        local code=$1 text=$2 status=0; shift 2
        said=$(cni "$@" <<< "$text") || status=$?
        expect "1 $code" "$status $(jq -r .code <<< "$said")" "of '$text' '$*', which said '$said'"
    }
    wrong 1 "$(config 2.0.0)" ADD $all
    wrong 6 nonsense ADD $all
    wrong 7 "$(config 1.1.0 '{"vpn": "nosuch"}')" ADD $all
    wrong 7 "$(config 1.1.0 '{"vpn": "../home"}')" ADD $all
    wrong 7 "$(config 1.1.0 '{"runtimeConfig": {"portMappings": [{"hostPort": 80, "containerPort": 80}]}}')" ADD $all
    wrong 4 "$(config)" ADD $all CNI_CONTAINERID=-x
    wrong 4 "$(config)" ADD $all CNI_CONTAINERID=
    wrong 4 "$(config)" ADD $all CNI_IFNAME=lo
    wrong 4 "$(config)" ADD $all CNI_NETNS=
    wrong 4 "$(config)" ADD $all CNI_NETNS=/run/nosuch
    wrong 4 "$(config)" NONSENSE $all
    wrong 100 "$(config)" ADD $all CNI_NETNS=/run/netns/vpn-home
    wrong 100 "$(config)" ADD $all CNI_NETNS="/proc/${LAB_PID[host]}/ns/net"
    wrong 100 "$(config)" ADD $all CNI_NETNS=/etc/passwd
    expect '' "$(attached_labels)"
}

test_netavark_plugin() {
    local network plugin=/usr/local/libexec/netavark/vpnrun options='{"interface_name": "eth0", "aliases": null, "static_ips": null, "static_mac": null}'
    folders_of_engines
    link home >/dev/null
    vpn containers enable >/dev/null
    pinned a
    expect '1.0.0' "$(on_host $plugin info | jq -r .api_version)"
    network=$(on_host $plugin create <<< '{"name": "home", "id": "1", "driver": "vpnrun", "created": "2026-01-01T00:00:00Z", "ipv6_enabled": false, "internal": false, "dns_enabled": true}')
    expect 'home false none vpnrun' "$(jq -r '"\(.options.vpn) \(.dns_enabled) \(.ipam_options.driver) \(.driver)"' <<< "$network")"
    asked=$(jq -cn --argjson network "$network" --argjson options "$options" '{container_id: "0123", container_name: "web", port_mappings: null, network: $network, network_options: $options}')
    given=$(on_host $plugin setup /run/netns/lab-a <<< "$asked")
    expect '172.27.12.1 2' "$(jq -r '"\(.dns_server_ips[0]) \(.interfaces.eth0.subnets | length)"' <<< "$given")"
    expect web "$(attached_labels)"
    works in_lab_a
    expect '{}' "$(on_host $plugin teardown /run/netns/lab-a <<< "$asked")"
    expect '' "$(attached_labels)"
    expect '{}' "$(on_host $plugin teardown /run/netns/lab-a <<< "$asked")" 'twice'
    for wrong in 'create|{"name": "nosuch"}|there is no VPN' 'create|{"name": "home", "subnets": [{"subnet": "10.0.0.0/24"}]}|leave out --subnet' \
        'create|nonsense|no JSON' 'create|{"name": "home", "internal": true}|leave out --internal' \
        "setup /run/netns/lab-a|$(jq -c '.port_mappings = [{"host_port": 80, "container_port": 80}]' <<< "$asked")|publishes no ports" \
        "setup /run/netns/lab-a|$(jq -c '.network_options.static_ips = ["10.0.0.1"]' <<< "$asked")|cannot be chosen" \
        "setup /run/nosuch|$asked|No such file" 'nonsense|{}|netavark calls this'; do
        IFS='|' read -r words text pattern <<< "$wrong"
        # shellcheck disable=SC2086
        ! said=$(on_host $plugin $words <<< "$text") || fail "not refused: $wrong"
        expect_match "$pattern" "$(jq -r .error <<< "$said")"
    done
    expect '' "$(attached_labels)"
}

test_hook_refuses() {
    local manage=$LAB_PREFIX/libexec/vpnrun/vpn-manage
    link home >/dev/null
    for state in '' nonsense '{}' '{"pid": 0}' '{"pid": -1}' '{"pid": "1"}' '{"pid": 4294967296}'; do
        refuses 125 'not a container.s state with a pid' on_host sh -c 'printf %s "$1" | "$2" engine hook home' sh "$state" "$manage"
    done
    refuses 125 "the host's own network" on_host sh -c 'echo "{\"pid\": $$, \"id\": \"x\"}" | '"$manage"' engine hook home'
    refuses 125 'there is no VPN|nosuch' on_host sh -c "echo '{\"pid\": 1}' | $manage engine hook nosuch"
    refuses 125 'type `vpn podman home run' as_user alice unshare -Ur sh -c "echo '{\"pid\": 1}' | $manage engine hook home"
}

# --network ns:/run/netns/vpn-home and `ip netns exec` put a program into the box itself.
test_check_names_who_lives_in_a_box() {
    link home >/dev/null
    expect 0 "$(vpn check home --json | jq '[.[] | select(.check == "box")] | length')"
    on_host nsenter --net=/run/netns/vpn-home sleep 60 &
    until_true 5 sleeper_is_inside
    expect_match '^problem sleep 60 \(pid [0-9]+\) lives in the box of home, which is its router .*vpnrun/vpn=home' "$(vpn check home --json | jq -r '.[] | select(.check == "box") | "\(.severity) \(.what) \(.fix)"')"
}
sleeper_is_inside() { [[ -n $(on_host ip netns pids vpn-home 2>/dev/null) ]]; }
