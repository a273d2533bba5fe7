# shellcheck shell=bash disable=SC2016
# What a program finds that wants another network than its VPN's, with --strict and without; and that everything else is as it was.

ALICE=20001
RUNTIME=/run/user/$ALICE

# outside [SOCKET...]: what a program could find: sockets, buses, agents. All of alice's, in the host's network.
outside() {
    local ready
    OUTSIDE_DISPLAY=$((50200 + $$ % 10000))
    [[ -d /tmp/.X11-unix ]] || install -d -m 1777 /tmp/.X11-unix
    on_host sh -euc "
        install -d -m 755 /run/user /run/dbus
        install -d -m 700 -o $ALICE -g $ALICE $RUNTIME
        install -d -o $ALICE -g $ALICE /run/nscd"
    trap outside_end EXIT
    exec {ready}< <(alice /usr/bin/python3 -I "$LAB_HERE/probes/outside.py" "/tmp/.X11-unix/X$OUTSIDE_DISPLAY" "$RUNTIME"/{wayland-0,pulse/native,pipewire-0} \
        "/tmp/tmux-$LAB_ID/default" /home/alice/.gnupg/S.gpg-agent /run/nscd/socket "@outside-$LAB_ID" "$@")
    read -r -u "$ready" || fail 'nothing is outside'
}

outside_end() {
    local groups
    rm -rf "/tmp/.X11-unix/X$OUTSIDE_DISPLAY" "/tmp/tmux-$LAB_ID" "/tmp/ssh-$LAB_ID" "/dev/shm/outside-$LAB_ID"
    on_host rm -f "/dev/mqueue/outside-$LAB_ID"
    [[ $LAB_HOST == self ]] || rmdir /dev/mqueue 2>/dev/null || true
    groups=$(findmnt -rnt cgroup2 -o TARGET | head -n 1)
    [[ ! -d $groups/outside-$LAB_ID ]] || rmdir "$groups/outside-$LAB_ID"
    ipcrm -M "$((0x56500000 + ALICE))" 2>/dev/null || true
    on_host rm -rf "$RUNTIME" /run/dbus /run/nscd /home/{setuid,capable,test.Outside,org.freedesktop.resolve1,alice/.gnupg,alice/outside.pid}
}

# bus SOCKET SERVICE COMMAND...: a D-Bus that starts that service, and with it the command, whose output is ~alice/answer.
bus() {
    local socket=$1 service=$2; shift 2
    on_host sh -euc "
        mkdir -p /home/$service
        printf '#!/bin/sh\nexec >/home/alice/answer; exec %s\n' '$*' > /home/$service/start
        chmod 755 /home/$service /home/$service/start
        printf '[D-BUS Service]\nName=%s\nExec=%s\n' $service /home/$service/start > /home/$service/$service.service
        cat > /home/$service/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=$socket</listen>
  <servicedir>/home/$service</servicedir>
  <limit name="service_start_timeout">500</limit>
  <policy context="default"><allow user="*"/><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*" eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
END
}

# ways LABEL [WORD...]: what the probe finds, run behind these words; with LAB_DISPLAY and an environment as on a desktop.
ways() {
    alice env LAB_DISPLAY="$OUTSIDE_DISPLAY" /usr/bin/python3 -I "$LAB_HERE/probes/ways-out.py" "${@:-env}" 2>/dev/null </dev/null
}

