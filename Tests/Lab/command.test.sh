# shellcheck shell=bash
# The command is the caller's own: whatever can be seen of it is the same with vpnrun and without.

# same COMMAND...: prints the same when alice runs it directly and in the VPN.
same() { expect_same "$(alice "$@")" "$(alice vpnrun home -- "$@")" "$*"; }

test_same_process() {
    link home
    alice sh -c 'echo $$; exec vpnrun home -- sh -c "echo \$\$"' > "$LAB/pids"
    expect 1 "$(sort -u "$LAB/pids" | wc -l)" 'different process ids'
    expect 1 "$(alice vpnrun home -- sh -c 'ls /proc/self/task | wc -l')" threads
}

test_same_identity() {
    link home
    same id
    same sh -c 'grep -E "^(Uid|Gid|Groups|Umask|NoNewPrivs|Seccomp|Sig(Pnd|Blk|Ign|Cgt)|ShdPnd|CapBnd)" /proc/self/status'
    same stat -c '%u %g' /proc/self/environ
    same sh -c 'cat /proc/self/oom_score_adj /proc/self/coredump_filter; ulimit -a; ps -o ni,cls,rtprio,tty= -p $$'
}

test_same_place() {
    link home
    for folder in / /tmp /home/alice; do
        expect $folder "$(alice env -C $folder vpnrun home -- pwd -P)" 'working directory'
    done
    expect 0027 "$(alice sh -c 'umask 027; exec vpnrun home -- sh -c umask')" umask
    expect "$(on_host readlink /proc/self/ns/pid /proc/self/ns/user /proc/self/ns/ipc /proc/self/ns/uts | xargs)" \
        "$(alice vpnrun home -- readlink /proc/self/ns/pid /proc/self/ns/user /proc/self/ns/ipc /proc/self/ns/uts | xargs)" 'other namespaces'
}

test_same_session_and_terminal() {
    link home
    command -v script >/dev/null || skip 'no script(1)'
    expect_match '^/dev/pts/[0-9]+ same' "$(alice script -qec 'vpnrun home -- sh -c "tty; ps -o pid=,pgid=,tpgid= -p \$\$" | xargs' /dev/null |
        tr -d '\r' | awk '{ print $1, ($2 == $3 || $3 == $4) ? "same" : $0 }')"
}

test_same_environment_byte_for_byte() {
    link home
    alice /usr/bin/python3 -I - /usr/bin/cat /proc/self/environ < "$LAB_HERE/environment.py" > "$LAB/direct"
    alice /usr/bin/python3 -I - "$LAB_PREFIX/bin/vpnrun" home -- /usr/bin/cat /proc/self/environ < "$LAB_HERE/environment.py" > "$LAB/inside"
    # Ours are the last, and all else as it was.
    expect 'VPNRUN=home MOZ_DBUS_APP_NAME=vpn_home ' "$(tail -c 39 "$LAB/inside" | tr "\0" " ")" "the last variables"
    cmp "$LAB/direct" <(head -c -39 "$LAB/inside")
    (( $(wc -c < "$LAB/inside") > 100000 ))
}

test_preloaded_libraries_never_enter_the_helper() {
    command -v gcc >/dev/null || skip 'no C compiler'
    link home
    on_host gcc -shared -fPIC -o /home/preload.so -x c - <<'END'
#include <fcntl.h>
#include <sys/auxv.h>
__attribute__((constructor)) static void loaded(void) { open(getauxval(AT_SECURE) ? "/tmp/../home/alice/secure" : "/home/alice/plain", O_CREAT | O_WRONLY, 0600); }
END
    alice env LD_PRELOAD=/home/preload.so LD_AUDIT=/home/preload.so vpnrun home -- true
    on_host test -e /home/alice/plain
    on_host test ! -e /home/alice/secure
}

test_same_limits() {
    link home
    for limits in : 'ulimit -Sn 100; ulimit -c 0; ulimit -Ss 4096; ulimit -v 4000000; ulimit -u 500' 'ulimit -Hn 64; ulimit -f 1000; ulimit -t 100'; do
        expect_same "$(alice bash -c "$limits"'; cat /proc/self/limits')" "$(alice bash -c "$limits"'; exec vpnrun home -- cat /proc/self/limits')" limits
    done
}

# A limit of nothing cannot be lifted, and the environment goes through memory: one sentence, and no signal.
test_limit_on_file_sizes() {
    link home
    refuses 125 'limit on file sizes .`ulimit -f`' alice bash -c 'ulimit -f 0; vpnrun home -- true'
    alice bash -c 'ulimit -Sf 1000; vpnrun home -- true'
}

