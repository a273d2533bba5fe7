# shellcheck shell=bash
# What a newcomer sees and types: where one is, as which address one is seen, words of other programs.

# first OF: the first line of status, whatever its exit status.
first() { { alice vpn status "$@" || true; } | head -1; }

shaken() { [[ $(status "$1" '.peers[0].latest_handshake') != 0 ]]; }

test_status_begins_with_a_sentence() {
    local sentence='Ready: commands in home use the VPN; the rest of the system does not (vpn up home)'
    lab_profile home | vpn import - --name home >/dev/null
    expect 'Off: home is not in use (vpnrun home -- COMMAND, or vpn up home for the whole system)' "$(first home)"
    vpn link home >/dev/null
    # The box tells its link which multicast it wants (MLD), and the first of that asks for a handshake: some milliseconds of "No answer".
    until_true 5 shaken home
    expect "$sentence" "$(first)" 'before any command'
    alice vpnrun home -- $LAB_GET $LAB_WEB4/ >/dev/null
    expect "$sentence" "$(first home)"
    complains 3 '^$' alice vpn status home
    up home
    expect_match '^The whole system goes through home; last handshake ' "$(first)"
    down home
    in_box home ip link set wg0 down
    expect 'No tunnel: what commands in home send is refused; the rest of the system does not use home' "$(first home)"
}

test_a_server_that_does_not_answer() {
    lab_profile home | sed 's/^Endpoint.*/Endpoint = 203.0.113.2:51899/' | vpn import - --name home >/dev/null
    vpn link home >/dev/null
    alice vpnrun home -- curl -s -m 1 $LAB_WEB4/ >/dev/null || true
    expect 'No answer: commands in home reach nothing until its server answers; the rest of the system does not use home' "$(first home)"
    refuses 125 '^vpnrun: no handshake with home within 1 second' alice vpnrun --wait=1 home -- true
    alice vpn up home >/dev/null 2>&1
    expect_match '^The whole system goes through home; its server has not answered yet, and nothing gets through until it does$' "$(first home)"
}

# exits KEY: home is linked with this ExitCheck; nothing but the tunnel has packets on the host's links while it is asked.
exits() {
    link_with home ExitCheck="$1"
    lab_capture_start
    said=$(alice vpn status --exit home) || fail "status $? of --exit, which said '$said'"
    json=$(alice vpn status --exit --json)
    expect_nothing "$(lab_capture_stop)" 'outside the tunnel'
    expect "home  seen as 203.0.113.101 and 2001:db8:113::101 (asked $1)" "$said"
    expect '["home",["203.0.113.101","2001:db8:113::101"],[]]' "$(jq -c '.[0] | [.vpn, .addresses, .problems]' <<< "$json")" JSON
    expect "$1" "$(status home .exit_check)" 'the report'
}

test_exit_by_url() {
    local said json
    exits http://ifconfig.co/
}

test_exit_by_name() {
    local said json
    in_inet "$LAB_HERE/probes/whoami.py" 5353 192.0.2.80 2001:db8:80::80 > "$LAB/whoami" &
    until_true 5 grep -q ready "$LAB/whoami"
    exits 'dns me.test @192.0.2.80:5353 @[2001:db8:80::80]:5353'
}

# The one that is asked where no other is named is not in the lab: so it is seen that it is that one, and through the tunnel.
test_exit_without_a_key() {
    local said
    link home
    lab_capture_start
    said=$(alice vpn status --exit home 2>&1) && fail "it succeeded: $said"
    expect_match '^home  no answer \(asked https://icanhazip.com\).  IPv4: curl: \(6\) Could not resolve host: icanhazip.com.  IPv6: ' "$said"
    alice vpn status home >/dev/null || true
    expect_nothing "$(lab_capture_stop)" 'outside the tunnel'
    vpn unlink home >/dev/null
    refuses 125 '^vpn: home is not linked, so nothing was asked: `vpn link home` first$' alice vpn status --exit home
    on_host test ! -e /run/netns/vpn-home
}

test_exit_of_a_broken_tunnel() {
    local said took
    link_with home ExitCheck="$LAB_WEB4/"
    userspace || skip 'with kernel WireGuard a new tunnel is put in'
    kill_userspace home
    took=$(milliseconds alice vpn status --exit home 2>/dev/null) && fail 'it succeeded'
    (( took < 5000 )) || fail "it waited $took ms"
}

test_words_that_people_try() {
    local said
    link home
    refuses 2 "^vpnrun: 'env' is a program, not a VPN: vpnrun home -- env\$" alice vpnrun env x=1
    refuses 2 "^vpnrun: 'dpkg-reconfigure' is a program, not a VPN: vpnrun home -- dpkg-reconfigure\$" alice env PATH=/usr/sbin "$LAB_PREFIX/bin/vpnrun" dpkg-reconfigure
    refuses 2 "^vpnrun: '/bin/sh' is a program, not a VPN: vpnrun home -- /bin/sh\$" alice vpnrun /bin/sh
    refuses 125 "^vpnrun: there is no VPN 'nosuch'; there is home\$" alice vpnrun nosuch
    refuses 125 "^vpnrun: there is no VPN 'hme'; did you mean 'home'\\?\$" alice vpnrun hme -- true
    refuses 2 "^vpn: there is no command 'connect'; type .vpn up home.\$" alice vpn connect home
    refuses 2 "^vpn: 'home' is a VPN: .vpnrun home -- COMMAND. runs a command in it, .vpn up home. takes the whole system into it\$" alice vpn home
}

test_without_wireguard_it_is_vpnrun_that_says_so() {
    lab_profile home | vpn import - --name home >/dev/null
    ! on_host ip link add wgprobe type wireguard 2>/dev/null || { on_host ip link del wgprobe; skip 'the kernel has WireGuard'; }
    refuses 125 '^vpnrun: the kernel has no WireGuard; run `sudo vpn link home` once' alice vpnrun home -- true
}

test_the_prompt_says_where_one_is() {
    link home
    expect vpn:home "$(alice env SHELL=/bin/sh vpnrun home <<< 'echo $debian_chroot')"
    expect other "$(alice env SHELL=/bin/sh debian_chroot=other vpnrun home <<< 'echo $debian_chroot')"
    expect '' "$(alice vpnrun home -- sh -c 'echo $debian_chroot')"
    [[ -r /etc/skel/.bashrc ]] || skip 'there is no .bashrc of Debian'
    on_host install -o alice -m 600 /etc/skel/.bashrc /home/alice/.bashrc
    expect_match '^\(vpn:home\)alice@' "$(alice env SHELL=/bin/bash TERM=dumb script -qc 'vpnrun home' /dev/null <<< $'echo "${PS1@P}"\nexit' | grep -m1 -o '(vpn:home).*')"
}

# A process of a sandbox has left the command's network.
test_ps_says_what_it_cannot_see() {
    link home
    alice vpnrun home -- sh -c 'unshare -rn sleep 30 & unshare -rn sleep 31 & sleep 32' &
    until_true 5 sees_three
    expect_match '  \+ 2 processes not shown: in a network of their own' "$(alice vpn ps home)"
    expect 2 "$(alice vpn ps home --json | jq '.[0].elsewhere')"
}
sees_three() { [[ $(alice vpn ps home --json | jq '.[0] | (.processes | length) + .elsewhere') == 4 ]]; }
