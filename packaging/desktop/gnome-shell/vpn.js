// What `vpn` says, as values: the same file for all versions of GNOME Shell, and without it.

/** One object for the switch, of what a line of `vpn status --json --watch` says. */
export function shown(line) {
    let vpns = [];
    try {
        vpns = JSON.parse(line).filter(vpn => !('error' in vpn));
    } catch {
        return {checked: false, icon: 'vpnrun-lost', subtitle: 'vpn: no answer', vpns: []};
    }
    const wrong = vpn => vpn.lost || vpn.broken.length > 0 || (vpn.taken_up && !vpn.up);
    const up = vpns.filter(vpn => vpn.taken_up);
    const bad = vpns.find(wrong);
    const linked = vpns.some(vpn => vpn.linked);
    let subtitle = up.map(vpn => vpn.name).join(', ') || (linked ? 'For commands' : 'Off');
    if (bad)
        subtitle = `${bad.name}: lost`;
    return {
        checked: up.length > 0,
        icon: bad ? 'vpnrun-lost' : up.length ? 'vpnrun-up' : linked ? 'vpnrun-ready' : 'vpnrun-off',
        subtitle,
        vpns: vpns.filter(vpn => vpn.allowed).map(vpn => (
            {name: vpn.name, up: vpn.taken_up, word: wrong(vpn) ? 'lost' : vpn.linked ? 'linked' : ''})),
    };
}
