# shellcheck shell=bash
# Names and numbers that the kernel knows VPNs by: no two VPNs meet, and what other programs have under such a name or number stays theirs.

# imported NAME FROM: the lab's profile FROM as a VPN of that name.
imported() { lab_profile "$2" | vpn import - --name "$1" >/dev/null; }
tables() { on_host nft list tables | sort; }
# marked TABLE: what it carries as its comment.
marked() { on_host nft list table inet "$1" | sed -n 's/^\tcomment "\(.*\)"$/\1/p'; }

# `home` is up, and another VPN is called as its filter once was.
test_home_and_home_up() {
    imported home home
    imported home-up work
    vpn link home
    up home
    lab_capture_start
    vpn link home-up
    for way in u0 198.51.100.2; do ! on_host curl -s -m 1 --interface $way $LAB_WEB4/ || fail "bound to $way"; done
    # It goes to the VPN's server, with the VPN's address.
    on_host dig +time=1 +tries=1 -b 198.51.100.2 @192.0.2.80 who.test >/dev/null || true
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    expect null "$(status home '.warnings[0]')" 'warning'
    # And the other way round: the filter of home-up outlives the end of home.
    on_host nft list table inet vpn.home-up > "$LAB/before"
    down home
    on_host nft list table inet vpn.home-up > "$LAB/after"
    expect_same "$(< "$LAB/before")" "$(< "$LAB/after")" 'filter of home-up'
    up home
    vpn unlink home-up
    works alice
    expect 'table inet vpn-up.home
table inet vpn.home' "$(tables)" 'tables'
    expect 'vpnrun home' "$(marked vpn-up.home)" 'mark'
}

# Names of which one is a part of another, linked together: each has its own, and takes nothing of another's along.
test_names_in_names() {
    local name
    imported home home
    imported wg-home work
    vpn link home
    vpn link wg-home
    works alice vpnrun home --
    expect "$LAB_BY_WORK" "$(address alice vpnrun wg-home --)" 'wg-home'
    unlink_vpn wg-home
    works alice vpnrun home --
    for name in br-home vpn-home host0 v2 wg0; do
        imported $name work
        vpn link $name
        expect "$LAB_BY_WORK" "$(address on_host vpnrun $name --)" "$name"
        unlink_vpn $name
        vpn remove $name >/dev/null
    done
    works alice vpnrun home --
}

# Tables of the names that ours have, but another program's: nothing is made, and they stay as they are.
test_foreign_tables() {
    local table
    imported home home
    for table in vpn.home vpn-up.home; do
        on_host nft "table inet $table { chain mine { type filter hook output priority 0; counter; }; }"
        on_host nft list table inet $table | sed 's/packets.*/packets/' > "$LAB/before"
        refuses 125 "another program has an nftables table inet ${table/./\\.}: .*another name" alice vpn link home
        refuses 125 "another program has an nftables table inet ${table/./\\.}" alice vpn up home
        ! on_host ip link show dev home 2>/dev/null || fail 'a link was made'
        vpn unlink home >/dev/null 2>&1 || true
        expect_same "$(< "$LAB/before")" "$(on_host nft list table inet $table | sed 's/packets.*/packets/')" "$table"
        on_host nft delete table inet $table
    done
    vpn link home
    # One that has come meanwhile, in the place of ours.
    on_host nft delete table inet vpn.home
    on_host nft 'table inet vpn.home { chain mine { type filter hook output priority 0; }; }'
    refuses 125 'table inet vpn\.home is another program' vpn refresh home
    vpn unlink home
    expect 'table inet vpn.home' "$(tables)" 'tables'
    on_host nft delete table inet vpn.home
}

# A table number that others route by: `import` gives another, `link` refuses and proposes one.
test_foreign_table_numbers() {
    local use
    for use in 'route add default via 192.168.50.20 table 1 metric 100' 'route add blackhole default table 1' 'rule add from 192.168.50.10 lookup 1' \
        '-6 route add default via fe80::1 dev u0 table 1' '-6 rule add from fd00::1 lookup 1'; do
        imported home home
        vpn edit home ID=1 >/dev/null 2>&1 || true
        # shellcheck disable=SC2086
        on_host ip $use
        refuses 125 'routing table 1 is in use, by another program.s (routes|rule).*vpn edit home ID=50' vpn link home
        ! on_host ip link show dev home 2>/dev/null || fail 'a link was made'
        vpn edit home ID=50 >/dev/null
        vpn link home
        works alice vpnrun home --
        unlink_vpn home
        vpn remove home >/dev/null
        expect_match 'ID +2' "$(lab_profile home | vpn import - --name home)" 'import'
        vpn remove home >/dev/null
        # shellcheck disable=SC2086
        on_host ip ${use/ add / del }
    done
    imported home home
    on_host ip rule add fwmark 10001 lookup main priority 5000
    refuses 125 'rule with priority 5000 has fwmark 10001' vpn link home
    on_host ip rule del priority 5000
    on_host ip tuntap add dev wg.home mode tun
    vpn link home 2>"$LAB/said" || expect_match 'wg\.home' "$(< "$LAB/said")" 'what is said'
    on_host ip tuntap del dev wg.home mode tun
}

