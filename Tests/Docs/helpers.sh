# shellcheck shell=bash
# For the tests of manual, help and completions: where things are, and a line for each result.

repository=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
passed=0 failed=0 skipped=0

passes() { echo "ok $1"; passed=$((passed + 1)); }
fails() { echo "FAIL $1: $2"; failed=$((failed + 1)); }
skips() { echo "skip $1: $2"; skipped=$((skipped + 1)); }

# program NAME: the installed one of PREFIX, or the one built here.
program() {
    if [[ ${PREFIX:-} ]]; then
        echo "$PREFIX/bin/$1"
    elif [[ $1 == vpnrun ]]; then
        echo "$repository/.build/embedded/release/vpnrun"
    else
        echo "$repository/.build/release/$1"
    fi
}

finish() {
    echo "$passed passed, $failed failed$( ((skipped)) && echo ", $skipped skipped")"
    ((failed == 0))
}
