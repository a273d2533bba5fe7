# shellcheck shell=bash
# Other programs' files become VPNs that mean the same: NetworkManager's, systemd-networkd's, QR codes.

# conf NAME KEY: of a VPN's profile as the lab gives it; its own keys.
conf() { lab_profile "$1" | sed -n "s/^$2 = //p"; }

# tunnel NAME: what WireGuard says of it, without what changes; the lines sorted.
tunnel() {
    { in_box "$1" wg showconf wg0 2>/dev/null || on_host wg showconf "wg.$1"; } | sed 's/, /,/g' | grep . | sort
}

# nm_file [LINE...]: home's, as NetworkManager keeps it.
nm_file() {
    cat <<END
[connection]
id=home
uuid=27bcb00e-4b6e-4e53-aeba-148f59bbbed8
type=wireguard
interface-name=wg0

[wireguard]
fwmark=51966
listen-port=51871
mtu=1380
private-key=$(conf home PrivateKey)

[wireguard-peer.$(conf home PublicKey)]
endpoint=$(conf home Endpoint)
preshared-key=$1
preshared-key-flags=0
persistent-keepalive=25
allowed-ips=0.0.0.0/0;::/0;

[ipv4]
address1=172.27.12.34/32
dns=172.27.12.1;
dns-search=corp.test;
method=manual

[ipv6]
addr-gen-mode=default
address1=fd27:12::34/128
dns=fd27:12::1;
method=manual

[proxy]
END
}

networkd_files() {
    mkdir -p "$LAB/networkd/10-home.netdev.d"
    cat > "$LAB/networkd/10-home.netdev" <<END
[NetDev]
Name=home
Kind=wireguard

[WireGuard]
PrivateKey=$(conf home PrivateKey)
ListenPort=51871
FirewallMark=0xcafe

[WireGuardPeer]
PublicKey=$(conf home PublicKey)
PresharedKey=$1
Endpoint=$(conf home Endpoint)
AllowedIPs=0.0.0.0/0,::/0
PersistentKeepalive=25
END
    printf '[NetDev]\nMTUBytes=1380\n' > "$LAB/networkd/10-home.netdev.d/mtu.conf"
    cat > "$LAB/networkd/20-home.network" <<'END'
[Match]
Name=ho*

[Network]
Address=172.27.12.34/32
Address=fd27:12::34/128
DNS=172.27.12.1 fd27:12::1
Domains=corp.test ~.

[Route]
Destination=0.0.0.0/0
END
}

# wanted PSK: what both of them say, as `wg showconf` would.
wanted() {
    sort <<END
[Interface]
ListenPort = 51871
FwMark = 0xcafe
PrivateKey = $(conf home PrivateKey)
[Peer]
PublicKey = $(conf home PublicKey)
PresharedKey = $1
AllowedIPs = 0.0.0.0/0,::/0
Endpoint = $(conf home Endpoint)
PersistentKeepalive = 25
END
}

# means_the_same PSK: the VPN home.
means_the_same() {
    vpn link home >/dev/null
    expect_same "$(wanted "$1")" "$(tunnel home)" 'wg showconf'
    expect '172.27.12.34 fd27:12::34' "$(status home '.addresses | map(sub("/.*"; "")) | join(" ")')"
    expect '172.27.12.1 fd27:12::1 corp.test 1380' "$(status home '[.dns[], .search[], .mtu] | join(" ")')"
}

test_networkmanager() {
    local psk
    psk=$(wg genpsk)
    nm_file "$psk" > "$LAB/any-name"
    refuses 125 'sudo vpn import' alice vpn import "$LAB/any-name"
    expect_match '^home imported' "$(vpn import "$LAB/any-name")"
    means_the_same "$psk"
    expect 'home is imported already; nothing changed' "$(vpn import - < "$LAB/any-name")"
}

test_networkmanager_in_use() {
    nm_file "$(wg genpsk)" | grep -v preshared > "$LAB/home.nmconnection"
    vpn import "$LAB/home.nmconnection"
    vpn link home
    settled home
    works alice vpnrun home --
}

