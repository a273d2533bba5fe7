# shellcheck shell=bash
# Whatever is asked for, by whoever: status 125, one sentence, nothing made.

refused() { refuses 125 "$@"; }

# nothing_made_by FUNCTION [ARGUMENT...]: the host is what it was.
nothing_made_by() {
    local before
    before=$(snapshot)
    "$@"
    expect_same "$before" "$(snapshot)" 'the host'
}

test_names() {
    link home
    nothing_made_by bad_names
}
bad_names() {
    for name in '' . .. a/b ../home 'a b' ä abcdefghijklm $'a\nPostUp=x' 'a;id' '$(id)' _a 'home/'; do
        refused . alice vpnrun "$name" -- true
        refused . alice "$LAB_PREFIX/libexec/vpnrun/vpn-link" link "$name"
        refused . vpn link "$name"
        refused . vpn unlink "$name"
    done
}

test_vpns_that_are_not_there() {
    link home
    nothing_made_by requests_for_work
}
requests_for_work() {
    refused work alice vpnrun work -- true
    refused work vpn link work
    refused work vpn unlink work
    refused work vpn status work
}

test_no_vpn_at_all() { nothing_made_by requests_without_profiles; }
requests_without_profiles() {
    refused . alice vpnrun home -- true
    refused . alice vpnrun -- true
}

# Only users of the group may; the message says which one.
test_users_who_are_not_in_the_group() {
    link home
    nothing_made_by requests_of_carol
}
requests_of_carol() {
    refused 'group.* vpn' as_user carol vpnrun home -- true
    ! as_user carol "$LAB_PREFIX/libexec/vpnrun/vpn-launch" home -- true 2>/dev/null || fail 'carol runs the helper'
    ! as_user carol "$LAB_PREFIX/libexec/vpnrun/vpn-link" link home 2>/dev/null || fail 'carol runs the helper'
}

test_helpers_with_no_or_strange_arguments() {
    link home
    nothing_made_by strange_arguments
}
strange_arguments() {
    local said status
    for arguments in '' 'home' 'home --' '-- --' 'x y z' 'show' 'link' 'link home extra' 'unlink' 'up home extra' 'down home extra' 'up --force' 'refresh --force' 'reload' 'reload home extra' 'reload home --force' '--force' '%n%s'; do
        for helper in vpn-launch vpn-link; do
            [[ $helper == vpn-launch || $arguments != show ]] || continue
            status=0
            said=$(alice "$LAB_PREFIX/libexec/vpnrun/$helper" $arguments 2>&1 </dev/null) || status=$?
            [[ $status == 125 && -n $said ]] || fail "$helper $arguments: status $status, '$said'"
        done
    done
    expect 125 "$(alice /usr/bin/python3 -Ic "import os
p = os.fork()
if not p: import ctypes; e = (ctypes.c_char_p * 1)(None); ctypes.CDLL(None).execve(b'$LAB_PREFIX/libexec/vpnrun/vpn-launch', e, e); os._exit(1)
print(os.waitstatus_to_exitcode(os.wait()[1]))" 2>/dev/null)" 'status without any argument, argv[0] included'
}

# with_profile COMMAND: the good profile in $1, something else at /etc/vpnrun/home.conf; it is refused, quickly, by root and alice.
with_profile() {
    lab_profile home > "$LAB/good"
    on_host sh -euc "$1" sh "$LAB/good"
    nothing_made_by requests_for_home
    on_host rm -rf /etc/vpnrun/home.conf
}
requests_for_home() {
    complains 125 /etc/vpnrun timeout_link
    complains 125 . alice vpnrun home -- true
}
timeout_link() { on_host timeout 5 vpn link home; }

test_profile_is_a_symbolic_link() { with_profile 'install -m 600 "$1" /home/good; ln -s /home/good /etc/vpnrun/home.conf'; }
test_profile_has_a_second_name() { with_profile 'install -m 600 "$1" /etc/vpnrun/home.conf; ln /etc/vpnrun/home.conf /etc/vpnrun/second'; }
test_profile_is_a_fifo() { with_profile 'mkfifo -m 600 /etc/vpnrun/home.conf'; }
test_profile_is_a_folder() { with_profile 'mkdir -m 700 /etc/vpnrun/home.conf'; }
test_profile_is_a_device() { with_profile 'mknod -m 600 /etc/vpnrun/home.conf c 1 5'; }
test_profile_is_a_socket() { with_profile '/usr/bin/python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"/etc/vpnrun/home.conf\")"'; }
test_profile_is_writable_by_others() {
    with_profile 'install -m 664 "$1" /etc/vpnrun/home.conf'
    with_profile 'install -m 602 "$1" /etc/vpnrun/home.conf'
}
test_profile_is_not_roots() { with_profile 'install -m 600 -o alice -g alice "$1" /etc/vpnrun/home.conf'; }
test_profile_without_end() { with_profile 'head -c 20000000 /dev/zero | tr "\0" "#" > /etc/vpnrun/home.conf; chmod 600 /etc/vpnrun/home.conf'; }
test_profile_is_empty() { with_profile 'install -m 600 /dev/null /etc/vpnrun/home.conf'; }

