# shellcheck shell=bash disable=SC2016
# A hostile caller: what the capable programs obey, when they hold what, and what can be done to them meanwhile.
# Root traces them (`strace -u alice`): for a tracer with CAP_SYS_PTRACE the kernel lets them keep their capabilities.


# traced OPTION... -- COMMAND...: alice's, with an empty environment but for what `-E` gives; the trace is $LAB/trace.
traced() {
    command -v strace >/dev/null || skip 'no strace'
    local -a options=()
    while [[ $1 != -- ]]; do options+=("$1"); shift; done
    on_host strace -u alice -qq -o "$LAB/trace" "${options[@]}" "${@:2}" 9</dev/null
}

# held COMMAND...: alice's vpn-launch, waiting for its environment. Its process is $held; it ends with the test.
held() {
    alice sh -c 'rm -f held process; mkfifo held'
    alice sh -c 'exec 9<>held; echo $$ > process; exec "$@"' sh "$(launcher)" --environment=9 "$@" &
    until_true 5 on_host test -s /home/alice/process
    held=$(on_host cat /home/alice/process)
    until_true 5 waits_to_read "$held"
}
waits_to_read() { [[ $(readlink "/proc/$1/exe") == */vpn-launch ]] && grep -q '^0 0x9 ' "/proc/$1/syscall"; }

test_a_program_name_of_100_kilobytes() {
    local before
    link home
    before=$(snapshot)
    for helper in "$(launcher)" "$(linker)"; do
        for name in '' '%n%n%s' $'two\nlines' "$(head -c 100000 /dev/zero | tr '\0' x)"; do
            said=$(alice bash -c 'exec -a "$1" "$2"' bash "$name" "$helper" 2>&1) && fail "$helper without arguments succeeds"
            expect_match '^vpn(run)?: .{10,120}$' "$said" "what $helper says"
        done
    done
    expect_same "$before" "$(snapshot)" 'the host'
}

# Nothing that these name is opened, looked for, or said. A program without capabilities shows that the trace would tell.
test_environment_is_not_obeyed() {
    local -a poison=() command=(home -- /bin/true)
    for name in LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT LD_DEBUG_OUTPUT GCONV_PATH LOCPATH NLSPATH TZDIR TMPDIR HOME ICU_DATA CFFIXED_USER_HOME SWIFT_ROOT SWIFT_BACKTRACE \
        SWIFT_DEBUG_LIB_PRESPECIALIZED_PATH RESOLV_HOST_CONF HOSTALIASES LOCALDOMAIN MALLOC_TRACE GETCONF_DIR XDG_RUNTIME_DIR PATH USER LOGNAME SHELL; do
        poison+=(-E "$name=/poison/file")
    done
    poison+=(-E TZ=../../../poison/file -E LANG=poison -E LC_ALL=poison -E LIBDISPATCH_LOG=file -E SWIFT_DEBUG_HELP=1 -E GLIBC_TUNABLES=glibc.malloc.check=3)
    link home
    traced "${poison[@]}" -- /bin/true 2>"$LAB/said"
    expect_match poison "$(grep -v '^execve' "$LAB/trace")" 'the trace'
    for helper in launch link; do
        [[ $helper == launch ]] && command=("$(launcher)" --environment=9 "${command[@]}") || command=("$(linker)" show home)
        traced "${poison[@]}" -- "${command[@]}" > "$LAB/said" 2>&1
        expect_nothing "$(grep -v '^execve' "$LAB/trace" | grep poison)" "system calls of vpn-$helper"
        expect_nothing "$(grep -Ei 'poison|swift|malloc|calling init' "$LAB/said")" "what vpn-$helper said"
    done
}

