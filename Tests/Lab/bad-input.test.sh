# shellcheck shell=bash
# Whatever is asked for, by whoever: status 125, one sentence, nothing made.

# refused REGEX COMMAND...: so, and the host is what it was.
refused() {
    local before
    before=$(snapshot)
    refuses 125 "$@"
    expect_same "$before" "$(snapshot)" "the host after '${*:2}'"
}

test_names() {
    link home
    for name in '' . .. a/b ../home 'a b' ä abcdefghijklm $'a\nPostUp=x' 'a;id' '$(id)' -x _a 'home\0'; do
        refused . alice vpnrun "$name" -- true
        refused . alice "$LAB_PREFIX/libexec/vpnrun/vpn-launch" "$name" -- true
        refused . alice "$LAB_PREFIX/libexec/vpnrun/vpn-link" link "$name"
        refused . on_host "$LAB_PREFIX/libexec/vpnrun/vpn-link" link "$name"
        refused . vpn link "$name"
    done
}
