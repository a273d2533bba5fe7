# shellcheck shell=bash
# What becomes of a profile after its import: shown, edited, renamed, exported, removed; or begun here. And many imported at once.

profile_of_home() { lab_profile home | vpn import - --name home >/dev/null; }
content() { on_host cat "/etc/vpnrun/$1.conf"; }
profiles() { on_host find /etc/vpnrun -mindepth 1 -printf '%f %U %m\n' | sort | paste -sd,; }
key_of() { sed -n 's/^PrivateKey = //p'; }

test_show_hides_the_keys() {
    local key
    profile_of_home
    key=$(content home | key_of)
    expect "$(content home | sed 's/^PrivateKey = .*/PrivateKey = (hidden)/')" "$(vpn show home)"
    expect "$(content home)" "$(vpn show home --secrets)"
    expect_match 'endpoint +203\.0\.113\.2:51820' "$(alice vpn show home)"
    expect_match 'only root may read the file itself: sudo vpn show home' "$(alice vpn show home 2>&1 >/dev/null)"
    refuses 125 'sudo vpn show home --secrets' alice vpn show home --secrets
    refuses 125 "did you mean 'home'" vpn show hom
    [[ $(vpn show home; alice vpn show home) != *"$key"* ]] || fail 'a key is shown'
}

test_remove() {
    profile_of_home
    refuses 125 'sudo vpn remove home' alice vpn remove home
    on_host grep -q home /etc/iproute2/rt_tables.d/vpnrun.conf
    vpn remove home
    expect_nothing "$(profiles)" 'profiles'
    ! on_host grep -q home /etc/iproute2/rt_tables.d/vpnrun.conf || fail 'ip still knows the name'
    refuses 125 'no VPN .home.' vpn remove home
    link home
    refuses 125 'vpn unlink home' vpn remove home
    vpn remove home --force
    expect_nothing "$(profiles)" 'profiles'
    vpn unlink home
    on_host test ! -e /run/netns/vpn-home
}

test_rename() {
    local before
    profile_of_home
    before=$(content home)
    refuses 125 'sudo vpn rename home paris' alice vpn rename home paris
    refuses 125 "link 'lo' already" vpn rename home lo
    vpn rename home work
    expect 'work.conf 0 600' "$(profiles)"
    expect "$before" "$(content work)"
    on_host grep -qx $'1\twork' /etc/iproute2/rt_tables.d/vpnrun.conf
    vpn link work
    works alice vpnrun work --
    until_true 5 nobody_inside work
    refuses 125 'vpn unlink work' vpn rename work home
    vpn unlink work
    vpn rename work home
    vpn link home
    works alice vpnrun home --
}

# wg-quick is the judge of what it is given.
test_export() {
    profile_of_home
    refuses 125 'sudo vpn export home' alice vpn export home "/home/alice/x"
    vpn export home "$LAB/out.conf"
    expect '0 600' "$(on_host stat -c '%u %a' "$LAB/out.conf")"
    expect "$(lab_profile home)" "$(on_host cat "$LAB/out.conf")"
    expect "$(lab_profile home)" "$(vpn export home -)"
    expect_same "$(lab_profile home | grep -vE '^(Address|DNS|$)')" "$(on_host wg-quick strip "$LAB/out.conf" | grep -v '^$')" 'what wg-quick reads'
    refuses 125 'is there already: --force' vpn export home "$LAB/out.conf"
    vpn export home "$LAB/out.conf" --force
    rm "$LAB/out.conf"
}

test_edit() {
    local before
    profile_of_home
    before=$(content home)
    refuses 125 'sudo vpn edit home' alice vpn edit home
    expect 'nothing changed' "$(edit home true)"
    complains 125 '/etc/vpnrun/home.conf:[0-9]+:1: unknown key Adress' edit home 'sed -i s/^Address/Adress/'
    refuses 125 'failed; nothing is changed' edit home false
    refuses 125 'no editor' on_host env EDITOR=no-such-editor vpn edit home
    expect "$before" "$(content home)"
    lab_profile work | vpn import - --name work >/dev/null
    complains 125 "ID 2 is that of 'work'" edit home 'sed -i s/^ID\ =\ 1/ID=2/'
    complains 125 "address 10.20.2.7 is in the network of 'work''s commands" edit home 'sed -i s/172\.27\.12\.34/10.20.2.7/'
    expect "$before" "$(content home)"
    vpn link home
    expect_match 'is changed.*vpn reload home' "$(edit home "sed -i 's/^DNS/MTU=1400\nDNS/'" | paste -sd' ')"
    expect 'home.conf 0 600,work.conf 0 600' "$(profiles)"
    expect_nothing "$(on_host find /run -name 'vpnrun-edit*')" 'copies'
    vpn unlink home
    vpn link home
    expect 1400 "$(status home .mtu)"
}
# edit NAME COMMAND: as the editor, with the file's path behind it.
edit() {
    on_host sh -c 'printf "#!/bin/sh\nexec %s \"\$1\"\n" "$1" > "$0/editor"; chmod 755 "$0/editor"' "$LAB" "$2"
    on_host env EDITOR="$LAB/editor" vpn edit "$1"
}

