# shellcheck shell=bash disable=SC2016,SC2086,SC2154
# Changes are made one after the other: no user can keep others waiting for ever, or at all where they may not make the change themselves.

door() { on_host ip -n vpn-home -j link show dev lo | jq -r '.[0].ifalias'; }
set_door() { on_host ip -n vpn-home link set dev lo alias "$1"; }

# lock_by USER PATH: until the test ends.
lock_by() {
    local run=(as_user "$1")
    [[ $1 != root ]] || run=(on_host)
    "${run[@]}" flock "$2" sleep 80 &
    until_true 5 is_locked "$2"
}
is_locked() { ! on_host flock -n "$1" true; }

test_any_user_can_lock_the_folder_of_profiles() {
    lab_profile home | vpn import - --name home >/dev/null
    lab_profile work > "$LAB/w.conf"
    on_host install -m 644 "$LAB/w.conf" /home/w.conf
    lock_by carol /etc/vpnrun
    on_host timeout 5 vpn import /home/w.conf --name work
    on_host timeout 5 vpn edit work Autostart=link
    on_host timeout 5 vpn rename work office
    on_host timeout 5 vpn remove office
    on_host timeout 5 vpn new fresh >/dev/null
    expect home.conf,fresh.conf.new "$(on_host ls -A /etc/vpnrun | sort -r | paste -sd,)" 'the folder'
    on_host install -m 600 /dev/null /etc/vpnrun/.lock
    ! carol flock -n /etc/vpnrun/.lock true 2>/dev/null || fail 'carol can lock .lock'
    on_host timeout 5 vpn remove fresh
    on_host install -m 644 /dev/null /etc/vpnrun/.lock
    refuses 125 '/etc/vpnrun/.lock must be root.s alone' on_host timeout 5 vpn remove home
}

# with_full_output USER COMMAND...: nothing that it says is ever read; its pipe is full from the start, and stays open.
with_full_output() {
    local user=$1; shift
    as_user "$user" /usr/bin/python3 -Ic 'import os, sys
r, w = os.pipe()
os.set_blocking(w, False)
for size in 65536, 1:
    try:
        while True: os.write(w, b"x" * size)
    except BlockingIOError: pass
os.set_blocking(w, True)
os.set_inheritable(r, True)
os.dup2(w, 1); os.dup2(w, 2)
os.execv(sys.argv[1], sys.argv[1:])' "$@"
}
is_up() { [[ $(status "$1" .up) == true ]]; }
is_waiting_to_say_it() {
    local process
    for process in $(lab_processes); do
        [[ $(readlink "/proc/$process/exe") == */vpn-link && $(< "/proc/$process/wchan") == *pipe* ]] && return
    done 2>/dev/null
    return 1
}

# Bob may use `work` only, and what he does holds the lock that all changes of the system's routes need.
test_output_that_is_not_read() {
    link_with home AllowUsers=alice
    link_with work
    with_full_output bob "$(linker)" up work --verbose &
    until_true 8 is_up work
    until_true 8 is_waiting_to_say_it
    alice timeout 5 vpn link home >/dev/null
    alice timeout 5 vpn up home >/dev/null
    alice timeout 5 vpn refresh home >/dev/null
    alice timeout 5 vpn reload home >/dev/null
    alice timeout 5 vpn down home >/dev/null
    on_host timeout 5 vpn down work >/dev/null
    with_full_output bob "$(linker)" unlink nosuch --verbose &
    with_full_output bob "$(linker)" refresh work --verbose &
    sleep 1
    alice timeout 5 vpn unlink home
}

# All of it comes, in order.
test_output_of_a_change() {
    local text
    link home
    text=$(alice "$(linker)" up home --verbose 2>&1)
    expect_match '^ip .*' "$(head -1 <<< "$text")"
    expect_match '^home is up: ' "$(tail -1 <<< "$text")"
    (( $(grep -cE '^(ip|nft|sysctl) ' <<< "$text") > 10 )) || fail "few lines: $text"
}

# Who may not make a change does not even wait for others.
test_no_lock_without_permission() {
    local request
    link_with home AllowUsers=alice
    link_with work AllowUsers=alice
    lock_by root /etc/vpnrun/home.conf
    for request in 'clean nosuch' 'unlink nosuch' 'unlink nosuch --force' 'link nosuch' 'refresh nosuch' 'reload nosuch' 'up nosuch' \
        'down nosuch' 'clean home' 'unlink home' 'up work' 'down work' 'refresh work' 'reload home' 'link home'; do
        status=0
        bob timeout 3 "$(linker)" $request >/dev/null 2>&1 < /dev/null || status=$?
        (( status != 124 )) || fail "bob waits for a lock with: $request"
    done
    vpn edit work SystemWide=root >/dev/null
    status=0
    alice timeout 3 "$(linker)" up work >/dev/null 2>&1 < /dev/null || status=$?
    expect 125 $status 'alice takes up what only root may'
}

