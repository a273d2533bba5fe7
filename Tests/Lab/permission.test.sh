# shellcheck shell=bash
# Who may use a VPN: AllowUsers, AllowGroups, SystemWide. Alice and bob are both in the group vpn.

profile_of() { on_host cat "/etc/vpnrun/$1.conf"; }
label() { on_host ip -n vpn-home -j link show dev lo | jq -r '.[0].ifalias'; }

# nothing_for USER [VPN]: every command that uses or changes it is refused with one sentence; nothing is changed by trying.
nothing_for() {
    local user=$1 name=${2:-home} request before
    before=$(snapshot)
    for request in link unlink 'unlink --force' up down toggle refresh reload; do
        refuses 125 "^vpn: you may not use $name: " as_user "$user" vpn ${request%% *} "$name" ${request#"${request%% *}"}
    done
    refuses 125 "^vpn: you may not use $name: " as_user "$user" "$LAB_PREFIX/libexec/vpnrun/vpn-link" look-up "$name"
    refuses 125 "you may not use $name: " as_user "$user" vpnrun "$name" -- true
    expect_same "$before" "$(snapshot)" "the host, after what $user tried"
}

test_users() {
    link_with home AllowUsers=alice
    settled home
    expect "users=$(on_host id -u alice) groups=" "$(label)"
    works alice vpnrun home --
    nothing_for bob
    expect_match '^home stays: you may not use home: ' "$(bob vpn clean)"
    expect "$LAB_BY_HOME" "$(address on_host vpnrun home --)" root
    expect 'true link' "$(vpn edit home Autostart=link >/dev/null; status home '"\(.allowed) \(.autostart)"')"
    expect 'false true' "$({ bob vpn status home --json || true; } | jq -r '.[0] | "\(.allowed) \(.linked)"')"
    expect_match '^home +1 +linked' "$(bob vpn list | grep home)"
    alice vpn up home >/dev/null
    nothing_for bob
    alice vpn down home >/dev/null
    alice vpn unlink home
    nothing_for bob
}

# Which networks lie behind it is told to those who may use it.
test_ways_are_for_those_who_may() {
    link_with home AllowUsers=alice
    expect home "$(alice "$LAB_PREFIX/libexec/vpnrun/vpn-link" ways | jq -r '.[].name')" 'for alice'
    expect '[]' "$(bob "$LAB_PREFIX/libexec/vpnrun/vpn-link" ways)" 'for bob'
    refuses 125 'for those who may use home: .sudo vpn explain home 192.0.2.80' bob vpn explain home 192.0.2.80
    expect_match 'what home does with it while it is up is not shown' "$(bob vpn explain --host 192.0.2.80 2>&1)" 'of the host, not up'
    up home
    refuses 125 'for those who may use home: .sudo vpn explain --host 192.0.2.80' bob vpn explain --host 192.0.2.80
    expect_match 'goes through home' "$(alice vpn explain --host 192.0.2.80)" 'for alice, up'
    expect_match 'goes through home' "$(on_host vpn explain --host 192.0.2.80)" 'for root, up'
}

# By number, too; and what counts is what the process is in, not what a file says.
test_groups() {
    trap 'on_host sed -i /^net:/d /etc/group' EXIT
    on_host sh -c 'echo net:x:30000:bob >> /etc/group'
    link_with home AllowGroups='net, 4242'
    settled home
    expect 'users= groups=30000,4242' "$(label)"
    works bob vpnrun home --
    bob vpn reload home >/dev/null
    nothing_for alice
    refuses 125 'you may not use home' on_host setpriv --reuid=bob --regid=bob --groups=vpn --inh-caps=-all "$LAB_PREFIX/bin/vpnrun" home -- true
    on_host setpriv --reuid=alice --regid=4242 --groups=vpn --inh-caps=-all "$LAB_PREFIX/bin/vpnrun" home -- true
    vpn edit home AllowGroups=alice >/dev/null
    alice vpn reload home >/dev/null
    works alice vpnrun home --
    nothing_for bob
}

test_reload_changes_who_may_come() {
    link_with home AllowUsers=alice
    settled home
    inside_open a alice home
    vpn edit home AllowUsers=bob >/dev/null
    refuses 125 'you may not use home' alice vpn reload home
    bob vpn reload home >/dev/null
    expect 'users=20002 groups=' "$(label)"
    works inside_words a
    nothing_for alice
    works bob vpnrun home --
    vpn edit home AllowUsers= >/dev/null
    alice vpn reload home >/dev/null
    expect everybody "$(label)"
    works alice vpnrun home --
}

# A box that does not say who may come in lets nobody in but root.
test_box_without_its_label() {
    local text
    link home
    for text in '' 'users=20001' 'everybody ' 'users=20001, groups='; do
        on_host ip -n vpn-home link set dev lo alias "$text"
        refuses 125 'the box of home does not say who may use it: `vpn reload home`' alice vpnrun home -- true
    done
    on_host vpnrun home -- true
    alice vpn reload home >/dev/null
    works alice vpnrun home --
}

test_names_that_nobody_has() {
    lab_profile home > "$LAB/profile"
    printf '\n[VPN]\nAllowUsers = alice, zoe\n' >> "$LAB/profile"
    refuses 125 'AllowUsers = zoe: there is no such user in /etc/passwd' vpn import "$LAB/profile" --name home
    link_with home AllowUsers=alice
    refuses 125 'AllowGroups = zoe: there is no such group in /etc/group' vpn edit home AllowGroups=zoe
    vpn unlink home
    on_host sed -i 's/^AllowUsers.*/AllowUsers = alice, zoe/' /etc/vpnrun/home.conf
    for user in alice bob; do refuses 125 'home.conf: AllowUsers = zoe: there is no such user' as_user $user vpn link home; done
    refuses 125 'AllowUsers = zoe' vpn link home
    expect_nothing "$(on_host ls /run/netns)" 'boxes'
    expect false "$({ alice vpn status home --json || true; } | jq -r '.[0].allowed')"
}

test_default_is_one_that_may_be_used() {
    link_with home AllowUsers=bob
    link_with work
    expect 203.0.113.102 "$(alice vpnrun -- $LAB_GET $LAB_WEB4/)"
    expect 203.0.113.101 "$(bob vpnrun -- $LAB_GET $LAB_WEB4/)"
    expect_match '^work is up' "$(alice vpn up)"
    bob vpn up home >/dev/null
    expect "$LAB_BY_HOME" "$(address alice)" 'all go through the first one that is up, whoever has taken it up'
    expect_match '^work is down' "$(alice vpn down)"
    refuses 125 'you may not use home' alice vpn down
    expect_match '^home is down' "$(bob vpn toggle)"
    vpn edit work AllowUsers=bob >/dev/null
    refuses 125 'there is no VPN that you may use' alice vpnrun -- true
    refuses 125 'there is no VPN that you may use' alice vpn up
    alice vpn refresh >/dev/null
}

test_system_wide() {
    link_with home SystemWide=root
    settled home
    works alice vpnrun home --
    for verb in up toggle down; do refuses 125 'only root may take home up or down: .*SystemWide = root' alice vpn $verb home; done
    alice vpn unlink home
    vpn link home >/dev/null
    vpn up home >/dev/null
    expect "$LAB_BY_HOME" "$(address alice)"
    for verb in up toggle down unlink; do refuses 125 'only root may take home up or down' alice vpn $verb home; done
    refuses 125 'only root may take home up or down' alice vpn unlink home --force
    expect "$LAB_BY_HOME" "$(address alice)"
    alice vpn refresh home >/dev/null
    vpn down home >/dev/null
    vpn edit home SystemWide=no >/dev/null
    refuses 125 'SystemWide = no' vpn up home
    refuses 125 'SystemWide = no' alice vpn up home
    works alice vpnrun home --
}

# Without its profile a VPN is root's.
test_profile_that_is_gone() {
    link_with home AllowUsers=alice
    alice vpn up home >/dev/null
    vpn remove home --force >/dev/null
    for verb in down unlink; do refuses 125 'the profile of home cannot be read, so only root may do this' bob vpn $verb home; done
    refuses 125 'you may not use home' bob vpnrun home -- true
    alice vpnrun home -- true
    vpn down home >/dev/null
    vpn unlink home
}
