# shellcheck shell=bash
# The icons of launchers. Session and stand-ins: desktop.test.sh, launcher.test.sh.

# The icon of each VPN's launcher has its own badge, and is gone with it.
test_launcher_has_a_badge() {
    local badges=/home/alice/.local/share/icons/hicolor/scalable/apps pixel vpn
    pixel=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==
    link home work
    browser librewolf
    application librewolf librewolf
    on_host sed -i '2i Icon=librewolf' /home/share/applications/librewolf.desktop
    base64 -d <<< $pixel | on_host install -D -m 644 /dev/stdin /home/share/icons/hicolor/128x128/apps/librewolf.png
    for vpn in home work home; do
        in_session vpn desktop add $vpn librewolf >/dev/null
        expect $badges/vpnrun-$vpn-librewolf.svg "$(on_host sed -n 's/^Icon=//p' $APPLICATIONS/vpnrun-$vpn-librewolf.desktop)" 'its icon'
        on_host grep -q "base64,$pixel\"" $badges/vpnrun-$vpn-librewolf.svg || fail "the application's icon is not in it"
    done
    expect alice "$(on_host stat -c %U $badges/vpnrun-home-librewolf.svg)" owner
    expect 'H W' "$(on_host sed -n 's:.*>\(.\)</text>:\1:p' $badges/vpnrun-{home,work}-librewolf.svg | xargs)" letters
    expect 2 "$(on_host sed -n 's/^<circle .*fill="\(#[0-9a-f]*\)".*/\1/p' $badges/vpnrun-{home,work}-librewolf.svg | sort -u | wc -l)" 'number of colours'
    in_session vpn desktop always home librewolf >/dev/null 2>&1
    expect librewolf "$(on_host sed -n 's/^Icon=//p' $APPLICATIONS/librewolf.desktop)" 'icon of always'
    in_session vpn desktop remove home >/dev/null
    expect vpnrun-work-librewolf.svg "$(on_host ls $badges)" 'what is left of work'
    in_session vpn desktop remove work >/dev/null
    expect_nothing "$(on_host ls $badges)" 'what is left'
}
