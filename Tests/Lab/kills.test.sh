# shellcheck shell=bash disable=SC2086
# vpn-link and vpn-launch, killed at any moment: whatever the next call is, it succeeds without --force, and what it promises is so.
#
#   LAB_KILLS   how many are killed at random moments         LAB_SEED    for which moments
#   LAB_STRIDE  every how many-th of the calls that change something is a place to be killed at


# tried COMMAND...: it must succeed; $said.
tried() { said=$("$@" 2>&1 < /dev/null) || fail "after $killed: '$*' ended with $?, and said '$said'"; }

# ---------------------------------------------------------------- the next call, and its promise

# By root where the kernel has no WireGuard: a new box needs a new wireguard-go.
caller() { if (( by_root )); then on_host "$@"; else alice "$@"; fi; }

next_up() {
    tried caller vpn up home
    expect "$LAB_BY_HOME" "$(address alice)" "the system's addresses by up after $killed"
    expect '"home"' "$(asked @192.168.50.20)" "who is asked for names by up after $killed"
    on_host nft list table inet vpn-up.home > /dev/null
}
next_vpnrun() {
    tried caller vpnrun home -- $LAB_GET $LAB_WEB4/ $LAB_WEB6/
    expect "$LAB_BY_HOME" "${said//$'\n'/ }" "a command's addresses by vpnrun after $killed"
    works alice vpnrun home --
}
next_link() {
    tried caller vpn link home
    settled home
    is_linked link
}
next_refresh() {
    tried on_host vpn refresh home
    ! on_host nsenter --net=/run/netns/vpn-home true 2>/dev/null || { settled home; is_linked refresh; }
    ! on_host ip link show dev home 2>/dev/null | grep -q 'alias .* up' || expect "$LAB_BY_HOME" "$(address alice)" "the system's addresses by refresh after $killed"
}
next_reload() {
    tried on_host vpn reload home
    ! on_host nsenter --net=/run/netns/vpn-home true 2>/dev/null || { settled home; is_linked reload; }
}
next_unlink() {
    tried on_host vpn unlink home
    (expect_no_trace "$clean") || fail "traces by unlink after $killed"
}
next_down() {
    tried alice vpn down home
    expect "$LAB_DIRECT" "$(address alice)" "the system's addresses by down after $killed"
    ! on_host nft list table inet vpn-up.home 2>/dev/null || fail "a filter by down after $killed"
    expect_nothing "$(on_host ip -N rule | grep -E '^(100|30[0-9]|600):' || true)" "rules by down after $killed"
}
is_linked() {
    local peers
    expect "$LAB_BY_HOME" "$(on_host $LAB_GET --interface 172.27.12.34 $LAB_WEB4/) $(on_host $LAB_GET --interface fd27:12::34 $LAB_WEB6/)" \
        "the addresses of who binds to the VPN's by $1 after $killed"
    if (( by_root )); then peers=$(on_host wg show wg.home peers); else peers=$(in_box home wg show wg0 peers); fi
    expect "$(wg pubkey < "$LAB/home.server")" "$peers" "peers by $1 after $killed"
    expect "$LAB_BY_HOME" "$(address alice vpnrun home --)" "a command's addresses by $1 after $killed"
}

# ---------------------------------------------------------------- what is killed

# ready_for VERB: a state in which it has something to do, by calls that must succeed as well.
ready_for() {
    case $1 in
        link)
            tried on_host vpn unlink home
            (( ! by_root )) || tried on_host sh -c 'ip link show dev wg.home >/dev/null 2>&1 || wireguard-go wg.home'
            ;;
        unlink | launch) tried on_host vpn link home ;;
        down) tried on_host vpn up home ;;
        up)
            tried on_host vpn link home
            tried on_host vpn down home
            ;;
        refresh)
            tried on_host vpn up home
            on_host ip -4 rule flush protocol 86
            on_host nft delete table inet vpn-up.home
            on_host ip link del dev home
            ;;
        reload)
            tried on_host vpn link home
            # A search domain more, or less.
            on_host sed -i 's/, more.test$//; t; s/corp.test$/&, more.test/' /etc/vpnrun/home.conf
            ;;
    esac
}
# program VERB: the line that does it, as a process which is killed directly.
program() {
    case $1 in
        launch) program=("$LAB_PREFIX/bin/vpnrun" home -- true) ;;
        *) program=("$(linker)" "$1" home) ;;
    esac
}

