# shellcheck shell=bash
# What README and the manual show is typed as it stands there, by alice, who may use sudo.

test_readme_as_it_stands() {
    stage
    # As README says of kernels without WireGuard.
    on_host ip link add wgprobe type wireguard 2>/dev/null && on_host ip link del wgprobe || after_import='sudo vpn link home >/dev/null'
    provider
    typed_by_alice README.md
}

# docs/setups: those for which namespaces are enough; the others are typed in Tests/VM/routers.sh and exports.sh.
test_set_up_of_a_mesh() {
    stage
    peer mesh 51830 0
    router_profile mesh 51830 0 | on_host tee /home/alice/Downloads/mesh.conf >/dev/null
    typed_by_alice docs/setups/mesh.md
}

test_set_up_of_two_identities() {
    stage
    typed_by_alice docs/setups/dual-identity.md
}

test_examples_of_the_manual() {
    local page work
    stage
    for page in vpn.1 vpnrun.1 vpnrun.7 vpn-link.8; do
        work=
        [[ $page != vpnrun.* ]] || work='; sudo vpn import Downloads/work.conf; sudo vpn link work'
        before='for name in home work office; do sudo vpn remove --force $name; done
            sudo vpn import Downloads/home.conf; sudo vpn link home'$work
        typed_by_alice "man/$page"
    done
}

# Those that are whole are imported; a section by itself with the rest of the whole one.
test_profiles_of_the_manual() {
    local file section
    stage
    on_host sh -c 'echo net:x:20009: >> /etc/group'
    awk '/^\.Sh/ { here = /EXAMPLES/ } here && /^\.Bd/ { n++; inside = 1; next } /^\.Ed/ { inside = 0 }
        inside { print > file n }' file="$LAB/profile." "$LAB_REPOSITORY/man/vpnrun.conf.5"
    for file in "$LAB"/profile.*; do
        for section in Interface Peer; do
            grep -q "^\[$section\]" "$file" || awk -v section="[$section]" '/^\[/ { here = $0 == section } here' "$LAB/profile.1" >> "$file"
        done
        vpn import - --name home --force < "$file" >/dev/null
    done
    on_host sed -i '/^net:/d' /etc/group
    test -e "$LAB/profile.2"
}

# ---------------------------------------------------------------- the stage

# What a user has who reads: the provider's files, a browser, ssh, sites on the internet, sudo.
stage() {
    local name
    type -P sudo >/dev/null || skip 'there is no sudo here'
    [[ $LAB_HOST == namespace ]] || skip 'who may use sudo on this machine is not for a test to say'
    mkdir -p "$LAB/bin"
    own_folders
    host_cgroups
    on_host install -d -o alice -g alice /home/alice/Downloads
    on_host install -d /run/log/journal/lab # a journal, of which the journalctl below shows nothing
    for name in home work; do lab_profile $name | sed 's/, corp.test//' | on_host tee "/home/alice/Downloads/$name.conf" >/dev/null; done
    lab_profile work | on_host tee /home/alice/wg0.conf >/dev/null
    on_host sh -c 'cd /home/alice/Downloads && python3 -m zipfile -c ../provider.zip work.conf && chown -R alice: /home/alice
        mkdir -p /etc/wireguard && sed "s/172.27.12.34/172.27.14.34/; s/fd27:12::34/fd27:14::34/" ../wg0.conf > /etc/wireguard/wg0.conf
        echo "Defaults secure_path=\"$1\"
            alice ALL=(ALL:ALL) NOPASSWD: ALL" > /etc/sudoers.d/lab
        echo "alice:*:20000:0:99999:7:::" >> /etc/shadow' - "$LAB/bin:$LAB_PATH"
    # The lab's sites have no certificates.
    cat > "$LAB/bin/curl" <<'END'
#!/bin/bash
exec /usr/bin/curl -sS -4 -m 5 "${@/#https:/http:}"
END
    for name in firefox transmission-gtk transmission-daemon steam; do printf '#!/bin/sh\nexec sleep 3\n' > "$LAB/bin/$name"; done
    for name in ssh editor systemctl journalctl transmission-remote; do printf '#!/bin/sh\nexit 0\n' > "$LAB/bin/$name"; done
    printf '#!/bin/sh\nexit 0\n' | on_host install -m 755 /dev/stdin /home/alice/backup
    printf '#!/bin/sh\nexec sleep 3\n' | on_host install -m 755 /dev/stdin /home/alice/server
    printf '[Desktop Entry]\nType=Application\nName=Firefox\nExec=firefox %%u\n' |
        on_host install -D -m 644 /dev/stdin /home/share/applications/firefox.desktop
    chmod -R a+rx "$LAB/bin"
}

# typed_by_alice FILE: see documents.py.
typed_by_alice() {
    local file=$LAB/${1##*/}
    sed "s,/usr/local/,$LAB_PREFIX/,g" "$LAB_REPOSITORY/$1" > "$file"
    /usr/bin/python3 -I "$LAB_HERE/documents.py" script "$file" > "$LAB/script"
    (( $(wc -l < "$LAB/script") > 4 )) || fail "hardly anything to type in $1"
    # By a pipe, of which a shell that is started by a line takes no more than its own lines.
    # shellcheck disable=SC2002
    cat "$LAB/script" | alice BEFORE="{ ${before:-:}; } &>/dev/null" AFTER_IMPORT="${after_import:-}" PATH="$LAB/bin:$LAB_PATH" \
        XDG_DATA_DIRS=/home/share EDITOR="$LAB/bin/editor" SHELL=/bin/bash bash &> "$LAB/said" || true
    /usr/bin/python3 -I "$LAB_HERE/documents.py" compare "$file" "$LAB/said" || fail "not as in $1"
}
