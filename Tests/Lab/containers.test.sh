# shellcheck shell=bash
# Containers of the real podman, of root and rootless, with a VPN as their only network; plugins of CNI and netavark called as engines call
# them. The image is busybox, made here: nothing comes from a registry. `vpn containers` itself is in container-files.test.sh.

# lab_image: a container's files, /run/lab-image.tar: busybox, curl and dig. Once for all tests.
lab_image() {
    on_host sh -euc '
        [ ! -e /run/lab-image.tar ] || exit 0
        mkdir -p /run/lab-image/bin /run/lab-image/etc /run/lab-image/tmp
        cp /bin/busybox /run/lab-image/bin/
        for applet in sh sleep cat ip arping ping id echo true kill tty; do ln -sf busybox /run/lab-image/bin/$applet; done
        for file in $(ldd /usr/bin/curl /usr/bin/dig | grep -oE "/[^ ]+" | grep -v :) /usr/bin/curl /usr/bin/dig; do
            install -D "$file" "/run/lab-image$file"
        done
        tar -C /run/lab-image -cf /run/lab-image.tar .
        chmod 644 /run/lab-image.tar'
}

# engines PROGRAM...: podman and others in this lab's own folders, with the image `box`.
engines() {
    local program
    for program; do on_host sh -c "command -v $program" >/dev/null || skip "no $program here: apt install podman crun uidmap slirp4netns"; done
    [[ -x /bin/busybox ]] || skip 'no /bin/busybox here: apt install busybox-static'
    own_folders
    lab_image
    # crun refuses a machine with both kinds of control groups, even if it is to use none.
    on_host sh -euc '
        umount -l /sys/fs/cgroup/unified 2>/dev/null || true
        mkdir -p /etc/containers
        printf "[storage]\ndriver = \"vfs\"\ngraphroot = \"/run/lab-containers\"\nrunroot = \"/run/lab-containers-run\"\n" > /etc/containers/storage.conf
        cat > /etc/containers/containers.conf
        for file in subuid subgid; do printf "alice:1000000:65536\n" > /etc/$file; done' <<'END'
[containers]
cgroups = "disabled"
log_driver = "k8s-file"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "crun"
END
    trap engines_end EXIT
}
podman() { on_host env TMPDIR=/run podman "$@"; }
hers() { as_user alice env XDG_RUNTIME_DIR=/home/alice "$@"; }
engines_end() {
    podman rm -f -t 0 -a >/dev/null 2>&1 || true
    hers podman rm -f -t 0 -a >/dev/null 2>&1 || true
    vpn containers disable >/dev/null 2>&1 || true
}
image() {
    podman image exists box 2>/dev/null || podman import /run/lab-image.tar box >/dev/null 2>&1 || fail 'no image'
}
her_image() { hers podman image exists box || hers podman import /run/lab-image.tar box >/dev/null 2>&1 || fail 'no image of alice'; }

# cdi [OPTION...] WORD...: a container by the CDI device.
cdi() { podman run --cgroups=disabled --network none --device vpnrun/vpn=home "$@"; }

# in_vpn COMMAND...: what that prefix runs in a container reaches the internet by home, with its names.
in_vpn() {
    expect 203.0.113.101 "$("$@" curl -s -m 5 $LAB_WEB4/)" 'address over IPv4'
    expect 2001:db8:113::101 "$("$@" curl -s -m 5 $LAB_WEB6/)" 'address over IPv6'
    expect '"home"' "$("$@" $LAB_DIG who.test TXT)" 'names, by its resolv.conf'
    expect '"home"' "$("$@" $LAB_DIG @198.51.100.1 who.test TXT)" 'names, whatever server was asked'
}
no_ports() { [[ -z $(in_box home ip -j link show group 76 | jq -r '.[] | select(.ifname // "" | test("^v[0-9]")) | .ifname') ]]; }

test_podman_by_cdi() {
    engines podman crun
    image
    link home >/dev/null
    vpn containers enable >/dev/null
    cdi -d --name web box sleep 300 >/dev/null
    in_vpn podman exec web
    expect_match 'nameserver 172.27.12.1' "$(podman exec web cat /etc/resolv.conf)"
    ! podman exec web curl -s -m 1 http://192.168.50.20/ || fail 'the LAN is reached'
    expect "$(podman ps --format '{{.ID}}') true" "$(vpn ps --json | jq -r '.[0] | "\(.command) \(.attached)"')"
    refuses 125 'home is in use by [0-9a-f]{12} \(attached\)' vpn unlink home
    podman restart -t 0 web >/dev/null
    in_vpn podman exec web
    podman rm -f -t 0 web >/dev/null
    until_true 5 no_ports
    # Its exit status and output are podman's affair.
    expect 203.0.113.101 "$(cdi --rm box curl -s -m 5 $LAB_WEB4/)"
    ! cdi --rm box sh -c 'exit 7' 2>/dev/null || fail 'no status'
    until_true 5 no_ports
    vpn unlink home
}

