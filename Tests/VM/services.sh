#!/bin/bash
# Services of a real systemd in a VPN: a hardened one, its names, its port, with the VPN gone and back, and attached namespaces.
#
#   services.sh [PART...]    hardened, checked, comes_and_goes, ports, notify, of_a_user, attached; all of them without one
set -uo pipefail
# shellcheck source=claims.sh
. Tests/VM/claims.sh

# a_service: all of a sandbox that commands of vpnrun's own cannot have; what it is asked to do, it does.
a_service() {
    cat > /etc/systemd/system/lab-web.service <<'END'
[Service]
ExecStart=/usr/bin/python3 -I /run/lab-web.py
Restart=on-failure
RestartSec=0
DynamicUser=yes
NoNewPrivileges=yes
PrivateUsers=yes
CapabilityBoundingSet=
RestrictNamespaces=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallFilter=@system-service
MemoryDenyWriteExecute=yes
ProtectSystem=strict
PrivateTmp=yes
END
    # GET /?COMMAND: its output.
    cat > /run/lab-web.py <<'END'
import http.server, socketserver, subprocess, urllib.parse
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        out = subprocess.run(["sh", "-c", urllib.parse.unquote_plus(self.path[2:])], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
        self.send_response(200); self.end_headers(); self.wfile.write(out)
    def log_message(self, *a): pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer): pass
Server(("127.0.0.1", 9091), Handler).serve_forever()
END
    chmod 644 /run/lab-web.py
    systemctl daemon-reload
}
pid() { systemctl show -p MainPID --value lab-web; }
# in_service COMMAND: by the service itself, with its sandbox, in its network.
in_service() { nsenter -t "$(pid)" -n -- curl -sS -m 20 -G "http://127.0.0.1:9091/" --data-urlencode "$1" | sed 's/^=//'; }
starts() { systemctl restart lab-web && until in_service true >/dev/null 2>&1; do sleep 0.2; done; }
is() { [[ $(systemctl is-active lab-web) == "$1" ]]; }
becomes() { for _ in {1..100}; do is "$1" && return; sleep 0.2; done; return 1; }

hardened() {
    holds 'vpn link' vpn link home
    a_service
    says 'vpn service add' '*lab-web has home as its only network*' vpn service add home lab-web
    lab_capture_start
    holds 'it starts' starts
    says 'its IPv4' 203.0.113.101 in_service "curl -sS -m 5 $web"
    says 'its IPv6' 2001:db8:113::101 in_service "curl -sS -m 5 $web6"
    says 'its names' '10.0.0.3 *' in_service 'getent ahostsv4 who.test'
    says 'vpn ps knows it' '*lab-web*' vpn ps home
    exits 'and unlink' 125 '*lab-web (attached)*' vpn unlink home
    before=$(pid)
    kill -KILL "$before"
    holds 'killed, it comes again' becomes active
    holds 'and answers' starts
    says 'in the VPN' 203.0.113.101 in_service "curl -sS -m 5 $web"
    ip -n vpn-home link del dev wg0
    says 'the tunnel is gone: refused' 'curl: (7)*' in_service "curl -sS -m 3 $web"
    holds 'vpn refresh' vpn refresh home
    says 'and back' 203.0.113.101 in_service "curl -sS -m 5 $web"
    says 'all that time nothing was on uplink and LAN' '' lab_capture_stop
    holds 'it stops' systemctl stop lab-web
    says 'no port is left' 0 sh -c 'sleep 1; ip -n vpn-home -j link show group 76 | jq "[.[] | select(.ifname // \"\" | test(\"^v[0-9]\"))] | length"'
}

# checked_says: what `vpn check` says of services and of what is attached.
checked_says() { { vpn check home --json || [[ $? == 1 ]]; } | jq -r '.[] | select(.check == "attached" or .check == "service") | "\(.severity) \(.what)"'; }

checked() {
    holds 'it starts' starts
    says 'vpn check proves it' '*ok lab-web (attached) has lo and eth0 and nothing else*came into the tunnel*ok the service lab-web is in the VPN, with*' checked_says
    ip netns exec vpn-home nft delete table netdev vpn
    says 'it names a lost guard' '*problem lab-web (attached) has lost in the box: the filter of its port*' checked_says
    says 'refresh brings it back' '*lab-web (attached) has again: the filter of its port*' vpn refresh home
    nsenter -t "$(pid)" -n nft flush ruleset
    says 'and a filter that is gone in it' '*problem lab-web (attached): the filter in its network is not as it was made*' checked_says
    holds 'which a restart brings back' starts
    nsenter -t "$(pid)" -m umount /etc/resolv.conf
    says "and another resolver's files" '*problem the service lab-web sees another /etc/resolv.conf*' checked_says
    holds 'so, too' starts
    says 'all is well' '*ok lab-web (attached)*ok the service lab-web is in the VPN*' checked_says
    holds 'it stops' systemctl stop lab-web
}

comes_and_goes() {
    holds 'it runs' starts
    holds 'vpn unlink --force' vpn unlink --force home
    holds 'it stops with the VPN' becomes inactive
    systemctl start --no-block lab-web
    sleep 2
    exits 'started without the VPN it waits' 3 inactive systemctl is-active lab-web
    holds 'vpn link' vpn link home
    holds 'and it starts' becomes active
    says 'in the VPN' 203.0.113.101 sh -c "sleep 1; nsenter -t \$(systemctl show -p MainPID --value lab-web) -n curl -sS -m 5 $web"
}

