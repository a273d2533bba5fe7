# shellcheck shell=bash
# What `vpn export` writes for other programs is read by these, does what the documents show, and comes back as the same profile.

# two_to_export: home, which takes everything, and router, whose encrypted packets have a table of their own and whose routes a daemon makes.
two_to_export() {
    vpn import - --name home --force >/dev/null <<END
[VPN]
ID = 1
Direct = 100.64.0.0/10
AllowUsers = alice
$(lab_profile home)
PresharedKey = $(wg genpsk)
END
    vpn import - --name router --force >/dev/null <<END
[VPN]
ID = 4
Underlay = 1000
[Interface]
PrivateKey = $(wg genkey)
Address = 192.0.2.42/31, 2001:db8:fd26::1/126
FwMark = 1000
ListenPort = 51001
Table = off
[Peer]
PublicKey = $(wg genkey | wg pubkey)
AllowedIPs = 0.0.0.0/0, ::/0
END
    rm -rf "$LAB/out"
    mkdir "$LAB/out"
}

# export_two FORMAT: both.
export_two() { for name in home router; do vpn export --format "$1" $name "$LAB/out" >/dev/null 2>&1; done; }

# same_profile WANTED GOT: two profiles that say the same, each list in one line or in several.
same_profile() { expect_same "$(said_by <<< "$1")" "$(said_by <<< "$2")" 'the profile'; }
said_by() { awk -F' = ' '/^\[/ { s = $0; next } NF > 1 { sub(/0x3e8/, "1000", $2); n = split($2, a, /, */); for (i = 1; i <= n; i++) print s, $1, a[i] }' | sort -u; }

