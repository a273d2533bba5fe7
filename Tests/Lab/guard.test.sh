# shellcheck shell=bash
# The guard against instances that do a command's work elsewhere, and separate ones. Programs are lines of sh with their names; the helpers
# are desktop.test.sh's. Real programs: Tests/Desktop.

# guarded STATUS REGEX WORD...: what vpnrun says, and with which status it ends.
guarded() {
    local wanted=$1 pattern=$2 status=0; shift 2
    said=$(in_session vpnrun "$@" 2>&1) || status=$?
    expect "$wanted" "$status" "status of 'vpnrun $*', which said '$said'"
    expect_match "$pattern" "$said" "what 'vpnrun $*' said"
}

# fake_firefox NAME: as Firefox behaves. It ends without the folder of its profile; it asks another with its profile, which it finds by a name on
# the bus; and it ends if the profile is in use by one that it does not find. What is opened is a line `NETWORK URL` in ~/opened.
fake_firefox() {
    on_host rm -rf /home/alice/opened /home/alice/.mozilla /home/alice/.local/share/vpnrun
    on_host install -D -m 755 /dev/stdin "/home/bin/$1" <<'END'
#!/bin/sh
profile=$HOME/.mozilla url=blank
while [ $# -gt 0 ]; do
    case $1 in
        --profile) profile=$2; shift 2; [ -d "$profile" ] || { echo 'Profile Missing' >&2; exit 1; } ;;
        --class | --name) shift 2 ;;
        *) url=$1; shift ;;
    esac
done
mkdir -p "$profile"
name=$profile/${MOZ_DBUS_APP_NAME:-firefox}.bus
if [ -p "$name" ]; then echo "$url" > "$name"; exit 0; fi
mkdir "$profile/lock" 2>/dev/null || { echo 'already running, but is not responding' >&2; exit 1; }
mkfifo "$name"
exec 3<>"$name"
while :; do
    echo "$(readlink /proc/self/ns/net) $url" >> "$HOME/opened"
    read -r url <&3 || exit
done
END
}
# opens URL WORD...: started in the background; back when that is opened.
opens() {
    local url=$1; shift
    in_session "$@" "$url" >/dev/null 2>&1 &
    until_true 10 on_host grep -q " $url\$" /home/alice/opened
}
# opened outside|inside URL
opened() {
    local net
    net=$(on_host sed -n "s| $2\$||p" /home/alice/opened)
    [[ -n $net ]] || fail "$2 was not opened"
    if [[ $net == "$(host_network)" ]]; then expect "$1" outside "where $2 was opened"; else expect "$1" inside "where $2 was opened"; fi
}

test_guard_of_an_instance_outside() {
    link home
    fake firefox 60
    running firefox
    expect "$(host_network) " "$(on_host cat /home/alice/started)" 'network of the one outside'
    fake firefox
    guarded 125 '^vpnrun: Firefox is already running outside home \(pid [0-9]+\), and would open this there: close it first, or type vpnrun --separate home -- firefox$' home -- firefox https://example.org
    expect firefox "$(on_host cat "/proc/$(sed -E 's/.*pid ([0-9]+).*/\1/' <<< "$said")/comm")" 'name of the process that is said'
    guarded 125 '^vpnrun: Firefox is already running' --quiet home -- firefox
    expect 1 "$(starts)" 'number of starts after refusals'
    guarded 0 '^vpnrun: Firefox is already running' --guard=warn home -- firefox
    expect 2 "$(starts)" 'number of starts after a warning'
    guarded 0 '^$' --guard=off home -- firefox
    expect 3 "$(starts)" 'number of starts without the guard'
    guarded 2 'guard=refuse' --guard=maybe home -- firefox

    for words in 'firefox --profile /tmp/x' 'firefox -P other' '/home/bin/firefox --no-remote' 'firefox --version' 'true firefox'; do
        # shellcheck disable=SC2086
        guarded 0 '^$' home -- $words
    done
    ! as_user bob env PATH="/home/bin:$LAB_PATH" vpnrun home -- firefox 2>&1 | grep 'already running' || fail "another user's counts"
}

