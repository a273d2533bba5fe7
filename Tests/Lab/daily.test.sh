# shellcheck shell=bash
# What one types every day: vpnrun's options, `vpn ps`, `vpn log`, `vpn clean`.

# ---------------------------------------------------------------- vpnrun

test_name_is_in_the_environment() {
    link home
    expect home "$(alice vpnrun home -- printenv VPNRUN)" VPNRUN
    expect home "$(alice env VPNRUN=other vpnrun -- printenv VPNRUN)" 'VPNRUN in the default VPN'
    expect 1 "$(alice env VPNRUN=other vpnrun home -- env | grep -c ^VPNRUN=)" 'variables of that name'
}

test_shell() {
    link home
    alice sh -c 'printf "#!/bin/sh\necho own \$# \$VPNRUN\n" > own-shell; chmod +x own-shell'
    expect 'own 0 home' "$(alice env SHELL=/home/alice/own-shell vpnrun home)" '$SHELL'
    # Of the user's entry: /bin/sh. It reads what is typed.
    expect 'home 10.20.1' "$(echo 'echo $VPNRUN $(ip -4 -o address show eth0 | grep -o 10.20.1)' | alice env -u SHELL vpnrun home)" 'the shell of the account'
    expect 'home' "$(echo 'echo $VPNRUN' | alice env SHELL=relative vpnrun home)" 'a SHELL that is no path'
}

test_nothing_typed() {
    got=0; said=$(alice vpnrun 2>&1 >/dev/null) || got=$?
    expect 2 $got status
    expect_same "$(alice vpnrun --help)" "$said" 'what was said'
    (( $(alice vpnrun --help | wc -l) <= 32 && $(alice vpnrun --help | wc -L) < 80 ))
}

test_wrong_options() {
    link home
    refuses 2 'no option.*--wiat' alice vpnrun --wiat home -- true
    refuses 2 'no option' alice vpnrun -vz home -- true
    refuses 2 'seconds' alice vpnrun --wait=x home -- true
    refuses 2 '3600' alice vpnrun --wait=3601 home -- true
    refuses 2 'none of --guard=refuse' alice vpnrun --guard sometimes home -- true
    refuses 2 'needs a value' alice vpnrun --cwd
    refuses 2 'takes no value' alice vpnrun --quiet=yes home -- true
    expect fine "$(alice vpnrun -q --guard off --cwd=/ home echo fine)" 'right ones'
    # After the name they are the command's.
    expect '--cwd' "$(alice vpnrun home echo --cwd)" "a command's option"
}

test_folder() {
    link home
    expect /usr/bin "$(alice vpnrun --cwd /usr/bin home pwd)" folder
    expect /usr "$(alice sh -c 'cd /usr/bin && vpnrun --cwd=.. home pwd')" 'relative folder'
    refuses 125 '/nowhere.*No such file' alice vpnrun --cwd=/nowhere home true
    alice install -m 755 /dev/null tool
    alice vpnrun --cwd=/home/alice home ./tool
}

