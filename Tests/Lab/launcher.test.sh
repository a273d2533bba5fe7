# shellcheck shell=bash
# Launchers of the desktop: what they start, what is seen of a failure, and `always`. Applications are lines of sh with their names, which end
# where the real ones do. Session and stand-ins: desktop.test.sh.

APPLICATIONS=/home/alice/.local/share/applications

# browser NAME: a stand-in for a Firefox, which ends if the folder of --profile is not there. It notes its network, its number and its arguments.
browser() {
    on_host install -D -m 755 /dev/stdin "/home/bin/$1" <<'END'
#!/bin/sh
words=$*
while [ $# -gt 0 ]; do
    [ "$1" != --profile ] || [ -d "$2" ] || { echo 'Profile Missing' >&2; exit 1; }
    shift
done
echo "$(readlink /proc/self/ns/net) $$ $words" >> /home/alice/started
END
}

# application ID PROGRAM: installed for all users.
application() {
    on_host install -D -m 644 /dev/stdin "/home/share/applications/$1.desktop" <<END
[Desktop Entry]
Type=Application
Name=Web Browser
Name[de]=Browser
Exec=/home/bin/$2 %u
MimeType=text/html;x-scheme-handler/https;
Actions=private;

[Desktop Action private]
Name=Private Window
Exec=/home/bin/$2 --private %u
END
}

# notices: notify-send, which notes its words, a line each, and clicks on the button if there is one.
notices() {
    on_host rm -f /home/alice/notice
    on_host install -D -m 755 /dev/stdin /home/bin/notify-send <<'END'
#!/bin/sh
echo "$*" >> /home/alice/notice
case $* in *--action=do=*) echo do ;; esac
END
}
noticed() { on_host cat /home/alice/notice 2>/dev/null; }

# by_click FILE [WORD...]: as a desktop starts it, with a PATH that lacks vpnrun's folder, and no terminal.
by_click() { in_session env PATH=/home/bin:/usr/bin:/bin DESKTOP_STARTUP_ID=x gio launch "$@"; }

# started_inside: it was started, in the VPN; $arguments are its.
started_inside() {
    local net
    until_true 10 on_host test -s /home/alice/started
    read -r net _ arguments < <(on_host cat /home/alice/started)
    [[ $net == net:* && $net != "$(host_network)" ]] || fail "it is in $net, as the host is"
    on_host rm -f /home/alice/started
}

needs_gio() { command -v gio desktop-file-validate >/dev/null || skip 'gio or desktop-file-validate is not installed'; }

test_launcher_from_end_to_end() {
    local file=$APPLICATIONS/vpnrun-home-librewolf.desktop
    needs_gio
    link home
    browser librewolf
    application librewolf librewolf
    in_session vpn desktop add home librewolf > "$LAB/once"
    expect "Web Browser (home) is ready: $file" "$(head -1 "$LAB/once")" 'what it says'
    expect_nothing "$(on_host desktop-file-validate $file)" desktop-file-validate
    expect alice "$(on_host stat -c %U $file)" owner
    expect "$LAB_PREFIX/bin/vpnrun --desktop --separate home -- /home/bin/librewolf %u" "$(on_host sed -n '0,/^Exec=/s///p' $file)" 'its command'
    expect "$LAB_PREFIX/bin/vpnrun" "$(on_host sed -n 's/^TryExec=//p' $file)" 'what hides it'

    on_host rm -rf /home/alice/started /home/alice/.local/share/vpnrun
    by_click $file https://example.org/
    started_inside
    expect '--profile /home/alice/.local/share/vpnrun/home/librewolf --class vpnrun-home-librewolf --name vpnrun-home-librewolf https://example.org/' \
        "$arguments" 'its arguments'
    expect vpnrun-home-librewolf "$(on_host sed -n 's/^StartupWMClass=//p' $file)" 'the class of its windows'

    # Twice is the same as once.
    on_host cat $file > "$LAB/file"
    expect_same "$(< "$LAB/once")" "$(in_session vpn desktop add home librewolf)" 'what it says the second time'
    expect_same "$(< "$LAB/file")" "$(on_host cat $file)" 'what it writes the second time'
    expect home/librewolf/ready "$(in_session vpn desktop list --json | jq -r '.[] | "\(.vpn)/\(.application)/\(.state)"')" list
    on_host mv /home/bin/librewolf /home/bin/moved
    expect 'no application' "$(in_session vpn desktop list --json | jq -r '.[].state')" 'state without the program'
    notices
    by_click $file https://example.org/ 2>/dev/null
    until_true 10 on_host test -s /home/alice/notice
    expect_match 'librewolf did not start in home .*/home/bin/librewolf: No such file' "$(noticed)" notice
    on_host rm /home/share/applications/librewolf.desktop
    expect 'no application' "$(in_session vpn desktop list --json | jq -r '.[].state')" 'state without the original'
    in_session vpn desktop remove home librewolf >/dev/null
    on_host test ! -e $file
    in_session vpn desktop remove home librewolf 2>/dev/null
    refuses 125 'there is no application .librewolf.' in_session vpn desktop add home librewolf
}

