# shellcheck shell=bash
# Input methods: a syllable that IBus makes of three keys arrives in a program of the VPN.
# shellcheck source=session.sh
. "$LAB_HERE/../Desktop/session.sh"

# typed WORD...: what a program that is started so gets when `gks` is typed.
typed() {
    local program
    desktop GTK_IM_MODULE=ibus QT_IM_MODULE=ibus XMODIFIERS=@im=ibus "$@" zenity --entry > "$LAB/typed" 2>/dev/null &
    program=$!
    until_true 60 has_any_window
    sleep 2
    desktop xdotool type --delay 200 gks
    sleep 1
    desktop xdotool key Return # ends the syllable
    sleep 1
    desktop xdotool key Return
    wait $program || true
    cat "$LAB/typed"
}
has_any_window() { [[ -n $(windows) ]]; }

test_hangul() {
    needs ibus-daemon zenity dconf
    [[ -e /usr/libexec/ibus-engine-hangul ]] || skip 'ibus-hangul is not installed'
    session
    link home
    desktop ibus-daemon --replace --xim --panel=disable >/dev/null 2>&1 &
    sleep 4
    desktop gsettings set org.freedesktop.ibus.engine.hangul initial-input-mode hangul
    desktop ibus engine hangul
    expect 한 "$(typed env)" 'what is typed outside'
    expect 한 "$(typed vpnrun home --)" 'what is typed in the VPN'
}