test_podman_by_cdi_fails_closed() {
    engines podman crun
    image
    link home >/dev/null
    vpn containers enable >/dev/null
    cdi -d --name web --cap-add NET_ADMIN box sleep 300 >/dev/null
    in_vpn podman exec web
    lab_capture_start
    in_box home ip link del dev wg0
    ! podman exec web curl -s -m 2 $LAB_WEB4/ 2>/dev/null || fail 'no tunnel, and yet an answer'
    ! podman exec web curl -s -m 2 $LAB_WEB6/ 2>/dev/null || fail 'no tunnel, and yet an answer'
    podman exec web $LAB_DIG @198.51.100.1 who.test TXT >/dev/null 2>&1 || true
    vpn refresh home >/dev/null
    in_vpn podman exec web
    vpn unlink home --force
    ! podman exec web curl -s -m 2 $LAB_WEB4/ 2>/dev/null || fail 'no box, and yet an answer'
    ! podman restart -t 0 web >/dev/null 2>&1 || fail 'started without its VPN'
    ! podman exec web true 2>/dev/null || fail 'it runs without its VPN'
    ! cdi --rm box curl -s -m 2 $LAB_WEB4/ 2>/dev/null || fail 'started without its VPN'
    # With a network of podman's it does not start, even if the VPN is there.
    vpn link home && settled home
    ! podman run --cgroups=disabled --rm --device vpnrun/vpn=home --network host box curl -s -m 2 $LAB_WEB4/ 2>/dev/null || fail 'by the network of the host'
    expect_nothing "$(lab_capture_stop | grep -v ' > 203\.0\.113\.2\.' || true)" 'seen on uplink or LAN'
    podman start web >/dev/null
    in_vpn podman exec web
    # The capture sees what leaves another way: the same container without the device.
    lab_capture_start
    expect 198.51.100.2 "$(podman run --cgroups=disabled --rm --network host box curl -s -m 5 $LAB_WEB4/)"
    expect_match '192\.0\.2\.80' "$(lab_capture_stop)"
}

# Two containers that may do with their networks what they like.
test_containers_games_with_addresses() {
    local own other
    engines podman crun
    image
    link home >/dev/null
    vpn containers enable >/dev/null
    for name in rogue victim; do cdi -d --name $name --cap-add NET_ADMIN --cap-add NET_RAW box sleep 300 >/dev/null; done
    other=$(podman exec victim ip -4 -o address show dev eth0 | grep -oE '10\.20\.1\.[0-9]+' | head -1)
    own=$(podman exec rogue ip -4 -o address show dev eth0 | grep -oE '10\.20\.1\.[0-9]+' | head -1)
    [[ $own != "$other" ]] || fail 'one address for two'
    # Its root may take away the filter inside.
    on_host nsenter -t "$(podman inspect -f '{{.State.Pid}}' rogue)" -n nft flush ruleset
    podman exec rogue ip address add "$other/24" dev eth0
    podman exec rogue arping -q -U -c 2 -I eth0 -s "$other" "$other" >/dev/null 2>&1 || true
    podman exec rogue arping -q -A -c 2 -I eth0 -s 10.20.1.1 10.20.1.1 >/dev/null 2>&1 || true
    in_vpn podman exec victim
    podman exec rogue ip route replace default via 10.20.1.1 dev eth0 src "$other"
    ! podman exec rogue curl -s -m 2 $LAB_WEB4/ 2>/dev/null || fail "answered under the other's address"
    podman exec rogue ip route replace default via 10.20.1.1 dev eth0 src "$own"
    podman exec rogue ip address del "$other/24" dev eth0
    # It has asked for its gateway in the other's name, and was not heard.
    until_true 10 podman exec rogue curl -s -o /dev/null -m 2 $LAB_WEB4/
    ! podman exec rogue ping -c 1 -W 1 "$other" >/dev/null 2>&1 || fail 'they reach each other'
    podman exec rogue ip link set dev eth0 address "$(podman exec victim cat /sys/class/net/eth0/address)"
    ! podman exec rogue curl -s -m 2 $LAB_WEB4/ 2>/dev/null || fail "answered under the other's MAC"
    in_vpn podman exec victim
}