# Where the ordinary profile is in use outside, no window is better than one there.
test_launcher_with_the_ordinary_profile() {
    needs_gio
    link home
    notices
    fake librewolf 60
    application librewolf librewolf
    in_session vpn desktop add home librewolf --shared >/dev/null
    running librewolf
    by_click $APPLICATIONS/vpnrun-home-librewolf.desktop 2>/dev/null
    until_true 10 on_host test -s /home/alice/notice
    expect_match 'librewolf did not start in home LibreWolf is already running outside' "$(noticed)" notice
    expect 1 "$(starts)" 'number of starts'
    in_session vpn desktop remove home >/dev/null
}

test_launchers_are_users() {
    refuses 125 'without sudo' on_host env SUDO_UID=20001 vpn desktop list
}

# The process that was started becomes the command, with nothing of ours beside it: no process, no descriptor, no other standard error.
test_started_by_a_click_it_is_the_same_process() {
    local pid descriptors
    link home
    notices
    on_host install -D -m 755 /dev/stdin /home/bin/look <<'END'
#!/bin/sh
readlink /proc/$$/fd/2
(cd /proc/$$/fd && echo *)
echo "$DESKTOP_STARTUP_ID"
echo $$
exec sleep "$1"
END
    in_session sh -c 'exec look 0 >/home/alice/looked 2>/home/alice/errors'
    descriptors=$(on_host sed -n 2p /home/alice/looked; on_host rm /home/alice/looked)
    in_session env DESKTOP_STARTUP_ID=click sh -c 'exec "$0" --desktop home -- look 60 >/home/alice/looked 2>/home/alice/errors' "$LAB_PREFIX/bin/vpnrun" &
    until_true 10 on_host grep -q '^[0-9]\{2,\}$' /home/alice/looked
    mapfile -t lines < <(on_host cat /home/alice/looked)
    expect /home/alice/errors "${lines[0]}" 'standard error'
    expect "$descriptors" "${lines[1]}" 'descriptors'
    expect click "${lines[2]}" DESKTOP_STARTUP_ID
    pid=${lines[3]}
    expect sleep "$(cat "/proc/$pid/comm")" 'what it has become'
    expect_nothing "$(cat "/proc/$pid/task/$pid/children")" children
    expect_nothing "$(for process in $(lab_processes); do grep -lx -e vpnrun -e vpn-manage "/proc/$process/comm"; done 2>/dev/null)" 'processes of ours'
    on_host test ! -e /home/alice/notice
    kill "$pid"
}

# desktop_run STATUS WORD...: vpnrun --desktop without a terminal; what it says in $said.
desktop_run() {
    local wanted=$1 status=0; shift
    said=$(in_session vpnrun --desktop "$@" 2>&1 >/dev/null </dev/null) || status=$?
    expect "$wanted" "$status" "status of 'vpnrun --desktop $*', which said '$said'"
}

test_failure_is_on_the_screen() {
    link home
    notices
    fake idle
    desktop_run 125 nosuch -- idle
    expect_match "vpn: there is no VPN 'nosuch'" "$said" 'on standard error'
    until_true 5 on_host test -s /home/alice/notice
    expect_match "--urgency=critical -- idle did not start in nosuch there is no VPN 'nosuch'" "$(noticed)" notice

    notices
    desktop_run 127 home -- nosuch
    until_true 5 on_host test -s /home/alice/notice
    expect_match 'nosuch did not start in home nosuch: No such file' "$(noticed)" notice
    notices
    in_session sh -c 'echo > not-executable'
    desktop_run 126 home -- ./not-executable
    until_true 5 on_host test -s /home/alice/notice

    # What a program says of itself is its own affair.
    notices
    desktop_run 125 home -- sh -c 'echo its own >&2; exit 125'
    expect 'its own' "$said" 'standard error'
    desktop_run 0 home -- true
    # On a terminal it can be read.
    in_session script -qec "vpnrun --desktop nosuch -- idle" /dev/null >/dev/null || true
    sleep 1
    on_host test ! -e /home/alice/notice
}

# Without notices, a window: each of those there are is tried in turn.
test_failure_in_a_window() {
    link home
    for program in notify-send zenity kdialog; do
        printf '#!/bin/sh\nexit 255\n' | on_host install -D -m 755 /dev/stdin /home/bin/$program
    done
    on_host rm -f /home/alice/notice
    printf '#!/bin/sh\necho "$*" >> /home/alice/notice\n' | on_host install -D -m 755 /dev/stdin /home/bin/xmessage
    desktop_run 127 home -- nosuch
    until_true 5 on_host test -s /home/alice/notice
    expect_match '^-center -buttons Close:1 nosuch did not start in home: nosuch: No such file' "$(noticed)" message
    on_host rm /home/bin/{notify-send,zenity,kdialog,xmessage}
}

