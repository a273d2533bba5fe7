# shellcheck shell=bash
# As many commands as a box can have.

# All are started at once. The last 32 of 1,021 addresses are for users who have few commands, as bob.
test_a_thousand_commands() {
    local failed=$LAB/failed
    import_vpn home Subnet=10.98.0.0/22
    vpn link home
    # shellcheck disable=SC2016
    alice sh -c 'for n in $(seq 989); do vpnrun home -- sleep 600 & done; wait' 2> "$failed" &
    until_true 60 are_inside home 989
    refuses 125 'the last 32 addresses of home are for users who have fewer than 8' alice vpnrun home -- true
    works bob vpnrun home --
    expect 989 "$(status home '.commands | length')" 'commands in its status'
    expect 989 "$(status home '[.commands[].address] | unique | length')" 'addresses of theirs'
    expect 989 "$(vpn ps home --json | jq length)" 'commands in ps'
    expect_nothing "$(cat "$failed")" 'what a launch said'
    vpn unlink home --force
}