# A VPN that an older version has linked has tables of older names, and without a mark.
test_tables_of_an_older_version() {
    local way
    for way in 'unlink home' 'refresh home' 'down home'; do
        link home
        up home
        on_host bash -c 'for pair in vpn.home=vpn-home vpn-up.home=vpn-home-up; do
            nft list table inet "${pair%=*}" | sed "s/^table inet .*/table inet ${pair#*=} {/; /comment/d; /chain others/,/}/d; /jump others/d" | nft -f -
            nft delete table inet "${pair%=*}"
        done'
        expect 'table inet vpn-home
table inet vpn-home-up' "$(tables)" 'tables before'
        # shellcheck disable=SC2086
        vpn $way >/dev/null
        case $way in
            refresh*)
                expect 'table inet vpn-up.home
table inet vpn.home' "$(tables)" 'tables'
                works alice ;;
            *) expect 0 "$(tables | grep -c -e -up)" 'tables of the system' ;;
        esac
        vpn unlink home >/dev/null 2>&1 || true
        expect_nothing "$(tables)" 'tables left'
    done
    # Another program's of that name.
    link home
    on_host nft 'table inet vpn-home { chain mine { type filter hook output priority 0; }; }'
    vpn unlink home
    expect 'table inet vpn-home' "$(tables)" 'tables'
    on_host nft delete table inet vpn-home
}

# Files as providers call them.
test_providers_files() {
    local name
    mkdir -p "$LAB/files"
    rm -f "$LAB"/files/*
    for name in se-sto-wg-00{1..6} wg-US-FREE-123456 racknerd2_mailbox 'Женева' '日本' '中国' 'My VPN (home)' 'proton US#12' nl.amsterdam-1 -x 1 UP café; do
        lab_profile home > "$LAB/files/$name.conf"
    done
    vpn import "$LAB/files" > "$LAB/said" 2>/dev/null || fail "$(< "$LAB/said")"
    expect 18 "$(on_host find /etc/vpnrun -name '*.conf' | wc -l)" 'profiles'
    for name in se-sto-00{1..6} Zheneva vpn vpn-2; do
        on_host test -e "/etc/vpnrun/$name.conf" || fail "no $name: $(< "$LAB/said")"
    done
    expect_match 'se-sto-001 +ID [0-9]+ +imported, from se-sto-wg-001\.conf' "$(< "$LAB/said")" 'what is said'
    vpn import "$LAB/files" 2>/dev/null | grep -q '^18 unchanged$' || fail 'not the same again'
    for name in all default lo; do
        lab_profile home > "$LAB/$name.conf"
        refuses 125 "'$name'.*like --name $name-vpn" vpn import "$LAB/$name.conf"
        refuses 125 "'$name'" vpn new $name
        refuses 125 "'$name'" vpn rename Zheneva $name
    done
    vpn link Zheneva
    expect "$LAB_BY_HOME" "$(address alice vpnrun Zheneva --)" 'Zheneva'
}

# More VPNs than there are IDs: one without gets one when it is linked, and keeps it as long.
test_hundreds_of_files() {
    local n ids
    mkdir -p "$LAB/many"
    rm -f "$LAB"/many/*
    for n in {101..228}; do
        lab_profile work | sed "s/^Address = .*/Address = 172.28.0.$((n - 100))\/32/" > "$LAB/many/se-sto-wg-$n.conf"
    done
    lab_profile home > "$LAB/many/zz-home.conf"
    lab_profile work > "$LAB/many/zz-work.conf"
    vpn import "$LAB/many" > "$LAB/said" 2>/dev/null || fail "$(tail -n 3 "$LAB/said")"
    expect '130 imported' "$(tail -n 1 "$LAB/said")" 'summary'
    expect 130 "$(vpn list --json | jq 'length')" 'in the list'
    expect 'null null' "$(status zz-home .id) $(status zz-work .id)" 'IDs'
    vpn link zz-home &
    vpn link zz-work
    wait $!
    ids=$(printf '%s\n' "$(status zz-home .id)" "$(status zz-work .id)" | sort)
    expect $'50\n51' "$ids" 'IDs of both that are linked'
    expect "$LAB_BY_HOME" "$(address alice vpnrun zz-home --)" 'zz-home'
    expect "$LAB_BY_WORK" "$(address alice vpnrun zz-work --)" 'zz-work'
    alice vpn up zz-home >/dev/null
    works alice
    vpn refresh zz-home >/dev/null
    vpn reload zz-home >/dev/null
    expect null "$(status zz-home '.warnings[0]')" 'warning'
    alice vpn down zz-home >/dev/null
    unlink_vpn zz-home
    unlink_vpn zz-work
    expect null "$(status zz-home .id)" 'ID when it is unlinked'
}
