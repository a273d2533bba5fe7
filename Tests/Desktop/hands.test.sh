# shellcheck shell=bash
# Real programs that would hand their work to one outside without a window of their own, or in a way that the guard's table does not know.
# The variables in single quotes are the other side's.
# shellcheck disable=SC2016
# shellcheck source=session.sh
. "$LAB_HERE/../Desktop/session.sh"

# refused REGEX WORD...: by the guard.
refused() {
    local pattern=$1 status=0; shift
    said=$(desktop timeout 20 vpnrun "$@" 2>&1) || status=$?
    expect 125 "$status" "status of 'vpnrun $*', which said '$said'"
    expect_match "$pattern" "$said" "what 'vpnrun $*' said"
}

# What the guard cannot see: a script. Firefox does not find the one outside, and loads nothing.
test_firefox_by_a_script() {
    needs firefox
    session
    link home
    on_host install -D -m 755 /dev/stdin /home/bin/script <<< $'#!/bin/sh\nexec firefox "$@"'
    desktop firefox "$PAGE/outside" >/dev/null 2>&1 &
    visits /outside 198.51.100.2
    desktop timeout 90 vpnrun home -- /home/bin/script "$PAGE/second" >/dev/null 2>&1 &
    until_true 30 has_window inside
    shot firefox-by-a-script
    sleep 3
    expect_nothing "$(visited /second)" 'who asked for the second page'
}

# With one inside, scripts, links and shells inside reach it; one outside does not.
test_firefox_hands_over_inside() {
    needs firefox xdg-open
    session
    link home
    on_host install -D -m 755 /dev/stdin /home/bin/script <<< $'#!/bin/sh\nexec firefox "$@"'
    desktop vpnrun home -- firefox "$PAGE/first" >/dev/null 2>&1 &
    visits /first 203.0.113.101
    desktop vpnrun home -- /home/bin/script "$PAGE/script"
    visits /script 203.0.113.101
    desktop vpnrun home -- sh -c "firefox $PAGE/shell"
    visits /shell 203.0.113.101
    desktop timeout 20 firefox "$PAGE/outside" >/dev/null 2>&1 &
    until_true 30 has_window outside
    sleep 2
    expect_nothing "$(visited /outside)" 'who asked for what was started outside'
}

test_firefox_in_another_VPN() {
    needs firefox
    session
    link home work
    desktop vpnrun work -- firefox "$PAGE/work" >/dev/null 2>&1 &
    visits /work 203.0.113.102
    refused 'Firefox is already running in work .* type vpnrun --separate home -- firefox' home -- firefox "$PAGE/refused"
    desktop vpnrun --separate home -- firefox "$PAGE/home" >/dev/null 2>&1 &
    visits /home 203.0.113.101
    shot firefox-in-two-VPNs
}

test_firefox_that_was_cut_off() {
    needs firefox
    session
    link home
    desktop vpnrun home -- firefox "$PAGE/first" >/dev/null 2>&1 &
    visits /first 203.0.113.101
    vpn unlink home --force
    vpn link home
    refused 'Firefox is already running without a network, cut off from home' home -- firefox "$PAGE/second"
}

# The user's browser is Chromium, and is open outside.
test_link_to_the_default_browser() {
    needs chromium xdg-open xdg-mime
    session
    link home
    desktop xdg-mime default chromium.desktop x-scheme-handler/http
    desktop chromium --no-first-run "$PAGE/outside" >/dev/null 2>&1 &
    visits /outside 198.51.100.2
    refused 'Chromium is already running' home -- xdg-open "$PAGE/refused"
    refused 'Chromium is already running' home -- sh -c "sleep 0; env A=b chromium $PAGE/refused"
    expect_nothing "$(visited /refused)" 'who asked for it'
}

# A program that the table does not know, with a name on the bus.
test_unknown_program() {
    needs mousepad busctl
    session
    link home
    on_host install -D -m 755 "$(command -v mousepad)" /home/bin/notes
    desktop /home/bin/notes >/dev/null 2>&1 &
    until_true 60 has_window outside
    refused 'notes is already running outside home .*, and may open this there: close it first, or type vpnrun --guard=off home -- notes' home -- /home/bin/notes
    desktop vpnrun home -- xdpyinfo >/dev/null
}

