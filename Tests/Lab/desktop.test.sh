# shellcheck shell=bash
# Launchers of the desktop. Applications are lines of sh with their names.

# in_session COMMAND...: alice's, where her desktop finds programs and launchers.
in_session() { as_user alice env PATH="/home/bin:$LAB_PATH" XDG_DATA_DIRS=/home/share "$@"; }

# fake NAME [SECONDS]: a program that notes its network namespace and its arguments, and lives for a while.
fake() {
    on_host install -D -m 755 /dev/stdin "/home/bin/$1" <<END
#!/bin/sh
echo "\$(readlink /proc/self/ns/net) \$*" >> /home/alice/started
${2:+sleep $2}
true
END
}

# running WORD...: in the background; back when it has begun, and the only one so far.
running() {
    on_host rm -f /home/alice/started
    in_session "$@" 2>/dev/null &
    until_true 10 on_host test -s /home/alice/started
}
starts() { on_host grep -c . /home/alice/started; }
host_network() { on_host readlink /proc/self/ns/net; }

# application ID PROGRAM: installed for all users.
application() {
    on_host install -D -m 644 /dev/stdin "/home/share/applications/$1.desktop" <<END
[Desktop Entry]
Type=Application
Name=Web Browser
Name[de]=Browser
Exec=/home/bin/$2 "a \\\\\$b" %u
MimeType=text/html;x-scheme-handler/https;
Actions=private;

[Desktop Action private]
Name=Private Window
Exec=/home/bin/$2 --private %u
END
}

test_launcher_from_end_to_end() {
    local file=/home/alice/.local/share/applications/vpnrun-home-firefox.desktop net arguments
    command -v gio desktop-file-validate >/dev/null || skip 'gio or desktop-file-validate is not installed'
    link home
    fake firefox
    application firefox firefox
    in_session vpn desktop add home firefox > "$LAB/once"
    expect "Web Browser (home) is ready: $file" "$(head -1 "$LAB/once")" 'what it says'
    expect_nothing "$(on_host desktop-file-validate $file)" desktop-file-validate
    expect alice "$(on_host stat -c %U $file)" owner

    # As a desktop starts it, with a PATH that lacks vpnrun's folder.
    on_host rm -f /home/alice/started
    in_session env PATH=/usr/bin:/bin gio launch $file https://example.org/
    until_true 10 on_host test -s /home/alice/started
    read -r net arguments < <(on_host cat /home/alice/started)
    [[ $net == net:* && $net != "$(host_network)" ]] || fail "it is in $net, as the host is"
    expect '--profile /home/alice/.local/share/vpnrun/home/firefox --class vpnrun-home-firefox --name vpnrun-home-firefox a $b https://example.org/' \
        "$arguments" 'its arguments'

    # Twice is the same as once.
    on_host cat $file > "$LAB/file"
    expect_same "$(< "$LAB/once")" "$(in_session vpn desktop add home firefox)" 'what it says the second time'
    expect_same "$(< "$LAB/file")" "$(on_host cat $file)" 'what it writes the second time'
    expect home/firefox/ready "$(in_session vpn desktop list --json | jq -r '.[] | "\(.vpn)/\(.application)/\(.state)"')" list
    on_host rm /home/share/applications/firefox.desktop
    expect 'no application' "$(in_session vpn desktop list --json | jq -r '.[].state')" 'state without the original'
    in_session vpn desktop remove home firefox >/dev/null
    on_host test ! -e $file
    in_session vpn desktop remove home firefox 2>/dev/null
    refuses 125 'there is no application .firefox.' in_session vpn desktop add home firefox
}

# Where Firefox's ordinary profile is in use outside, no window is better than one there.
test_launcher_with_the_ordinary_profile() {
    command -v gio >/dev/null || skip 'gio is not installed'
    link home
    fake firefox 60
    application firefox firefox
    in_session vpn desktop add home firefox --shared >/dev/null
    running firefox
    in_session gio launch /home/alice/.local/share/applications/vpnrun-home-firefox.desktop 2> "$LAB/said" || true
    until_true 10 grep -q 'already running outside home' "$LAB/said"
    expect 1 "$(starts)" 'number of starts'
    in_session vpn desktop remove home >/dev/null
}

test_launchers_are_users() {
    refuses 125 'without sudo' on_host env SUDO_UID=20001 vpn desktop list
}

test_notice_of_a_lost_tunnel() {
    local notice=/home/alice/notice
    link home
    on_host rm -f $notice
    on_host install -D -m 755 /dev/stdin /home/bin/notify-send <<'END'
#!/bin/sh
for word; do printf '%s|' "$word"; done >> /home/alice/notice
END
    fake idle 60
    running vpnrun home -- idle
    in_session vpn desktop notify run &
    sleep 1
    on_host test ! -e $notice
    on_host ip -n vpn-home link del dev wg0 2>/dev/null || kill_userspace home
    until_true 15 on_host test -s $notice
    expect '--app-name=vpn|--icon=network-vpn|--urgency=critical|--|home has lost its tunnel|Without a network: idle|' "$(on_host cat $notice)" notice
}
