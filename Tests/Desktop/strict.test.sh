# shellcheck shell=bash
# Browsers that want out find no way, and work: --strict, with the X server allowed, and with their own sandboxes.
# shellcheck source=session.sh
. "$LAB_HERE/../Desktop/session.sh"

# strict NAME PROGRAM [WORD...]: it opens the page in the VPN, has a window, and no packet in the clear; with a picture of that name.
strict() {
    local name=$1; shift
    needs "$1"
    session
    link home
    ! desktop timeout 20 vpnrun --strict home -- "$@" "$PAGE/closed" >/dev/null 2>&1 || fail 'it works without --allow=x11'
    lab_capture_start
    desktop vpnrun --strict --allow=x11 home -- "$@" "$PAGE/strict" > "$LAB/first" 2>&1 &
    visits /strict 203.0.113.101
    until_true 60 has_strict_window
    shot "$name-strict"
    expect_nothing "$(lab_capture_stop)" 'packets in the clear'
    expect_nothing "$(visited /closed)" 'who asked without a screen'
}

# Programs see other numbers in there than xdotool.
has_strict_window() { [[ -n $(desktop xdotool search --onlyvisible --name strict 2>/dev/null) ]]; }

# sandboxed PATTERN: one of alice's processes that match has a user namespace or a filter of its own beyond what --strict gives it.
sandboxed() {
    local process filters=0 namespaces=0 host
    host=$(readlink /proc/self/ns/user)
    for process in $(pgrep -u "$ALICE" -f "$1"); do
        (( $(sed -n 's/^Seccomp_filters:\t//p' "/proc/$process/status") <= 1 )) || filters=$((filters + 1))
        [[ $(readlink "/proc/$process/ns/user") == "$host" ]] || namespaces=$((namespaces + 1))
    done 2>/dev/null
    echo "$1: $filters with a filter of their own, $namespaces in a user namespace"
    (( filters && namespaces ))
}

test_firefox_and_its_sandbox() {
    strict firefox firefox
    until_true 30 sandboxed 'contentproc.* tab$'
}

test_chromium_and_its_sandbox() {
    strict chromium chromium --no-first-run
    until_true 30 sandboxed type=renderer
}
