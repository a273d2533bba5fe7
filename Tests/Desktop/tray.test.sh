# shellcheck shell=bash
# `vpn desktop tray`, in Xfce's panel (StatusNotifierItem) and in tint2's (XEmbed), with a VPN of the lab; and the modules for bars.
# shellcheck source=session.sh
. "$LAB_HERE/../Desktop/session.sh"

# ---------------------------------------------------------------- panels

# xfce_panel: along the upper edge, 30 high, with the icons at its left end.
xfce_panel() {
    local folder=/home/alice/.config/xfce4/xfconf/xfce-perchannel-xml
    alice mkdir -p $folder
    alice tee $folder/xfce4-panel.xml >/dev/null <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array"><value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/><property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/><property name="size" type="uint" value="30"/><property name="icon-size" type="uint" value="22"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/><value type="int" value="2"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/><property name="plugin-2" type="string" value="clock"/>
  </property>
</channel>
END
    desktop xfce4-panel --disable-wm-check >/dev/null 2>&1 &
    until_true 20 has_owner org.kde.StatusNotifierWatcher
}

bus() { desktop gdbus call --session -d "$1" -o "$2" -m "$3" "${@:4}"; }
has_owner() { bus org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.NameHasOwner "$1" 2>/dev/null | grep -q true; }

# ---------------------------------------------------------------- the icon

tray() { desktop vpn desktop tray run > "$LAB/tray" 2>&1 & until_true 20 registered; }

