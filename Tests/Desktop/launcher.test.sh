# shellcheck shell=bash
# Launchers and `vpn desktop always` with the real browsers, as a desktop starts them.
# shellcheck source=session.sh
. "$LAB_HERE/../Desktop/session.sh"

HOME_SEES=203.0.113.101 WORK_SEES=203.0.113.102 IN_THE_CLEAR=198.51.100.2

# The system's folders of applications, and a PATH like Debian's ~/.profile makes it.
clicked() { desktop PATH="/home/alice/.local/bin:$LAB_PATH" "$@" >> "$SHOTS/clicked" 2>&1; }

# in_background WORD...: what stays open as long as its window.
in_background() { clicked "$@" & }

# asks PATH ADDRESS WORD...: with the page's address at the end; the page was seen by ADDRESS, and by no other.
asks() {
    local path=$1 address=$2; shift 2
    in_background "$@" "$PAGE$path"
    visits "$path" "$address" 90
}

# closed: no window is left.
closed() { [[ -z $(windows) ]]; }

# close_all: the browsers end, as by their windows' buttons.
close_all() {
    local process
    for process in $(windows | cut -d' ' -f2 | sort -u); do kill "$process" 2>/dev/null || true; done
    until_true 30 closed
}

# launcher_of PROGRAM ID CLASS: by its launcher, alone with a capture; then with one outside and one in another VPN, each with its own profile.
launcher_of() {
    local program=$1 id=$2 class=$3
    needs "$program" gtk-launch
    session
    link home work
    clicked vpn desktop add home "$program"
    lab_capture_start
    asks /alone $HOME_SEES gtk-launch "vpnrun-home-$id"
    until_true 30 has_window inside
    until_true 10 has_class "$class"
    expect_nothing "$(lab_capture_stop)" 'packets in the clear'
    shot "launcher-$program"
    # A second click is the same one's.
    asks /again $HOME_SEES gtk-launch "vpnrun-home-$id"
    close_all

    asks /outside $IN_THE_CLEAR "$program"
    asks /work $WORK_SEES vpnrun --separate work -- "$program"
    asks /besides $HOME_SEES gtk-launch "vpnrun-home-$id"
    shot "launcher-$program-besides"
    close_all
}
# shellcheck disable=SC2016
has_class() { desktop sh -c 'for window in $(xdotool search --onlyvisible --name .); do xprop -id "$window" WM_CLASS; done' | grep -qF "\"$1\""; }

test_launcher_of_firefox() { launcher_of firefox firefox-esr vpnrun-home-firefox; }
test_launcher_of_chromium() { launcher_of chromium chromium vpnrun-home-chromium; }

# always_of PROGRAM ID FILE: menu, name, link and terminal; with one in another VPN beside it; refused while one is outside.
always_of() {
    local program=$1 id=$2 whole=$3 said
    needs "$program" gtk-launch xdg-open xdg-settings
    session
    link home work
    clicked mkdir -p .local/bin
    clicked xdg-settings set default-web-browser "$id.desktop"
    said=$(desktop PATH="/home/alice/.local/bin:$LAB_PATH" vpn desktop always home "$program")
    expect_match "x-scheme-handler/https is opened by $id, as before" "$said" 'what it says of links'
    expect "$id.desktop" "$(desktop xdg-settings get default-web-browser)" 'default browser'
    lab_capture_start
    asks /menu $HOME_SEES gtk-launch "$id"
    close_all
    asks /name $HOME_SEES "$program"
    close_all
    asks /link $HOME_SEES xdg-open
    asks /gio $HOME_SEES gio open
    shot "always-$program"
    expect_nothing "$(lab_capture_stop)" 'packets in the clear'
    # With its ordinary profile, beside a separate one in another VPN.
    asks /work $WORK_SEES vpnrun --separate work -- "$program"
    asks /still $HOME_SEES xdg-open
    close_all

    # By its whole path it starts outside; then nothing opens there for who asks for `home`, and that is shown. (Debian's /usr/bin/firefox is a
    # script which looks in PATH.)
    asks /outside $IN_THE_CLEAR "$whole"
    in_background gtk-launch "$id" "$PAGE/refused"
    until_true 30 has_message 'did not start in home'
    shot "always-$program-refused"
    expect '' "$(visited /refused)" 'who asked for the page that was refused'
    close_all
    clicked vpn desktop remove home "$program"
    asks /removed $IN_THE_CLEAR xdg-open
}
# A notice of dunst's, which D-Bus starts; otherwise a window of zenity's.
has_message() { [[ -n $(desktop xdotool search --onlyvisible --class '^dunst$' 2>/dev/null; desktop xdotool search --onlyvisible --name "$1" 2>/dev/null) ]]; }

test_always_firefox() { always_of firefox firefox-esr /usr/lib/firefox-esr/firefox-esr; }
test_always_chromium() { always_of chromium chromium /usr/bin/chromium; }

# What D-Bus starts, with the service that Debian has.
test_always_by_DBus() {
    local server
    needs gnome-terminal gdbus
    session
    link home
    clicked vpn desktop always home gnome-terminal
    clicked gdbus call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus --method \
        org.freedesktop.DBus.StartServiceByName org.gnome.Terminal 0
    until_true 20 is_running gnome-terminal- >/dev/null
    server=$(is_running gnome-terminal-)
    [[ $(readlink "/proc/$server/ns/net") != "$(on_host readlink /proc/self/ns/net)" ]] || fail 'it is outside'
    # A window that is asked for in the usual way is its.
    desktop gnome-terminal -- sh -c 'curl -s http://192.0.2.80:8080/terminal; sleep 60'
    visits /terminal $HOME_SEES
}
# is_running NAME: a process of this lab whose name begins so.
is_running() {
    local process
    for process in $(lab_processes); do
        [[ $(cat "/proc/$process/comm" 2>/dev/null) != "$1"* ]] || { echo "$process"; return; }
    done
    return 1
}
