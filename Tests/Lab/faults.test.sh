# shellcheck shell=bash disable=SC2086,SC2154
# Every system call of vpn-link's that can fail, failing. It says so in a sentence, or what failed did not matter; and the next ordinary calls
# put right whatever it has left, without --force. Those of vpn-launch: security-launch/every_system_call_failing.
#
#   LAB_STRIDE   every how many-th call fails          LAB_ERROR   how (EIO)

# fails VERB CALL N: $said and $status.
fails() {
    local verb=$1 call=$2 n=$3
    status=0
    program $verb
    said=$(on_host strace -qq -o /dev/null -e "inject=$call:error=${LAB_ERROR:-EIO}:when=$n" "${program[@]}" 2>&1 >/dev/null < /dev/null) || status=$?
    killed="$verb, whose $call $n failed ($status, '$said')"
    case $status in
        0) ;;
        # Its caller, vpn-manage, starts a userspace WireGuard and asks again; capabilities that cannot be lowered leave nothing that may be said.
        4) (( by_root )) || fail "status of $killed" ;;
        125) [[ $call == cap?et ]] || expect 1 "$(grep -c '^vpn: ' <<< "$said")" "sentences of $killed" ;;
        *) fail "status of $killed" ;;
    esac
}

# every_call_failing VERB: from its first look at its capabilities on; memory and what cannot fail aside. On a host as kills.test.sh has it.
every_call_failing() {
    local verb=$1 call n turn=0 status
    goes_on_open
    ready_for $verb
    program $verb
    on_host strace -qq -o "$LAB/trace" "${program[@]}" >/dev/null
    awk -F'(' '{ n[$1]++ } /^capget/ { begun = 1 }
        begun && $1 ~ /^[a-z0-9_]+$/ && $1 !~ /^(brk|mmap|munmap|mprotect|exit_group|prlimit64|get[ug]id|gete[ug]id|umask|getpid|gettid|rt_sig.*)$/ { print $1, n[$1] }' \
        "$LAB/trace" > "$LAB/calls"
    (( $(wc -l < "$LAB/calls") > 80 )) || fail "too few calls: $(wc -l < "$LAB/calls")"
    while read -r call n; do
        ready_for $verb
        fails $verb "$call" "$n"
        # Nothing that the ordinary user's next call does not repair.
        case $(( turn++ % 3 )) in
            0) next_up ;;
            1) next_vpnrun ;;
            2) next_unlink ;;
        esac
        next_unlink
    done < <(awk -v stride="${LAB_STRIDE:-80}" -v first="${LAB_FIRST:-0}" 'NR % stride == first % stride' "$LAB/calls")
    goes_on_close
    echo "$turn of $(wc -l < "$LAB/calls") calls"
}
test_every_call_of_link_failing() { every_call_failing link; }
test_every_call_of_unlink_failing() { every_call_failing unlink; }
test_every_call_of_up_failing() { every_call_failing up; }
test_every_call_of_down_failing() { every_call_failing down; }
test_every_call_of_refresh_failing() { every_call_failing refresh; }
test_every_call_of_reload_failing() { every_call_failing reload; }