# The table of SECURITY.md is what is measured here. What this kernel has not even for a program outside cannot be open here.
test_table_of_ways_out() {
    local way found strict told here groups
    for program in dbus-daemon dbus-send ssh-agent; do command -v $program >/dev/null || skip "no $program"; done
    link home
    outside
    on_host sh -c 'install -m 4755 /usr/bin/id /home/setuid; install /usr/bin/grep /home/capable; setcap cap_net_raw+ep /home/capable'
    alice touch "/dev/shm/outside-$LAB_ID"
    if grep -q mqueue /proc/filesystems; then
        mkdir -p /dev/mqueue
        on_host sh -c 'mountpoint -q /dev/mqueue || mount -t mqueue mqueue /dev/mqueue'
        alice touch "/dev/mqueue/outside-$LAB_ID"
    fi
    # As systemd hands one to each user.
    groups=$(findmnt -rnt cgroup2 -o TARGET | head -n 1)
    if [[ $groups ]]; then
        mkdir "$groups/outside-$LAB_ID"
        chown $ALICE "$groups/outside-$LAB_ID"/cgroup.{freeze,kill}
    fi
    bus "$RUNTIME/bus" test.Outside curl -s -m 2 $LAB_WEB4/
    bus /run/dbus/system_bus_socket org.freedesktop.resolve1 $LAB_DIG who.test TXT
    alice dbus-daemon --nofork --config-file=/home/test.Outside/bus.conf 2>/dev/null &
    on_host dbus-daemon --nofork --config-file=/home/org.freedesktop.resolve1/bus.conf 2>/dev/null &
    alice ssh-agent -D -a "$RUNTIME/agent" >/dev/null 2>&1 &
    until_true 10 on_host test -S "$RUNTIME/bus" -a -S /run/dbus/system_bus_socket -a -S "$RUNTIME/agent"

    ways > "$LAB/outside"
    ways vpnrun home -- > "$LAB/default"
    ways vpnrun -q --strict home -- > "$LAB/strict"
    paste "$LAB/outside" <(cut -f 2 "$LAB/default") <(cut -f 2 "$LAB/strict") > "$LAB/ways"
    expect 27 "$(wc -l < "$LAB/ways")" 'number of ways'
    printf '| way out | default | `--strict` |\n|---|---|---|\n'
    while IFS=$'\t' read -r way here found strict; do
        printf '| %s | %s | %s |\n' "$way" "$found" "$strict"
        [[ $here == open ]] || echo "  (not on this machine)"
    done < "$LAB/ways"

    sed -n '/^| way out/,/^$/s/^| \(.*\) | \([a-z]*\)[^|]* | \([a-z]*\)[^|]* |$/\1\t\2\t\3/p' "$LAB_REPOSITORY/SECURITY.md" | sed 1d > "$LAB/told"
    expect_same "$(cut -f 1 "$LAB/ways")" "$(cut -f 1 "$LAB/told")" 'the list of ways in SECURITY.md'
    while IFS=$'\t' read -r way here found strict told; do
        [[ $here == closed && $found == closed ]] || expect "${told% *}" "$found" "$way, by default"
        expect "${told#* }" "$strict" "$way, with --strict"
    done < <(paste "$LAB/ways" <(cut -f 2,3 --output-delimiter=' ' "$LAB/told"))
}

# reached WORDS...: of all the sockets, those that a strict command with these options reaches.
reached() {
    alice env DISPLAY=":$OUTSIDE_DISPLAY.0" XDG_RUNTIME_DIR="$RUNTIME" WAYLAND_DISPLAY=wayland-7 PULSE_SERVER="unix:$RUNTIME/pulse/native" \
        DBUS_SESSION_BUS_ADDRESS="unix:path=$RUNTIME/bus,guid=00" SSH_AUTH_SOCK="/tmp/ssh-$LAB_ID/agent.1" XAUTHORITY="$RUNTIME/key" \
        vpnrun "$@" home -- /usr/bin/python3 -Ic 'import socket, sys
for word, path in (pair.split("=") for pair in sys.argv[1:]):
    try: socket.socket(socket.AF_UNIX).connect(path); print(word)
    except OSError: pass' "${sockets[@]}" | xargs
}