# The tunnel is gone. The button has it repaired, by root where wireguard-go has to be started, and the application starts.
test_failure_offers_a_link() {
    link home
    notices
    browser librewolf
    on_host install -D -m 755 /dev/stdin /home/bin/pkexec <<'END'
#!/bin/sh
echo "$*" > /home/alice/asked
until [ -e /home/alice/granted ]; do sleep 0.1; done
END
    on_host rm -f /home/alice/{started,asked,granted}
    on_host ip -n vpn-home link del dev wg0 2>/dev/null || kill_userspace home
    in_session vpnrun --desktop --separate home -- librewolf 2>/dev/null &
    until_true 10 on_host grep -q -- '--action=do=Repair home -- librewolf did not start in home' /home/alice/notice
    until_true 10 on_host test -e /home/alice/started -o -e /home/alice/asked
    if on_host test -e /home/alice/asked; then
        expect "$LAB_PREFIX/bin/vpn link home" "$(on_host cat /home/alice/asked)" 'what root is asked for'
        expect_match '--action=do=Link home' "$(noticed)" 'second notice'
        vpn link home >/dev/null
        on_host touch /home/alice/granted
    fi
    started_inside
    # Who may not become root is offered nothing that needs it.
    on_host rm /home/bin/pkexec
}

# a_bus COMMANDS...: for a shell in a session with a bus of its own, which then starts the browser's service. That never takes its name.
a_bus() {
    in_session dbus-run-session -- sh -c "$*"'
        dbus-send --session --type=method_call --dest=org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.StartServiceByName \
            string:org.example.Browser uint32:0
        until [ -s /home/alice/started ]; do sleep 0.1; done' >/dev/null 2>&1
}

of_alice() { on_host sh -c "find /home/alice/.local /home/alice/.config -printf '%p %y %s\n' 2>/dev/null | sort"; }

test_always() {
    local before
    needs_gio
    command -v dbus-run-session dbus-send >/dev/null || skip 'dbus-run-session or dbus-send is not installed'
    link home work
    browser librewolf
    application librewolf librewolf
    in_session mkdir -p .local/bin
    printf '[D-BUS Service]\nName=org.example.Browser\nExec=/home/bin/librewolf --dbus\n' |
        on_host install -D -m 644 /dev/stdin /home/share/dbus-1/services/org.example.Browser.service
    in_alice() { in_session env PATH="/home/alice/.local/bin:/home/bin:$LAB_PATH" "$@"; }
    before=$(of_alice)
    in_alice vpn desktop always home librewolf > "$LAB/once"
    on_host rm -f /home/alice/started

    by_click $APPLICATIONS/librewolf.desktop https://example.org/menu
    started_inside
    expect https://example.org/menu "$arguments" 'arguments from the menu'
    in_alice librewolf https://example.org/name
    started_inside
    expect https://example.org/name "$arguments" 'arguments of the name'
    a_bus ''
    started_inside
    expect --dbus "$arguments" 'arguments by D-Bus'
    # A bus that runs already.
    in_alice vpn desktop remove home librewolf >/dev/null
    a_bus 'PATH="/home/alice/.local/bin:$PATH" vpn desktop always home librewolf;'
    started_inside
    # Links, as a mail program opens them.
    in_alice gio open https://example.org/link
    started_inside
    expect https://example.org/link "$arguments" 'arguments of a link'

    # In another VPN it stays there.
    in_alice vpnrun work -- sh -c 'readlink /proc/self/ns/net > /home/alice/net; librewolf'
    expect "$(on_host cat /home/alice/net)" "$(on_host cut -d' ' -f1 /home/alice/started)" 'network within a command of work'
    # And `vpnrun work` with the name is not undone by the script, either.
    on_host rm -f /home/alice/started
    in_alice vpnrun -v work -- librewolf 2> "$LAB/said"
    started_inside
    ! grep -q ' in home$' "$LAB/said" || fail 'it went on to home'

    refuses 125 'starts in home always: `vpn desktop remove home librewolf` first' in_alice vpn desktop always work librewolf
    expect_same "$(< "$LAB/once")" "$(in_alice vpn desktop always home librewolf)" 'what it says the second time'
    in_alice vpn desktop remove home librewolf >/dev/null
    expect_same "$before" "$(of_alice)" 'what is left'
}

# With one of ours outside, nothing starts; and that is seen.
test_always_with_one_outside() {
    needs_gio
    link home
    notices
    fake librewolf 60
    application librewolf librewolf
    running librewolf
    in_session mkdir -p .local/bin
    in_session env PATH="/home/alice/.local/bin:/home/bin:$LAB_PATH" vpn desktop always home librewolf >/dev/null
    by_click $APPLICATIONS/librewolf.desktop 2>/dev/null
    until_true 10 on_host test -s /home/alice/notice
    expect_match 'librewolf did not start in home LibreWolf is already running outside' "$(noticed)" notice
    in_session vpn desktop remove home >/dev/null
    expect 1 "$(starts)" 'number of starts'
}