# One that was stopped in the middle: others say for whom they wait, and give up. Root ends it, and the next change repairs what it has left.
test_change_that_was_stopped() {
    local start status=0
    command -v strace >/dev/null || skip 'no strace'
    link home
    on_host strace -qq -o /dev/null -e inject=sendto:signal=STOP:when=6 "$(linker)" up home >/dev/null 2>&1 &
    until_true 5 stopped
    start=${EPOCHREALTIME/./}
    alice vpn refresh home > "$LAB/alice" 2>&1 &
    waiter=$!
    sleep 0.5
    expect '' "$(< "$LAB/alice")" 'what is said at once'
    until_true 5 grep -q '^vpn: waiting for another change to end$' "$LAB/alice"
    until_true 10 grep -qE "^vpn: it is that of process $stopped of root \(.*vpn-link up home\)$" "$LAB/alice"
    wait $waiter || status=$?
    expect 125 $status 'status of one that has waited'
    (( ${EPOCHREALTIME/./} - start > 58000000 )) || fail 'gave up early'
    expect 3 "$(wc -l < "$LAB/alice")" 'lines'
    expect_match "^vpn: another change has not ended within a minute, that of process $stopped of root .*: \`sudo kill -KILL $stopped\` ends it" \
        "$(tail -1 "$LAB/alice")"
    kill -KILL "$stopped"
    until_true 5 alice vpn up home >/dev/null
    works alice
}

# ---------------------------------------------------------------- what comes between

# The box goes while `vpn up` waits: a status between programs is no user's.
test_box_goes_while_another_waits() {
    local status=0
    link home
    on_host flock /etc/vpnrun/home.conf sleep 1.5 &
    until_true 5 is_locked /etc/vpnrun/home.conf
    on_host vpn up home > "$LAB/said" 2>&1 &
    waiter=$!
    sleep 0.5
    on_host sh -c 'umount /run/netns/vpn-home; rm /run/netns/vpn-home; ip link del home' || true
    wait $waiter || status=$?
    [[ $status == 0 || ($status == 125 && -s $LAB/said) ]] || fail "status $status: $(< "$LAB/said")"
}

# Three at once, of whom each undoes what the others do.
test_statuses_of_many_changes_at_once() {
    local who n=0
    link home
    for who in alice bob root; do
        churn $who > "$LAB/churn.$who" 2>&1 &
        waiting+=($!)
    done
    wait "${waiting[@]}"
    expect_nothing "$(grep -hvE '^(0 |125 [1-9])' "$LAB"/churn.*)" 'statuses, and bytes of what was said'
    n=$(cat "$LAB"/churn.* | wc -l)
    (( n >= 30 )) || fail "$n changes only"
}
churn() {
    local who=$1 words run=(as_user "$1") end=$(( ${EPOCHREALTIME/./} + 15000000 )) status
    [[ $who != root ]] || run=(on_host)
    local all=('vpn link home' 'vpn unlink home' 'vpn up home' 'vpn down home' 'vpn toggle home' 'vpn up' 'vpnrun home -- true' 'vpn refresh home')
    while (( ${EPOCHREALTIME/./} < end )); do
        words=${all[RANDOM % ${#all[@]}]}
        status=0
        "${run[@]}" $words >/dev/null 2>"$LAB/err.$who" < /dev/null || status=$?
        echo "$status $(wc -c < "$LAB/err.$who") $words: $(head -1 "$LAB/err.$who")"
    done
}

# ---------------------------------------------------------------- a command that starts while its VPN is unlinked

test_door_of_a_box() {
    local took
    link home
    inside_open b bob home
    refuses 125 'home is in use by' alice "$(linker)" unlink home
    expect everybody "$(door)" 'the door after a refusal'
    set_door "closed=$$ everybody"
    refuses 125 'home is being unlinked, or was in this moment' bob vpnrun home -- true
    refuses 125 'home is being unlinked, or was in this moment' on_host vpnrun home -- true
    (sleep 0.5; set_door everybody) &
    took=$(milliseconds bob vpnrun home -- true)
    (( took > 300 )) || fail "not waited for: $took ms"
    # One that was killed.
    set_door 'closed=4194303 everybody'
    bob vpnrun home -- true
    refuses 125 'home is in use by' alice "$(linker)" unlink home
    expect everybody "$(door)"
    set_door 'closed=4194303 users=20001 groups='
    refuses 125 'you may not use home' bob vpnrun home -- true
    alice vpnrun home -- true
}

# Of commands that start none loses its network by an unlink that is not forced.
test_unlink_spares_what_has_just_started() {
    lab_profile home | vpn import - --name home >/dev/null
    on_host env LAB_TIMES="${LAB_RACES:-60}" LAB_PREFIX="$LAB_PREFIX" /usr/bin/python3 -I - > "$LAB/races" <<'END'
import os, random, subprocess, time
libexec = os.environ["LAB_PREFIX"] + "/libexec/vpnrun/"
def by(user, words, **more):
    return subprocess.Popen(["setpriv", "--reuid=" + user, "--regid=" + user, "--init-groups", "--inh-caps=-all", "--ambient-caps=-all"] + words, **more)
os.dup2(os.open("/dev/null", os.O_RDONLY), 9)
script = "sleep 0.15; ip -br link show eth0 >/dev/null 2>&1 && echo kept || echo lost"
seen = {"kept": 0, "lost": 0, "": 0}
for _ in range(int(os.environ["LAB_TIMES"])):
    subprocess.run(["vpn", "link", "home"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    unlink = by("alice", [libexec + "vpn-link", "unlink", "home"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.perf_counter() + random.uniform(0, 0.012)
    while time.perf_counter() < end: pass
    launch = by("bob", [libexec + "vpn-launch", "--environment=9", "home", "--", "/bin/sh", "-c", script], pass_fds=[9], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    seen[launch.communicate(timeout=20)[0].decode().strip()] += 1
    unlink.wait()
print(seen["kept"], seen["lost"], seen[""])
END
    read -r kept lost refused < "$LAB/races"
    echo "$kept commands kept their network, $lost lost it, $refused were refused"
    expect 0 "$lost" 'commands that were cut off'
    (( kept > 0 )) || fail 'no command has started'
}
