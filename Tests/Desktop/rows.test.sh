# shellcheck shell=bash
# Every program of the guard's table that Debian has: with one outside, a second one is refused, and a separate one opens in the VPN.
# shellcheck source=session.sh
. "$LAB_HERE/../Desktop/session.sh"

# row [-u] PROGRAM [WORD...]: with -u, it opens the page, which says from where. One outside; a second is refused; a separate one is inside.
row() {
    local url='' name status=0 before outside
    [[ $1 != -u ]] || { url=$PAGE/; shift; }
    name=$1
    needs "$name"
    session
    link home
    desktop "$@" ${url:+"${url}outside"} >/dev/null 2>&1 &
    outside=$!
    until_true 60 has_window outside
    [[ -z $url ]] || visits /outside 198.51.100.2
    sleep 1
    before=$(windows outside | wc -l)

    said=$(desktop timeout 20 vpnrun home -- "$@" ${url:+"${url}refused"} 2>&1) || status=$?
    expect 125 "$status" "status of a second one, which said '$said'"
    expect_match "outside home.* type vpnrun --separate home -- $name\$" "$said" 'what the guard says'

    still $outside
    lab_capture_start
    # As the guard says.
    desktop vpnrun --separate home -- "$@" ${url:+"${url}inside"} > "$LAB/first" 2>&1 &
    until_true 60 has_window inside
    [[ -z $url ]] || visits /inside 203.0.113.101
    shot "$name"
    # One more goes to that one, or has a window of its own.
    desktop vpnrun --separate home -- "$@" ${url:+"${url}again"} >/dev/null 2>&1 &
    [[ -z $url ]] || visits /again 203.0.113.101
    sleep 3
    expect_nothing "$(lab_capture_stop | awk "NR <= 20")" 'packets in the clear'
    expect "$before" "$(windows outside | wc -l)" 'number of windows outside'
    expect_nothing "$(visited /refused)" 'who asked for what was refused'
}

test_firefox() { row -u firefox; }
test_chromium() { row -u chromium --no-first-run; }
test_qutebrowser() { row -u qutebrowser; }
test_gnome_web() { row -u epiphany-browser; }
test_thunderbird() { row thunderbird; }
test_transmission() { row transmission-gtk; }
test_qbittorrent() { row qbittorrent; }
test_deluge() { row deluge-gtk; }
test_telegram() { row telegram-desktop; }
test_dino() { row dino-im; }
test_remmina() { row remmina; }
test_mousepad() { row mousepad; }
test_vlc() { row vlc --one-instance; }
test_xfce_terminal() { row xfce4-terminal; }
test_mate_terminal() { row mate-terminal; }

# Its windows are a service's, which is outside whether or not it runs.
test_gnome_terminal() {
    local status=0
    needs gnome-terminal
    session
    link home
    said=$(desktop vpnrun home -- gnome-terminal 2>&1) || status=$?
    expect 125 "$status" "status, with '$said'"
    expect_nothing "$(windows)" windows
    desktop vpnrun --separate home -- gnome-terminal >/dev/null 2>&1 &
    until_true 60 terminal_inside
    shot gnome-terminal
}
# The window is that of the service which the bus of its own has started.
terminal_inside() { has_window inside; }