# The master outside has the connection: what rides on it is seen as 198.51.100.2.
test_ssh_with_a_master() {
    local words
    needs sshd ssh git
    session
    link home
    in_inet sh -euc 'mkdir -p /run/sshd; mkdir -p "$1/ssh"; ssh-keygen -q -t ed25519 -N "" -f "$1/ssh/host"; ssh-keygen -q -t ed25519 -N "" -f "$1/ssh/key"
        /usr/sbin/sshd -f /dev/null -p 22 -h "$1/ssh/host" -o PidFile=none -o "AuthorizedKeysFile=$1/ssh/key.pub" -o StrictModes=no \
            -o PermitRootLogin=yes -o UsePAM=no' sh "$LAB"
    on_host install -d -m 700 -o $ALICE -g $ALICE /home/alice/.ssh
    on_host install -m 600 -o $ALICE -g $ALICE "$LAB/ssh/key" /home/alice/.ssh/key
    on_host install -m 600 -o $ALICE -g $ALICE /dev/stdin /home/alice/.ssh/config <<'END'
Host box
    HostName 192.0.2.80
    User root
    IdentityFile ~/.ssh/key
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
    ControlMaster auto
    ControlPath ~/.ssh/master-%C
    ControlPersist yes
END
    words=$(desktop ssh box 'echo $SSH_CONNECTION' 2>/dev/null)
    expect_match '^198.51.100.2 ' "$words" 'as whom it is seen outside'
    refused 'ssh is already running outside home .* type vpnrun --separate home -- ssh$' home -- ssh box true
    refused 'scp is already running' home -- scp box:/etc/hostname /home/alice
    refused 'git is already running' home -- git ls-remote box:x
    words=$(desktop vpnrun --separate home -- ssh box 'echo $SSH_CONNECTION')
    expect_match '^203.0.113.101 ' "$words" 'as whom it is seen separate'
    words=$(desktop vpnrun --separate home -- git -c core.pager= ls-remote box:x 2>&1 || true)
    expect_nothing "$(in_inet ss -tnH state established sport = :22 src 192.0.2.80 dst 198.51.100.2 | sed 1d)" 'a second connection in the clear'
    desktop ssh -O exit box
    words=$(desktop vpnrun home -- ssh box 'echo $SSH_CONNECTION')
    expect_match '^203.0.113.101 ' "$words" 'as whom it is seen without a master outside'
    desktop vpnrun home -- ssh -O exit box # it has written over its environment, by which the lab would find it
}

test_gpg_with_dirmngr() {
    needs gpg dirmngr gpgconf
    session
    link home
    desktop gpg --list-keys 2>/dev/null # makes ~/.gnupg
    desktop gpgconf --launch dirmngr
    refused 'GnuPG is already running outside home .*: close it first, or type gpgconf --kill dirmngr' home -- gpg --recv-keys 0x1234567890ABCDEF
    desktop vpnrun home -- gpg --list-keys
    desktop gpgconf --kill dirmngr
    desktop timeout 20 vpnrun home -- gpg --keyserver hkp://192.0.2.80:8080 --recv-keys 0x1234567890ABCDEF >/dev/null 2>&1 || true
    until_true 10 grep -q ' /pks' "$LAB/visits"
    expect 203.0.113.101 "$(grep ' /pks' "$LAB/visits" | cut -d' ' -f1 | sort -u)" 'who asked the key server'
}

test_terminals_with_a_server() {
    needs tmux screen
    session
    link home
    desktop tmux new-session -d
    refused 'tmux is already running outside home .* type vpnrun --separate home -- tmux' home -- tmux new-session -d
    desktop vpnrun --separate home -- tmux new-session -d "exec curl -s $PAGE/tmux"
    visits /tmux 203.0.113.101
    desktop screen -dmS out
    refused 'screen is already running outside' home -- screen -r out
    desktop vpnrun --separate home -- screen -dmS in curl -s "$PAGE/screen"
    visits /screen 203.0.113.101
}
