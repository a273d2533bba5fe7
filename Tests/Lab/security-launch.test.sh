# shellcheck shell=bash disable=SC2016,SC2086
# What a caller may have left open, and what happens when the kernel says no.


# Whichever of 0, 1 and 2 are closed: the command has them all, those as /dev/null (or glibc's /dev/full), and nothing else;
# what vpnrun has to say is in no file of the caller's.
test_standard_descriptors_in_all_combinations() {
    local closed fd wanted
    link home
    for closed in '' 0 1 2 01 02 12 012; do
        alice rm -f list said
        alice /usr/bin/python3 -Ic 'import os, sys
for fd in range(3): os.dup2(os.open("said", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), fd)
os.closerange(3, 1024)
os.dup2(os.open("/etc/passwd", os.O_RDONLY), 5)
for fd in sys.argv[1]: os.close(int(fd))
os.execvp("vpnrun", ["vpnrun", "-v", "home", "--", "find", "/proc/self/fd", "-type", "l", "-fprintf", "list", "%f %l\n"])' "$closed"
        for fd in 0 1 2; do
            wanted='/home/alice/said'
            [[ $closed != *$fd* ]] || wanted='/dev/(null|full)'
            expect_match "(^|"$'\n'")$fd $wanted" "$(alice cat list)" "descriptors with '$closed' closed"
        done
        expect_nothing "$(alice grep -Ev '^([012] |5 /etc/passwd|[0-9]+ /home/alice/list|[0-9]+ /(proc/[0-9]+(/fd)?|home/alice)$)' list)" "other descriptors with '$closed' closed"
        [[ $closed == *2* ]] && wanted='^$' || wanted='^vpnrun: 10\.20\.1\.[0-9]+ in home$'
        expect_match "$wanted" "$(alice cat said)" "what was written with '$closed' closed"
    done
}

# TCP, UDP, netlink and a listener of the host's are closed, each with a notice; pipes, files and UNIX sockets work.
test_inherited_descriptors() {
    local got
    link home
    got=$(alice /usr/bin/python3 -I - < "$LAB_HERE/probes/inherit.py" 2> "$LAB/said") || fail "$(< "$LAB/said")"
    expect '0=/dev/null 1 2 9=file 10=pipe 11=unix' "$got" 'what the command has'
    expect '0 5 6 7 8 12' "$(sed -nE 's/^vpnrun: descriptor ([0-9]+) was a socket of another network: closed$/\1/p' "$LAB/said" | sort -n | xargs)" 'notices'
}

# A socket of one VPN is not taken along into another.
test_sockets_of_another_vpn() {
    link home work
    expect closed "$(alice vpnrun home -- /usr/bin/python3 -Ic 'import os, socket
s = socket.socket(); os.dup2(s.fileno(), 7)
os.execvp("vpnrun", ["vpnrun", "work", "--", "sh", "-c", "test -e /proc/self/fd/7 || echo closed"])' 2>/dev/null)"
    expect 203.0.113.102 "$(alice vpnrun home -- vpnrun work -- $LAB_GET $LAB_WEB4/)" 'a VPN in a VPN'
}

test_state_of_the_command() {
    link home
    expect '1 0 0' "$(alice vpnrun home -- /usr/bin/python3 -Ic 'import ctypes
c = ctypes.CDLL(None); print(*(c.prctl(n, 0, 0, 0, 0) for n in (3, 39, 27)))')" 'dumpable, no_new_privs, securebits'
    expect 0 "$(alice vpnrun home -- sh -c 'sed -n "s/^Seccomp:\t//p" /proc/self/status')" seccomp
    # The kernel gives a setuid program its rights, bounding set and all: sudo must work.
    on_host sh -c 'install -m 4755 /usr/bin/grep /home/setuid'
    expect 'CapEff: 0000000000000000' "$(alice vpnrun home -- grep CapEff /proc/self/status | xargs)"
    expect "$(alice /home/setuid CapEff /proc/self/status)" "$(alice vpnrun home -- /home/setuid CapEff /proc/self/status)" 'of a setuid program'
    on_host rm /home/setuid
}

# alarm(2) and the like are kept by execve; a program that gives its child a time limit so still does.
test_alarm_of_the_caller() {
    local status=0
    link home
    alice /usr/bin/python3 -Ic 'import os, signal
signal.setitimer(signal.ITIMER_REAL, 0.5); os.execvp("vpnrun", ["vpnrun", "home", "--", "sleep", "2"])' || status=$?
    expect 142 "$status" 'status after SIGALRM'
}