# Each word opens what it names, where it was, and nothing else. Links on the way to it do not matter.
test_each_allowed_socket() {
    local word sockets
    link home
    sockets=(wayland="$RUNTIME/wayland-7" x11="/tmp/.X11-unix/X$((50200 + $$ % 10000))" pulse="$RUNTIME/pulse/native" pipewire="$RUNTIME/pipewire-0"
        dbus="$RUNTIME/bus" system=/run/dbus/system_bus_socket ssh="/tmp/ssh-$LAB_ID/agent.1" none="$RUNTIME/none")
    outside "$RUNTIME/bus" "$RUNTIME/none" "/tmp/ssh-$LAB_ID/agent.1"
    on_host ln -s wayland-0 "$RUNTIME/wayland-7"
    on_host sh -c 'echo secret > /run/user/20001/key; install -d -o 20001 /run/dbus'
    alice rm -f outside.pid
    alice /usr/bin/python3 -I "$LAB_HERE/probes/outside.py" /run/dbus/system_bus_socket >/dev/null &
    until_true 5 on_host test -s /home/alice/outside.pid
    expect 'wayland x11 pulse pipewire dbus system ssh none' "$(reached)" 'by default'
    expect '' "$(reached --strict)" 'with --strict'
    for word in wayland x11 pulse pipewire dbus system ssh; do expect $word "$(reached --strict --allow=$word)" "with --allow=$word"; done
    expect 'wayland pulse dbus' "$(reached --strict --allow dbus,wayland --allow=pulse)" 'with three'
    sockets=()
    expect secret "$(alice env DISPLAY=":$OUTSIDE_DISPLAY" XAUTHORITY="$RUNTIME/key" vpnrun --strict --allow=x11 home -- cat "$RUNTIME/key")" 'the key to X11'

    refuses 2 "^vpnrun: 'nonsense' cannot be allowed, only x11,wayland," alice vpnrun --strict --allow=x11,nonsense home -- true
    refuses 2 '^vpnrun: --allow opens what --strict closes' alice vpnrun --allow=x11 home -- true
    refuses 2 '^vpnrun: --allow is for sockets of your own session' on_host vpnrun --strict --allow=x11 --user=alice home -- true
    refuses 125 "^vpnrun: --allow=wayland: there is no socket for it here, '/wayland-0'$" alice vpnrun --strict --allow=wayland home -- true
    refuses 125 '^vpnrun: --allow=dbus: .*abstract' alice env DBUS_SESSION_BUS_ADDRESS=unix:abstract=/tmp/x vpnrun --strict --allow=dbus home -- true
    refuses 125 '^vpnrun: --strict holds no root' on_host vpnrun --strict home -- true
    refuses 125 '^vpnrun: --strict holds no root' on_host vpnrun --strict --user=root home -- true
    on_host sed -i '$ a toor:x:0:0::/root:/bin/sh' /etc/passwd
    refuses 125 '^vpnrun: --strict holds no root' on_host vpnrun --strict --user=toor home -- true
    on_host sed -i '/^toor:/d' /etc/passwd
}

# What is handed to vpn-launch as a file to be shown: neither folders, nor what is elsewhere, nor another user's, nor over what is there.
test_files_that_cannot_be_allowed() {
    link home
    on_host sh -c 'install -d -m 700 /run/closed; echo root > /run/closed/file; install -d -m 755 /run/open; echo open > /run/open/file; ln -s /run/closed/file /run/link'
    asked() { alice bash -c "exec '$LAB_PREFIX/libexec/vpnrun/vpn-launch' --environment=7 --strict $1 home -- /bin/sh -c 'cat /run/open/file /run/closed/file; ls -d /run/open /etc/*sswd' 7</dev/null" 2>/dev/null | xargs || true; }
    expect 'open /etc/passwd /run/open' "$(asked --allow=/run/open/file)" 'a file'
    for path in /run/open /run/open/.. /run/../run/open/file /tmp/../run/open/file run/open/file /etc/shadow /run /run/netns; do
        expect /etc/passwd "$(asked "--allow=$path")" "$path"
    done
    for path in /run/closed/file /run/link /run/none; do expect '' "$(asked "--allow=$path")" "$path"; done
    expect '' "$(asked '--allow=/run/open/file --allow=/run/open/file')" 'one twice'
    on_host rm -r /run/closed /run/open /run/link
}