# On a terminal it asks, and the second try counts.
test_edit_asks_on_a_terminal() {
    profile_of_home
    on_host sh -c 'cat > "$0/editor"; chmod 755 "$0/editor"' "$LAB" <<END
#!/bin/sh
if [ -e $LAB/second ]; then sed -i s/^Adress/Address/ "\$1"; else touch $LAB/second; sed -i 's/^Address/Adress/; s/^DNS/MTU = 1400\nDNS/' "\$1"; fi
END
    edit_on_terminal e
    content home | grep -q '^MTU = 1400'
    on_host sh -c 'printf "#!/bin/sh\nexec sed -i s/^MTU/Mtuu/ \"\$1\"\n" > "$0/editor"' "$LAB"
    edit_on_terminal x
    content home | grep -q '^MTU = 1400'
    rm -f "$LAB"/{second,editor}
}
edit_on_terminal() { # ANSWER
    on_host env EDITOR="$LAB/editor" script -qec 'vpn edit home' /dev/null <<< "$1" > "$LAB/said"
    grep -q 'What now?' "$LAB/said" || fail "it did not ask: $(< "$LAB/said")"
}

test_new() {
    local public said
    refuses 125 'sudo vpn new paris' alice vpn new paris
    said=$(vpn new work --address 172.27.13.34 --address fd27:13::34)
    public=$(sed -n 's/^ *public key *//p' <<< "$said")
    expect "$public" "$(on_host cat /etc/vpnrun/work.conf.new | key_of | wg pubkey)"
    expect 'work.conf.new 0 600' "$(profiles)"
    expect '[]' "$(vpn list --json | jq -c .)"
    expect "$public" "$(vpn new work | sed -n 's/^ *public key *//p')" 'the key, asked for again'
    [[ $said != *"$(on_host cat /etc/vpnrun/work.conf.new | key_of)"* ]] || fail 'the private key is shown'
    # The server's administrator does his part, and sends his.
    in_srv wg set work peer "$public" allowed-ips 172.27.13.34/32,fd27:13::34/128
    on_host sh -c 'cat > "$0/editor"; chmod 755 "$0/editor"' "$LAB" <<END
#!/bin/sh
exec sed -i 's,^PublicKey =,& $(wg pubkey < "$LAB/work.server"),; s,^Endpoint =,& 203.0.113.2:51821,; s/^DNS =/& 172.27.13.1/' "\$1"
END
    expect_match 'work is complete, with ID 1' "$(on_host env EDITOR="$LAB/editor" vpn edit work)"
    expect 'work.conf 0 600' "$(profiles)"
    vpn link work
    expect 203.0.113.102 "$(alice vpnrun work -- $LAB_GET $LAB_WEB4/)"
    in_srv wg set work peer "$public" remove
    in_srv wg set work peer "$(wg pubkey < "$LAB/work.client")" allowed-ips 172.27.13.34/32,fd27:13::34/128
    rm "$LAB/editor"
}

# files_of_a_provider: two good ones, one with an address in the network of the first's commands, one with a mistake.
files_of_a_provider() {
    rm -rf "$LAB/files"
    mkdir -p "$LAB/files/sub"
    lab_profile home "$LAB/files/home.conf"
    lab_profile work "$LAB/files/work.conf"
    lab_profile home | sed 's/172\.27\.12\.34/10.20.1.77/' > "$LAB/files/other [1].conf"
    sed 's/^Address/Adress/' "$LAB/files/home.conf" > "$LAB/files/sub/bad.conf"
    echo 'Thank you' > "$LAB/files/README.txt"
}

test_import_of_a_folder() {
    files_of_a_provider
    refuses 125 'sudo vpn import' alice vpn import "$LAB/files"
    refuses 2 'one file' vpn import "$LAB/files" --name x
    complains 125 "other \[1\].conf: address 10.20.1.77 is in the network of 'home''s commands" vpn import "$LAB/files"
    expect 'home.conf 0 600,work.conf 0 600' "$(profiles)"
    rm "$LAB/files/other [1].conf"
    expect '2 unchanged' "$(vpn import "$LAB/files" | tail -n 1)"
    vpn link home
    works alice vpnrun home --
}

test_import_of_an_archive() {
    for program in zip unzip; do command -v $program >/dev/null || skip "$program is not installed"; done
    files_of_a_provider
    (cd "$LAB/files" && zip -qr "$LAB/provider.zip" .)
    complains 125 'provider.zip/sub/bad.conf:[0-9]+:1: unknown key Adress' vpn import "$LAB/provider.zip"
    expect 'home.conf 0 600,work.conf 0 600' "$(profiles)"
    lab_profile home > "$LAB/home.conf"
    expect 'home is imported already; nothing changed' "$(vpn import "$LAB/home.conf")"
    vpn remove home
    expect_match 'work +ID 2 +is imported already' "$(vpn import "$LAB/provider.zip" 2>/dev/null || true)"
    expect 'home.conf 0 600,work.conf 0 600' "$(profiles)"
    echo nonsense > "$LAB/no.zip"
    complains 125 'cannot list .*no.zip' vpn import "$LAB/no.zip" # unzip has its own words as well
    rm -f "$LAB"/*.zip
}
