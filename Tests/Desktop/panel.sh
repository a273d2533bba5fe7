# shellcheck shell=bash
# Panels, and how the icon of `vpn desktop tray` is asked and clicked. Needs session.sh.

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

# tray: the icon, in a panel that is there already.
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
# shellcheck disable=SC2034
GREEN=26A269 RED=E01B24 BLUE=3584E4 GREY=8F8F8F
# shellcheck disable=SC2034
PANEL=400x30+0+0

# process_of NAME [USER]
process_of() {
    local process
    for process in $(lab_processes || true); do
        [[ $(cat "/proc/$process/comm" 2>/dev/null) == "$1" && $(stat -c %u "/proc/$process") == "${2:-$ALICE}" ]] && echo "$process"
    done
    true
}