# registered: sets $item, the icon's name on the bus.
registered() {
    item=$(bus org.kde.StatusNotifierWatcher /StatusNotifierWatcher org.freedesktop.DBus.Properties.Get org.kde.StatusNotifierWatcher \
        RegisteredStatusNotifierItems 2>/dev/null | grep -oE ':[0-9.]+' | head -n 1)
    [[ $item ]]
}
ITEM=/org/ayatana/NotificationItem/vpnrun
property() { bus "$item" $ITEM org.freedesktop.DBus.Properties.Get org.kde.StatusNotifierItem "$1" | sed -E "s/^\(<['\"](.*)['\"]>,\)\$/\1/"; }
is_icon() { [[ $(property IconName) == "vpnrun-$1" ]]; }
labels() { bus "$item" $ITEM/Menu com.canonical.dbusmenu.GetLayout 0 -- -1 "['label']"; }
# click LABEL: the first row of the menu with that label.
click() {
    local row
    row=$(labels | grep -oE "\([0-9]+, \{'label': <'$1'>" | head -n 1 | grep -oE '[0-9]+' | head -n 1)
    [[ $row ]] || fail "there is no '$1' in the menu: $(labels)"
    bus "$item" $ITEM/Menu com.canonical.dbusmenu.Event "$row" clicked "<''>" 0 >/dev/null
}
# shows COLOUR GEOMETRY [PIXELS]: there on the screen, or nearly that colour, in more than a few pixels.
shows() {
    desktop import -window root -crop "$2" -depth 8 txt:- 2>/dev/null | awk -F '[(),]' \
        -v least="${3:-20}" -v red=$((16#${1:0:2})) -v green=$((16#${1:2:2})) -v blue=$((16#${1:4:2})) '
        function near(a, b) { return a - b < 30 && b - a < 30 }
        /^[0-9]/ && near($3, red) && near($4, green) && near($5, blue) { count++ }
        END { exit !(count > least) }'
}
GREEN=26A269 RED=E01B24 BLUE=3584E4 GREY=8F8F8F
PANEL=400x30+0+0

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
# process_of NAME [USER]
process_of() {
    local process
    for process in $(lab_processes || true); do
        [[ $(cat "/proc/$process/comm" 2>/dev/null) == "$1" && $(stat -c %u "/proc/$process") == "${2:-$ALICE}" ]] && echo "$process"
    done
    true
}

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
    refuses 1 'there is no display' alice vpn desktop tray run
    refuses 125 'without sudo' on_host env SUDO_UID=20001 vpn desktop tray on
    expect_match 'on, from the next' "$(alice vpn desktop tray on 2>/dev/null)"
    expect_nothing "$(on_host desktop-file-validate /home/alice/.config/autostart/vpnrun-tray.desktop)" desktop-file-validate
    alice vpn desktop tray off >/dev/null
}

# ---------------------------------------------------------------- bars

test_polybar() {
    needs polybar
    link home
    session
    alice tee /home/alice/polybar.ini >/dev/null <<END
include-file = $LAB_PREFIX/share/vpnrun/bars/polybar.ini
[bar/top]
width = 100%
height = 30
background = #222222
font-0 = DejaVu Sans:size=11
padding = 2
modules-left = vpn
END
    desktop polybar -c /home/alice/polybar.ini top >/dev/null 2>&1 &
    until_true 20 shows $BLUE $PANEL
    desktop xdotool mousemove 40 15 click 1
    until_true 10 shows $GREEN $PANEL
    shot polybar-up
    alice vpn down home >/dev/null
    until_true 10 not_green
}
not_green() { ! shows $GREEN $PANEL; }

# bar_line FORM: the first one.
bar_line() { alice timeout 5 "$LAB_PREFIX/share/vpnrun/bars/vpn-bar" "$1" > "$LAB/lines" || true; head -n 1 "$LAB/lines"; }

test_lines_for_bars() {
    link home
    expect '{"text":"VPN (home)","alt":"ready","class":"ready","tooltip":"home: for commands, 0 commands"}' "$(bar_line waybar)"
    alice vpn up home >/dev/null
    expect '{"full_text":"VPN home","color":"#26a269","markup":"pango"}' "$(bar_line i3blocks)"
    expect '%{F#26a269}VPN home%{F-}' "$(bar_line polybar)"
    expect 'VPN home' "$(bar_line text)"
    in_box home ip link set wg0 down
    expect 'VPN home lost' "$(bar_line text)"
    refuses 2 usage alice "$LAB_PREFIX/share/vpnrun/bars/vpn-bar" other
}

# The switch among GNOME's quick settings: what it makes of the product's own line. The shell itself is not run.
test_GNOME_switch_reads_the_status() {
    local folder=$LAB_PREFIX/share/gnome-shell/extensions/vpnrun@vpnrun
    needs gjs
    link home
    alice vpn up home >/dev/null
    alice tee /home/alice/try.js >/dev/null <<END
import {shown} from 'file://$folder/vpn.js';
print(JSON.stringify(shown(imports.gi.GLib.getenv('LINE'))));
END
    expect '{"checked":true,"icon":"vpnrun-up","subtitle":"home","vpns":[{"name":"home","up":true,"word":"linked"}]}' \
        "$(alice env LINE="$(vpn status --json)" gjs -m /home/alice/try.js)"
    expect vpnrun@vpnrun "$(on_host jq -r .uuid "$folder/metadata.json")"
}

# It itself, where this machine has one: the switch is clicked.
test_GNOME_Shell() {
    local version uuid=vpnrun@vpnrun
    needs gnome-shell
    version=$(gnome-shell --version | grep -oE '[0-9]+' | head -n 1)
    (( version >= 45 )) || uuid=vpnrun-43@vpnrun
    link home
    session
    kill -KILL "$(process_of openbox)"
    alice mkdir -p /home/alice/.config/glib-2.0/settings
    alice tee /home/alice/.config/glib-2.0/settings/keyfile >/dev/null <<END
[org/gnome/shell]
enabled-extensions=['$uuid']
disable-user-extensions=false
welcome-dialog-last-shown-version='99'
END
    desktop env GSETTINGS_BACKEND=keyfile XDG_DATA_DIRS="$LAB_PREFIX/share:/usr/local/share:/usr/share" XDG_CURRENT_DESKTOP=GNOME \
        gnome-shell --x11 > "$LAB/shell" 2>&1 &
    until_true 90 extension_is_on $uuid
    # The quick settings, at the right end of the panel; the switch is the third of them, and has the blue icon for a VPN that is linked.
    until_true 60 quick_settings
    sleep 1
    shot gnome-shell-ready
    desktop xdotool mousemove --sync 940 180 click 1
    until_true 20 is_up
    until_true 10 shows $BLUE 200x60+860+150 2000
    shot gnome-shell-up
    alice vpn down home >/dev/null
    until_true 10 switch_is_off
}
extension_is_on() {
    bus org.gnome.Shell /org/gnome/Shell org.gnome.Shell.Extensions.GetExtensionInfo "$1" 2>/dev/null | grep -q "'state': <1.0>"
}
quick_settings() {
    local turn
    desktop xdotool key Escape mousemove --sync 1255 14 click 1
    for turn in {1..10}; do
        ! shows $BLUE 60x40+890+160 || return 0
        sleep 0.5
    done
    return 1
}
is_up() { [[ $(status home .up) == true ]]; }
switch_is_off() { ! shows $BLUE 200x60+860+150 2000; }

# Wayland: sway without a screen, waybar with its tray and our module.
test_waybar() {
    needs sway waybar grim
    link home
    session
    alice mkdir -p /home/alice/.config/waybar
    {
        echo '[{ "layer": "top", "height": 30, "modules-left": ["tray"], "modules-right": ["custom/vpn"], "tray": { "icon-size": 22 },'
        on_host sed '/^ *\/\//d; 1,/{/s/^{//' "$LAB_PREFIX/share/vpnrun/bars/waybar.jsonc"
        echo ']'
    } | alice tee /home/alice/.config/waybar/config >/dev/null
    echo '* { font-size: 14px; background: #222222; color: #ffffff; } #custom-vpn.up { color: #26a269; }' |
        alice tee /home/alice/.config/waybar/style.css >/dev/null
    echo 'exec waybar' | alice tee /home/alice/sway >/dev/null
    wayland WLR_BACKENDS=headless WLR_LIBINPUT_NO_DEVICES=1 WLR_RENDERER=pixman sway -c /home/alice/sway > "$LAB/sway" 2>&1 &
    until_true 30 has_owner org.kde.StatusNotifierWatcher
    wayland WAYLAND_DISPLAY=wayland-1 vpn desktop tray run >/dev/null 2>&1 &
    until_true 20 registered
    alice vpn up home >/dev/null
    until_true 10 is_icon up
    sleep 2
    wayland WAYLAND_DISPLAY=wayland-1 grim - > "$SHOTS/waybar.png"
    (( $(convert "$SHOTS/waybar.png" -crop 100x30+0+0 -depth 8 txt:- | grep -ic "#$GREEN") > 20 )) || fail "no icon: $SHOTS/waybar.png"
    (( $(convert "$SHOTS/waybar.png" -crop 300x30+980+0 -depth 8 txt:- | grep -ic "#$GREEN") > 5 )) || fail "no module: $SHOTS/waybar.png"
}
# wayland NAME=VALUE... WORD...: without the X server.
wayland() { desktop env -u DISPLAY -u GDK_BACKEND -u QT_QPA_PLATFORM "$@"; }
