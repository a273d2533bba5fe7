# shellcheck shell=bash
# For the tests of manual, help and completions: where things are, and a line for each result.

repository=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
passed=0 failed=0 skipped=0 installed=
export LC_ALL=C.UTF-8

passes() { echo "ok $1"; passed=$((passed + 1)); }
fails() { echo "FAIL $1: $2"; failed=$((failed + 1)); }
skips() { echo "skip $1: $2"; skipped=$((skipped + 1)); }

# install_programs: those built here into a folder of their own: $installed.
install_programs() {
    installed=$(mktemp -d "${TMPDIR:-/tmp}/vpnrun-docs.XXXXXX")
    trap 'rm -rf "$installed"' EXIT
    install -D -t "$installed/bin" "$repository"/.build/embedded/release/vpn{,run}
    install -D -t "$installed/libexec/vpnrun" "$repository/.build/release/vpn-manage"
    local name
    for name in vpn vpnrun; do
        install -D "$repository/completions/$name.bash" "$installed/share/bash-completion/completions/$name"
        install -D -t "$installed/share/zsh/site-functions" "$repository/completions/_$name"
        install -D -t "$installed/share/fish/vendor_completions.d" "$repository/completions/$name.fish"
    done
}

finish() {
    echo "$passed passed, $failed failed$( ((skipped)) && echo ", $skipped skipped")"
    ((failed == 0))
}
