#!/bin/sh
# Lets pods of this node have a VPN. daemonset.yaml runs it in a privileged container, which sees the node's processes.
#
#   node.sh add      programs, profiles, the plugin, a list of plugins; and links the VPNs. Twice is the same as once.
#   node.sh remove   takes all of that away
#
# NODE      a process of the node, whose files, links and namespaces are meant
# NETWORKS  the folder of the node's that CNI's lists of plugins are in, and PLUGINS that of the plugins
# PROGRAMS, PROFILES, CONFIG: what the image and the volumes have
# shellcheck disable=SC2016  # the node's shells
set -eu
usual=/opt/cni/bin
networks=${NETWORKS:-/etc/cni/net.d} plugins=${PLUGINS:-$usual} programs=${PROGRAMS:-/usr} profiles=${PROFILES:-/profiles} config=${CONFIG:-/config}
# It comes before all others: the first of the folder is that of all pods.
ours=0-vpnrun.conflist
own=/opt/vpnrun

node() {
    nsenter --target "${NODE:-1}" --mount --net --ipc --uts -- \
        env PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$own/bin" "$@"
}
die() {
    echo "node.sh: $*" >&2
    exit 1
}
case ${1:-} in add | remove) ;; *) die 'type add or remove' ;; esac
names=
for file in "$profiles"/*.conf; do
    [ -e "$file" ] || die 'there is no profile in the Secret'
    names="$names $(basename "$file" .conf)"
done

# A node that has the package keeps it; its helpers are the group's there, and root's alone here.
install_programs() {
    if node sh -c 'command -v vpn' | grep -qv "^$own/"; then return; fi
    tar -C "$programs" --owner=0 --group=0 --numeric-owner -cf - bin/vpn bin/vpnrun libexec/vpnrun |
        node sh -c 'mkdir -p "$1" && tar -C "$1" -xf -' sh "$own"
}

# As `vpn import` has it, which also says what is wrong with a profile. One that is linked takes what has changed.
link_vpns() {
    for name in $names; do
        node vpn import - --name "$name" --force < "$profiles/$name.conf"
        node vpn link "$name"
        node vpn reload "$name"
    done
}

# Where `vpn containers` writes it, and where the engine looks. Without it no pod of the node would start.
plugin() {
    node mkdir -p "$usual"
    node vpn containers enable
    [ "$plugins" = "$usual" ] || node install -D "$usual/vpnrun" "$plugins/vpnrun"
}

# The cluster's own list of plugins, and ours at its end.
chain() {
    first=$(node ls "$networks" | LC_ALL=C sort | grep -E '\.(conflist|conf|json)$' | grep -vx "$ours" | head -n 1)
    [ -n "$first" ] || die "no network of the cluster is in $networks yet"
    list=$(node cat "$networks/$first" | jq --slurpfile plugin "$config/plugin.json" '
        if .plugins then . else {cniVersion, name, plugins: [.]} end
        | .plugins |= map(select(.type != "vpnrun")) + $plugin')
    [ -n "$list" ] || die "$networks/$first is empty"
    printf '%s\n' "$list" | node sh -c 'umask 022; cat > "$1.new" && mv "$1.new" "$1"' sh "$networks/$ours"
    echo "pods of this node may have a VPN: $networks/$ours is $first with vpnrun behind it"
}

case ${1:-} in
    add)
        install_programs
        link_vpns
        plugin
        chain
        ;;
    remove)
        node rm -f "$networks/$ours"
        if ! node sh -c 'command -v vpn' >/dev/null; then exit; fi
        for name in $names; do
            # It may have been done before: this pod was started again.
            node sh -c '[ ! -e "/etc/vpnrun/$1.conf" ] || { vpn unlink "$1" --force && vpn remove "$1"; }' sh "$name"
        done
        node vpn containers disable
        [ "$plugins" = "$usual" ] || node rm -f "$plugins/vpnrun"
        node rm -rf "$own"
        echo 'pods of this node have no VPN any more'
        ;;
esac
