# shellcheck shell=bash
# The session of a desktop, with stand-ins that are lines of sh; launchers: launcher.test.sh, the guard: guard.test.sh.

# in_session COMMAND...: alice's, where her desktop finds programs and launchers.
in_session() { as_user alice env PATH="/home/bin:$LAB_PATH" XDG_DATA_DIRS=/home/share "$@"; }

# fake NAME [SECONDS]: a program that notes its network namespace and its arguments, and lives for a while.
fake() {
    on_host install -D -m 755 /dev/stdin "/home/bin/$1" <<END
#!/bin/sh
echo "\$(readlink /proc/self/ns/net) \$*" >> /home/alice/started
${2:+sleep $2}
true
END
}

# running WORD...: in the background; back when it has begun, and the only one so far.
running() {
    on_host rm -f /home/alice/started
    in_session "$@" 2>/dev/null &
    until_true 10 on_host test -s /home/alice/started
}
starts() { on_host grep -c . /home/alice/started; }
host_network() { on_host readlink /proc/self/ns/net; }

test_notice_of_a_lost_tunnel() {
    local notice=/home/alice/notice
    link home
    on_host rm -f $notice
    on_host install -D -m 755 /dev/stdin /home/bin/notify-send <<'END'
#!/bin/sh
for word; do printf '%s|' "$word"; done >> /home/alice/notice
END
    fake idle 60
    running vpnrun home -- idle
    in_session vpn desktop notify run &
    sleep 1
    on_host test ! -e $notice
    on_host ip -n vpn-home link del dev wg0 2>/dev/null || kill_userspace home
    until_true 15 on_host test -s $notice
    expect '--app-name=vpn|--icon=network-vpn|--urgency=critical|--|home has lost its tunnel|Without a network: idle|' "$(on_host cat $notice)" notice
}
