# shellcheck shell=bash
# Firefox itself, as Debian has it.
# shellcheck source=session.sh
. "$LAB_HERE/../Desktop/session.sh"

test_firefox_in_a_VPN() {
    needs firefox
    session
    link home
    lab_capture_start
    desktop vpnrun home -- firefox "$PAGE/first" >/dev/null 2>&1 &
    visits /first 203.0.113.101
    until_true 20 has_window inside
    shot firefox-inside
    expect_nothing "$(lab_capture_stop)" 'packets in the clear'
}