# come_back FILE...: from these, the profiles as they were.
come_back() {
    local file name before
    for file; do
        name=${file##*/}
        name=${name%%.*}
        before=$(vpn show --secrets "$name")
        vpn import "$file" --force >/dev/null 2>&1
        same_profile "$before" "$(vpn show --secrets "$name")"
    done
}

test_exports_come_back() {
    local format file
    two_to_export
    for format in networkd ifupdown-ng networkmanager nixos; do
        export_two $format
        refuses 125 'is there already: --force' vpn export --format $format home "$LAB/out"
        refuses 125 'sudo vpn export' alice vpn export --format $format home /tmp
        for file in "$LAB"/out/*; do expect_match '^0 6[04]0$' "$(on_host stat -c '%u %a' "$file")" "$file"; done
    done
    come_back "$LAB"/out/{home,router}.{netdev,interfaces,nmconnection,nix}
}

# networkd_alone FOLDER: in a network of its own, with links that are called like ours; what it says is in $LAB/said.
networkd_alone() {
    on_host unshare -n -m bash -euc '
        mount -t sysfs -o ro sysfs /sys # no udev
        mount -t tmpfs tmpfs /run
        mkdir -p /run/systemd/network /run/systemd/netif/{links,leases,lldp}
        cp -a "$1"/* /run/systemd/network/
        chown -R systemd-network /run/systemd/netif
        ip link set lo up
        if [ -z "$(find "$1" -name "*.netdev")" ]; then
            for name in home router; do ip link add $name type veth peer name p$name; ip link set p$name up; done
        fi
        SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console /lib/systemd/systemd-networkd >"$0" 2>&1 &
        for n in $(seq 100); do
            ! ip -6 rule | grep -q "fwmark 0x3e8" || break
            ! grep -q "router: loaded" "$0" || [ -z "$(find "$1" -name "*.netdev")" ] || break
            sleep 0.1
        done
        sleep 0.5
        ip rule; ip -6 rule; ip route show table 1 2>/dev/null || true
        kill $!; wait $! || true' "$LAB/said" "$1"
}

# It would complain of a line as FILE:LINE. Kernel WireGuard is not needed for that; Tests/VM has it.
test_exports_by_networkd() {
    [[ -x /lib/systemd/systemd-networkd ]] || skip 'systemd-networkd is not installed'
    getent group systemd-network >/dev/null || skip 'there is no group systemd-network'
    local said name
    two_to_export
    export_two networkd
    for name in "$LAB"/out/*; do expect 'root systemd-network 640' "$(on_host stat -c '%U %G %a' "$name")" "$name"; done
    networkd_alone "$LAB/out" >/dev/null
    expect_match 'loaded "wireguard"' "$(< "$LAB/said")"
    expect_nothing "$(grep -E '\.(netdev|network):[0-9]+: ' "$LAB/said")" 'what networkd does not know'
    rm "$LAB"/out/*.netdev
    said=$(networkd_alone "$LAB/out")
    expect_nothing "$(grep -E '\.network:[0-9]+: ' "$LAB/said")" 'what networkd does not know'
    # As the document about WireGuard in a VRF has it; its table 1000 is called transit there.
    expect 2 "$(grep -c $'^32765:\tfrom all fwmark 0x3e8 lookup 1000 proto static *$' <<< "$said")" "the document's rule, for both families, in: $said"
    expect 1 "$(grep -c $'^201:\tfrom 172.27.12.34 iif lo lookup home proto static' <<< "$said")" "$said"
    expect 1 "$(grep -c $'^301:\tfrom all to 100.64.0.0/10 lookup main proto static' <<< "$said")" "$said"
    expect 2 "$(grep -c $'^302:\tfrom all lookup main suppress_prefixlength 0 proto static' <<< "$said")" "$said"
    expect 2 "$(grep -c $'^303:\tnot from all fwmark 0x2711 lookup home proto static' <<< "$said")" "$said"
    expect_match 'unreachable default proto static metric 4294967295' "$said"
}

# libnm, which NetworkManager itself reads its files with.
test_exports_by_networkmanager() {
    /usr/bin/python3 -c 'import gi; gi.require_version("NM", "1.0"); from gi.repository import NM' 2>/dev/null ||
        skip 'libnm is not there for Python: apt install python3-gi gir1.2-nm-1.0'
    two_to_export
    export_two networkmanager
    /usr/bin/python3 - "$LAB"/out/*.nmconnection <<'END'
import os, sys
import gi
gi.require_version("NM", "1.0")
from gi.repository import NM, GLib
for path in sys.argv[1:]:
    file = GLib.KeyFile()
    file.load_from_file(path, GLib.KeyFileFlags.NONE)
    unread = []
    def complains(*of):
        unread.append(of)
        return False
    connection = NM.keyfile_read(file, "/", NM.KeyfileHandlerFlags.NONE, complains, None)
    connection.verify()
    assert not unread, path
    # As it is written again after nmcli has changed something.
    again = NM.keyfile_write(connection, NM.KeyfileHandlerFlags.NONE, None, None).to_data()[0]
    for line in open(path):
        assert line[0] in "#[\n" or line in again or line.startswith(("fwmark", "routing-rule", "autoconnect=false", "peer-routes")), line
    with open(path, "w") as out:
        out.write(again)
END
    come_back "$LAB"/out/{home,router}.nmconnection
}

# The package is unpacked, not installed: it would take over the machine's own network.
test_exports_by_ifupdown_ng() {
    local tools=$LAB/ifupdown-ng said
    mkdir -p "$tools"
    (cd "$tools" && apt-get download -qq ifupdown-ng >/dev/null 2>&1 && dpkg -x ifupdown-ng_*.deb .) || skip 'the package ifupdown-ng cannot be had'
    two_to_export
    export_two ifupdown-ng
    said=$("$tools/sbin/ifquery" -i "$LAB/out/router.interfaces" router)
    expect_match 'use wireguard.*address 192.0.2.42/31.*address 2001:db8:fd26::1/126' "$(paste -sd' ' <<< "$said")"
    # Its own programs set it up; only the device is a userspace one here.
    said=$(on_host unshare -n -m bash -euc '
        mkdir -p /etc/wireguard "$1/executors"
        cp "$2"/*.conf /etc/wireguard/
        cp "$1/usr/libexec/ifupdown-ng"/* "$1/executors"
        sed -i "s/ip link add .* type wireguard/wireguard-go \$IFACE/" "$1/executors/wireguard"
        ip link set lo up
        for name in router home; do "$1/sbin/ifup" -i "$2/$name.interfaces" -S "$1/state" -E "$1/executors" $name; done
        ip rule; ip -6 rule; ip route show table 1; ip -o addr show dev router; wg show home fwmark; wg show router fwmark
        for name in home router; do "$1/sbin/ifdown" -i "$2/$name.interfaces" -S "$1/state" -E "$1/executors" $name; done
        { ip rule; ip -6 rule; } | grep -qE "fwmark|^201|^30" && echo left || true' sh "$tools" "$LAB/out" 2>"$LAB/said") ||
        fail "$(< "$LAB/said") $said"
    # As the document about a mesh has it: a rule for each family, before that of the table main.
    expect 2 "$(grep -c $'^32765:\tfrom all fwmark 0x3e8 lookup 1000' <<< "$said")" "the document's rules in: $said"
    expect 2 "$(grep -c $'^303:\tnot from all fwmark 0x2711 lookup home' <<< "$said")" "$said"
    expect_match 'default dev home.*0x2711.*0x3e8' "$(paste -sd' ' <<< "$said")"
    expect_match 'inet 192.0.2.42/31.*inet6 2001:db8:fd26::1/126.*inet6 fe80:' "$(paste -sd' ' <<< "$said")"
    [[ $said != *left* ]] || fail "rules stay: $said"
}

test_exports_by_nixos() {
    command -v nix-instantiate >/dev/null || skip 'nix-instantiate is not installed: apt install nix-bin'
    local name
    two_to_export
    export_two nixos
    # One by another link, which has no keys.
    printf '%s\n' '[VPN]' 'ID = 5' 'Link = eth1' 'Gateway = 10.10.10.1' 'Relay = 10.42.42.0/24' '[Interface]' 'Table = 5000' |
        vpn import - --name campus --force >/dev/null
    vpn export --format nixos campus "$LAB/out" >/dev/null
    : > "$LAB/out/campus.key"
    for name in home router campus; do nix-instantiate --parse "$LAB/out/$name.nix" >/dev/null 2>"$LAB/said" || fail "$(< "$LAB/said")"; done
    [[ -n ${NIXPKGS_LIB:-} ]] || skip 'NIXPKGS_LIB names no folder with lib/ of nixpkgs: it is parsed, not evaluated'
    for name in home router campus; do
        nix-instantiate --eval --strict --json -A exported --argstr nixpkgs "$NIXPKGS_LIB" --argstr module "$LAB_REPOSITORY/packaging/nix/module.nix" \
            --argstr vpn "$LAB/out/$name.nix" --argstr name $name "$LAB_REPOSITORY/Tests/Packages/module.nix" 2>"$LAB/said" | jq -r . > "$LAB/$name.conf"
        # Beside what the module writes without being asked.
        sed -n "s,^PrivateKeyFile.*,PrivateKey = $(< "$LAB/out/$name.key"),; /^Priority = 100\$/d; /^FwMark = 10001\$/d; /^Autostart = no\$/d; p" -i "$LAB/$name.conf"
        [[ ! -e $LAB/out/$name.peer1.key ]] || sed -i "s,^PresharedKeyFile.*,PresharedKey = $(< "$LAB/out/$name.peer1.key")," "$LAB/$name.conf"
        same_profile "$(vpn show --secrets $name)" "$(< "$LAB/$name.conf")"
    done
}
