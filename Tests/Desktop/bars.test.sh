# shellcheck shell=bash
# The modules for polybar, waybar and i3blocks, and the switch in GNOME Shell.
# shellcheck source=session.sh
. "$LAB_HERE/../Desktop/session.sh"
# shellcheck source=panel.sh
. "$LAB_HERE/../Desktop/panel.sh"

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
    desktop xdotool key Escape mousemove --sync 1255 14 click 1
    for _ in {1..10}; do
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
