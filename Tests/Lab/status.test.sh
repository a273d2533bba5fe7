# shellcheck shell=bash
# What `vpn status`, `vpn list` and `vpn up` say is what box and rules have, whatever the profile says by now.

# changed_warning: of home, what the text says.
changed_warning() { { vpn status home || [[ $? == 3 ]]; } | sed -n 's/^ *warning *changed in its profile/changed in its profile/p' | tr -s ' \n' ' '; }

# dns_of_box: by nft(8), where queries of the box go, IPv4.
dns_of_box() { in_box home nft -j list chain inet vpn to-servers | jq -r '[.. | .dnat? | select(.family == "ip") | .addr] | unique | .[]'; }

test_servers_are_those_of_the_box() {
    link home
    expect '[]' "$(status home '.changed | tostring')"
    vpn edit home DNS=172.27.13.1 >/dev/null
    expect '["172.27.12.1","fd27:12::1"]' "$(status home '.dns | tostring')" status
    expect '["172.27.12.1","fd27:12::1"]' "$(vpn list --json | jq -c '.[0].dns')" list
    expect 172.27.12.1 "$(dns_of_box)" 'the filter'
    expect 'nameserver 172.27.12.1,nameserver fd27:12::1' "$(alice vpnrun home -- grep ^nameserver /etc/resolv.conf | paste -sd,)" resolv.conf
    expect_match 'DNS *172.27.12.1, fd27:12::1' "$({ vpn status home || [[ $? == 3 ]]; } | grep DNS)"
    expect_match 'names are resolved by 172.27.12.1, fd27:12::1$' "$(alice vpn up home)" 'what up says'
    expect '"home"' "$(alice $LAB_DIG who.test TXT)" 'who is asked while it is up'
    expect '["DNS"]' "$(status home '.changed | tostring')"
    expect_match 'changed in its profile since it was linked: DNS; `vpn reload home` makes it follow' "$(changed_warning)"
    alice vpn reload home >/dev/null
    expect '[] ["172.27.13.1"]' "$(status home '"\(.changed) \(.dns)"')"
    expect 172.27.13.1 "$(dns_of_box)" 'the filter after reload'
    expect '' "$(changed_warning)"
}

# Each key that a box was made with: seen when it changes, and gone when it is as before.
test_every_change_is_seen() {
    local change key value remedy
    link home
    while read -r change key remedy; do
        cp "$LAB/etc/vpnrun/home.conf" "$LAB/home.before" 2>/dev/null || on_host cat /etc/vpnrun/home.conf > "$LAB/home.before"
        value=${change#*=}
        vpn edit home "${change%%=*}=${value//_/ }" >/dev/null
        expect "$key" "$(status home '.changed | join(",")')" "$change"
        expect_match "linked: ${key//,/, }; .vpn $remedy home" "$(changed_warning)" "what is said of $change"
        on_host tee /etc/vpnrun/home.conf < "$LAB/home.before" >/dev/null
        expect '[]' "$(status home '.changed | tostring')" "$change, taken back"
    done <<'END'
DNS=172.27.12.9 DNS reload
DNS=172.27.12.1,_fd27:12::1,_lab.test DNS reload
AllowedIPs=10.0.0.0/8 AllowedIPs reload
PublicKey=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= PublicKey reload
Address=172.27.12.77,_fd27:12::34 Address unlink
Subnet=10.77.0.0/24 Subnet unlink
Table=4242 Table unlink
FwMark=4242 FwMark unlink
ID=7 ID,Subnet,Subnet6,Table,FwMark unlink
END
}

# What it carries is what its rules say, until `up` or `refresh` has changed them.
test_networks_are_those_of_the_rules() {
    link home
    alice vpn up home >/dev/null
    expect 'all []' "$(status home '"\(.scope) \(.networks)"')"
    vpn edit home Networks=192.0.2.0/24 OutsideIdentity=yes >/dev/null
    expect 'all [] false' "$(status home '"\(.scope) \(.networks) \(.outside_identity)"')" 'nothing has changed yet'
    expect_match '^The whole system goes through home' "$(vpn status home)"
    alice vpn up home >/dev/null
    expect 'networks ["192.0.2.0/24"]' "$(status home '"\(.scope) \(.networks)"')" 'after up'
}

# Private keys are not compared; what is not in the box is the profile's.
test_what_is_not_linked_is_the_profiles() {
    lab_profile home | vpn import - --name home >/dev/null
    vpn edit home DNS=172.27.13.1 >/dev/null
    expect '["172.27.13.1"] [] false' "$(status home '"\(.dns) \(.changed) \(.linked)"')"
}
