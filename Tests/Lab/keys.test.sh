# shellcheck shell=bash
# Keys in files of their own, `vpn autostart`, and `vpn edit NAME KEY=VALUE`.

# secret_in FILE: home's private key, as a program that hands out secrets would put it there.
secret_in() { lab_profile home | sed -n 's/^PrivateKey = //p' | on_host sh -c 'umask 077; mkdir -p "${1%/*}"; cat > "$1"' sh "$1"; }

test_private_key_in_a_file() {
    local key
    trap 'on_host rm -rf /run/secrets /run/secrets.d' EXIT
    key=$(lab_profile home | sed -n 's/^PrivateKey = //p')
    import_vpn home
    expect_match 'PrivateKeyFile /run/secrets/home.key: there is no such file' \
        "$(vpn edit home PrivateKey= PrivateKeyFile=/run/secrets/home.key 2>&1 >/dev/null)"
    refuses 125 'PrivateKeyFile /run/secrets/home.key: there is no such file' vpn link home
    # What there is on the way is not for everybody to know.
    refuses 125 'PrivateKeyFile /run/secrets/home.key cannot be used' alice vpn link home
    secret_in /run/secrets.d/1/home.key
    on_host ln -s secrets.d/1 /run/secrets
    vpn link home >/dev/null
    settled home
    works alice vpnrun home --
    expect_match '^PrivateKeyFile = /run/secrets/home.key$' "$(vpn show home | grep File)"
    expect "$key" "$(vpn export home - | sed -n 's/^PrivateKey = //p')"
    expect_nothing "$(vpn show home | grep -F "$key"; vpn list --json | grep -F "$key"; alice vpn show home | grep -F "$key")" 'the key'
    vpn unlink home
}

# As long as one of these is so, nobody's link comes to anything.
test_files_that_are_no_secrets() {
    local file=/run/secrets/home.key
    trap 'on_host rm -rf /run/secrets' EXIT
    import_vpn home
    secret_in $file
    vpn edit home PrivateKey= PrivateKeyFile=$file >/dev/null
    for mode in 640 604 620 602 601; do
        on_host chmod $mode $file
        refuses 125 "PrivateKeyFile $file must be root's, and neither readable nor writable by others" vpn link home
    done
    on_host chmod 400 $file
    on_host chown alice $file
    refuses 125 "must be root's" vpn link home
    on_host chown root $file
    on_host sh -c "echo more >> $file"
    refuses 125 'must have one line, a key of 44 characters' vpn link home
    on_host sh -c "rm $file; mkfifo -m 600 $file"
    refuses 125 'is no plain file' timeout 5 nsenter -t "${LAB_PID[host]}" -m -n "$LAB_PREFIX/bin/vpn" link home
    on_host sh -c "rm $file; mkdir -m 700 $file"
    refuses 125 'is no plain file' vpn link home
    vpn edit home PrivateKeyFile=/dev/zero >/dev/null 2>&1
    refuses 125 'is no plain file' vpn link home
    # A link that leads to what the caller has open.
    secret_in /run/secrets/own
    vpn edit home PrivateKeyFile=/proc/self/fd/0 >/dev/null 2>&1
    said=$(on_host sh -c "\"$LAB_PREFIX/bin/vpn\" link home < /run/secrets/own" 2>&1) && fail 'linked by a magic link'
    expect_match 'PrivateKeyFile: cannot read open /proc/self/fd/0: ' "$said"
    expect_nothing "$(on_host ls /run/netns)" 'boxes'
}

preshared_key() { if userspace; then on_host wg show wg.home preshared-keys; else in_box home wg show wg0 preshared-keys; fi | cut -f2; }

test_preshared_key_in_a_file() {
    trap 'on_host rm -rf /run/secrets' EXIT
    local psk
    psk=$(wg genpsk)
    link home
    vpn edit home PresharedKeyFile=/run/secrets/home.psk >/dev/null 2>&1
    refuses 125 'PresharedKeyFile /run/secrets/home.psk: there is no such file' vpn reload home
    works alice vpnrun home --
    printf '%s\n' "$psk" | on_host sh -c 'umask 077; mkdir /run/secrets; cat > /run/secrets/home.psk'
    expect '(none)' "$(preshared_key)"
    alice vpn reload home >/dev/null
    expect "$psk" "$(preshared_key)"
    vpn unlink home --force
    vpn link home >/dev/null
    expect "$psk" "$(preshared_key)"
    vpn edit home PresharedKeyFile= >/dev/null
    alice vpn reload home >/dev/null
    expect '(none)' "$(preshared_key)"
}

test_autostart() {
    import_vpn home
    import_vpn work Autostart=link
    expect 'work is linked: try `vpnrun work -- COMMAND`' "$(vpn autostart)"
    vpn edit home Autostart=up >/dev/null
    vpn edit work Autostart=up >/dev/null
    expect 'home work' "$(vpn autostart | sed -n 's/ is up.*//p' | paste -sd' ')"
    expect_match '^home is up already' "$(vpn autostart | head -n 1)"
    expect "$LAB_BY_HOME" "$(address alice)"
    vpn down home >/dev/null
    vpn down work >/dev/null
    on_host sed -i 's/^AllowedIPs.*/AllowedIPs = nonsense/' /etc/vpnrun/home.conf
    complains 125 'home.conf:[0-9]+:[0-9]+: ' vpn autostart
    expect "$LAB_BY_WORK" "$(address alice)" 'the other one'
}

test_edit_without_an_editor() {
    import_vpn home
    expect 'home is changed' "$(vpn edit home MTU=1300 DNS=172.27.13.1)"
    vpn link home >/dev/null
    expect 1300 "$(status home .mtu)"
    expect '"work"' "$(alice vpnrun home -- $LAB_DIG who.test TXT)" 'the server of [VPN]'
    expect_match '^home is changed' "$(vpn edit home DNS=)"
    alice vpn reload home >/dev/null
    expect '"home"' "$(alice vpnrun home -- $LAB_DIG who.test TXT)" "the provider's"
    refuses 2 'did you mean Autostart' vpn edit home Autostrat=up
    refuses 125 'sudo vpn edit home' alice vpn edit home MTU=1400
    complains 125 'MTU = 1: out of range' vpn edit home MTU=1
}