test_networkd() {
    local psk
    psk=$(wg genpsk)
    networkd_files "$psk"
    expect_match '^home imported' "$(vpn import "$LAB/networkd/10-home.netdev")"
    means_the_same "$psk"
    expect 'home is imported already; nothing changed' "$(vpn import "$LAB/networkd/20-home.network")"
    rm "$LAB/networkd/20-home.network"
    refuses 125 'no .network beside it with Name=home' vpn import "$LAB/networkd/10-home.netdev" --force
}

test_qr_code() {
    for program in qrencode zbarimg; do command -v $program >/dev/null || skip "$program is not installed"; done
    lab_profile home | qrencode -o "$LAB/home.png"
    chmod 600 "$LAB/home.png"
    on_host sh -euc 'mkdir /run/vpnrun-import.killed; echo secret > /run/vpnrun-import.killed/picture; touch -d "1 hour ago" /run/vpnrun-import.killed'
    expect_match '^home imported' "$(vpn import "$LAB/home.png")"
    expect "$(lab_profile home)" "$(vpn export home -)"
    expect 'home is imported already; nothing changed' "$(vpn import - --name home < "$LAB/home.png")"
    expect_nothing "$(on_host find /run -maxdepth 1 -name 'vpnrun-*')" 'left over'
    qrencode -o "$LAB/other.png" 'https://vpn.example'
    refuses 125 'is not that of a WireGuard file' vpn import "$LAB/other.png"
    head -c 500 "$LAB/home.png" > "$LAB/half.png"
    refuses 125 'no QR code in .*/half.png' vpn import "$LAB/half.png"
    printf '\211PNG\r\n\032\n and then nonsense' > "$LAB/broken.png"
    refuses 125 'zbarimg cannot read .*/broken.png: it is not a whole png picture' vpn import "$LAB/broken.png"
    vpn link home
    settled home
    works alice vpnrun home --
}