goes_on_open() {
    command -v strace >/dev/null || skip 'no strace'
    by_root=0
    ! userspace_only || by_root=1
    import_vpn home
    clean=$(snapshot)
    killed='nothing'
    lab_capture_start
}
# Nothing in the clear of who was bound to the VPN's address; what alice's downloads send when nothing is up does not count.
goes_on_close() {
    on_host ip rule >/dev/null
    next_unlink
    expect_nothing "$(lab_capture_stop | grep -E '(172\.27\.12\.|fd27:12:|10\.20\.1\.|fd76:706e:)' || true)" 'seen on uplink or LAN'
}
nexts=(up vpnrun link refresh unlink down reload)

test_killed_at_random_moments() {
    local verb verbs=(link unlink up down refresh reload launch) turn hits=0 start limit
    local -A took=()
    goes_on_open
    RANDOM=${LAB_SEED:-$$}
    echo "seed ${LAB_SEED:-$$}"
    for verb in "${verbs[@]}"; do
        ready_for $verb
        program $verb
        start=${EPOCHREALTIME/./}
        tried on_host "${program[@]}"
        took[$verb]=$(( ${EPOCHREALTIME/./} - start ))
    done
    for (( turn = 0; turn < ${LAB_KILLS:-36}; turn++ )); do
        verb=${verbs[turn % ${#verbs[@]}]}
        ready_for $verb
        program $verb
        limit=$(( RANDOM * took[$verb] / 32768 + 500 ))
        killed="kill $turn: $verb, after $limit of ${took[$verb]} microseconds"
        on_host timeout -s KILL "$(printf '0.%06d' $limit)" "${program[@]}" >/dev/null 2>&1 || (( $? != 137 )) || hits=$((hits + 1))
        next_${nexts[(turn / ${#verbs[@]} + turn % ${#verbs[@]}) % ${#nexts[@]}]}
    done
    goes_on_close
    echo "$hits of $turn were killed"
    (( hits * 3 > turn )) || fail "only $hits of $turn were killed"
}

# goes_on_from_every_place VERB
goes_on_from_every_place() {
    local verb=$1 call n turn=0 hits=0
    goes_on_open
    ready_for $verb
    program $verb
    # Of itself only, as it will be counted when it is killed; not of what it starts.
    on_host strace -qq -o "$LAB/trace" "${program[@]}" >/dev/null
    awk -F'(' '{ n[$1]++ }
        /^(sendto|sendmsg|write|mount|move_mount|unshare|setns|ioctl|umount2|unlink|unlinkat)\(/ || /^openat2?\(.*(O_WRONLY|O_RDWR|O_CREAT)/ { print $1, n[$1] }' \
        "$LAB/trace" > "$LAB/places"
    (( $(wc -l < "$LAB/places") > 5 )) || fail "too few places: $(< "$LAB/places")"
    while read -r call n; do
        ready_for $verb
        killed="$verb, killed at $call $n"
        on_host strace -qq -o /dev/null -e "inject=$call:signal=KILL:when=$n" "${program[@]}" >/dev/null 2>&1 || (( $? != 137 )) || hits=$((hits + 1))
        next_${nexts[turn++ % ${#nexts[@]}]}
        next_link
    done < <(awk -v stride="${LAB_STRIDE:-9}" 'NR % stride == 1 || stride == 1' "$LAB/places")
    goes_on_close
    echo "$hits of $turn places"
    (( hits * 3 > turn )) || fail "only at $hits of $turn places it was killed"
}
test_goes_on_after_link() { goes_on_from_every_place link; }
test_goes_on_after_unlink() { goes_on_from_every_place unlink; }
test_goes_on_after_up() { goes_on_from_every_place up; }
test_goes_on_after_down() { goes_on_from_every_place down; }
test_goes_on_after_refresh() { goes_on_from_every_place refresh; }
test_goes_on_after_reload() { goes_on_from_every_place reload; }
