# shellcheck shell=bash
# A desktop for alice in the lab: a display, a window manager, a bus of the session and one of the system, and a web page that notes who asks.
# Each test begins with `session`. Needs Tests/Lab's functions.

ALICE=20001
RUNTIME=/run/user/$ALICE
# shellcheck disable=SC2034
PAGE=http://192.0.2.80:8080

# needs PROGRAM...: or the test is skipped.
needs() { local program; for program; do command -v "$program" >/dev/null || skip "$program is not installed"; done; }

# session: begins one; what is left of an earlier test's ends.
session() {
    # Displays have files in /tmp, which labs share.
    SESSION_DISPLAY=$((100 + $$ % 50000))
    session_end
    on_host sh -euc "
        rm -rf /run/user /run/dbus /home/alice
        install -d -m 755 /run/user /run/dbus
        install -d -m 1777 /run/screen
        install -d -m 700 -o $ALICE -g $ALICE $RUNTIME /home/alice"
    on_host dbus-daemon --system --nofork --nopidfile >/dev/null 2>&1 &
    alice Xvfb ":$SESSION_DISPLAY" -screen 0 1280x900x24 -nolisten tcp >/dev/null 2>&1 &
    until_true 20 test -S "/tmp/.X11-unix/X$SESSION_DISPLAY"
    DESKTOP=(DISPLAY=":$SESSION_DISPLAY" XDG_RUNTIME_DIR="$RUNTIME" DBUS_SESSION_BUS_ADDRESS="unix:path=$RUNTIME/bus" NO_AT_BRIDGE=1 GTK_A11Y=none
        LIBGL_ALWAYS_SOFTWARE=1 GDK_BACKEND=x11 QT_QPA_PLATFORM=xcb)
    desktop dbus-daemon --session --nofork --nopidfile --address="unix:path=$RUNTIME/bus" >/dev/null 2>&1 &
    until_true 10 on_host test -S "$RUNTIME/bus"
    desktop openbox >/dev/null 2>&1 &
    page
    trap session_end EXIT
}

# desktop WORD...: as alice's desktop starts it.
desktop() { as_user alice env "${DESKTOP[@]}" "$@"; }

# session_end: alice's processes of this lab, wherever they are.
session_end() {
    local process
    for process in $(lab_processes || true); do
        [[ $(stat -c %u "/proc/$process" 2>/dev/null) != "$ALICE" ]] || kill -KILL "$process" 2>/dev/null || true
    done
    rm -f "/tmp/.X11-unix/X$SESSION_DISPLAY" "/tmp/.X$SESSION_DISPLAY-lock"
}

# still PROCESS: it and all that it has started stand still, and the kernel repeats nothing for them, so that what they send does not hide what
# others do.
still() {
    halt "$1"
    on_host ss -K >/dev/null 2>&1 || true
}
halt() {
    local child
    kill -STOP "$1" 2>/dev/null || return 0
    for child in $(ps -o pid= --ppid "$1" || true); do halt "$child"; done
}

# page: http://192.0.2.80:8080/ANYTHING says as which address it was asked, in large letters, and notes `ADDRESS /ANYTHING`.
page() {
    local ready
    [[ ! -e $LAB/page.pid ]] || kill "$(< "$LAB/page.pid")" 2>/dev/null || true
    install -m 644 "$(dirname "$LAB_HERE")/Desktop/page.py" "$LAB"
    : > "$LAB/visits"
    exec {ready}< <(echo $BASHPID > "$LAB/page.pid"; exec nsenter -t "${LAB_PID[inet]}" -m -n -- /usr/bin/python3 -I "$LAB/page.py" 8080 "$LAB/visits")
    read -r -u "$ready" || fail 'no web page'
}

# visited PATH: by whom, a line each.
visited() { awk -v path="$1" '$2 == path { print $1 }' "$LAB/visits" | sort -u; }

# visits PATH ADDRESS [SECONDS]: the page is asked for, and by that address only.
visits() {
    until_true "${3:-60}" grep -q " $1\$" "$LAB/visits"
    expect "$2" "$(visited "$1")" "who asked for $1"
}

# windows [NETWORK]: the process of each window to be seen, and its network; only those of that network. Host's or `inside`.
windows() {
    local window process net host
    host=$(on_host readlink /proc/self/ns/net)
    for window in $(desktop xdotool search --onlyvisible --name . 2>/dev/null); do
        process=$(desktop xdotool getwindowpid "$window" 2>/dev/null) || continue
        net=$(readlink "/proc/$process/ns/net" 2>/dev/null) || continue
        [[ $net == "$host" ]] && net=outside || net=inside
        [[ ${1:-$net} != "$net" ]] || echo "$window $process $net"
    done
}
has_window() { [[ -n $(windows "$1") ]]; }

# shot NAME: what is on the screen, as a picture; when it has been painted.
shot() { sleep 2; desktop import -window root png:- > "$SHOTS/$1.png" 2>/dev/null || true; }