# It ends as it would without; what it leaves behind goes on, and what waits for its output does not wait for that.
test_end_of_a_strict_command() {
    local status took
    link home
    for status in 0 7 255; do
        got=0
        alice vpnrun --strict home -- sh -c "exit $status" || got=$?
        expect $status $got status
    done
    for signal in TERM KILL SEGV PIPE; do
        expect "$(alice sh -c "sh -c 'kill -$signal \$\$'; echo \$?" 2>/dev/null)" "$(alice sh -c "vpnrun --strict home -- sh -c 'kill -$signal \$\$'; echo \$?" 2>/dev/null)" "killed by $signal"
    done
    refuses 127 '^vpnrun: nonesuch: No such file' alice vpnrun --strict home -- nonesuch
    refuses 126 '^vpnrun: /etc/passwd: Permission denied' alice vpnrun --strict home -- /etc/passwd
    # By its number, with a signal that it has a trap for, and with one that timers send.
    expect 'trapped 9' "$(alice sh -c 'vpnrun --strict home -- sh -c "trap \"echo trapped; exit 9\" TERM; echo > ready; while :; do sleep 0.05; done" & until [ -e ready ]; do sleep 0.05; done; kill $!; wait $!; echo $?' | xargs)" 'SIGTERM'
    status=0
    alice /usr/bin/python3 -Ic 'import os, signal
signal.setitimer(signal.ITIMER_REAL, 0.5); os.execvp("vpnrun", ["vpnrun", "--strict", "home", "--", "sleep", "5"])' || status=$?
    expect 142 $status 'status after SIGALRM'
    # With SIGCHLD ignored by the caller, which the command inherits.
    ignoring() { alice /usr/bin/python3 -Ic 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execvp(sys.argv[1], sys.argv[1:])' "$@" grep -E '^Sig(Ign|Blk|Cgt)|^none' /proc/self/status none; echo $?; }
    expect_match 'SigIgn:.*1[0-9]{4} .* 2$' "$(ignoring env 2>/dev/null | xargs)" 'with SIGCHLD ignored'
    expect_same "$(ignoring env 2>/dev/null)" "$(ignoring vpnrun --strict home -- 2>/dev/null)" 'with SIGCHLD ignored'
    took=$(milliseconds alice sh -c 'vpnrun --strict home -- sh -c "sleep 5.25 >/dev/null 2>&1 & echo begun" | cat')
    (( took < 2000 )) || fail "$took ms"
    pgrep -f 'sleep 5[.]25' >/dev/null || fail 'what it left has ended'
    until_true 10 has_no_command_left
    # Killed, all of it ends.
    alice vpnrun --strict home -- sh -c 'sleep 30.5 & setsid sleep 30.5 & wait' &
    until_true 5 sleeping 2
    kill -KILL "$(status home '.commands[0].pid')"
    until_true 5 sleeping 0
    until_true 5 has_no_command_left
}
sleeping() { [[ $(pgrep -fc '^sleep 30[.]5') == "$1" ]]; }
has_no_command_left() { [[ $(status home '.commands | length') == 0 ]]; }

# ^Z, fg and ^C; a shell inside has the terminal, and gives it back; a pipeline's other end.
test_job_control() {
    link home
    install -m 644 "$LAB_HERE/probes/terminal.py" "$LAB"
    printf '%s\n' 'import os, signal, time
signal.signal(signal.SIGINT, lambda *_: os.write(1, b"interrupted\n"))
signal.signal(signal.SIGCONT, lambda *_: os.write(1, b"continued\n"))
os.write(1, b"begun\n")
while True: time.sleep(1)' | alice tee job.py >/dev/null
    job="vpnrun --strict home -- /usr/bin/python3 -I job.py"
    on_terminal() { alice timeout 80 /usr/bin/python3 -I "$LAB/terminal.py" 'bash --norc --noprofile -i' "$@"; }
    said=$(on_terminal "$job" begun ^Z 'Stopped' fg continued ^C interrupted ^Z Stopped 'kill -KILL %1; sleep 0.3; jobs' Killed \
        "$job" begun ^Z Stopped bg continued \
        'set -b; job=$(jobs -p %1); (sleep 0.4; kill -- -$job) &' Terminated \
        'read -r _ _ _ _ group _ _ front _ < /proc/$$/stat; echo the shell is in front: $((group == front))' 'in front: 1\n.*[#$] $' \
        'vpnrun --strict home -- sh -c "echo be""gun; exec sleep 100"' begun ^C '[#$] $' 'echo sta""tus $?' 'status 130' \
        'vpnrun --strict home -- bash --norc --noprofile -i' '[#$] $' \
        '/usr/bin/python3 -I job.py' begun ^Z Stopped fg continued ^C interrupted ^Z Stopped 'kill -KILL %1; sleep 0.3; jobs' Killed 'exit 7' '[#$] $' 'echo sta""tus $?' 'status 7' \
        'sh -c "vpnrun --strict home -- bash --norc --noprofile -i; read x; echo re""ad \$x"' '[#$] $' 'exit' '\n' 'line' 'read line' \
        'vpnrun --strict home -- sh -c "kill -STOP \$\$; echo we""nt on"' Stopped 'fg' 'went on' \
        'vpnrun --strict home -- sh -c "echo pi""ped; sleep 0.3" | sh -c "read x </dev/tty; cat; echo \$x"' '' 'typed' 'piped\ntyped')
    expect 2 "$(grep -c 'interrupted$' <<< "$said")" 'number of interrupts for two ^C'
    expect 3 "$(grep -c 'continued$' <<< "$said")" 'number of times that they heard of fg and bg'
}

# Where the caller stands, and what is open, is no way out.
test_what_is_open() {
    local kind
    link home
    mkdir -m 777 "$LAB/there"
    refuses 125 '^vpnrun: the folder where you are is not there with --strict' alice env -C "$LAB/there" vpnrun --strict home -- true
    expect / "$(alice env -C "$LAB/there" vpnrun --strict --cwd=/ home -- pwd)" '--cwd'
    expect /tmp "$(alice env -C /tmp vpnrun --strict home -- pwd)" /tmp
    refuses 125 'descriptor 0 is a UNIX socket or a folder' alice sh -c 'exec vpnrun --strict home -- true < /tmp'
    refuses 125 'descriptor 0 is a UNIX socket or a folder' alice /usr/bin/python3 -Ic 'import os, socket
a, b = socket.socketpair(); os.dup2(a.fileno(), 0); os.execvp("vpnrun", ["vpnrun", "--strict", "home", "--", "true"])'
    # A place (O_PATH), of a socket's file for example.
    refuses 125 'descriptor 1 is a UNIX socket or a folder' alice /usr/bin/python3 -Ic 'import os
os.dup2(os.open("/etc/passwd", os.O_PATH), 1); os.execvp("vpnrun", ["vpnrun", "--strict", "home", "--", "true"])'
    # One of datagrams: behind an empty one could wait another, with a socket of the host's; and it can be addressed to any abstract one.
    for kind in DGRAM SEQPACKET; do
        refuses 125 'descriptor 1 is a UNIX socket or a folder' alice /usr/bin/python3 -Ic "import os, socket
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_$kind); b.send(b''); socket.send_fds(b, [b'x'], [0])
os.dup2(a.fileno(), 1); os.execvp('vpnrun', ['vpnrun', '--strict', 'home', '--', 'true'])"
    done
    # The journal's, of a service: what is written arrives.
    expect written "$(alice /usr/bin/python3 -Ic 'import os, socket
a, b = socket.socketpair()
if os.fork() == 0:
    os.dup2(a.fileno(), 1); os.execvp("vpnrun", ["vpnrun", "--strict", "home", "--", "echo", "written"])
a.close(); print(b.makefile().read())' | xargs)" 'a socket as standard output'
    expect '0 1 2 3' "$(alice bash -c 'exec 5</etc/passwd 6</tmp 7<>/dev/null; exec vpnrun --strict home -- ls /proc/self/fd' | xargs)" descriptors
}