# NixOS's wrappers: a program with capabilities makes them ambient and executes one that has none of its own. The kernel does not call that
# secure, so the loader obeys the caller, and a library of the caller's runs with the capabilities before our first line: a refusal comes too
# late for such a wrapper, and there must be none (docs/packaging.md). The helpers refuse, so that no system works that way.
test_capabilities_of_a_wrapper_are_refused() {
    command -v gcc >/dev/null || skip 'no C compiler'
    on_host gcc -o /home/wrapper -x c - <<'END'
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {};
    syscall(SYS_capget, &header, data);
    for (int i = 0; i < 2; i++) data[i].inheritable = data[i].permitted;
    if (syscall(SYS_capset, &header, data)) return 2;
    for (int c = 0; c < 64; c++)
        if (data[c / 32].permitted & 1u << c % 32 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0)) return 3;
    if (getenv("WANTED")) setenv("LD_PRELOAD", getenv("WANTED"), 1); /* glibc cleared it; a static program of musl would not have */
    execv(argv[1], argv + 1);
    return 4;
}
END
    on_host gcc -shared -fPIC -o /home/preload.so -x c - <<'END'
#include <stdio.h>
__attribute__((constructor)) static void loaded(void) {
    char line[100], set[100];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) if (sscanf(line, "CapEff: %99s", set) == 1) fprintf(stderr, "loaded with %s\n", set);
}
END
    local helper capabilities words
    on_host chmod 755 /home/preload.so
    for helper in launch link; do
        capabilities=cap_net_admin,cap_sys_admin words=(--environment=9 home -- true)
        [[ $helper == launch ]] || capabilities+=,cap_dac_override words=(unlink home)
        on_host install -m 755 "$LAB_PREFIX/libexec/vpnrun/vpn-$helper" /home/plain
        on_host setcap $capabilities=ep /home/wrapper
        refuses 125 "vpn-$helper must have its capabilities from its file, not from a wrapper" alice sh -c 'exec "$@" 9</dev/null' sh /home/wrapper /home/plain "${words[@]}"
        expect_match 'loaded with 0*[1-9]' "$(alice env WANTED=/home/preload.so /home/wrapper /home/plain 2>&1 || true)" 'what the loader does for a wrapper'
    done
}

test_nothing_effective_at_start() {
    link home
    held home -- /bin/true
    expect 'CapInh: 0000000000000000 CapPrm: 0000000000201000 CapEff: 0000000000000000 CapAmb: 0000000000000000 NoNewPrivs: 0' \
        "$(grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)' "/proc/$held/status" | xargs)" 'capabilities of vpn-launch'
    expect 1 "$(od -An -v -t u8 -w16 "/proc/$held/auxv" | awk '$1 == 23 { print $2 }')" AT_SECURE
    expect 1 "$(find "/proc/$held/task" -mindepth 1 -maxdepth 1 | wc -l)" threads
}

# raised: of the trace, the system calls made while a capability was effective, each with which.
raised() {
    awk '/^capset/ { match($0, /effective=[^,]*/); now = substr($0, RSTART + 10, RLENGTH - 10) }
        now != "0" && now != "" && !/^cap[sg]et/ { gsub("1<<CAP_", "", now); print now " " $0 }' "$LAB/trace"
}
allowed='(brk|mmap|munmap|close|read|write|fcntl|fstatfs|newfstatat|getrandom)'

# One capability around one operation; no path of the caller's, and never while it becomes another program.
test_launch_raises_little() {
    link home
    traced -- "$(launcher)" --environment=9 home -- /bin/true
    raised > "$LAB/raised"
    for seen in 'NET_ADMIN sendto' 'SYS_ADMIN mount'; do grep -q "^$seen" "$LAB/raised"; done
    expect_nothing "$(grep -Ev "^NET_ADMIN ($allowed|socket|setsockopt|sendto|recvfrom)\(|^NET_ADMIN openat\(AT_FDCWD, \"/proc/sys/net/" "$LAB/raised" |
        grep -Ev "^SYS_ADMIN ($allowed|setns|unshare|mount|mkdir|symlink|access|readlink|umount2|landlock_[a-z_]*)\(|^SYS_ADMIN openat\(AT_FDCWD, \"/(run|proc/thread-self/ns/net|etc)")" 'with a capability'
    expect_match 'effective=0, permitted=0, inheritable=0' "$(grep '^capset' "$LAB/trace" | tail -n 1)" 'the last capset'
    expect_nothing "$(sed '1,/^capset.*permitted=0, inheritable=0/d; /^execve/,$d' "$LAB/trace" |
        grep -Ev '^(capget|umask|prlimit64|rt_sigprocmask|brk|mmap|munmap)\(|^unshare\(CLONE_NEWNET\) += -1 EPERM')" 'between giving up capabilities and execve'
    expect_match '= 0$' "$(grep '^execve("/bin/true"' "$LAB/trace")" 'execve of the command'
}