ports() {
    says 'with a port' '*enable --now lab-web-vpn-9091.socket*' vpn service add home lab-web --port '[::]:9091'
    holds 'systemctl restart' starts
    holds 'the socket' systemctl enable --now lab-web-vpn-9091.socket
    says 'this machine reaches it' hello curl -sS -m 20 'http://127.0.0.1:9091/?echo%20hello'
    says 'the LAN reaches it' hello in_lan curl -sS -m 20 'http://192.168.50.10:9091/?echo%20hello'
    holds 'restart of the service' starts
    says 'and again' hello curl -sS -m 20 'http://127.0.0.1:9091/?echo%20hello'
    systemctl disable --now lab-web-vpn-9091.socket >/dev/null 2>&1
    says 'vpn service remove' '*the host*' vpn service remove lab-web
    holds 'systemctl restart' systemctl restart lab-web
    holds 'systemctl stop' systemctl stop vpnrun-attach-lab-web
    says 'it is outside again' 198.51.100.2 sh -c "curl -sS -m 20 --retry 20 --retry-delay 1 --retry-connrefused -G 'http://127.0.0.1:9091/' 2>/dev/null --data-urlencode 'curl -sS -m 5 $web'"
    says 'nothing of it is left' '' find /etc/systemd/system -name '*vpnrun*' -path '*lab-web*'
    systemctl stop lab-web
}

# Type=notify, with a sandbox: it is ready when it has its answer by the VPN, and says which.
notify() {
    cat > /etc/systemd/system/lab-notify.service <<'END'
[Service]
Type=notify
ExecStart=/usr/bin/python3 -I /run/lab-notify.py
TimeoutStartSec=30
DynamicUser=yes
NoNewPrivileges=yes
RestrictNamespaces=yes
SystemCallFilter=@system-service
END
    cat > /run/lab-notify.py <<END
import os, socket, time, urllib.request
said = urllib.request.urlopen("$web", timeout=10).read().decode().strip()
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
s.send(("READY=1\\nSTATUS=" + said).encode())
time.sleep(600)
END
    chmod 644 /run/lab-notify.py
    systemctl daemon-reload
    says 'vpn service add' '*lab-notify has home as its only network*' vpn service add home lab-notify
    holds 'it becomes ready' systemctl start lab-notify
    says 'in the VPN' 203.0.113.101 systemctl show -p StatusText --value lab-notify
    holds 'and again' systemctl restart lab-notify
    says 'in the VPN again' 203.0.113.101 systemctl show -p StatusText --value lab-notify
    systemctl stop lab-notify
    vpn service remove lab-notify >/dev/null
}

# By vpnrun, in the manager of a user; what forbids that is named.
of_a_user() {
    local uid units=/home/alice/.config/systemd/user
    uid=$(id -u alice)
    loginctl enable-linger alice
    for _ in {1..50}; do [[ -S /run/user/$uid/bus ]] && break; sleep 0.2; done
    own() { runuser -u alice -- env "XDG_RUNTIME_DIR=/run/user/$uid" HOME=/home/alice "$@"; }
    own mkdir -p "$units"
    own sh -c "printf '[Service]\nType=oneshot\nExecStart=/bin/sh -c \"curl -sS -m 10 $web > /home/alice/seen\"\n' > $units/lab-own.service"
    says 'vpn service add --user' '*lab-own runs in home from its next start on*' own vpn service add home lab-own --user
    holds 'it runs' own systemctl --user start lab-own
    says 'in the VPN' 203.0.113.101 cat /home/alice/seen
    says 'vpn service remove --user' '*lab-own has the host*' own vpn service remove lab-own --user
    holds 'it runs once more' own systemctl --user start lab-own
    says 'outside' 198.51.100.2 cat /home/alice/seen
    own sh -c "echo NoNewPrivileges=yes >> $units/lab-own.service"
    exits 'with NoNewPrivileges' 125 '*lab-own has NoNewPrivileges, under which*' own vpn service add home lab-own --user
    own rm "$units/lab-own.service" /home/alice/seen
    loginctl disable-linger alice
}

# Kernel 6.1, as Debian 12 has it: the guard at the port, and no trace.
attached() {
    unshare -n sleep 300 &
    sleep 0.5
    says 'vpn attach' 'web is attached to home as *' vpn attach home --pid $! --label web
    says 'IPv4' 203.0.113.101 nsenter -t $! -n curl -sS -m 5 "$web"
    says 'IPv6' 2001:db8:113::101 nsenter -t $! -n curl -sS -m 5 "$web6"
    says 'the guard' '*arp saddr ether 02:76:70:*nd-redirect drop*' ip netns exec vpn-home nft list table netdev vpn
    holds 'once more' vpn attach home --pid $! --label web
    kill $!
    says 'it ends' 0 sh -c 'sleep 1; ip -n vpn-home -j link show group 76 | jq "[.[] | select(.ifname // \"\" | test(\"^v[0-9]\"))] | length"'
}

claims_begin
make -s install-only >/dev/null || exit
lab_up
{ printf '[VPN]\nID = 1\n'; lab_profile home; } | vpn import - --name home --force >/dev/null
claims_parts 'hardened checked comes_and_goes ports notify of_a_user attached' "$@"
claims_end
