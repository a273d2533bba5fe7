# shellcheck shell=bash
# The capable programs as files: what they are linked with, how, whose they are, what they may do.

capable() { printf '%s\n' "$LAB_PREFIX"/libexec/vpnrun/vpn-{launch,link}; }
fast() { printf '%s\n' "$LAB_PREFIX"/bin/vpn{,run}; capable; }

test_needed_libraries() {
    for program in $(capable); do
        expect 'libc.so.6 libcap.so.2' "$(on_host readelf -dW "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | xargs)" "libraries of $program"
    done
    # What the front end links is the user's own affair; it gets no capability to misuse.
    for program in "$LAB_PREFIX"/bin/vpn{,run}; do
        expect_nothing "$(on_host readelf -dW "$program" | grep NEEDED | grep -Ev '\[lib(c|cap)\.so\.[26]\]')" "libraries of $program"
    done
}

# An absolute RUNPATH is honoured for a program with capabilities.
test_hardening() {
    local dynamic headers
    for program in $(fast) "$LAB_PREFIX/libexec/vpnrun/vpn-manage"; do
        dynamic=$(on_host readelf -dW "$program") headers=$(on_host readelf -hlW "$program")
        expect_nothing "$(grep -E 'R(UN)?PATH|TEXTREL|\((LD_)?AUDIT\)|DEPAUDIT' <<< "$dynamic")" "$program"
        expect_match 'BIND_NOW|Flags: .*NOW' "$dynamic" "dynamic section of $program"
        expect_match 'Type: +DYN' "$headers" "type of $program"
        expect_match 'GNU_RELRO' "$headers" "segments of $program"
        expect_match 'GNU_STACK +0x0+ 0x0+ 0x0+ 0x0+ 0x0+ RW +0' "$headers" "segments of $program"
        expect_match 'interpreter: /lib(64)?/ld-linux' "$headers" "segments of $program"
        expect_nothing "$(grep -E ' LOAD .* RWE ' <<< "$headers")" "$program: memory both writable and executable"
    done
}

# The C in them is built with a stack protector; Swift checks bounds by itself. The installed ones are stripped.
test_stack_protector() {
    command -v objdump >/dev/null || skip 'no objdump'
    for program in vpn-launch vpn-link; do
        expect_match '__stack_chk_fail' "$(objdump -d --disassemble=clinux_connect_unix "$LAB_REPOSITORY/.build/embedded/release/$program")" "$program"
    done
}

# As large as docs/architecture.md says, and 15 % more at most: what starts in a millisecond is small, and can be read.
test_size_budget() {
    local program told size
    for program in $(fast); do
        told=$(sed -nE "s/^\| \`${program##*/}\` \| ([0-9.]+ [kM]B) .*/\1/p" "$LAB_REPOSITORY/docs/architecture.md")
        told=$(awk '{ print $1 * ($2 == "MB" ? 1000000 : 1000) }' <<< "$told")
        size=$(on_host stat -c %s "$program")
        (( told > 0 && size * 100 <= told * 115 && size * 115 >= told * 100 )) || fail "$program has $size bytes, and docs/architecture.md says $told"
    done
}

# Plug-ins, other programs, threads, name services (getgroups is a system call; vpn-launch becomes a user whom root names), and whatever reads the environment or a time zone's file.
test_functions_that_are_never_called() {
    local called
    for program in $(capable); do
        called=$(on_host readelf --dyn-syms -W "$program" | awk '$7 == "UND" { sub("@.*", "", $8); print $8 }')
        expect_nothing "$(grep -Ex 'dlm?open|system|popen|v?fork|clone|execv?[lpe]*|posix_spawnp?|pthread_create|getaddrinfo|gethostby.*|get(pw|gr).*|iconv_open|setlocale|syslog|openlog|localtime.*|tzset|wordexp|strcpy_|gets|initgroups|set(re|res)?[ug]id' <<< "$called" |
            grep -Ev "^execve$|^fork$|^clone$|^getgroups$|^setres[ug]id$|^setuid$")" "$program calls"
        # Nothing is executed in children: vpn-link's hold a socket for a moment or look up a name, vpn-launch makes two for --strict, which start
        # as what it is, and the second of them becomes the command. vpn-link becomes vpn-launch for `vpnrun --direct`, when it has no capability
        # any more: direct/capabilities_are_gone_before_the_next_program.
        expect_nothing "$(grep -Ex '(secure_)?getenv' <<< "$called")" "$program calls"
    done
}

test_owner_mode_and_capabilities() {
    local folder=$LAB_PREFIX/libexec/vpnrun
    expect 'root:vpn 710 root:vpn 710' "$(on_host stat -c '%U:%G %a' "$folder"/vpn-{launch,link} | xargs)" 'owner and mode'
    expect "$folder/vpn-launch cap_net_admin,cap_sys_admin=p $folder/vpn-link cap_dac_override,cap_net_admin,cap_sys_admin=p" \
        "$(on_host getcap "$folder"/vpn-{launch,link} | xargs)" capabilities
    expect 'root:root 755 root:root 755 root:root 755' "$(on_host stat -c '%U:%G %a' "$LAB_PREFIX"/bin/vpn{,run} "$folder/vpn-manage" | xargs)" 'owner and mode'
    expect_nothing "$(on_host getcap "$LAB_PREFIX"/bin/* "$folder/vpn-manage")" 'capabilities of the programs that everybody may run'
    expect_nothing "$(on_host find "$LAB_PREFIX" \( -not -user root -o -perm /6022 \) -not -type l)" 'writable by others, or setuid'
    expect "$folder/vpn-launch $folder/vpn-link $folder/vpn-manage $folder/vpn-tray" "$(on_host find "$folder" -type f | sort | xargs)" 'what is in the folder'
}