# As cron(8) of some systems and careless daemons start programs: no status of a child is kept then.
test_ignored_sigchld() {
    local ignoring=(alice /usr/bin/python3 -Ic 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execvp(sys.argv[1], sys.argv[1:])')
    link home
    expect 203.0.113.101 "$("${ignoring[@]}" vpnrun --wait -- $LAB_GET $LAB_WEB4/)" 'vpnrun, which asks for a name and waits'
    # For the command it is as it was.
    expect_match '1....$' "$("${ignoring[@]}" vpnrun home -- sed -n 's/^SigIgn:\t//p' /proc/self/status)" 'ignored by the command'
    "${ignoring[@]}" vpn up home >/dev/null
    "${ignoring[@]}" vpn status home >/dev/null
    "${ignoring[@]}" vpn link home >/dev/null
}

test_same_arguments_byte_for_byte() {
    link home
    arguments=('' 'two words' $'\xff\xfe' $'new\nline' '--' '-v' '$(id)' "$(head -c 120000 /dev/zero | tr '\0' x)" '*')
    alice /bin/bash -c 'cat /proc/$$/cmdline; true' '' "${arguments[@]}" > "$LAB/direct"
    alice vpnrun home -- /bin/bash -c 'cat /proc/$$/cmdline; true' '' "${arguments[@]}" > "$LAB/inside"
    cmp "$LAB/direct" "$LAB/inside"
}

# A file, both ends of a pipe, a socket of UNIX; with numbers that are not the next free ones.
descriptors() {
    alice /usr/bin/python3 -Ic '
import fcntl, os, socket, sys
opened = os.open("/etc/passwd", os.O_RDONLY), *os.pipe(), socket.socketpair()[0].detach()
aside = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 300) for descriptor in opened]
for number, descriptor in zip((7, 9, 20, 200), aside):
    os.dup2(descriptor, number)
os.execvp(sys.argv[1], sys.argv[1:])' "$@" find /proc/self/fd -type l -printf '%f %l\n' | sed 's/[0-9]*\]$/N]/; /\/proc\//d; /^1 /d' | sort -n
}

test_same_descriptors() {
    link home
    expect_match $'7 /etc/passwd\n9 pipe.*\n20 pipe.*\n200 socket' "$(descriptors env)"
    expect_same "$(descriptors env)" "$(descriptors vpnrun home --)" descriptors
    expect 'through a socket' "$(alice /usr/bin/python3 -Ic 'import os, socket
a, b = socket.socketpair(); b.send(b"through a socket"); os.dup2(a.fileno(), 7)
os.execvp("vpnrun", ["vpnrun", "home", "--", "python3", "-Ic", "import socket; print(socket.socket(fileno=7).recv(99).decode())"])')"
}

test_closed_descriptors_are_no_trap() {
    link home
    for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
        alice bash -c "vpnrun home -- sh -c 'echo text; echo text >&2; true </dev/stdin; exit 5' $closed" >/dev/null 2>&1 || expect 5 $? "status with $closed"
    done
}

test_sockets_of_the_host_do_not_come_along() {
    link home
    alice /usr/bin/python3 -Ic 'import os, socket
s = socket.create_connection(("192.0.2.80", 80)); os.dup2(s.fileno(), 7)
os.execvp("vpnrun", ["vpnrun", "home", "--", "sh", "-c", "test ! -e /proc/self/fd/7"])' 2> "$LAB/said"
    test -s "$LAB/said"
}

test_same_exit_status() {
    link home
    for status in 0 1 2 7 124 125 126 127 255; do
        got=0; alice vpnrun home -- sh -c "exit $status" || got=$?
        expect $status $got 'exit status'
    done
    got=0; alice sh -c 'vpnrun home -- sh -c "kill -TERM \$\$"; echo $? > status' 2>/dev/null
    expect 143 "$(alice cat status)" 'killed by SIGTERM'
}

test_own_exit_status() {
    link home
    alice touch plain
    alice mkdir folder
    alice sh -c 'printf "#!/nonexistent/interpreter\n" > script; chmod +x script'
    refuses 127 no-such-program alice vpnrun home -- no-such-program
    refuses 127 nonexistent alice vpnrun home -- /nonexistent/program
    refuses 126 plain alice vpnrun home -- ./plain
    refuses 126 folder alice vpnrun home -- ./folder
    refuses 127 script alice vpnrun home -- ./script
    refuses 125 nothere alice vpnrun nothere -- true
    for usage in '' 'home --' '--' '--nonsense' '--nonsense home -- true'; do
        got=0; alice vpnrun $usage >/dev/null 2>&1 || got=$?
        expect 2 $got "usage error of vpnrun $usage"
    done
}

test_no_capability_is_left() {
    link home
    expected='CapInh: 0000000000000000 CapPrm: 0000000000000000 CapEff: 0000000000000000 CapAmb: 0000000000000000'
    expect "$expected" "$(alice vpnrun home -- grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status | xargs)"
    expect "$expected" "$(on_host setpriv --reuid=alice --regid=alice --init-groups --inh-caps=+net_raw,+chown --ambient-caps=+net_raw,+chown \
        vpnrun home -- grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status | xargs)" 'of a caller that had some'
}

test_signals_reach_the_command() {
    link home
    alice bash -c 'vpnrun home -- sh -c "trap \"echo caught; exit 9\" USR1; echo ready >&2; while :; do sleep 0.05; done" & wait_for=$!
        sleep 0.01; until grep -q sh /proc/$wait_for/comm; do sleep 0.01; done; sleep 0.1; kill -USR1 $wait_for; wait $wait_for; echo $?' > "$LAB/said" 2>/dev/null
    expect 'caught 9' "$(xargs < "$LAB/said")"
}
