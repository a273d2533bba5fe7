# shellcheck shell=bash
# `vpnrun --join`: a second program in the network of one that runs; nobody else's, and nothing that is no command.
# shellcheck disable=SC2154 # namespace sets these

# first_of USER [OPTION...]: a command in home with a web server on its own 127.0.0.1; its pid is in $first.
first_of() {
    local user=$1 ready; shift
    # A strict one has a /tmp of its own.
    on_host install -m 644 "$LAB/web.py" "/home/$user"
    exec {ready}< <(as_user "$user" vpnrun -q "$@" home -- sh -c '
        /usr/bin/python3 -I ~/web.py 8090 /dev/null & exec sleep 300 >&-')
    read -r -u "$ready"
    first=$(vpn ps --json | jq -r 'last(.[] | select(.attached | not)).pid')
}
# own_processes REGEX: processes of this lab whose command line is so; kills REGEX: ends them.
own_processes() {
    local process
    for process in $(lab_processes); do
        ! tr '\0' ' ' 2>/dev/null < "/proc/$process/cmdline" | grep -qE "^$1" || echo "$process"
    done
}
is_running() { [[ $(own_processes "$1") ]]; }
kills() { local process; for process in $(own_processes "$1"); do kill -KILL "$process" 2>/dev/null || true; done; }
ends_both() { kills 'sleep 300|/usr/bin/python3 -I /home'; }

test_a_second_program_beside_the_first() {
    local file
    link home
    first_of alice
    expect 127.0.0.1 "$(alice vpnrun --join "$first" -- curl -s -m 3 http://127.0.0.1:8090/)" 'its loopback'
    ! alice vpnrun home -- curl -s -m 1 http://127.0.0.1:8090/ || fail 'a command of its own reaches that, too'
    works alice vpnrun --join "$first" --
    works alice vpnrun home --join="$(own_processes '/usr/bin/python3 -I /home/alice')" --
    for file in /proc/self/ns/net /proc/self/ns/user /proc/self/ns/pid; do
        expect "$(on_host readlink "/proc/$first/${file#/proc/self/}")" "$(alice vpnrun --join "$first" -- readlink $file)" $file
    done
    for file in /etc/resolv.conf /etc/nsswitch.conf; do
        expect_same "$(on_host cat "/proc/$first/root$file")" "$(alice vpnrun --join "$first" -- cat $file)" $file
    done
    # It is a command as any other.
    expect_same "$(alice vpnrun home -- grep -E '^(Cap|NoNew|Seccomp:|Uid|Gid|Groups)' /proc/self/status)" \
        "$(alice vpnrun --join "$first" -- grep -E '^(Cap|NoNew|Seccomp:|Uid|Gid|Groups)' /proc/self/status)" 'its rights'
    expect_match "^vpnrun: 10\.20\.1\.[0-9]+ in home$" "$(alice vpnrun -v --join "$first" -- true 2>&1 | head -1)"
    expect home "$(alice vpnrun --join "$first" -- printenv VPNRUN)"
    # A descriptor of a socket outside, and a process there.
    expect '' "$(alice bash -c "exec 7<>/dev/udp/198.51.100.1/9; vpnrun -q --join $first -- readlink /proc/self/fd/7" || true)" 'a socket of the host'
    ! alice bash -c "sleep 30 & exec vpnrun -q --join $first -- readlink /proc/\$!/ns/net" >/dev/null 2>&1 || skip 'no Landlock: processes outside can be traced'
    expect 7 "$(alice vpnrun --join "$first" -- sh -c 'exit 7'; echo $?)"
    ends_both
}

test_ps_shows_both() {
    link home
    first_of alice
    alice vpnrun -q --join "$first" -- sleep 200 &
    until_true 5 is_running 'sleep 200'
    until_true 5 both_are_shown
    expect_match "home +10\.20\.1\.[0-9]+ +$first +alice .* sleep 300"$'\n'".* +[0-9]+ +alice .* sleep 200" "$(alice vpn ps)"
    expect 1 "$(vpn ps --json | jq length)" 'commands'
    refuses 125 "^vpn: home is in use by sh \(pid $first\)" alice vpn unlink home
    # The first one's end is not the second one's, which keeps the network.
    on_host kill -KILL "$first"
    kills '/usr/bin/python3 -I /home'
    until_true 5 has_gone "$first"
    expect 1 "$(vpn ps --json | jq length)" 'commands when the first has ended'
    works alice vpnrun --join "$(own_processes 'sleep 200' | head -1)" --
    refuses 125 '^vpn: home is in use by' alice vpn unlink home
    kills 'sleep 200'
    until_true 5 nothing_runs
    unlink_vpn home
}
both_are_shown() { vpn ps --json | jq -e '.[0].processes | map(.command) | any(. == "sleep 200") and any(. == "sleep 300")' >/dev/null; }
has_gone() { ! on_host kill -0 "$1" 2>/dev/null; }

# A download of the second one is under way when the first ends, and then the tunnel goes.
test_the_second_fails_closed() {
    link home
    first_of alice
    inside_open a alice "--join=$first"
    inside a "test \"\$(readlink /proc/self/ns/net)\" = '$(on_host readlink "/proc/$first/ns/net")'"
    lab_capture_start
    inside_download a
    on_host kill -KILL "$first"
    expect 203.0.113.101 "$(inside a "curl -s -m 3 $LAB_WEB4/")"
    on_host ip -n vpn-home link del dev wg0
    no_way inside a "curl -s -m 1 $LAB_WEB4/"
    no_way inside a "curl -s -m 1 $LAB_WEB6/"
    no_way inside a 'curl -s -m 1 http://192.168.50.20/'
    inside a 'dig +time=1 +tries=1 @198.51.100.1 who.test; dig +time=1 +tries=1 @192.168.50.20 who.test; true' >/dev/null
    expect_nothing "$(lab_capture_stop)" 'seen on uplink or LAN'
    vpn refresh home >/dev/null
    expect 203.0.113.101 "$(inside a "curl -s -m 3 $LAB_WEB4/")" 'with a new tunnel'
}

test_it_mends_the_tunnel_as_any_launch_does() {
    link home
    first_of alice
    local who=alice
    ! userspace || who=on_host # may start wireguard-go
    on_host ip -n vpn-home link del dev wg0
    works $who vpnrun -q --join "$first" --
}

test_what_is_no_command_is_refused() {
    link home
    link work
    first_of alice
    refuses 125 '^vpnrun: there is no process 4194000: `vpn ps` lists what runs$' alice vpnrun --join 4194000 -- true
    refuses 125 '^vpnrun: process 1 is no command in a VPN: `vpn ps`' alice vpnrun --join 1 -- true
    refuses 125 '^vpnrun: process [0-9]+ is no command in a VPN' on_host vpnrun --join "${LAB_PID[host]}" -- true
    refuses 125 "^vpnrun: process $first is no command in work: " alice vpnrun work --join "$first" -- true
    refuses 125 "^vpnrun: nothing is attached as 'web' in a VPN: " alice vpnrun --join web -- true
    refuses 125 "^vpnrun: $first is alice's: only alice or root may join it$" bob vpnrun --join "$first" -- true
    refuses 2 '^vpnrun: --inbound, .* are for a command with a network of its own' alice vpnrun --join "$first" -p 80 -- true
    refuses 2 "^vpnrun: --join needs a value: --join=PID\|LABEL$" alice vpnrun --join
    refuses 2 '^vpnrun: --desktop=always stays where it is' alice vpnrun --desktop=always --join "$first" -- true
    # A box has processes when an administrator looks around there.
    on_host nsenter --net=/run/netns/vpn-home sleep 50 &
    until_true 5 is_running 'sleep 50'
    refuses 125 '^vpnrun: process [0-9]+ is no command in a VPN' on_host vpnrun --join "$(own_processes 'sleep 50')" -- true
    expect 0 "$(on_host vpnrun -q --join "$first" -- id -u)" 'root'
    expect 20002 "$(on_host vpnrun -q --user=bob --join "$first" -- id -u)" 'bob, by root'
    kills 'sleep 50'
    ends_both
}

# What vpn-launch itself takes: whatever descriptor it is handed, by whomever that was opened.
test_a_descriptor_is_looked_at() {
    link home
    first_of bob
    hands_over "/proc/$first/ns/net" "sh \(pid $first\) is another user's \(uid 20002\): only they or root may join it"
    hands_over "/proc/${LAB_PID[host]}/ns/net" 'what was to be joined is no command of home'
    hands_over /run/netns/vpn-home 'what was to be joined is no command of home'
    hands_over "/proc/${LAB_PID[lan]}/ns/net" 'what was to be joined is no command of home'
    hands_over "/proc/$first/ns/mnt" 'cannot look at the network to join: that is no network namespace'
    hands_over /etc/passwd 'cannot look at the network to join: that is no namespace'
    ends_both
}
# hands_over FILE REGEX: alice's, with a descriptor that root has opened.
hands_over() {
    local status=0 said
    # shellcheck disable=SC2016
    said=$(on_host bash -c 'exec 8<"$1" 9</dev/null
        exec setpriv --reuid=alice --regid=alice --init-groups --inh-caps=-all "$2" --environment=9 --join=8 home -- /usr/bin/touch "$3"' \
        hands_over "$1" "$LAB_PREFIX/libexec/vpnrun/vpn-launch" /home/alice/joined 2>&1) || status=$?
    expect 125 "$status" "with $1, which said '$said'"
    expect_match "^vpnrun: $2" "$said"
    [[ ! -e $(on_host readlink -f /home/alice)/joined ]] || fail 'it ran'
}

test_a_strict_one_beside_and_a_strict_first() {
    link home
    first_of alice --strict
    expect 127.0.0.1 "$(alice vpnrun --join "$first" -- curl -s -m 3 http://127.0.0.1:8090/)" 'by the pid that the shell knows'
    works alice vpnrun --strict --join "$first" --
    expect 1 "$(alice vpnrun --strict --join "$first" -- grep -c 'NoNewPrivs:.1' /proc/self/status)"
    # From inside there is no way to another one.
    first_of alice
    ! alice vpnrun --strict home -- vpnrun --join "$first" -- true 2>/dev/null || fail 'a strict command joins another'
    ends_both
}

test_attached_namespaces_by_their_label() {
    local ready pid
    link home
    link work
    exec {ready}< <(on_host unshare -n sh -c 'echo $$; exec sleep 300 >&-')
    read -r -u "$ready" pid
    vpn attach home --pid "$pid" --label 'web one' >/dev/null
    works on_host vpnrun -q --join 'web one' --
    expect "$(on_host readlink "/proc/$pid/ns/net")" "$(on_host vpnrun -q --join "$pid" -- readlink /proc/self/ns/net)"
    refuses 125 "^vpnrun: web one is root's: only root may join it$" alice vpnrun --join 'web one' -- true
    # Without a process.
    trap 'on_host ip netns del pinned' EXIT
    on_host ip netns add pinned
    vpn attach work --netns /run/netns/pinned >/dev/null
    expect 203.0.113.102 "$(on_host vpnrun -q --join pinned -- $LAB_GET $LAB_WEB4/)"
    # A user's own, as a rootless container's.
    exec {ready}< <(alice unshare -Urn sh -c 'echo $$; exec sleep 300 >&-')
    read -r -u "$ready" pid
    alice vpn attach home --pid "$pid" --label mine >/dev/null
    works alice vpnrun -q --join mine --
    expect 0 "$(alice vpnrun -q --join mine -- grep -c 'CapEff:.*[1-9a-f]' /proc/self/status)" 'capabilities there'
    refuses 125 "^vpnrun: mine is alice's: only alice or root may join it$" bob vpnrun --join mine -- true
    expect_same "$(printf '%s\t%s\n' mine 'mine in home')" "$(alice vpn find-running)" 'what completes'
    # Root may have meant one of its own that has ended.
    refuses 125 "^vpnrun: 'mine' is alice's, and not root's: type $pid if you mean it$" on_host vpnrun --join mine -- true
    works on_host vpnrun -q --join "$pid" --
    # Another user's of that label is in nobody's way.
    exec {ready}< <(bob unshare -Urn sh -c 'echo $$; exec sleep 300 >&-')
    read -r -u "$ready" pid
    bob vpn attach home --pid "$pid" --label mine >/dev/null
    works alice vpnrun -q --join mine --
    refuses 125 "^vpnrun: 'mine' is attached several times" on_host vpnrun --join mine -- true
    # Two of one label.
    exec {ready}< <(on_host unshare -n sh -c 'echo $$; exec sleep 300 >&-')
    read -r -u "$ready" pid
    vpn attach work --pid "$pid" --label 'web one' >/dev/null
    refuses 125 "^vpnrun: 'web one' is attached several times: home \(pid [0-9]+\), work \(pid $pid\)" on_host vpnrun --join 'web one' -- true
    expect 203.0.113.102 "$(on_host vpnrun -q --join 'web one' work -- $LAB_GET $LAB_WEB4/)"
    kills 'sleep 300'
}

# What a command has in its arguments makes no line of its own.
test_what_completes_is_of_us() {
    link home
    alice vpnrun home -- sh -c 'sleep 299; :' $'\n4242\tsomething else' &
    until_true 5 has_a_command
    expect 1 "$(alice vpn find-running | wc -l)" 'lines'
    expect_match $'^[0-9]+\tsh -c sleep 299; : .u\\{a\\}4242.u\\{9\\}something else in home$' "$(alice vpn find-running)" 'what completes'
    kills 'sleep 299'
}
has_a_command() { [[ $(alice vpn find-running) ]]; }
