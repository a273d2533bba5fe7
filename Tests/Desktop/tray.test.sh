# shellcheck shell=bash
# `vpn desktop tray`, in Xfce's panel (StatusNotifierItem) and in tint2's (XEmbed), with a VPN of the lab.
# shellcheck source=session.sh
. "$LAB_HERE/../Desktop/session.sh"
# shellcheck source=panel.sh
. "$LAB_HERE/../Desktop/panel.sh"

desktop_with_tray() {
    needs xfce4-panel gdbus import
    /usr/bin/python3 -c 'import gi; gi.require_version("AyatanaAppIndicator3", "0.1")' 2>/dev/null || skip 'gir1.2-ayatanaappindicator3-0.1 is not installed'
    session
    xfce_panel
    tray
}

test_tray_shows_and_toggles() {
    import_vpn home
    desktop_with_tray
    expect 'SystemServices Active' "$(property Category) $(property Status)"
    expect 'No VPN is up' "$(property Title)"
    is_icon off
    until_true 5 shows $GREY $PANEL
    shot tray-off
    # Where the kernel has no WireGuard, only root can link: the icon follows.
    vpn link home
    until_true 10 is_icon ready
    until_true 5 shows $BLUE $PANEL

    click 'Take the system up'
    until_true 10 is_icon up
    expect 'The system goes through home' "$(property Title)"
    expect "$LAB_BY_HOME" "$(address alice)" 'as which address alice is seen'
    until_true 5 shows $GREEN $PANEL
    shot tray-up

    # The tunnel goes, with a command in it. The picture is README's.
    import_vpn work
    alice vpnrun home -- sleep 100 &
    until_true 10 has_label 'sleep ('
    if userspace; then kill_userspace home; else in_box home ip link del dev wg0; fi
    until_true 10 is_icon lost
    expect_match 'home' "$(property Title)"
    until_true 5 shows $RED $PANEL
    desktop xdotool mousemove 16 15 click 1
    until_true 5 shows FFFFFF 300x60+20+40
    desktop xdotool mousemove --sync 60 150
    sleep 1
    shot tray-lost
    desktop import -window root -crop 960x320+0+0 +repage png:- > "$SHOTS/tray.png"

    desktop xdotool key Escape key Escape
    click 'Take home down'
    until_true 10 not_up
    expect "$LAB_DIRECT" "$(address alice)" 'as which address alice is seen when it is down'
    kill "$(process_of sleep)"
    until_true 5 nobody_inside home
    click 'Linked: ready for commands'
    until_true 10 is_icon off
    vpn link home
    until_true 10 is_icon ready
    bus "$item" $ITEM org.kde.StatusNotifierItem.SecondaryActivate 0 0 >/dev/null
    until_true 10 is_icon up
}

test_tray_lists_commands_as_they_are_called() {
    link home
    desktop_with_tray
    on_host install -m 755 /bin/sleep '/home/alice/a_b<i>'
    alice vpnrun home -- './a_b<i>' 60 &
    until_true 10 has_label 'a__b<i>'
}
not_up() { [[ $(property Title) != *'goes through'* && $(status home .taken_up) == false ]]; }
has_label() { [[ $(labels) == *"$1"* ]]; }

test_tray_says_what_has_failed() {
    import_vpn home
    desktop_with_tray
    printf 'nonsense\n' | on_host tee /etc/vpnrun/work.conf >/dev/null
    until_true 5 has_label 'work – profile cannot be used'
    on_host chmod 700 "$LAB_PREFIX/libexec/vpnrun/vpn-link"
    click 'Take the system up'
    until_true 10 has_label 'you are not in the group'
    on_host chmod 710 "$LAB_PREFIX/libexec/vpnrun/vpn-link"
}

test_tray_outlives_panel_and_watch() {
    local panel watcher
    link home
    desktop_with_tray
    panel=$(process_of xfce4-panel) watcher=$(process_of vpn-manage)
    kill -KILL "$panel"
    until_true 5 no_watcher
    xfce_panel
    until_true 10 registered
    kill -KILL "$watcher"
    alice vpn up home >/dev/null
    until_true 10 is_icon up

    # One is enough, and it ends with the session.
    expect_match 'already there' "$(desktop vpn desktop tray run 2>&1)" 'the second'
    kill -TERM "$(process_of dbus-daemon "$ALICE")"
    until_true 10 no_tray
    until_true 5 no_watch
}
no_watcher() { ! has_owner org.kde.StatusNotifierWatcher; }
no_tray() { [[ -z $(process_of vpn-tray) ]]; }
no_watch() { [[ -z $(process_of vpn-manage) ]]; }
# Without a panel of the newer kind; and without a bus.
test_tray_by_XEmbed() {
    needs tint2
    link home
    session
    desktop tint2 >/dev/null 2>&1 &
    desktop vpn desktop tray run >/dev/null 2>&1 &
    until_true 20 shows $BLUE 1280x60+0+840
    alice vpn up home >/dev/null
    until_true 10 shows $GREEN 1280x60+0+840
    shot tray-xembed
    kill -TERM "$(process_of vpn-tray)"
    until_true 10 not_shown
    desktop env -u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR=/nonexistent vpn desktop tray run >/dev/null 2>&1 &
    until_true 20 shows $GREEN 1280x60+0+840
}
not_shown() { ! shows $GREEN 1280x60+0+840; }

test_tray_needs_a_display() {
    import_vpn home
    refuses 125 'there is no display' alice vpn desktop tray run
    refuses 125 'without sudo' on_host env SUDO_UID=20001 vpn desktop tray on
    expect_match 'on, from the next' "$(alice vpn desktop tray on 2>/dev/null)"
    expect_nothing "$(on_host desktop-file-validate /home/alice/.config/autostart/vpnrun-tray.desktop)" desktop-file-validate
    alice vpn desktop tray off >/dev/null
}