# Who asks the kernel and vpn sees the command as ever; the two processes beside it are small, and not shown.
test_strict_command_is_known() {
    local process other
    link home
    alice vpnrun --strict home -- sleep 40 &
    until_true 5 sleeps
    process=$(status home '.commands[0].pid')
    expect 'sleep 20001' "$(status home '.commands[0] | "\(.command) \(.uid)"')"
    expect '2 vpnrun --strict home -- sleep 40' "$(alice vpn ps --json | jq -r '.[0] | "\(.processes | length) \(.command)"')" 'vpn ps'
    expect 2 "$(vpn ps --json | jq '.[0].processes | length')" 'processes that root sees'
    for other in $process $(pgrep -P "$process" vpn-launch); do
        # Not what is dirty: of a program that lies on a tmpfs, as in some labs, all is.
        (( $(awk '/^Anonymous/ { print $2 }' "/proc/$other/smaps_rollup") < 400 )) || fail "$(cat "/proc/$other/smaps_rollup")"
        expect_nothing "$(find "/proc/$other/fd" -type l -name '[012]')" 'standard descriptors of a process beside it'
        expect '0000000000000000 1' "$(sed -nE 's/^(CapPrm|NoNewPrivs):\t//p' "/proc/$other/status" | xargs)" 'rights of a process beside it'
    done
    # The proof of vpn check looks at its network, which is that of the process with this number.
    on_host nsenter -t "$process" -n ip link add extra type bridge
    said=$(vpn check home 2>&1) || true
    expect_match "the network of a command \(pid $process\) has another link, extra" "$said" 'vpn check'
    refuses 125 'is in use by sleep' alice vpn unlink home
    vpn unlink home --force >/dev/null
}
sleeps() { pgrep -u $ALICE -fx 'sleep 40' >/dev/null; }