test_podman_rootless() {
    local status=0
    engines podman crun newuidmap
    her_image
    link home
    expect 203.0.113.101 "$(hers vpn podman home run --rm --cgroups=disabled box curl -s -m 5 $LAB_WEB4/)"
    until_true 5 no_ports
    hers vpn podman home run --rm --cgroups=disabled box sh -c 'exit 7' || status=$?
    expect 7 "$status" 'its exit status'
    expect word "$(echo word | hers vpn podman home run -i --rm --cgroups=disabled box cat)" 'its input'
    hers vpn podman home run -d --name web --cgroups=disabled box sleep 300 >/dev/null
    in_vpn hers podman exec web
    expect "web true alice" "$(vpn ps --json | jq -r '.[0] | "\(.command) \(.attached) \(.user)"')"
    lab_capture_start
    in_box home ip link del dev wg0
    ! hers podman exec web curl -s -m 2 $LAB_WEB4/ 2>/dev/null || fail 'no tunnel, and yet an answer'
    vpn refresh home >/dev/null
    # Stopped and started by podman alone it has no network; so it gets one again.
    hers podman stop -t 0 web >/dev/null 2>&1
    hers podman start web >/dev/null
    ! hers podman exec web curl -s -m 2 $LAB_WEB4/ 2>/dev/null || fail 'a network without attach'
    expect_nothing "$(lab_capture_stop | grep -v ' > 203\.0\.113\.2\.' || true)" 'seen on uplink or LAN'
    hers podman stop -t 0 web >/dev/null 2>&1
    hers vpn podman home start -d web >/dev/null
    in_vpn hers podman exec web
    hers podman rm -f -t 0 web >/dev/null 2>&1
    until_true 5 no_ports
    vpn unlink home
    refuses 125 'home is not linked: `vpn link home` builds its box' hers vpn podman home run --rm box true
    expect_nothing "$(hers podman ps -aq)" 'containers left'
}

test_podman_rootless_refuses() {
    engines podman crun newuidmap
    import_vpn home
    for words in '--network host' '--network=none' '--net x' '-p 80:80' '-p80:80' '--publish=80' '-P' '--pod x' '--ip 1.2.3.4' '--dns 1.1.1.1' '-a stdin' \
        '--restart always' '-dP' '-itP' '--rm --network host'; do
        # shellcheck disable=SC2086
        refuses 2 '^vpn: -.* cannot be used here: ' hers vpn podman home run $words box true
    done
    refuses 2 'an image is missing' hers vpn podman home run --rm
    refuses 2 '--name needs a value' hers vpn podman home run --name
    refuses 2 'type `vpn podman home run IMAGE`' hers vpn podman home
    refuses 2 'type `vpn podman home run IMAGE`' hers vpn podman home exec web
    refuses 2 'start needs one container' hers vpn podman home start
    refuses 125 'nosuch' hers vpn podman nosuch run box
    # What the container's program gets is its own.
    refuses 125 'home is not linked' hers vpn podman home run box --network host
}

# A hook that runs without root's rights cannot do it, and says what to type: container-files/hook_refuses.
test_cdi_of_rootless_podman_does_not_start() {
    engines podman crun newuidmap
    her_image
    link home >/dev/null
    vpn containers enable >/dev/null
    ! hers podman run --cgroups=disabled --rm --network none --device vpnrun/vpn=home box true >"$LAB/said" 2>&1 || fail 'it started'
    expect_match 'executing hook .*vpn-manage' "$(< "$LAB/said")"
}

# docker 20.10 calls its runtime as podman does, which here takes it for crun.
test_runtime_wrapper() {
    engines podman crun
    image
    link home >/dev/null
    vpn containers enable >/dev/null
    on_host sh -c "mkdir -p /run/lab-runtime; ln -sf $(command -v crun) /run/lab-runtime/runc
        printf '#!/bin/sh\nPATH=/run/lab-runtime:\$PATH exec $LAB_PREFIX/libexec/vpnrun/vpn-manage engine runtime home \"\$@\"\n' > /run/lab-runtime/vpn-home
        chmod 755 /run/lab-runtime/vpn-home
        printf '[engine.runtimes]\ncrun = [\"/run/lab-runtime/vpn-home\"]\n' >> /etc/containers/containers.conf"
    podman run --cgroups=disabled -d --name web --network none -v /etc/hostname:/etc/resolv.conf box sleep 300 >/dev/null
    in_vpn podman exec web
    podman restart -t 0 web >/dev/null
    in_vpn podman exec web
    podman rm -f -t 0 web >/dev/null
    until_true 5 no_ports
    vpn unlink home
    ! podman run --cgroups=disabled --rm --network none box true 2>/dev/null || fail 'started without its VPN'
}