# The alias of a port has 255 bytes.
test_long_and_strange_names_of_programs() {
    link home
    for name in "$(printf 'é%.0s' {1..120})" "$(printf 'x%.0s' {1..255})" $'\x01\x02\x7f"\\' 'uid=0 pid=1 root' ' ' '-- x' \
        'forward=4000:0:22 x' 'lan=192.168.50.7:445 x' 'publish=8080 x'; do
        alice cp /bin/sleep "./$name"
        alice vpnrun home -- "./$name" 20 &
        until_true 5 has_one_command
        expect 20001 "$(status home '.commands[0].uid')" "uid of $name"
        # What it is called promises nothing, and is shown as it is.
        expect '[null,[],[]]' "$(status home '.commands[0] | [.forwarded, .lan, .published] | tojson')" "what $name was given"
        [[ $name == *[$'\x01é']* ]] || expect "${name:0:60}" "$(status home '.commands[0].command')" 'its name'
        kill -KILL "$(status home '.commands[0].pid')"
        until_true 5 has_no_command
        alice rm "./$name"
    done
}
has_one_command() { [[ $(status home '.commands | length') == 1 ]]; }
has_no_command() { [[ $(status home '.commands | length') == 0 ]]; }

# What comes as the environment's descriptor.
test_environment_descriptor() {
    local -A given=([nothing]='</dev/null' [unterminated]='< <(printf "A=1\0B=2")' [folder]='</etc' [huge]='< <(head -c 9000000 /dev/zero)'
        [endless]='</dev/zero' [closed]='<&-' [socket]='<>/dev/tcp/192.0.2.80/81')
    link home
    for word in 0 2 -1 99 3x 0x3 99999999999 4294967299 ''; do
        refuses 125 '^vpnrun: ' alice "$(launcher)" --environment=$word home -- true
    done
    for name in folder huge endless closed; do
        refuses 125 'environment' alice bash -c "exec '$(launcher)' --environment=7 home -- /usr/bin/env 7${given[$name]}"
    done
    expect 'A=1' "$(alice bash -c "exec '$(launcher)' --environment=7 home -- /usr/bin/env 7${given[unterminated]}")"
    expect '' "$(alice bash -c "exec '$(launcher)' --environment=7 home -- /usr/bin/env 7${given[nothing]}")"
}

# raw sockets TYPE...: also as root of a user namespace, to which the command's network does not belong.
test_raw_sockets_in_a_user_namespace() {
    link home
    for shell in '' 'unshare -Ur' 'unshare -Urm' 'unshare -Urpf'; do
        expect 'EPERM EPERM EPERM EPERM' "$(alice vpnrun home -- $shell /usr/bin/python3 -Ic 'import errno, socket
def tries(*a, mark=False):
    try:
        s = socket.socket(*a)
        if mark: s.setsockopt(1, 36, 10001)
        return "open"
    except OSError as e: return errno.errorcode[e.errno]
print(tries(socket.AF_PACKET, socket.SOCK_RAW, 0x300), tries(socket.AF_INET, socket.SOCK_RAW, 1), tries(socket.AF_INET6, socket.SOCK_RAW, 58),
    tries(socket.AF_INET, socket.SOCK_DGRAM, mark=True))')" "packet, raw, raw over IPv6, SO_MARK with '$shell'"
        for denied in 'ip link set dev eth0 down' 'ip address add 10.20.1.99/24 dev eth0' 'nft flush ruleset' 'nsenter --net=/run/netns/vpn-home true' 'nsenter -t 1 -n true'; do
            ! alice vpnrun home -- $shell $denied >/dev/null 2>&1 || fail "allowed with '$shell': $denied"
        done
    done
}

# Every system call of vpn-launch that can fail, failing. Either the command runs as it should, or not at all; without a word if capabilities
# cannot be lowered.
test_every_system_call_failing() {
    local call n before out status
    command -v strace >/dev/null || skip 'no strace'
    link home
    inject -qq -o "$LAB/trace" >/dev/null
    before=$(snapshot)
    # From its first look at its capabilities on; memory and what cannot fail aside.
    awk -F'(' '{ n[$1]++ } /^capget/ { begun = 1 } /^execve/ && begun { exit }
        begun && $1 !~ /^(brk|mmap|munmap|mprotect|exit_group|prlimit64|get[ug]id|gete[ug]id|umask|getpid)$/ { print $1, n[$1] }' "$LAB/trace" > "$LAB/calls"
    (( $(wc -l < "$LAB/calls") > 100 )) || fail 'too few calls'
    while read -r call n; do
        status=0
        out=$(inject -qq -o /dev/null -e "inject=$call:error=${LAB_ERROR:-EIO}:when=$n" 2> "$LAB/said") || status=$?
        case $status:$out in
            0:0000000000000000\ 203.0.113.101) ;;
            125:) [[ $call == cap?et ]] || expect 1 "$(grep -c '^vpnrun: ' "$LAB/said" || true)" "sentences when $call $n fails: $(< "$LAB/said")" ;;
            *) fail "$call $n fails: status $status, '$out', $(< "$LAB/said")" ;;
        esac
    done < "$LAB/calls"
    expect_no_trace "$before"
}
# Prints the command's capabilities, and what the internet sees if asked by it.
inject() {
    on_host strace -u alice "$@" "$(launcher)" --environment=9 home -- /bin/sh -c \
        'echo "$(sed -n "s/^CapPrm:\t//p" /proc/self/status) $(curl -s -m 5 http://192.0.2.80/)"' 9</dev/null
}
