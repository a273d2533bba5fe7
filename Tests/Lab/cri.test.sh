# shellcheck shell=bash
# Pods, as kubelet has them made: containerd with its CRI plugin, the bridge of containernetworking-plugins as the cluster's network, and vpnrun
# behind it, as packaging/kubernetes sets a node up. cri.py is the client; the image is busybox with curl and dig, made here.

LAB_CRI=/run/lab-cri
LAB_KUBERNETES=$LAB_REPOSITORY/packaging/kubernetes

# ---------------------------------------------------------------- a node

# node_up: one of a cluster, whose pods are 10.244.0.0/24 and fd44::/64, with 10.96.0.10 as the cluster's DNS server.
node_up() {
    local program
    for program in containerd ctr crun protoc; do on_host sh -c "command -v $program" >/dev/null || skip "no $program here: apt install containerd crun protobuf-compiler"; done
    on_host /usr/bin/python3 -c 'import grpc, google.protobuf, yaml' 2>/dev/null || skip 'no gRPC or YAML for python3 here: apt install python3-grpcio python3-protobuf python3-yaml'
    [[ -x /bin/busybox ]] || skip 'no /bin/busybox here: apt install busybox-static'
    on_host test -x /usr/lib/cni/bridge || skip 'no containernetworking-plugins here'
    own_folders
    lab_image
    trap node_down EXIT
    on_host sh -euc '
        umount -l /sys/fs/cgroup/unified 2>/dev/null || true
        mount -t tmpfs -o mode=755 lab-node /opt
        mkdir -p /opt/cni/bin /etc/cni/net.d /etc/kubernetes
        rm -f /etc/cni/net.d/*
        ln -s /usr/lib/cni/* /opt/cni/bin'
    jq -n '{cniVersion: "1.0.0", name: "pods", plugins: [{type: "bridge", bridge: "cni0", isGateway: true, ipMasq: true, ipam: {type: "host-local",
        ranges: [[{subnet: "10.244.0.0/24"}], [{subnet: "fd44::/64"}]], routes: [{dst: "0.0.0.0/0"}, {dst: "::/0"}]}}]}' |
        on_host sh -c 'cat > /etc/cni/net.d/10-cluster.conflist'
    cluster_resolver
    cri_up
}

node_down() {
    set +e
    local pod
    for pod in $(node_pods); do pod_ends "$pod"; done
    kill "$containerd"
    on_host sh -c 'nft flush ruleset; ip link del cni0; sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0'
    vpn containers disable
    on_host sh -c 'rm -rf /etc/kubernetes; umount -l /opt'
} >/dev/null 2>&1

# cri_up: containerd. No limits and no control groups, which an unprivileged machine may not have.
cri_up() {
    protoc --python_out="$LAB" -I "$LAB_HERE" cri.proto
    on_host sh -euc '
        mkdir -p "$1"
        printf "#!/bin/sh\nexec crun --cgroup-manager=disabled \"\$@\"\n" > "$1/runtime"
        chmod 755 "$1/runtime"
        cat > "$1/config.toml"' sh $LAB_CRI <<END
version = 2
root = "$LAB_CRI/root"
state = "$LAB_CRI/state"
[grpc]
address = "$LAB_CRI/sock"
[plugins."io.containerd.internal.v1.opt"]
path = "$LAB_CRI/opt"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "lab.test/box:1"
disable_cgroup = true
disable_apparmor = true
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = "$LAB_CRI/runtime"
END
    containerd_starts
    oci_image | on_host ctr -a $LAB_CRI/sock -n k8s.io images import - >/dev/null
}
containerd_starts() {
    on_host containerd -c $LAB_CRI/config.toml > "$LAB/containerd" 2>&1 &
    containerd=$!
    until_true 10 network_is_ready
}
network_is_ready() { [[ $(cri Status 2>/dev/null | jq '[.status.conditions[].status] | all') == true ]]; }

# oci_image: of lab_image's files, as the Image Format Specification has it. What runs there is told by LAB_ID.
oci_image() {
    local folder=$LAB/oci layer config manifest
    mkdir -p "$folder/blobs/sha256"
    blob() { local sum; cat > "$folder/new"; sum=$(sha256sum < "$folder/new"); mv "$folder/new" "$folder/blobs/sha256/${sum%% *}"; echo "${sum%% *}"; }
    layer=$(on_host cat /run/lab-image.tar | blob)
    config=$(jq -cn --arg layer "sha256:$layer" --arg id "$LAB_ID" '{architecture: "amd64", os: "linux", rootfs: {type: "layers", diff_ids: [$layer]},
        config: {Cmd: ["/bin/sleep", "1000000"], Env: ["PATH=/bin:/usr/bin", "LAB_ID=" + $id]}}' | blob)
    describe() { jq -cn --arg type "application/vnd.oci.image.$1" --arg sum "sha256:$2" --argjson size "$(stat -c %s "$folder/blobs/sha256/$2")" '{mediaType: $type, digest: $sum, size: $size}'; }
    manifest=$(jq -cn --argjson config "$(describe config.v1+json "$config")" --argjson layer "$(describe layer.v1.tar "$layer")" \
        '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: $config, layers: [$layer]}' | blob)
    jq -cn --argjson manifest "$(describe manifest.v1+json "$manifest")" \
        '{schemaVersion: 2, manifests: [$manifest + {annotations: {"io.containerd.image.name": "lab.test/box:1"}}]}' > "$folder/index.json"
    echo '{"imageLayoutVersion": "1.0.0"}' > "$folder/oci-layout"
    tar -C "$folder" -c oci-layout index.json blobs
}

# node_sh add|remove: what the DaemonSet's container does, with this lab's programs as its image's.
node_sh() {
    on_host env PATH=/usr/sbin:/usr/bin:/sbin:/bin NODE="${LAB_PID[host]}" PROGRAMS="$LAB_PREFIX" PROFILES="$LAB/profiles" CONFIG="$LAB_KUBERNETES/install" \
        sh "$LAB_KUBERNETES/install/node.sh" "$@"
}
secret() { # NAME...: those of the Secret
    local name
    rm -rf "$LAB/profiles"
    mkdir "$LAB/profiles"
    for name; do lab_profile "$name" > "$LAB/profiles/$name.conf"; done
}

# ---------------------------------------------------------------- pods

# cri METHOD [JSON]: of containerd.
cri() { on_host /usr/bin/python3 "$LAB_HERE/cri.py" "$LAB" $LAB_CRI/sock "$@"; }
node_pods() { cri ListPodSandbox | jq -r '.items[]?.id'; }

# pod NAME [ANNOTATIONS [SERVER]]: its sandbox in $sandbox and a container in $container, with the cluster's DNS server or another.
pod() {
    local config answer
    config=$(jq -cn --arg name "$1" --argjson annotations "${2:-{\}}" --arg server "${3:-10.96.0.10}" '{metadata: {name: $name, uid: $name, namespace: "default"},
        logDirectory: "/run/lab-cri/logs", annotations: $annotations, dnsConfig: {servers: [$server], searches: ["default.svc.cluster.local", "svc.cluster.local"]}, linux: {}}')
    answer=$(cri RunPodSandbox "{\"config\": $config}") || return 1
    sandbox=$(jq -r .podSandboxId <<< "$answer")
    container=$(cri CreateContainer "$(jq -cn --arg sandbox "$sandbox" --argjson config "$config" '{podSandboxId: $sandbox, sandboxConfig: $config,
        config: {metadata: {name: "box"}, image: {image: "lab.test/box:1"}, logPath: "box.log"}}')" | jq -r .containerId)
    cri StartContainer "{\"containerId\": \"$container\"}" >/dev/null
}
in_pod() { cri exec "$container" "$@"; }
pod_ends() {
    cri StopPodSandbox "{\"podSandboxId\": \"$1\"}" >/dev/null
    cri RemovePodSandbox "{\"podSandboxId\": \"$1\"}" >/dev/null
}

# pod_works: the internet by the VPN, the cluster by its own link.
pod_works() {
    expect "$LAB_BY_HOME" "$(in_pod curl -s -m 5 $LAB_WEB4/) $(in_pod curl -s -m 5 "$LAB_WEB6/")" 'addresses'
    expect '"home"' "$(in_pod $LAB_DIG @198.51.100.1 who.test TXT)" 'names, asked of the internet'
    expect '10.96.0.20' "$(in_pod $LAB_DIG +search web)" "the cluster's names, by the pod's resolv.conf"
    in_pod ping -c 1 -W 2 10.244.0.1 >/dev/null || fail "the cluster's network is out of reach"
    in_pod ping -c 1 -W 2 fd44::1 >/dev/null || fail "the cluster's network is out of reach over IPv6"
}
# pod_is_closed: nothing but the cluster.
pod_is_closed() {
    ! in_pod curl -s -m 2 $LAB_WEB4/ || fail "$1: IPv4"
    ! in_pod curl -s -m 2 "$LAB_WEB6/" || fail "$1: IPv6"
    ! in_pod curl -s -m 2 --interface eth0 $LAB_WEB4/ || fail "$1: by the cluster's link"
    ! in_pod $LAB_DIG @198.51.100.1 who.test TXT >/dev/null || fail "$1: names"
    expect '10.96.0.20' "$(in_pod $LAB_DIG +search web)" "$1: the cluster's names"
}

test_cri_pod() {
    local asks before first
    node_up
    secret home
    node_sh add
    until_true 10 network_is_ready
    asks=$(/usr/bin/python3 -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)["metadata"]["annotations"]))' < "$LAB_KUBERNETES/pod.yaml")
    # What has no annotation is as it was, and what leaves by the uplink is seen.
    pod direct
    pod_ends "$sandbox"
    before=$(node_state)
    lab_capture_start
    pod direct
    expect 198.51.100.2 "$(in_pod curl -s -m 5 $LAB_WEB4/)" 'a pod without a VPN'
    pod_ends "$sandbox"
    expect_match '192\.0\.2\.80' "$(lab_capture_stop)"
    lab_capture_start
    pod example "$asks"
    first=$sandbox
    # Services find it by its address in the cluster.
    expect_match '^10\.244\.0\.[0-9]+ fd44::[0-9a-f]+$' "$(cri PodSandboxStatus "{\"podSandboxId\": \"$sandbox\"}" | jq -r '.status.network | ([.ip] + [.additionalIps[]?.ip]) | join(" ")')"
    expect "${sandbox:0:12}" "$(vpn ps --json | jq -r '.[0].command')"
    pod_works
    in_box home ip link del dev wg0
    pod_is_closed 'without the tunnel'
    vpn refresh home >/dev/null
    pod_works
    # Of the VPN's servers it asks by the VPN.
    pod dns "$asks" 172.27.12.1
    expect '"home"' "$(in_pod $LAB_DIG who.test TXT)" "the VPN's server in the pod's resolv.conf"
    pod_ends "$sandbox"
    # containerd is another process, and the box another box: kubelet makes the pod again.
    kill "$containerd"
    wait "$containerd" || true
    containerd_starts
    pod example2 "$asks"
    pod_works
    vpn unlink home --force
    pod_is_closed 'without the box'
    ! pod third "$asks" 2> "$LAB/said" || fail 'a pod without its VPN'
    expect_match 'home is not linked: `vpn link home`' "$(< "$LAB/said")"
    vpn link home
    pod_ends "$sandbox"
    pod_ends "$first"
    pod example3 "$asks"
    pod_works
    # Nothing is left of any of them.
    pod_ends "$sandbox"
    expect_nothing "$(node_pods)" pods
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    until_true 5 nobody_inside home
    expect_same "$before" "$(node_state)" 'the node'
}
# node_state: what pods might leave.
node_state() {
    on_host sh -c 'ip -o link | sed "s/^[0-9]*: //" | grep -v "^cni0"; ip rule; ip -6 rule; ls /run/netns; ls /var/lib/cni/networks/pods /var/lib/cni/results; mount | grep -c . ; ls /etc/cni/net.d'
    in_box home ip -o link show group 76 | sed 's/^[0-9]*: //; s/ state .*//'
}

