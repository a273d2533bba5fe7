# shellcheck shell=bash
# `vpn status --watch` waits for what the kernel tells, and looks by itself only while something is linked.

# watch: alice's, into $LAB/watched; back when its first line is there. $watcher is the process vpn-manage.
watch() {
    rm -f "$LAB/watched"
    alice vpn status --json --watch > "$LAB/watched" &
    until_true 10 test -s "$LAB/watched"
    watcher=$(of_lab vpn-manage)
}
of_lab() { local process; for process in $(lab_processes); do [[ $(cat "/proc/$process/comm" 2>/dev/null) != "$1" ]] || echo "$process"; done; }
says() { tail -n 1 "$LAB/watched" | jq -e "$1" >/dev/null 2>&1; }

# seen FILTER COMMAND...: so many milliseconds after the command had ended the last line says so.
seen() {
    local filter=$1 start; shift
    "$@" >/dev/null
    start=${EPOCHREALTIME/./}
    until_true 10 says "$filter"
    took=$(( (${EPOCHREALTIME/./} - start) / 1000 ))
    echo "$took ms: $*" >> "$LAB/times"
    # The next look without an event would come after five seconds, where it comes at all.
    (( took < 1500 )) || fail "seen only after $took ms: $*"
    sleep 2
}

# ticks PROCESS: of 10 ms, its own and those of its children.
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$1/stat"; }

test_watch_hears_of_changes() {
    import_vpn home
    rm -f "$LAB/times"
    watch
    expect 1 "$(grep -c . "$LAB/watched")" 'number of lines before anything has changed'
    seen '.[0].linked' vpn link home
    seen '.[0].up' alice vpn up home
    seen '.[0].up | not' alice vpn down home
    seen 'length == 2' import_vpn work
    seen '.[1].linked' vpn link work
    seen '.[0].linked | not' alice vpn unlink home
    seen '.[1].linked | not' alice vpn unlink work
    seen 'length == 1' vpn remove work --force
    [[ ! ${SHOW_TIMES:-} ]] || cat "$LAB/times" >&3
}

test_watch_is_idle_where_nothing_is_linked() {
    local before
    import_vpn home
    watch
    sleep 1
    before=$(ticks "$watcher")
    sleep 6
    expect "$before" "$(ticks "$watcher")" 'ticks after six seconds'
    expect 1 "$(grep -c . "$LAB/watched")" 'number of lines'
}

test_watch_sees_what_is_not_heard() {
    link home
    userspace || skip 'the tunnel is the kernel'"'"'s here'
    watch
    says '.[0].lost | not'
    kill_userspace home
    until_true 8 says '.[0].lost'
}

test_watch_ends_with_its_reader() {
    import_vpn home
    alice vpn status --json --watch | head -n 1 > "$LAB/watched"
    expect_nothing "$(of_lab vpn-manage)" 'still running'
}
