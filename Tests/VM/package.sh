#!/bin/bash
# The Debian package on a real system, from apt install to purge: an upgrade while the system is behind a VPN and a command runs in another.
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

[[ -e $package ]] || { echo 'skip package: the machine was given none'; echo '0 passed, 0 failed, 1 skipped'; exit 0; }
launch=/usr/libexec/vpnrun/vpn-launch link=/usr/libexec/vpnrun/vpn-link
version=$(dpkg-deb -f "$package" Version)

# rights CLAIM: of the helpers, right after a change.
rights() {
    says "$1: owners" $'root:vpn 710\nroot:vpn 710' stat -c '%U:%G %a' $launch $link
    says "$1: capabilities" $'*cap_net_admin,cap_sys_admin=p\n*cap_dac_override,cap_net_admin,cap_sys_admin=p' getcap $launch $link
}

# newer VERSION: the same programs with another number, in newer.deb.
newer() {
    rm -rf "$LAB/newer"
    dpkg-deb -R "$package" "$LAB/newer"
    sed -i "s/^Version: .*/Version: $1/" "$LAB/newer/DEBIAN/control"
    dpkg-deb -Znone --root-owner-group -b "$LAB/newer" "$LAB/newer.deb" >/dev/null
}

installed() { dpkg-query -W -f '${db:Status-Abbrev}${Version}' vpnrun; }
files() { find /etc /usr /var/lib -xdev -not -path '/var/lib/dpkg/*' -not -path '/var/lib/apt/*' | sort; }
# What was not there before, but for what accounts and services leave.
left() {
    comm -13 <(echo "$were") <(files) | grep -vE '^/etc/(group|gshadow|passwd|shadow|subuid|subgid)-?$|^/var/lib/(private|NetworkManager|systemd)'
}

from_nothing() {
    exits 'there is no group' 2 '' getent group vpn
    says 'apt install' '*' apt_get install "./$package"
    rights 'apt install'
    says 'the group is there' 'vpn:x:*' getent group vpn
    says 'the folder of the profiles is' 'root:root 755' stat -c '%U:%G %a' /etc/vpnrun
    says 'the units are enabled' $'enabled\nenabled\nenabled' systemctl is-enabled vpnrun vpnrun-refresh vpnrun-block
    says 'nothing of it was started' 'inactive' systemctl show -P ActiveState vpnrun
    says 'tmpfiles has made /run/netns' 'root:root 755' stat -c '%U:%G %a' /run/netns
    says 'a program runs' "vpn ${version%%-*}*" vpn --version
}

in_use() {
    lab_up
    lab_profile home | vpn import - --name home >/dev/null
    lab_profile work | vpn import - --name work >/dev/null
    says "vpnrun by alice" 203.0.113.101 get home
    says 'vpn up by alice' '*home is up*' alice vpn up home
    inside_open running alice work
    says 'a command in another VPN' 203.0.113.102 inside running "curl -sS -m 10 $web"
}

upgrade() {
    local before
    newer "$version+1"
    inside_download running >/dev/null
    before=$(ip rule; ip -6 rule; nft list ruleset | grep -v counter)
    lab_capture_start
    says 'upgrade while up' '*' dpkg -i "$LAB/newer.deb"
    rights 'upgrade'
    says 'it is upgraded' "ii *$version+1" installed
    says 'nothing in the clear meanwhile' '' lab_capture_stop
    says 'rules and filters are the same' "$before" eval 'ip rule; ip -6 rule; nft list ruleset | grep -v counter'
    holds 'the download goes on' inside running 'kill -0 $!'
    inside running 'kill $!' >/dev/null
    says 'the system is behind the VPN' 203.0.113.101 get alice
    says 'the command, too' 203.0.113.102 inside running "curl -sS -m 10 $web"
    says 'the new programs know it' '*The whole system goes through home*' alice vpn status home
    says 'and find no fault' '' eval 'alice vpn check home | grep "^!!" || true'
    says 'a new command' 203.0.113.102 get bob vpnrun work --
}

away() {
    exits 'apt remove is refused while a VPN is linked, with the command that helps' 100 '*sudo vpn unlink*' apt_get remove vpnrun
    says 'all of it is there' "ii *$version+1" installed
    rights 'refused'
    says 'the system is still behind the VPN' 203.0.113.101 get alice
    says 'vpn down' 'home is down' alice vpn down
    inside_close running
    holds 'vpn unlink' until_true 10 eval 'vpn unlink home; vpn unlink work'
    says 'apt remove' '*' apt_get remove vpnrun
    exits 'no program is left' 1 '' type -P vpn vpnrun
    says 'the profiles are' $'home.conf\nwork.conf' ls /etc/vpnrun
    says 'what calls us says nothing' '' /etc/NetworkManager/dispatcher.d/90-vpnrun eth0 up
    says 'apt install again' '*' apt_get install "./$package"
    rights 'installed again'
    says 'and the VPNs are there' 203.0.113.101 get home
    holds 'vpn unlink' until_true 10 vpn unlink home
    says 'apt purge' '*' apt_get purge vpnrun
    says 'only profiles are left' $'/etc/vpnrun\n/etc/vpnrun/home.conf\n/etc/vpnrun/work.conf' left
    says 'no unit of ours' '' eval 'systemctl list-unit-files --no-legend "vpnrun*" || true'
}

claims_begin
were=$(files)
from_nothing
in_use
upgrade
away
claims_end
