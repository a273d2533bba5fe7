# shellcheck shell=bash
# What the programs say, where the true reason is not the usual one.

# problem CHECK: what `vpn check` says of it, by alice, and why, and the fix.
problem() {
    alice vpn check --json > "$LAB/findings" || true
    jq -r --arg check "$1" '.[] | select(.check == $check and .severity != "ok") | "\(.what) | \(.why) | \(.fix)"' "$LAB/findings"
}

# ---------------------------------------------------------------- no route to the endpoint

offline() { on_host sh -c 'ip route flush default; ip -6 route flush default'; }
online() { on_host ip route replace default via 198.51.100.1 dev u0 metric 5; on_host ip route replace default via 2001:db8:100::1 dev u0 metric 5; }

test_without_a_route_to_the_endpoint() {
    local said took
    link home
    alice vpnrun home -- $LAB_GET $LAB_WEB4/ >/dev/null # a handshake that is not old
    trap online EXIT
    offline
    took=$(milliseconds problem handshake)
    said=$(problem handshake)
    expect_match '^there is no route to the endpoint 203.0.113.2 \(this machine is offline\?\) \|.*vpn refresh home$' "$said"
    (( took < 8000 )) || fail "it waited $took ms for a handshake"
    ! grep -q '"tunnel".*"dns"' <<< "$(jq -c '.[] | select(.severity == "problem") | [.group, .check]' "$LAB/findings")" ||
        fail 'a DNS server is to blame'
    ! grep -qi 'a key or the Endpoint is wrong' "$LAB/findings" || fail 'a key is to blame'
    expect_match 'there is no route to the endpoint 203.0.113.2:51820' "$(alice vpn explain home 192.0.2.80 || true)"
    expect_match 'nothing passes: there is no route to 203.0.113.2:51820' "$(vpn status home || true)"
    vpn unlink home --force
    vpn link home
    refuses 125 'no handshake with 203.0.113.2:51820 yet: there is no route to it ' alice vpnrun --wait=1 home true
}

# ---------------------------------------------------------------- a DNS server that the tunnel does not take

test_dns_server_in_no_allowed_ips() {
    local said
    lab_profile home | sed 's/^DNS.*/DNS = 198.51.100.1, lan.example/; s/^AllowedIPs.*/AllowedIPs = 192.0.2.0\/24, 172.27.12.0\/24/' > "$LAB/home.conf"
    said=$(vpn import "$LAB/home.conf" 2>&1 >/dev/null)
    expect_match 'home: the DNS server 198.51.100.1 is in no AllowedIPs.*add 198.51.100.1/32 to AllowedIPs, or .*DNS =. in \[VPN\]' "$said"
    said=$(vpn link home 2>&1 >/dev/null)
    expect_match 'home: the DNS server 198.51.100.1 is in no AllowedIPs' "$said"
    expect_nothing "$(vpn link home 2>&1 >/dev/null)" 'said of one that is linked'
    expect_match '^the DNS server 198.51.100.1 is in no AllowedIPs \| commands cannot resolve names by it: add 198.51.100.1/32' "$(problem dns)"
    expect_nothing "$(jq -r '.[] | select(.check == "handshake" and .severity == "problem").what' "$LAB/findings")" 'blamed besides'
    # Each remedy is one.
    vpn edit home DNS=172.27.12.1
    vpn reload home
    expect_nothing "$(problem dns)" 'with another server'
    vpn unlink home --force
    sed -i 's/^AllowedIPs.*/&, 198.51.100.1\/32/' "$LAB/home.conf"
    expect_nothing "$(vpn import "$LAB/home.conf" --force 2>&1 >/dev/null | grep 'in no AllowedIPs')" 'with the server in AllowedIPs'
}

# ---------------------------------------------------------------- files of other programs

# import_of SED: what importing home says, changed so.
import_of() { complains 125 "$2" vpn import - --name odd < <(lab_profile home | sed -E "$1"); }