test_quiet_and_verbose() {
    link home
    with_socket() { alice /usr/bin/python3 -Ic 'import os, socket, sys
s = socket.create_connection(("192.0.2.80", 80)); os.dup2(s.fileno(), 7); os.execvp("vpnrun", ["vpnrun"] + sys.argv[1:])' "$@" 2>&1; }
    expect_match 'descriptor 7' "$(with_socket home true)" 'what is said'
    expect_nothing "$(with_socket -q home true)" 'said with -q'
    expect_match '10\.20\.1\.' "$(alice vpnrun -v home true 2>&1)" 'what -v says'
}

test_user() {
    link home
    refuses 125 'is for root' alice vpnrun --user=bob home true
    refuses 125 "no user 'nobody-like-it'" on_host vpnrun --user nobody-like-it home true
    expect_same "$(bob id)" "$(on_host vpnrun --user=bob home id)" 'user and groups'
    expect_same "$(bob id)" "$(on_host vpnrun --user=20002 home id)" 'by number'
    expect '/home/bob bob bob /bin/sh home' "$(on_host vpnrun --user=bob home sh -c 'echo $HOME $USER $LOGNAME $SHELL $VPNRUN')" environment
    expect bob "$(echo 'id -un' | on_host vpnrun --user=bob home)" "bob's shell"
    expected='CapInh: 0000000000000000 CapPrm: 0000000000000000 CapEff: 0000000000000000 CapAmb: 0000000000000000'
    expect "$expected" "$(on_host vpnrun --user=bob home grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status | xargs)" capabilities
    expect '20002 20002 20002 20002' "$(on_host vpnrun --user=bob home awk '/^Uid/ { print $2, $3, $4, $5 }' /proc/self/status)" 'ids, saved one included'
    ! on_host vpnrun --user=bob home sh -c 'ip link set eth0 down || unshare -n true || cat /etc/shadow' 2>/dev/null || fail "bob's command may do what root may"
    # carol is not in the group: root acts for her.
    expect 203.0.113.101 "$(on_host vpnrun --user=carol home $LAB_GET $LAB_WEB4/)" 'way out'
}

test_user_has_nothing_of_the_callers_session() {
    local leading=() name said
    link home
    for name in XDG_RUNTIME_DIR XDG_SESSION_ID DBUS_SESSION_BUS_ADDRESS SSH_AUTH_SOCK SSH_AGENT_PID XAUTHORITY GPG_AGENT_INFO KRB5CCNAME \
        SUDO_USER SUDO_COMMAND; do leading+=("$name=roots"); done
    expect 'SUDO=1 SSH_AUTH_SOCKS=1' "$(on_host env "${leading[@]}" SUDO=1 SSH_AUTH_SOCKS=1 vpnrun --user=bob home env |
        grep -E '=roots|^SUDO|^SSH' | sort -r | xargs)" "bob's environment"
    expect ${#leading[@]} "$(on_host env "${leading[@]}" vpnrun --user=root home env | grep -c =roots)" "the caller's own"

    cp "$LAB_HERE/probes/keyring.py" "$LAB/keyring.py"
    keyring() { on_host /usr/bin/python3 -I "$LAB/keyring.py" "$@" /usr/bin/python3 -I "$LAB/keyring.py" read 2>&1; }
    expect secret "$(keyring env)" "root's key"
    said=$(keyring vpnrun --user=bob home) || true
    expect 'Permission denied' "$said" "root's key for bob"
}

# Into the terminal of root's shell, which would execute it; all else there goes on to work. Whose own shell it is may type into it where the
# kernel lets any program.
test_user_cannot_type_for_root() {
    local said denied
    link home
    install -m 644 "$LAB_HERE/probes/typing.py" "$LAB_HERE/probes/terminal.py" "$LAB"
    on_terminal() { timeout 60 nsenter -t "${LAB_PID[host]}" -m -n -- /usr/bin/python3 -I "$LAB/terminal.py" 'bash --norc --noprofile -i' "$@"; }
    said=$(on_terminal "vpnrun --user=alice home -- /usr/bin/python3 -I $LAB/typing.py" 'typing: .*\n')
    denied=$(grep -o 'typing: [A-Z].*\|typing: done.*' <<< "$said")
    expect_match '^typing: EPERM EPERM EPERM( EPERM (EPERM|none))?$' "$denied" 'typing by alice'
    expect_match '^typing: (done|EIO) ' "$(on_terminal "vpnrun home -- /usr/bin/python3 -I $LAB/typing.py" 'typing: .*\n' | grep -o 'typing: [A-Z].*\|typing: done.*')" 'typing by root'
    # Keys stop, continue and end it; it may set the terminal.
    printf '%s\n' 'import os, signal, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGCONT, lambda *_: os.write(1, b"continued\n"))
os.write(1, b"begun\n")
while True: time.sleep(1)' > "$LAB/job.py"
    on_terminal 'vpnrun --user=alice home -- sh -c "stty rows 33 && stty size; id -un"' '33 [0-9]+\nalice' \
        "vpnrun --user=alice home -- /usr/bin/python3 -I $LAB/job.py" begun ^Z Stopped fg continued ^C '[#$] $' \
        'echo sta""tus $?' 'status 130' 'vpnrun --user=alice home -- sh -c "exit 7"; echo sta""tus $?' 'status 7'
}

test_user_of_the_helper_is_for_root() {
    link home
    alice /usr/bin/python3 -Ic 'import os, sys
fd = os.memfd_create("e", 0); os.set_inheritable(fd, True)
os.execv(sys.argv[1], ["vpn-launch", "--environment=%d" % fd, "--user=0:0:0", "home", "--", "/usr/bin/id"])' "$LAB_PREFIX/libexec/vpnrun/vpn-launch" \
        > "$LAB/said" 2>&1 || expect 125 $? status
    expect_match 'not for use by hand' "$(< "$LAB/said")" refusal
}

last_handshake() { status home '.peers[0].latest_handshake'; }

test_wait() {
    # Of IPv6 the kernel says something by itself.
    link_with home Address=172.27.12.34/32 AllowedIPs=0.0.0.0/0 DNS=172.27.12.1
    expect 0 "$(last_handshake)" 'handshake before'
    expect ready "$(alice vpnrun --wait home echo ready)" command
    (( $(last_handshake) > 0 ))
    # With a session there is nothing to wait for.
    (( $(milliseconds alice vpnrun --wait=5 home true) < 1000 ))
}

test_wait_in_vain() {
    link_with home Endpoint=203.0.113.99:51820
    took=$(milliseconds refuses 125 'no handshake with home within 1 second:.*203.0.113.99:51820' alice vpnrun --wait=1 home touch started)
    (( took >= 1000 && took < 4000 ))
    ! alice test -e started || fail 'the command was started'
    # On a terminal it says what it waits for, after a second, and takes that away again.
    command -v script >/dev/null || skip 'no script(1)'
    said=$(alice script -qec 'vpnrun --wait=2 home true' /dev/null) || true
    expect_match $'waiting for a handshake with home …\r\e\\[K.*no handshake' "$said" 'on a terminal'
    ! grep -q waiting <<< "$(alice script -qec 'vpnrun -q --wait=2 home true' /dev/null)" || fail 'said with -q'
}

# ---------------------------------------------------------------- ps

ps_json() { "$1" vpn ps --json | jq -r "$2"; }
own_address() { inside "$1" "ip -4 -j address show eth0 | jq -r '.[0].addr_info[0].local'"; }

# has_the_links_counters PID: the first command of alice's.
has_the_links_counters() {
    [[ $(on_host nsenter -t "$1" -n ip -s -j link show eth0 | jq -r '.[0].stats64 | "\(.rx.bytes) \(.tx.bytes)"') == \
        $(ps_json alice '.[0] | "\(.rx_bytes) \(.tx_bytes)"') ]]
}

test_ps() {
    link home work
    expect_nothing "$(alice vpn ps 2>/dev/null)" 'listed without a command'
    expect_match 'no command runs' "$(alice vpn ps 2>&1)" note
    expect '[]' "$(alice vpn ps --json | jq -c .)" JSON
    inside_open first alice home
    inside_open second bob work
    inside first 'sleep 1000 & echo'
    inside first "python3 -Ic 'import socket, time
a = socket.create_server((\"0.0.0.0\", 8080)); b = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); b.bind((\"::\", 9090)); time.sleep(1000)' & echo"
    inside first "$LAB_GET $LAB_WEB4/ >/dev/null; echo"
    until_true 5 sees_port 8080

    # Own processes are those that proc(5) has in that network.
    pid=$(ps_json alice '.[0].pid')
    expect_same "$(network_of "$pid")" "$(ps_json alice '.[0].processes | map(.pid) | sort | .[]')" processes
    expect "home $(own_address first) alice $(on_host id -u alice) sh" "$(ps_json alice '.[0] | "\(.vpn) \(.address) \(.user) \(.uid) \(.command)"')" alice
    expect '8080/tcp 9090/udp' "$(ps_json alice '[.[0].ports[] | "\(.port)/\(.protocol)"] | unique | join(" ")')" ports
    off=$(( $(date +%s) - $(ps -o etimes= -p "$pid") - $(ps_json alice '.[0].started') ))
    (( off >= -2 && off <= 2 )) || fail "its start is $off seconds off"

    # The link's own counters, seen from the command; a neighbour may be asked for in between.
    until_true 5 has_the_links_counters "$pid"
    (( $(ps_json alice '.[0].rx_bytes') > 200 ))

    # Of others what the box says.
    expect 'work bob sh null null' "$(ps_json alice '.[1] | "\(.vpn) \(.user) \(.command) \(.ports) \(.processes)"')" bob
    expect 'bob true' "$(on_host vpn ps work --json | jq -r '.[0] | "\(.user) \(.processes != null)"')" 'bob, for root'
    expect 1 "$(alice vpn ps work --json | jq length)" 'commands of work'
    expect_match $'^VPN +ADDRESS +PID +USER +AGE +IN +OUT +PORTS +COMMAND\nhome +10.20.1.[0-9]+ +[0-9]+ +alice +[0-9]+s +[0-9.K]+ +[0-9.K]+ +8080/tcp,9090/udp +sh\n' "$(alice vpn ps)" table
    refuses 125 'no VPN .hom.; did you mean .home.' alice vpn ps hom
}
sees_port() { alice vpn ps --json | jq -e "[.[].ports | select(. != null)[] | .port] | index($1)"; }
network_of() { local net; net=$(readlink "/proc/$1/ns/net"); find /proc/[0-9]*/ns/net -lname "${net/[/\\[}" 2>/dev/null | cut -d/ -f3 | sort -n; }

test_ps_after_the_first_process_has_ended() {
    link home
    alice vpnrun home sh -c 'sleep 1000 & echo $!' > "$LAB/pid"
    child=$(< "$LAB/pid")
    expect "$child null sh" "$(ps_json alice '.[0] | "\(.processes[0].pid) \(.started) \(.command)"')" 'what is left'
}

test_ps_on_a_terminal() {
    command -v script >/dev/null || skip 'no script(1)'
    link home
    alice vpnrun home sh -c 'exec sleep 1000 #                                                                                  long' &
    until_true 5 has_commands 1
    said=$(alice script -qec 'stty cols 60; TERM=xterm vpn ps' /dev/null | tr -d '\r' | sed 's/\x1b\[[0-9]*m//g')
    (( $(wc -L <<< "$said") <= 60 )) || fail "wider than the terminal: $said"
    expect_match '…' "$said" 'cut line'
    ! alice script -qec 'TERM=dumb vpn ps' /dev/null | grep -q $'\e' || fail 'colours on a dumb terminal'
    ! alice script -qec 'NO_COLOR=1 TERM=xterm vpn ps' /dev/null | grep -q $'\e' || fail 'colours in spite of NO_COLOR'
}
has_commands() { (( $(alice vpn ps --json | jq length) >= $1 )); }

# ---------------------------------------------------------------- log

# log_file: what syslog would do: /dev/log, and its lines in /var/log/auth.log.
log_file() {
    [[ $LAB_HOST == namespace ]] || skip 'there is a log already'
    on_host mount -t tmpfs lab /var/log
    trap log_file_away EXIT
    on_host sh -c 'mkdir /run/dev && mount --rbind /dev /run/dev && mount -t tmpfs lab /dev && for part in null zero full random urandom tty pts ptmx shm net fd stdin stdout stderr; do
        if [ -L /run/dev/$part ] || [ ! -e /run/dev/$part ]; then cp -a /run/dev/$part /dev/ 2>/dev/null
        elif [ -d /run/dev/$part ]; then mkdir /dev/$part; mount --rbind /run/dev/$part /dev/$part
        else touch /dev/$part; mount --bind /run/dev/$part /dev/$part; fi; done; chmod 755 /dev; true'
    on_host /usr/bin/python3 -Ic '
import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("/dev/log"); os.chmod("/dev/log", 0o666)
f = open("/var/log/auth.log", "a", buffering=1)
while True:
    line = s.recv(4096).decode()
    assert line.startswith("<86>"), line
    print(time.strftime("%b %e %H:%M:%S"), "host", line[4:], file=f)' &
    until_true 5 on_host test -S /dev/log
    on_host chmod 640 /var/log/auth.log
}
# Never the /dev that all tests have.
log_file_away() { on_host test ! -d /run/dev || on_host umount -R -l /dev; on_host umount -R -l /run/dev; on_host rmdir /run/dev; on_host umount -l /var/log; }

test_log() {
    refuses 125 'keeps no log' alice vpn log
    log_file
    link home
    alice vpnrun home -- true
    on_host vpnrun --user=bob home -- sh -c true
    up home; down home
    unlink_vpn home
    until_true 5 on_host grep -q 'unlinks home' /var/log/auth.log
    refuses 125 'may not read /var/log/auth.log: .sudo vpn log' alice vpn log
    on_host chmod 644 /var/log/auth.log
    on_host sh -c 'echo "$(date +"%b %e %H:%M:%S") host other[1]: vpnrun[2]: uid 0 runs evil in home" >> /var/log/auth.log'
    expect $'root link null null\nalice run true null\nroot run sh 20002\nalice up null null\nalice down null null\nroot unlink null null' \
        "$(alice vpn log --json | jq -r '.[] | "\(.user) \(.action) \(.command) \(.run_as)"')" log
    (( $(alice vpn log --json | jq "map(select((now - .time) < 60 and .time <= now)) | length") == 6 )) || fail 'times'
    expect 2 "$(alice vpn log -n 2 home | wc -l)" lines
    expect_match '^[0-9-]{10} [0-9:]{8}  root +home +runs sh as bob$' "$(alice vpn log | sed -n 3p)" line
    expect_nothing "$(alice vpn log work 2>/dev/null)" 'log of another VPN'

    # And on.
    alice timeout 20 vpn log -f -n 0 --json > "$LAB/followed" &
    sleep 0.5
    until_true 10 follows
    expect 'home link' "$(jq -rs '.[0] | "\(.vpn) \(.action)"' "$LAB/followed")" 'what is followed'
}
# What a user opens to a command besides its VPN; of a command that opens nothing there is one line, as before.
test_log_of_ways() {
    local pid
    log_file
    link home
    provider
    until_true 10 alice $LAB_DIG @172.27.12.1 -b 172.27.12.34 who.test TXT
    alice vpnrun -q home -- true
    alice vpnrun -q --inbound tcp/8090,udp/5300 -p 8085:8090 -p '[::1]:5301:5300/udp' --lan=192.168.50.0/24 home -- true
    on_host vpnrun -q --user=bob --inbound tcp/8091 home -- true
    alice vpnrun -q --forward=8092 home -- true
    inside_open a alice home
    pid=$(inside a 'echo $$')
    alice vpn publish add home "$pid" 8086:8091 >/dev/null
    alice vpn publish add home "$pid" 8086:8091 >/dev/null
    alice vpn publish remove home "$pid" 8086:8091 >/dev/null
    inside_close a
    namespace a
    attach a --label web --inbound tcp/8093 >/dev/null
    attach a --label web --inbound tcp/8093 >/dev/null
    # What is refused opens nothing.
    complains 125 'Permission denied' alice vpnrun -p 80 home -- true
    until_true 5 on_host grep -q 'admits tcp/8093' /var/log/auth.log
    on_host chmod 644 /var/log/auth.log
    expect 'root link null null null
alice run true null null
alice run true null null
alice inbound true null tcp/8090,udp/5300
alice publish true null 127.0.0.1:8085:8090/tcp,[::1]:5301:5300/udp
alice lan true null 192.168.50.0/24
root run true 20002 null
root inbound true 20002 tcp/8091
alice run true null null
alice forward true null PORT:8092
alice run sh null null
alice publish sh null 127.0.0.1:8086:8091/tcp
alice unpublish sh null 127.0.0.1:8086:8091/tcp
root attach web null null
root inbound web null tcp/8093' "$(alice vpn log --json 2>/dev/null | jq -r '.[] | "\(.user) \(.action) \(.command) \(.run_as) \(.ways | if . then join(",") else . end)"' |
        sed -E 's/ [0-9]+:8092$/ PORT:8092/')" log
    expect_match 'alice +home +let tcp/8090,udp/5300 in to true
.*alice +home +published 127\.0\.0\.1:8085:8090/tcp,\[::1\]:5301:5300/udp of true
.*alice +home +opened 192\.168\.50\.0/24 to true
' "$(alice vpn log 2>/dev/null)" 'as a text'
    expect_match 'root +home +let tcp/8091 in to true as bob' "$(alice vpn log 2>/dev/null)" 'for another user'
}

test_log_of_refusals() {
    log_file
    link_with home AllowUsers=alice SystemWide=root
    settled home
    on_host chmod 644 /var/log/auth.log
    refuses 125 'may not use home' bob vpnrun home -- true
    refuses 125 'may not use home' bob vpn unlink home
    refuses 125 'only root may' alice vpn up home
    bob vpn clean >/dev/null # which asks of each, and is refused nothing
    until_true 5 on_host grep -q 'uid 20001 is refused home' /var/log/auth.log
    expect $'root link\nbob refused\nbob refused\nalice refused' "$(alice vpn log --json 2>/dev/null | jq -r '.[] | "\(.user) \(.action)"')" log
    expect_match 'not verified: /var/log/auth.log' "$(alice vpn log 2>&1 >/dev/null)" 'what is said of a file that any user can write to'
}
follows() { vpn link home >/dev/null; vpn unlink home >/dev/null; [[ -s $LAB/followed ]]; }

# ---------------------------------------------------------------- clean

linked() { vpn list --json | jq -r '[.[] | select(.linked).name] | join(" ")'; }

test_clean() {
    expect 'there is nothing to remove' "$(alice vpn clean)" 'without a VPN'
    link home work
    expect $'would remove the box of home, which was not in use\nwould remove the box of work, which was not in use' "$(alice vpn clean --dry-run)" 'dry run'
    expect 'home work' "$(linked)" 'linked after the dry run'

    inside_open label bob work
    expect_match $'^removed the box of home, which was not in use\nwork stays: sh \(pid [0-9]+\) runs in it$' "$(alice vpn clean)" 'with a command'
    expect work "$(linked)" linked
    expect_nothing "$(on_host ip -o link show type veth | grep ' home')" 'link of home'
    inside_close label
    until_true 5 nobody_inside work
    up work
    expect 'work stays: the system goes through it, until `vpn down work`' "$(alice vpn clean)" 'while it is up'
    down work
    expect 'removed the box of work, which was not in use' "$(alice vpn clean)" 'afterwards'
    expect '' "$(linked)" linked
}

test_clean_leaves_what_a_program_is_bound_to() {
    link home
    own=$(on_host ip -4 -j address show dev home | jq -r '.[0].addr_info[0].local')
    own6=$(on_host ip -6 -j address show dev home scope global | jq -r '.[0].addr_info[0].local')
    for bound in "s.bind(('$own', 7000)); s.listen()" "s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'home'); s.bind(('', 7001)); s.listen()" \
        "s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(('$own6', 7002))" "s = socket.socket(socket.AF_INET6); s.bind(('::ffff:$own', 7003)); s.listen()"; do
        rm -f "$LAB/bound"
        alice /usr/bin/python3 -Ic "import socket, time
s = socket.socket(); $bound
print('bound', flush=True); time.sleep(1000)" > "$LAB/bound" &
        holder=$!
        until_true 5 test -s "$LAB/bound"
        expect_match 'home stays: a program is bound to it \((TCP|UDP) port 700[0-3]\)' "$(bob vpn clean)" "with $bound"
        pkill -KILL -P "$holder" || kill -KILL "$holder"
        wait "$holder" || true
    done
    until_true 5 cleans_home
}
cleans_home() { [[ $(alice vpn clean) == 'removed the box of home, which was not in use' ]]; }

test_clean_after_accidents() {
    before=$(rules)
    link home
    # Killed while pinning; a box which only a process in it holds; and one which nothing holds any more.
    on_host touch /run/netns/vpn-work
    on_host nsenter --net=/run/netns/vpn-home sleep 1000 &
    holder=$!
    until_true 5 is_inside "$holder"
    unpin_home
    expect_match '^removed the link home, whose box was gone.work stays: .* only root may do this$' "$(alice vpn clean)" 'a link without a box'
    expect 'removed /run/netns/vpn-work, which was no namespace' "$(vpn clean)" 'a file without a profile'
    pkill -KILL -P "$holder" || kill -KILL "$holder"
    until_true 5 vpn link home # a userspace WireGuard needs a moment to end
    settled home
    unpin_home
    until_true 5 has_no_link
    expect 'removed rules of home, whose link was gone' "$(alice vpn clean)" 'rules without a link'
    expect_nothing "$(on_host ls /run/netns)" pins
    expect_same "$before" "$(rules)" rules
    on_host ip netns add vpn-other
    expect_match 'vpn-other is no box of ours' "$(alice vpn clean)" 'of somebody else'
    on_host test -e /run/netns/vpn-other
    on_host ip netns del vpn-other
}

# Its rules and its filter hold the system, whatever else is gone.
test_clean_leaves_what_is_up() {
    link home
    up home
    on_host umount /run/netns/vpn-home # and the file stays
    on_host ip link del home
    expect 'home stays: the system goes through it, until `vpn down home`' "$(alice vpn clean)"
    expect_match 'not fwmark|not from all fwmark' "$(rules)"
    no_way alice $LAB_GET $LAB_WEB4/
}
unpin_home() { on_host umount /run/netns/vpn-home; on_host rm /run/netns/vpn-home; }
has_no_link() { ! on_host ip link show dev home >/dev/null 2>&1; }
is_inside() { [[ $(find "/proc/$1/ns/net" "/proc/$(pgrep -P "$1")/ns/net" -printf '%l\n' 2>/dev/null) == *"[$(on_host stat -Lc %i /run/netns/vpn-home)]"* ]]; }