test_podman_with_cni() {
    engines podman crun
    on_host test -x /usr/lib/cni/loopback || skip 'no containernetworking-plugins here'
    on_host sh -c 'mkdir -p /etc/cni/net.d; printf "[network]\nnetwork_backend = \"cni\"\n" >> /etc/containers/containers.conf'
    image
    link home >/dev/null
    vpn containers enable >/dev/null
    podman run --cgroups=disabled -d --network home --name web box sleep 300 >/dev/null
    in_vpn podman exec web
    refuses_publish() { ! podman run --cgroups=disabled --rm --network home -p 8080:80 box true >"$LAB/said" 2>&1; }
    refuses_publish || fail 'a port was published'
    expect_match 'publishes no ports of containers' "$(< "$LAB/said")"
    podman restart -t 0 web >/dev/null
    in_vpn podman exec web
    podman rm -f -t 0 web >/dev/null
    until_true 5 no_ports
    expect_nothing "$(on_host sh -c 'ls /var/lib/cni 2>/dev/null | grep -i vpnrun' || true)" 'what CNI remembers'
}

# On a terminal of its own: its size, and what is typed there.
test_podman_rootless_on_a_terminal() {
    engines podman crun newuidmap
    her_image
    link home
    # script(1) types what ends its own input, which is seen (^@) where the terminal still echoes.
    expect_match '/dev/(pts/0|console)$' "$(on_terminal 'tty' | head -1)"
    expect_match '203\.0\.113\.101$' "$(on_terminal "curl -s -m 5 $LAB_WEB4/" | tail -1)"
    expect_match 'got word$' "$(echo word | on_terminal 'read -r it; echo "got $it"' | tail -1)"
    until_true 5 no_ports
}
on_terminal() { hers script -qec "vpn podman home run --rm -it --cgroups=disabled box sh -c '$1'" /dev/null | tr -d '\r'; }

# The file of vpn-containers(7), as it stands there.
test_compose_file() {
    local version
    engines podman crun
    on_host sh -c 'command -v podman-compose' >/dev/null || skip 'no podman-compose here: apt install podman-compose'
    image
    link home >/dev/null
    vpn containers enable >/dev/null
    on_host mkdir -p /run/lab-compose
    sed -n '/^services:/,/^\.Ed/p' "$LAB_REPOSITORY/man/vpn-containers.7" | sed '/^\.Ed/d; s/image: nginx/image: localhost\/box\n    command: sleep 300/' |
        on_host sh -c 'cat > /run/lab-compose/compose.yaml'
    lab_capture_start
    version=$(on_host podman-compose --version 2>/dev/null | grep -oE 'podman-compose[a-z]* version +[0-9.]+')
    if [[ $version == *' 1.0.'* ]]; then
        # One more network for every container, which the hook refuses.
        composed up -d > "$LAB/said" 2>&1 || true
        expect_nothing "$(podman ps -q)" "containers of podman-compose 1.0, which said $(< "$LAB/said")"
    else
        composed up -d > "$LAB/said" 2>&1 || fail "$(< "$LAB/said")"
        in_vpn podman exec "$(podman ps -q)"
        vpn unlink home --force
        ! podman exec "$(podman ps -q)" curl -s -m 2 $LAB_WEB4/ || fail 'no box, and yet an answer'
    fi
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    # Docker's own, as far as it reads the file without its engine.
    ! on_host sh -c 'command -v docker-compose' >/dev/null || expect 'none vpnrun/vpn=home' \
        "$(on_host docker-compose -f /run/lab-compose/compose.yaml config | /usr/bin/python3 -c 'import sys, yaml; web = yaml.safe_load(sys.stdin)["services"]["web"]; print(web["network_mode"], *[device if isinstance(device, str) else device["source"] for device in web["devices"]])')"
}
composed() { on_host env TMPDIR=/run podman-compose --podman-run-args=--cgroups=disabled -p lab -f /run/lab-compose/compose.yaml "$@"; }