test_keys_and_endpoints_of_other_programs() {
    local jc='Jc = 4\nJmin = 40\nJmax = 70\nS1 = 0\nS2 = 0\nH1 = 1\nH2 = 2\nH3 = 3\nH4 = 4'
    one() { refuses_input 125 "$2" "$1"; }
    one "s/^DNS.*/&\n$jc/" 'Jc, Jmin, Jmax, S1, S2, H1, H2, H3 and H4: keys of AmneziaWG'
    one 's/^DNS.*/&\nExcludedApplications = com.example.one/' 'ExcludedApplications: a key of WireGuard for Android'
    one 's/^AllowedIPs.*/&\nDisallowedIPs = 192.168.0.0\/16/' 'DisallowedIPs: a key of WireSock for Windows'
    one 's,^Endpoint = .*,Endpoint = udp://203.0.113.2:51820,' 'a URL; write the host and the port without the scheme'
    one 's/^Endpoint = .*/Endpoint = 203.0.113.2:51820, 203.0.113.3:51820/' 'more than one server'
    one 's/^Endpoint = .*/Endpoint = 203.0.113.2:443:udp/' 'a protocol behind the port'
    one 's/^Endpoint = .*/Endpoint = [::ffff:203.0.113.2]:51820/' 'an IPv4 address written as IPv6.*write 203.0.113.2:51820'
    one 's,^DNS.*,DNS = tls://dns.example.net,' 'DNS over TLS'
    expect_match 'AllowedIPs = 0.0.0.0 has no length and is that one address.*write 0.0.0.0/0' \
        "$(lab_profile home | sed 's/^AllowedIPs.*/AllowedIPs = 0.0.0.0, ::/' | vpn import - --name odd 2>&1)"
}

# refuses_input STATUS REGEX SED: a file with one fault, of which one sentence is said; below it may stand the line.
refuses_input() {
    local status=0 said
    said=$(lab_profile home | sed -E "$3" | vpn import - --name odd 2>&1 >/dev/null) || status=$?
    expect "$1" $status "status, saying '$said'"
    expect_match "$2" "$said"
    expect 1 "$(grep -vc '^    ' <<< "$said")" "sentences in '$said'"
}

test_files_that_are_no_profile() {
    : > "$LAB/empty.conf"
    printf 'client\ndev tun\nremote vpn.example 1194\n<ca>\n' > "$LAB/home.ovpn"
    printf '<!DOCTYPE html>\n<html><body>Sign in</body></html>\n' > "$LAB/page.conf"
    printf '{"outbounds": []}\n' > "$LAB/box.json"
    printf '%%PDF-1.7\n\001\002' > "$LAB/home.pdf"
    refuses 125 'empty.conf is empty: download' vpn import "$LAB/empty.conf"
    refuses 125 'home.ovpn is a profile of OpenVPN, and vpnrun speaks WireGuard only' vpn import "$LAB/home.ovpn"
    refuses 125 'page.conf is a web page' vpn import "$LAB/page.conf"
    refuses 125 'box.json is JSON of another program' vpn import "$LAB/box.json"
    refuses 125 'home.pdf is a PDF' vpn import "$LAB/home.pdf"
}

# ---------------------------------------------------------------- other programs that configure our links