# A real one, which shows root's own good file: a program answers each time that it is read, and may answer otherwise.
test_profile_is_on_FUSE() {
    command -v bindfs >/dev/null || skip 'no bindfs'
    [[ -r /dev/fuse ]] || skip 'the kernel has no FUSE'
    trap 'on_host sh -c "umount -l /etc/vpnrun/home.conf; umount -l /etc/vpnrun; umount /mnt/fuse; rm -rf /mnt/fuse /mnt/source" 2>/dev/null' EXIT
    lab_profile home > "$LAB/good"
    on_host sh -euc 'mkdir /mnt/source /mnt/fuse; install -m 600 "$1" /mnt/source/home.conf; sed -n "s/^PrivateKey = //p" "$1" > /mnt/source/key
        chmod 600 /mnt/source/key; bindfs /mnt/source /mnt/fuse' sh "$LAB/good"
    expect 'fuse regular file 0 600' "$(on_host sh -c 'findmnt -no FSTYPE /mnt/fuse; stat -c "%F %u %a" /mnt/fuse/home.conf' | xargs)" 'what stat says of it'
    # One file, and the whole folder.
    on_host sh -c 'touch /etc/vpnrun/home.conf; mount --bind /mnt/fuse/home.conf /etc/vpnrun/home.conf'
    nothing_made_by requests_on_FUSE
    on_host sh -c 'umount /etc/vpnrun/home.conf; rm /etc/vpnrun/home.conf; bindfs /mnt/source /etc/vpnrun'
    nothing_made_by requests_on_FUSE
    on_host umount /etc/vpnrun
    # And a key.
    on_host install -m 600 "$LAB/good" /etc/vpnrun/home.conf
    on_host sed -i 's|^PrivateKey = .*|PrivateKeyFile = /mnt/fuse/key|' /etc/vpnrun/home.conf
    nothing_made_by requests_on_FUSE
    on_host sed -i 's|/mnt/fuse/key|/mnt/source/key|' /etc/vpnrun/home.conf
    vpn link home
}
requests_on_FUSE() {
    refuses 125 'is on a file system of a user|Invalid cross-device link' timeout_link
    complains 125 . alice vpnrun home -- true
}

test_folder_is_writable_by_others() {
    lab_profile home | vpn import - --name home
    on_host chmod 777 /etc/vpnrun
    refused /etc/vpnrun timeout_link
    on_host chmod 755 /etc/vpnrun
    on_host chown alice /etc/vpnrun
    refused /etc/vpnrun timeout_link
    on_host chown root /etc/vpnrun
    vpn link home
}

# Errors in the text: file, line and column; never the secret.
test_text_that_is_no_profile() {
    local line key
    key=$(< "$LAB/home.client")
    while IFS= read -r line; do
        lab_profile home | sed "3s|.*|$line|" | on_host install -m 600 /dev/stdin /etc/vpnrun/home.conf
        complains 125 '/etc/vpnrun/home\.conf:[0-9]+:[0-9]+: ' timeout_link
        [[ $said != *"${key:0:20}"* ]] || fail 'shows the private key'
    done <<'END'
Address = 999.1.2.3/32
Address = 172.27.12.34/33
Address = 0.0.0.0/0
Address = 127.0.0.1/8
Address
Nonsense = 1
MTU = 0
MTU = 70000
ListenPort = 65536
PrivateKey = short
[Nonsense]
Address = 172.27.12.34/32; rm -rf /
END
    lab_profile home | sed "s|^PrivateKey = .|&&|" | on_host install -m 600 /dev/stdin /etc/vpnrun/home.conf
    complains 125 'home\.conf:2:[0-9]+: ' timeout_link
    [[ $said != *"${key:3:20}"* ]] || fail 'shows the private key'
}

test_import_of_nonsense() {
    complains 125 '/etc/passwd:1:1: ' vpn import /etc/passwd --name home
    refused . vpn import /nonexistent --name home
    complains 125 . vpn import /dev/null --name home
    lab_profile home "$LAB/home.conf"
    for name in .. a/b abcdefghijklm ''; do
        complains 2 . vpn import "$LAB/home.conf" --name "$name"
    done
    refused . alice vpn import "$LAB/home.conf" --name home
    expect '' "$(on_host ls -A /etc/vpnrun)"
}

test_two_profiles_with_one_id() {
    lab_profile home | vpn import - --name home --id 7
    refused 7 import_with_the_same_id
    vpn link home
    lab_profile work | { cat; printf '\n[VPN]\nID = 7\n'; } | on_host install -m 600 /dev/stdin /etc/vpnrun/work.conf
    refused . vpn link work
}
import_with_the_same_id() { lab_profile work | vpn import - --name work --id 7; }

# A pin is only what the kernel says is a namespace. A plain file is what is left of a vpn-link that was killed: it is in nobody's way.
test_pin_is_not_a_namespace() {
    lab_profile home | vpn import - --name home
    on_host ln -s /proc/1/ns/net /run/netns/vpn-home
    refused . alice vpnrun home -- true
    on_host rm /run/netns/vpn-home
    on_host touch /run/netns/vpn-home
    by_the_vpn_or_not_at_all alice vpnrun home -- curl $LAB_WEB4/
    vpn link home
    works alice vpnrun home --
}

test_namespace_that_is_no_box() {
    lab_profile home | vpn import - --name home
    on_host sh -c 'touch /run/netns/vpn-home; unshare --net=/run/netns/vpn-home true'
    refused . alice vpnrun home -- true
    on_host umount /run/netns/vpn-home
}

# By root, who may set any address there.
test_box_without_addresses_for_commands() {
    local length
    link home
    for length in 31 32; do
        on_host ip -n vpn-home -4 address flush dev br-home
        on_host ip -n vpn-home address add "10.20.1.1/$length" dev br-home
        refuses 125 'the box of home has no addresses for commands' alice vpnrun home -- true
    done
}

# A service with a mount namespace of its own does not see the pin: it gets an error, not a second box.
test_caller_without_the_pin() {
    link home
    refused home on_host unshare -m sh -c 'umount /run/netns/vpn-home; exec vpn link home'
    works alice vpnrun home --
}