# What the caller could do to a process of his own, were it not for its capabilities.
test_helpers_cannot_be_looked_into() {
    link home
    held home -- /bin/true
    expect '' "$(alice /usr/bin/python3 -I - "$held" < "$LAB_HERE/probes/intrude.py")" 'allowed to alice, before the first capability'
    # Again with what it has at other times: in the box, half-way through its mounts, and when it has dropped all and is about to execve.
    for moment in setns:1 mount:4 execve:2; do
        alice rm process
        on_host strace -u alice -qq -o "$LAB/trace" -e "inject=${moment%:*}:delay_enter=1500000:when=${moment#*:}" \
            sh -c 'echo $$ > /home/alice/process; exec "$@"' sh "$(launcher)" --environment=9 home -- /bin/true 9</dev/null &
        until_true 5 is_in "${moment%:*}"
        expect '' "$(alice /usr/bin/python3 -I - "$process" < "$LAB_HERE/probes/intrude.py")" "allowed to alice at $moment"
        grep -q vpn-launch "/proc/$process/cmdline" || fail "vpn-launch has gone on from $moment"
        wait $!
    done
    alice sh -c 'echo $$ > process; exec sleep 5' &
    until_true 5 alice_sleeps
    expect 'mem environ maps fd ns pidfd_getfd ptrace' "$(alice /usr/bin/python3 -I - "$process" < "$LAB_HERE/probes/intrude.py")" 'allowed for a process of her own'
}
alice_sleeps() { process=$(on_host cat /home/alice/process) && grep -qs sleep "/proc/$process/comm"; }
# The traced process, once it waits in that call.
is_in() {
    process=$(on_host cat /home/alice/process 2>/dev/null) && grep -qs vpn-launch "/proc/$process/comm" && grep -qs "^$(number_of "$1") " "/proc/$process/syscall"
}
number_of() { /usr/bin/python3 -Ic 'import sys
print({"x86_64": {"setns": 308, "mount": 165, "execve": 59}, "aarch64": {"setns": 268, "mount": 40, "execve": 221}}[sys.argv[1]][sys.argv[2]])' "$(uname -m)" "$1"; }

# refused_in REGEX COMMAND...: nothing made.
refused_in() {
    local before
    before=$(snapshot)
    refuses 125 "$@"
    expect_same "$before" "$(snapshot)" "the host, after '${*:2}'"
}

test_why_capabilities_are_missing() {
    link home
    refused_in no_new_privs alice setpriv --no-new-privs vpnrun home -- true
    refused_in no_new_privs alice setpriv --no-new-privs "$(linker)" unlink home
    refused_in 'user namespace' alice unshare -Ur vpnrun home -- true
    refused_in 'user namespace' alice unshare -Urm "$(linker)" unlink home
    refused_in 'being traced' alice strace -o /dev/null "$(launcher)" --environment=9 home -- true 9</dev/null
    on_host sh -euc 'mkdir /home/nosuid; mount --bind "$1" /home/nosuid; mount -o remount,bind,nosuid /home/nosuid' sh "$LAB_PREFIX"
    refused_in nosuid alice /home/nosuid/bin/vpnrun home -- true
    refused_in nosuid alice /home/nosuid/libexec/vpnrun/vpn-link unlink home
    on_host sh -euc 'umount /home/nosuid; cp -r "$1"/* /home/nosuid; chgrp -R vpn /home/nosuid' sh "$LAB_PREFIX"
    refused_in copying alice /home/nosuid/bin/vpnrun home -- true
    on_host rm -r /home/nosuid
}