# For another user, by root; and without a VPN inside it, where no_new_privs stands in the way.
test_strict_for_another_user() {
    link home
    expect '20001 1' "$(on_host vpnrun --strict --user=alice --cwd=/ home -- sh -c 'echo $(id -u) $(sed -n "s/^NoNewPrivs:.//p" /proc/self/status) $(ls -A /run; ls -A /tmp)' | xargs)"
    refuses 125 'the caller has set no_new_privs' alice vpnrun --strict home -- vpnrun home -- true
    # A VPN that was entered without it does not stand in the way.
    expect '203.0.113.101 1' "$(alice vpnrun home -- vpnrun --strict --desktop=always home -- sh -c "$LAB_GET $LAB_WEB4/; echo; sed -n 's/^NoNewPrivs:.//p' /proc/self/status" | xargs)"
}

# The box has lost its tunnel: vpn-launch becomes vpnrun and comes again, and knows all of it still. What is started by a click is told why it
# fails, by a process that ends as soon as the command begins.
test_second_launch_and_screen() {
    link home
    userspace || skip 'kernel WireGuard'
    kill_userspace home
    expect '20001 1' "$(on_host vpnrun -q --strict --user=alice --cwd=/ home -- sh -c 'echo $(id -u) $(sed -n "s/^NoNewPrivs:.//p" /proc/self/status)')" 'with a new tunnel'
    alice vpnrun --strict --desktop home -- sleep 7.25 2>/dev/null &
    until_true 5 pgrep -fx 'sleep 7[.]25' >/dev/null
    until_true 2 no_onlooker
    expect 127 "$(alice sh -c 'vpnrun --strict --desktop home -- nonesuch 2> said || echo $?')" status
    expect 'vpnrun: nonesuch: No such file or directory' "$(alice cat said)"
}
no_onlooker() { ! pgrep -u "$ALICE" -fx 'vpnrun --strict --desktop.*' >/dev/null; }