# The DaemonSet's script, from an empty node to an empty node.
test_cri_node() {
    local before
    node_up
    node_files() { on_host find /etc /opt /usr/lib/cni /usr/local | grep -v -e '^/etc/vpnrun$' -e '^/etc/iproute2' | sort; }
    before=$(node_files)
    secret
    complains 1 'there is no profile in the Secret' node_sh add
    complains 1 'type add or remove' node_sh
    secret home work
    on_host mv /etc/cni/net.d/10-cluster.conflist /etc/cni
    complains 1 'no network of the cluster is in /etc/cni/net.d yet' node_sh add
    on_host mv /etc/cni/10-cluster.conflist /etc/cni/net.d
    expect_match '/etc/cni/net.d/0-vpnrun.conflist is 10-cluster.conflist with vpnrun behind it$' "$(node_sh add)"
    expect 'root root 710' "$(on_host stat -c '%U %G %a' /opt/vpnrun/libexec/vpnrun/vpn-link)"
    expect 'true true' "$(status home .linked) $(status work .linked)"
    # An engine takes the first file of the folder.
    expect 0-vpnrun.conflist "$(on_host ls /etc/cni/net.d | LC_ALL=C sort | head -1)"
    expect_same "$(jq -S . "$LAB_KUBERNETES/install/plugin.json")" "$(on_host jq -S '.plugins[-1]' /etc/cni/net.d/0-vpnrun.conflist)" 'the plugin'
    expect_same "$(on_host jq -S . /etc/cni/net.d/10-cluster.conflist)" "$(on_host jq -S 'del(.plugins[-1])' /etc/cni/net.d/0-vpnrun.conflist)" "the cluster's own"
    # Twice is the same as once, and a profile that has changed is taken.
    before2=$(on_host sh -c 'cksum /etc/vpnrun/*.conf /etc/cni/net.d/* /etc/cdi/*.json; ip -o link')
    node_sh add >/dev/null
    expect_same "$before2" "$(on_host sh -c 'cksum /etc/vpnrun/*.conf /etc/cni/net.d/* /etc/cdi/*.json; ip -o link')" twice
    sed -i 's/^DNS.*/DNS = 172.27.12.9/' "$LAB/profiles/home.conf"
    node_sh add >/dev/null
    expect 172.27.12.9 "$(status home '.dns | join(" ")')"
    # The list of a network with one plugin.
    on_host sh -c 'jq ".plugins[0] + {cniVersion, name}" /etc/cni/net.d/10-cluster.conflist > /etc/cni/net.d/05-one.conf'
    node_sh add >/dev/null
    expect '1.0.0 pods bridge vpnrun' "$(on_host jq -r '"\(.cniVersion) \(.name) \([.plugins[].type] | join(" "))"' /etc/cni/net.d/0-vpnrun.conflist)"
    on_host rm /etc/cni/net.d/05-one.conf
    # An engine that has its plugins elsewhere, as k3s has.
    on_host mkdir /opt/other
    PLUGINS=/opt/other node_sh add >/dev/null
    expect_same "$(on_host cat /opt/cni/bin/vpnrun)" "$(on_host cat /opt/other/vpnrun)" 'the plugin'
    PLUGINS=/opt/other node_sh remove >/dev/null
    on_host rmdir /opt/other
    expect_same "$before" "$(node_files)" 'files'
    node_sh add >/dev/null
    node_sh remove >/dev/null
    expect_same "$before" "$(node_files)" 'files'
    expect_nothing "$(on_host ls /run/netns)" boxes
    node_sh remove
}