# What reads strangers' pictures is a user of its own, alone and without a network or terminal. A program in its place says what it is.
test_qr_code_is_read_by_a_stranger() {
    local folder said uid
    for program in qrencode zbarimg script; do command -v $program >/dev/null || skip "$program is not installed"; done
    lab_profile home | qrencode -o "$LAB/home.png"
    folder=$(mktemp -d)
    chmod 755 "$folder"
    mkfifo -m 666 "$folder/said"
    cat > "$folder/zbarimg" <<'END'
#!/bin/bash
{
    grep -E '^(Uid|Gid|Groups|CapBnd|CapEff|NoNewPrivs):' /proc/self/status | tr -s '\t ' ' '
    echo "links $(ip -o link | wc -l)"
    { : < /dev/tty; } 2>/dev/null || echo 'no terminal'
    (: <&9) 2>/dev/null || echo 'no other descriptor'
    echo "processes of $(< /proc/1/comm)"
    [[ -e /run/here ]] || echo 'another /run'
    picture=${*: -1}
    [[ ! -r ${picture#png:} ]] || echo 'reads the picture'
    (trap '' XFSZ; echo x > /tmp/zbarimg-was-here) 2>/dev/null || echo 'writes no file'
    cat /etc/vpnrun/*.conf 2>/dev/null || echo 'reads no profile'
} > SAID
echo '[Interface]'
END
    sed -i "s|SAID|$folder/said|" "$folder/zbarimg"
    chmod 755 "$folder/zbarimg"
    lab_profile work | vpn import - --name work >/dev/null
    on_host touch /run/here
    cat "$folder/said" > "$LAB/said" &
    # shellcheck disable=SC2016
    complains 125 'PrivateKey is missing' on_host unshare -m bash -c 'mount --bind "$1/zbarimg" "$(command -v zbarimg)"
        script -qec ": </dev/tty && vpn import $2 9</etc/shadow" /dev/null >&2' - "$folder" "$LAB/home.png"
    wait $!
    said=$(< "$LAB/said")
    rm -rf "$folder"
    uid=$(sed -n 's/^Uid: .* //p' <<< "$said")
    (( uid >= 61184 && uid <= 65519 )) || fail "it is user $uid"
    expect "Uid: $uid $uid $uid $uid
Gid: $uid $uid $uid $uid
Groups:
CapEff: 0000000000000000
CapBnd: 0000000000000000
NoNewPrivs: 1
links 1
no terminal
no other descriptor
processes of timeout
another /run
reads the picture
writes no file
reads no profile" "${said/Groups: /Groups:}" 'what reads the picture'
}

# One that wants to stay, and its picture, which holds a key. Of timeout(1) there is one that is not so patient.
test_qr_code_reader_leaves_nothing() {
    local folder pid number=9$RANDOM$RANDOM
    for program in qrencode zbarimg; do command -v $program >/dev/null || skip "$program is not installed"; done
    lab_profile home | qrencode -o "$LAB/home.png"
    folder=$(mktemp -d)
    chmod 755 "$folder"
    cp "$(command -v timeout)" "$folder/patient"
    printf '#!/bin/sh\nshift 2\nexec %s --signal=KILL 2 "$@"\n' "$folder/patient" > "$folder/timeout"
    printf '#!/bin/bash\nsetsid sleep %s.1 >/dev/null &\nexec setsid sleep %s.2\n' "$number" "$number" > "$folder/zbarimg"
    chmod 755 "$folder"/*
    # shellcheck disable=SC2016
    on_host unshare -m bash -c 'for p in zbarimg timeout; do mount --bind "$1/$p" "$(command -v $p)"; done; vpn import "$2"' - \
        "$folder" "$LAB/home.png" > "$LAB/said" 2>&1 &
    until_true 5 pgrep -f "sleep $number.1" >/dev/null
    pid=$(pgrep -f "sleep $number.1")
    # shellcheck disable=SC2016
    on_host setpriv --reuid=65534 --regid=65534 --clear-groups bash -c 'cat /run/vpnrun-import.*/picture "/proc/$1/root/run/"{,vpnrun-import.*/}picture' \
        - "$pid" > "$LAB/seen" 2>/dev/null || true
    [[ ! -s $LAB/seen ]] || fail "nobody's other processes read the picture"
    cmp "$LAB/home.png" "/proc/$pid/root/run/picture"
    ! wait $! || fail 'imported'
    expect_match 'zbarimg cannot read' "$(< "$LAB/said")" 'what was said'
    expect_nothing "$(pgrep -af "sleep $number")" 'still running'
    expect_nothing "$(on_host find /run -maxdepth 1 -name 'vpnrun-*')" 'left over'
    rm -r "$folder"
}

test_folder_of_all_kinds() {
    mkdir -p "$LAB/kinds"
    nm_file "$(wg genpsk)" > "$LAB/kinds/home.nmconnection"
    printf '[connection]\nid=WiFi\ntype=wifi\n' > "$LAB/kinds/wifi.nmconnection"
    lab_profile work "$LAB/kinds/work.conf"
    expect_match '2 imported$' "$(vpn import "$LAB/kinds")"
    expect 'home 1,work 2' "$(vpn list --json | jq -r 'map("\(.name) \(.id)") | sort | join(",")')"
    rm -r "$LAB/kinds"
}

# A FIFO is what a shell's `<(…)` is, too: what is written into it is read, and none waits for a writer that does not come.
test_import_of_a_fifo() {
    mkfifo "$LAB/waiting.conf"
    refuses 125 'waiting.conf' timeout 20 nsenter -t "${LAB_PID[host]}" -m -n "$LAB_PREFIX/bin/vpn" import "$LAB/waiting.conf"
    mkdir "$LAB/fifos"
    mkfifo "$LAB/fifos/wg0.network"
    printf '[NetDev]\nName=wg0\nKind=wireguard\n' > "$LAB/fifos/wg0.netdev"
    complains 125 'wg0' timeout 20 nsenter -t "${LAB_PID[host]}" -m -n "$LAB_PREFIX/bin/vpn" import "$LAB/fifos/wg0.netdev"
    vpn import <(sleep 0.5; lab_profile home) --name home > /dev/null
    expect home "$(vpn list --json | jq -r '.[].name')"
    rm -r "$LAB/fifos" "$LAB/waiting.conf"
}

# What unzip(1) has to say of a file that is no archive is not our sentence.
test_import_of_what_is_no_archive() {
    command -v unzip >/dev/null || skip 'no unzip'
    echo nothing > "$LAB/broken.zip"
    refuses 125 'cannot list .*broken.zip: unzip failed; `unzip -t .*broken.zip` says why' on_host vpn import "$LAB/broken.zip"
    rm "$LAB/broken.zip"
}