# debian PACKAGE: its files below /var/tmp/vpnrun-lab, fetched once.
debian() {
    local folder=/var/tmp/vpnrun-lab/$1
    [[ -e $folder/done ]] || (
        mkdir -p "$folder" && cd "$folder" && apt-get download "$1" && dpkg -x ./*.deb . && touch 'done'
    ) >/dev/null 2>&1 || skip "no $1: apt-get download says no"
    echo "$folder"
}

foreign() { problem foreign; }
configured() { foreign | grep -q .; }

# fix_foreign PATH [CHECK]: what check says, typed by root.
fix_foreign() {
    local fix
    fix=$(jq -r --arg check "${2:-foreign}" '.[] | select(.check == $check and .severity == "warning").fix' "$LAB/findings")
    on_host env PATH="$1:$PATH" bash -c "sudo() { \"\$@\"; }; $fix" >&2
}

# Two of them, one of which is all that is left when the uplink goes.
test_a_default_route_by_the_vpns_own_link_is_found() {
    link home
    expect_nothing "$(problem default-route)" 'default routes'
    on_host ip route add default via 169.254.76.1 dev home onlink metric 7
    on_host ip -6 route add default dev home metric 8
    expect_match '^the main table has a default route by home' "$(problem default-route)"
    fix_foreign '' default-route
    expect_nothing "$(problem default-route)" 'default routes when they are removed'
    expect_nothing "$(on_host ip route show default dev home; on_host ip -6 route show default dev home)" 'default routes by home'
    works alice vpnrun home --
}

test_an_address_of_another_program() {
    link home
    expect_nothing "$(foreign)" 'foreign settings'
    on_host ip address add 169.254.138.80/16 dev home
    on_host ip route add 198.18.0.0/15 dev home
    expect_match '^another program has configured home: 169.254.138.80/16, route 198.18.0.0/15' "$(foreign)"
    fix_foreign ''
    expect_nothing "$(foreign)" 'foreign settings when they are removed'
}

test_dhcpcd() {
    local folder
    [[ $LAB_HOST != self ]] || skip 'the machine has its own accounts'
    command -v dpkg >/dev/null || skip 'no dpkg'
    folder=$(debian dhcpcd-base)
    [[ -d $folder ]] || skip "no dhcpcd-base: apt-get download says no"
    on_host sh -c "mkdir -p /run/dhcpcd /run/udev /etc/dhcpcd.d; mkdir -p /mnt/lib; mount -t tmpfs x /var/lib; mkdir -p /var/lib/dhcpcd
        grep -q ^dhcpcd: /etc/passwd || { echo 'dhcpcd:x:999:999::/run/dhcpcd:/bin/false' >> /etc/passwd; echo 'dhcpcd:x:999:' >> /etc/group; }
        cp $folder/etc/dhcpcd.conf /etc/"
    trap 'on_host sh -c "umount /var/lib; rm -f /etc/dhcpcd.conf"' EXIT
    link home
    on_host "$folder/usr/sbin/dhcpcd" --nobackground -c /bin/true -t 2 home > "$LAB/dhcpcd.log" 2>&1 &
    until_true 40 configured
    expect_match '^another program has configured home: 169\.254\..*/16.*\(dhcpcd\) \|.*denyinterfaces home' "$(foreign)"
    fix_foreign "$folder/usr/sbin"
    grep -qx 'denyinterfaces home' <(on_host cat /etc/dhcpcd.conf) || fail 'not in dhcpcd.conf'
    until_true 10 unconfigured
    # It leaves the link alone from now on, when it looks for links itself.
    refuses_interface "$folder"
}
unconfigured() { [[ -z $(foreign) ]]; }
# dhcpcd starts, and serves all links but those that are denied: nothing of it appears on home.
refuses_interface() {
    on_host timeout 6 "$1/usr/sbin/dhcpcd" --nobackground -c /bin/true -t 1 --nodev -Z u0 -Z l0 > "$LAB/dhcpcd.log" 2>&1 || true
    ! grep -q '^home:' "$LAB/dhcpcd.log" || fail "$(< "$LAB/dhcpcd.log")"
}

test_avahi_autoipd() {
    local folder
    [[ $LAB_HOST != self ]] || skip 'the machine has its own accounts'
    command -v dpkg >/dev/null || skip 'no dpkg'
    folder=$(debian avahi-autoipd)
    [[ -d $folder ]] || skip "no avahi-autoipd: apt-get download says no"
    ldd "$folder/usr/sbin/avahi-autoipd" | grep -q 'not found' && { # its one library
        folder2=$(debian libdaemon0)
        [[ -d $folder2 ]] || skip "no libdaemon0: apt-get download says no"
    }
    on_host sh -c "grep -q ^avahi-autoipd: /etc/passwd || { echo 'avahi-autoipd:x:998:998::/:/bin/false' >> /etc/passwd; echo 'avahi-autoipd:x:998:' >> /etc/group; }
        mkdir -p /etc/avahi; cp $folder/etc/avahi/avahi-autoipd.action /etc/avahi/"
    link home
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s/usr/lib/x86_64-linux-gnu exec %s/usr/sbin/avahi-autoipd "$@"\n' "${folder2:-}" "$folder" > "$LAB/avahi-autoipd"
    chmod 755 "$LAB/avahi-autoipd"
    on_host "$LAB/avahi-autoipd" --force-bind --no-chroot home > "$LAB/avahi.log" 2>&1 &
    until_true 40 configured
    expect_match '^another program has configured home: 169\.254\..*/16.*\(avahi-autoipd\) \|.*avahi-autoipd --kill home$' "$(foreign)"
    fix_foreign "$LAB"
    until_true 10 unconfigured
}

# A rule of a program that can be named is not to be deleted alone; and only one that takes packets from a VPN that is up is wrong.
test_rules_of_wg_quick() {
    link home
    up home
    on_host ip route add default via 198.51.100.1 dev u0 table 51820
    on_host ip rule add priority 49 table main suppress_prefixlength 0
    on_host ip rule add priority 50 not fwmark 51820 table 51820
    trap 'set +e; on_host ip rule del priority 49; on_host ip rule del priority 50; on_host ip route flush table 51820' EXIT
    expect_match '^a rule of wg-quick, .*\| sudo wg-quick down NAME$' "$(problem rules | grep 'priority 50')"
    expect_nothing "$(problem rules | grep 'rule del' || true)" 'a rule to be deleted'
}

# What make installs into other programs' folders goes with uninstall.
test_drop_ins() {
    local folder=$LAB/root file address
    on_host make -s -C "$LAB_REPOSITORY" install-only DESTDIR="$folder" PREFIX=/usr >/dev/null
    for file in NetworkManager/conf.d/50-vpnrun.conf systemd/network/05-vpnrun.network systemd/networkd.conf.d/50-vpnrun.conf; do
        on_host test -s "$folder/etc/$file" || fail "no $file"
    done
    link home
    address=$(on_host ip -j link show dev home | jq -r '.[0].address')
    for file in NetworkManager/conf.d/50-vpnrun.conf systemd/network/05-vpnrun.network; do
        on_host grep -qF "$address" "$folder/etc/$file" || fail "$file is not about the link, which has $address"
    done
    on_host make -s -C "$LAB_REPOSITORY" uninstall DESTDIR="$folder" PREFIX=/usr >/dev/null
    expect_nothing "$(on_host find "$folder" -type f -o -type l)" 'left over'
}

test_uninstall_while_up() {
    local wanted program=$LAB_PREFIX/libexec/vpnrun/vpn-link
    uninstall() { on_host make -s -C "$LAB_REPOSITORY" uninstall PREFIX="$LAB_PREFIX" GROUP=vpn; }
    [[ $LAB_HOST == namespace ]] || skip 'this machine is installed for all tests'
    link home
    up home
    complains 2 '^home is linked, .*: sudo vpn unlink home' uninstall
    on_host test -x "$program" || fail 'removed all the same'
    works on_host
    vpn unlink home
    wanted=$(on_host find "$LAB_PREFIX" -type f | sort)
    uninstall
    ! on_host test -e "$program" || fail 'not removed'
    lab_install
    expect_same "$wanted" "$(on_host find "$LAB_PREFIX" -type f | sort)" 'what is installed again'
}

# ---------------------------------------------------------------- resolv.conf in odd states

# good_resolv_conf WHAT: a command has the VPN's, and asks without waiting.
good_resolv_conf() {
    local took
    expect 'nameserver 172.27.12.1,nameserver fd27:12::1,search corp.test' \
        "$(alice vpnrun home -- grep -E '^(nameserver|search|domain)' /etc/resolv.conf | sort | paste -sd,)" "$1"
    took=$(milliseconds alice vpnrun home -- $LAB_DIG who.test TXT)
    (( took < 1500 )) || fail "$1: $took ms"
    expect 172.27.12.9 "$(alice vpnrun home -- getent ahostsv4 printer | awk 'NR == 1 { print $1 }')" "$1: search domain"
}

test_resolv_conf_in_odd_states() {
    [[ $LAB_HOST != self ]] || skip 'the machine has its own'
    link home
    on_host mv /etc/resolv.conf /etc/resolv.conf.kept
    trap 'on_host sh -c "rm -rf /etc/resolv.conf /run/secret; mv /etc/resolv.conf.kept /etc/resolv.conf"' EXIT
    on_host ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
    good_resolv_conf 'a link into a folder that is not there'
    on_host test ! -e /run/systemd/resolve || fail 'a folder was made'
    on_host ln -sfn resolv.conf /etc/resolv.conf
    good_resolv_conf 'a link to itself'
    on_host sh -c 'mkdir -m 700 /run/secret; echo "nameserver 198.51.100.1" > /run/secret/resolv.conf; ln -sfn /run/secret/resolv.conf /etc/resolv.conf'
    good_resolv_conf 'a link into a folder that only root may enter'
    on_host sh -c 'rm /etc/resolv.conf; echo "nameserver 198.51.100.1" > /etc/resolv.conf; chmod 0 /etc/resolv.conf'
    good_resolv_conf 'a file that only root may read'
    on_host sh -c 'rm /etc/resolv.conf; mkfifo /etc/resolv.conf'
    good_resolv_conf 'a FIFO'
    on_host sh -c 'rm /etc/resolv.conf; ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf'
    expect ../run/systemd/resolve/stub-resolv.conf "$(on_host readlink /etc/resolv.conf)" "the host's link"
}

# Nothing can be covered: names are resolved by the VPN all the same, and check says what to do.
test_no_resolv_conf_at_all() {
    [[ $LAB_HOST != self ]] || skip 'the machine has its own'
    link home
    on_host mv /etc/resolv.conf /etc/resolv.conf.kept
    trap 'on_host mv /etc/resolv.conf.kept /etc/resolv.conf' EXIT
    expect 10.0.0.3 "$(alice vpnrun home -- getent ahostsv4 who.test | awk 'NR == 1 { print $1 }')"
    expect_match 'resolv.conf.*sudo touch /etc/resolv.conf$' "$(problem resolv.conf)"
    on_host touch /etc/resolv.conf
    good_resolv_conf 'an empty file'
}

# ---------------------------------------------------------------- mounts

# CAVEATS of vpnrun(1): what a command mounts is seen by it alone; what the host mounts is seen by commands.
test_mounts_made_inside() {
    link home
    on_host mkdir -p /mnt/inside /mnt/outside
    on_host mount --make-rshared /mnt
    trap 'on_host sh -c "umount /mnt/outside; mount --make-rprivate /mnt; rmdir /mnt/inside /mnt/outside"' EXIT
    on_host vpnrun home -- sh -c 'mount -t tmpfs x /mnt/inside && touch /mnt/inside/file && echo mounted && exec sleep 3' > "$LAB/inside" &
    until_true 5 grep -q mounted "$LAB/inside"
    on_host test ! -e /mnt/inside/file || fail 'the host sees it'
    alice vpnrun home -- test ! -e /mnt/inside/file || fail 'another command sees it'
    wait $!
    inside_open a alice home
    on_host sh -c 'mount -t tmpfs stick /mnt/outside; touch /mnt/outside/photo'
    inside a 'test -e /mnt/outside/photo' || fail 'the command does not see what the host mounts'
    on_host umount /mnt/outside
    inside a 'test ! -e /mnt/outside/photo' || fail 'the command keeps what the host unmounts'
    inside_close a
}