test_guard_sees_through_wrappers() {
    link home
    fake firefox 60
    running firefox
    fake firefox
    for words in 'env A=b firefox' 'nice -n 5 nohup firefox x' '/home/bin/firefox' 'setsid timeout 5 firefox'; do
        # shellcheck disable=SC2086
        guarded 125 'Firefox is already running' home -- $words
    done
    guarded 125 'type vpnrun --separate home -- firefox$' home -- sh -c 'cd /tmp && firefox "$1"' sh x
    guarded 0 '^firefox$' home -- sh -c 'echo firefox'
    on_host ln -sf firefox /home/bin/x-www-browser
    said=$(in_session env DISPLAY=:9 vpnrun home -- x-www-browser 2>&1) && fail 'a link to firefox was not refused'
    expect_match 'Firefox is already running' "$said" 'what it said of a link'
    # The user's browser, by the desktop's own list.
    on_host install -D -m 755 /dev/stdin /home/bin/xdg-mime <<'END'
#!/bin/sh
[ "$3" != x-scheme-handler/https ] || echo browser.desktop
END
    application browser firefox
    fake xdg-open
    guarded 0 '^$' home -- xdg-open mailto:x
    said=$(in_session env DISPLAY=:9 vpnrun home -- xdg-open https://example.org 2>&1) && fail 'xdg-open was not refused'
    expect_match 'Firefox is already running' "$said" 'what it said of xdg-open'
    expect 2 "$(starts)" 'number of starts, with that of xdg-open for a mail'
}

test_guard_of_an_instance_inside() {
    link home work
    fake firefox 60
    running vpnrun home -- firefox
    [[ $(on_host cat /home/alice/started) != "$(host_network)"* ]] || fail 'it is not in the VPN'
    fake firefox
    guarded 0 '^$' home -- firefox
    guarded 125 '^vpnrun: Firefox is already running in home \(pid' work -- firefox
    guarded 0 '^$' home -- vpnrun home -- firefox
}

# Its VPN was unlinked and linked again under it: it will never load a page.
test_guard_of_one_that_was_cut_off() {
    link home
    fake firefox 60
    running vpnrun home -- firefox
    vpn unlink home --force
    vpn link home
    fake firefox
    guarded 125 '^vpnrun: Firefox is already running without a network, cut off from home \(pid [0-9]+\)' home -- firefox
}

# No file of name resolution is mounted that would tell where it runs.
test_guard_without_DNS() {
    link_with home DNS=
    fake firefox 60
    running env VPNRUN=home vpnrun home -- firefox
    fake firefox
    guarded 0 '^$' home -- firefox
    fake librewolf 60
    running env VPNRUN=home librewolf
    guarded 125 'already running outside home' home -- librewolf
}

test_guard_of_one_with_a_profile_of_its_own() {
    link home
    fake chromium 60
    running chromium --user-data-dir=/tmp/x
    fake chromium
    guarded 0 '^$' home -- chromium
}

test_guard_of_a_service_of_the_session() {
    link home
    fake gnome-terminal
    guarded 125 'windows are opened by a service of the session, outside home: type vpnrun --separate home -- gnome-terminal$' home -- gnome-terminal
    guarded 0 'service of the session' --guard=warn home -- gnome-terminal
    fake docker
    guarded 125 'run by a daemon of the system, outside home: type sudo vpn containers enable once, and docker run --network none --device vpnrun/vpn=home$' home -- docker run x
    guarded 0 '^$' home -- docker version
}

# listening NAME [WORD...]: a program of that name which listens on a UNIX socket with a path.
listening() {
    on_host install -D -m 755 /dev/stdin "/home/bin/$1" <<'END'
#!/usr/bin/python3
import os, socket, sys, time
path = f"/home/alice/{os.getpid()}.socket"
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen()
open("/home/alice/started", "w").write(path)
time.sleep(60)
END
    running "$@"
}

test_guard_of_an_unknown_program() {
    link home
    listening viewer
    fake viewer
    guarded 0 '^$' home -- viewer
    said=$(in_session env DISPLAY=:9 vpnrun home -- viewer 2>&1) && fail 'it was not refused'
    expect_match '^vpnrun: viewer is already running outside home \(pid [0-9]+\), and may open this there: close it first, or type vpnrun --guard=off home -- viewer if it does not$' "$said" said
    expect_nothing "$(in_session env DISPLAY=:9 vpnrun home -- true)" 'about another program'
    fake other 60
    running other
    fake other
    expect_nothing "$(in_session env DISPLAY=:9 vpnrun home -- other 2>&1)" 'about one that does not listen'
}

# The master has the connection, and listens; a plain ssh does not count.
test_guard_of_a_master_of_ssh() {
    link home
    fake ssh 60
    running ssh box
    fake ssh
    guarded 0 '^$' home -- ssh box
    listening ssh box
    fake ssh
    fake git
    fake rsync
    fake scp
    for words in 'ssh box' 'scp a box:b' 'rsync a box:b' 'git fetch'; do
        # shellcheck disable=SC2086
        guarded 125 "already running outside home .*: close it first, or type vpnrun --separate home -- ${words%% *}\$" home -- $words
        # shellcheck disable=SC2086
        guarded 0 '^$' --separate home -- $words
    done
    for words in 'ssh -o ControlPath=none box' 'rsync a b' 'git log'; do
        # shellcheck disable=SC2086
        guarded 0 '^$' home -- $words
    done
}

# ---------------------------------------------------------------- separate ones

test_separate_beside_one_outside() {
    local folder=/home/alice/.local/share/vpnrun/home/firefox
    link home
    fake_firefox firefox
    opens outside firefox
    opened outside outside
    # As the guard says: it makes the folder, without which Firefox ends.
    opens first vpnrun --separate home -- firefox
    opened inside first
    expect 'alice 700 alice 700' "$(on_host stat -c '%U %a' $folder /home/alice/.local/share/vpnrun | xargs)" 'whose folders'
    # The second goes to the first, as it does without a VPN.
    guarded 0 '^$' --separate home -- firefox second
    until_true 5 on_host grep -q second /home/alice/opened
    opened inside second
    opens elsewhere vpnrun --separate=/home/alice/new/folder home -- env firefox
    opened inside elsewhere
    on_host test -d /home/alice/new/folder
}

test_separate_one_that_was_cut_off() {
    link home work
    fake_firefox firefox
    opens first vpnrun --separate=/home/alice/own home -- firefox
    guarded 125 '^vpnrun: Firefox with this folder is already running in home \(pid' --separate=/home/alice/own work -- firefox
    vpn unlink home --force
    vpn link home
    guarded 125 '^vpnrun: Firefox with this folder is already running without a network, cut off from home' --separate=/home/alice/own home -- firefox
}

test_separate_is_refused() {
    link home
    fake firefox
    guarded 125 "it is not known how to separate 'true', but Firefox, .*Transmission" --separate home -- true
    guarded 125 "'firefox' stands in a text for a shell: type vpnrun --separate home -- firefox" --separate home -- sh -c firefox
    guarded 2 'firefox' --separate home
    guarded 125 'whole path' --separate=x home -- firefox
    guarded 125 'tmux has no folder' --separate=/home/alice/x home -- tmux
    refuses 2 'leave --user out' on_host vpnrun --separate --user=alice home -- firefox
    on_host install -d -o bob -g bob /home/common
    on_host install -d -m 1777 /home/open
    on_host setpriv --reuid=20002 --clear-groups --regid=20002 ln -s /home/alice /home/open/link
    guarded 125 '/home/common belongs to another user' --separate=/home/common home -- firefox
    guarded 125 '/home/common/x: ' --separate=/home/common/x home -- firefox
    guarded 125 "/home/open/link is another user's link" --separate=/home/open/link/x home -- firefox
    on_host test ! -e /home/alice/x
    guarded 0 '^$' --separate home -- firefox --version
}

# What the guard cannot see does not leak, either: a script, a shell's function, a link in a text.
test_mozilla_is_kept_apart_by_its_name_on_the_bus() {
    link home
    fake_firefox firefox
    on_host install -D -m 755 /dev/stdin /home/bin/wrapper <<< $'#!/bin/sh\nexec firefox "$@"'
    opens outside firefox
    guarded 1 'not responding' home -- wrapper second
    expect 1 "$(on_host grep -c . /home/alice/opened)" 'number of what was opened'
    session_ends firefox

    fake_firefox firefox
    opens first vpnrun home -- wrapper
    opened inside first
    guarded 0 '^$' home -- wrapper second
    until_true 5 on_host grep -q second /home/alice/opened
    opened inside second
    # Nor is one outside taken in.
    ! in_session firefox third 2>/dev/null || fail 'one outside was taken over'
}
session_ends() {
    local process
    for process in $(lab_processes); do [[ $(cat "/proc/$process/comm" 2>/dev/null) != "$1" ]] || kill -KILL "$process"; done
}

test_variables_for_input_methods() {
    link home
    expect '' "$(in_session vpnrun home -- sh -c 'echo $IBUS_USE_PORTAL')" 'without IBus'
    expect 1 "$(in_session env GTK_IM_MODULE=ibus vpnrun home -- sh -c 'echo $IBUS_USE_PORTAL')" 'with IBus'
    expect 1 "$(in_session env XMODIFIERS=@im=ibus vpnrun home -- sh -c 'echo $IBUS_USE_PORTAL')" "with IBus's X11"
    expect vpn_home "$(in_session vpnrun home -- sh -c 'echo $MOZ_DBUS_APP_NAME')" "Mozilla's"
}