# Where resolv.conf is a link into /run, as with NetworkManager: the VPN's own file, or the host's if the VPN has no DNS.
test_resolv_conf_in_run() {
    on_host sh -c 'mkdir -p /run/NetworkManager; mv /etc/resolv.conf /run/NetworkManager; ln -s ../run/NetworkManager/resolv.conf /etc/resolv.conf'
    trap 'on_host sh -c "rm /etc/resolv.conf; mv /run/NetworkManager/resolv.conf /etc; rmdir /run/NetworkManager"' EXIT
    link home
    expect '"home"' "$(alice vpnrun --strict home -- $LAB_DIG who.test TXT)" 'resolver'
    expect 172.27.12.9 "$(alice vpnrun --strict home -- getent ahostsv4 printer.corp.test | awk 'NR == 1 { print $1 }')" 'a name'
    unlink_vpn home
    link_with home DNS=
    expect_same "$(on_host cat /etc/resolv.conf)" "$(alice vpnrun --strict home -- cat /etc/resolv.conf)" 'resolv.conf of a VPN without DNS'
}

# System calls of vpn-launch and of the processes beside the command that can fail, failing: what starts is strict, or nothing does.
# LAB_STRIDE: every how many-th call.
test_every_system_call_of_a_strict_launch_failing() {
    local call n out status wanted tried=0
    command -v strace >/dev/null || skip 'no strace'
    link home
    inject() {
        on_host strace -f -u alice "$@" "$LAB_PREFIX/libexec/vpnrun/vpn-launch" --environment=9 --quiet --strict home -- /bin/sh -c \
            'echo $$; while read -r key value; do case $key in CapPrm: | NoNewPrivs: | Seccomp:) echo $value ;; esac; done < /proc/self/status; echo /run/* /tmp/*' 9</dev/null
    }
    wanted='2 0000000000000000 1 2 /run/user /tmp/*'
    expect "$wanted" "$(inject -qq -o "$LAB/trace" | xargs)" 'without a failure'
    # Those of each process, from the mount namespace on; not the command's own.
    awk '{ pid = $1; sub(/^[0-9]+ +/, ""); call = $0; sub(/\(.*/, "", call) }
        call == "execve" && seen++ { done[pid] = 1 }
        done[pid] || call !~ /^[a-z_0-9]+$/ || call ~ /^(brk|mmap|munmap|mprotect|exit_group|prlimit64|get[ug]id|gete[ug]id|umask|getpid|wait4|rt_sigtimedwait|rt_sigreturn)$/ { next }
        { n[pid, call]++; if (/CLONE_NEWNS/) begun = 1; if (begun && !known[call, n[pid, call]]++) print call, n[pid, call] }' "$LAB/trace" > "$LAB/calls"
    (( $(wc -l < "$LAB/calls") > 60 )) || fail 'too few calls'
    while read -r call n; do
        status=0
        out=$(inject -qq -o /dev/null -e "inject=$call:error=EIO:when=$n" 2> "$LAB/said") || status=$?
        # The shell's own calls fail, too: then it says less.
        out=$(xargs <<< "$out")
        [[ $wanted == "$out"* && ($out || $status != 0) ]] || fail "$call $n fails: status $status, '${out:0:200}', $(< "$LAB/said")"
        tried=$((tried + 1))
    done < <(awk -v stride="${LAB_STRIDE:-5}" 'NR % stride == 1 || stride == 1' "$LAB/calls")
    echo "$tried of $(wc -l < "$LAB/calls") calls"
}
