# shellcheck shell=bash
# `vpn service`: what is written for systemd, which does not run here. Tests/VM/services.sh has it run.

a_unit() {
    on_host sh -c 'cat > /etc/systemd/system/lab-web.service' <<'END'
[Unit]
Description=A service
[Service]
ExecStart=/bin/sleep 100
DynamicUser=yes
END
}
service() { vpn service "$@"; }
written() { on_host sh -c 'cd /etc/systemd/system && find . -newer /etc/vpnrun/home.conf -type f | sort'; }

test_service_add_list_remove() {
    import_vpn home
    a_unit
    written > "$LAB/before"
    refuses 125 '^vpn: changing a service needs root: sudo vpn service add home lab-web' alice vpn service add home lab-web
    expect_match 'lab-web has home as its only network from its next start on
Next: sudo systemctl restart lab-web.service
      sudo systemctl enable --now lab-web-vpn-9091.socket' "$(service add home lab-web.service --port 9091 --port '[::1]:9092')"
    expect_same '[{"ports":[{"address":null,"port":9091},{"address":"[::1]","port":9092}],"unit":"lab-web","user":false,"vpn":"home"}]' "$(service list --json | jq -c '[.[] | select(.unit == "lab-web")]')" list
    expect_match 'home +lab-web +9091, \[::1\]:9092' "$(service list)"
    dropin=$(on_host cat /etc/systemd/system/lab-web.service.d/50-vpnrun.conf)
    for line in 'BindsTo=sys-subsystem-net-devices-home.device vpnrun-attach-lab-web.service' 'PrivateNetwork=yes' 'JoinsNamespaceOf=vpnrun-attach-lab-web.service' \
        'BindReadOnlyPaths=/etc/systemd/system/lab-web.service.d/50-vpnrun.resolv:/etc/resolv.conf'; do
        grep -qxF "$line" <<< "$dropin" || fail "missing: $line"
    done
    expect_nothing "$(grep Exec <<< "$dropin" || true)" "what runs in the service's environment"
    expect "ExecStart=$LAB_PREFIX/bin/vpn attach home --label lab-web" "$(on_host grep Exec /etc/systemd/system/vpnrun-attach-lab-web.service)"
    expect 'nameserver 172.27.12.1' "$(on_host grep -m 1 nameserver /etc/systemd/system/lab-web.service.d/50-vpnrun.resolv)"
    # Once more, with other ports: those of before are gone.
    service add home lab-web --port 127.0.0.1:9093 >/dev/null
    expect_match 'home +lab-web +127\.0\.0\.1:9093' "$(service list)"
    expect_match 'the host.s network from its next start' "$(service remove lab-web)"
    expect_same "$(< "$LAB/before")" "$(written)" 'files'
    expect 'vpn: lab-web was not added to a VPN' "$(service remove lab-web 2>&1)"
}

test_service_units_are_systemds() {
    on_host sh -c 'command -v systemd-analyze >/dev/null' || skip 'no systemd-analyze'
    import_vpn home
    a_unit
    service add home lab-web --port 9091 >/dev/null
    for unit in lab-web.service vpnrun-attach-lab-web.service lab-web-vpn-9091.socket lab-web-vpn-9091.service; do
        said=$(on_host systemd-analyze verify --man=no "/etc/systemd/system/$unit" 2>&1 | grep -i "lab-web" | grep -v 'is not executable: No such file' || true)
        expect_nothing "$said" "what systemd-analyze says of $unit"
    done
    # It reads them at all.
    on_host sh -c 'echo Nonsense=1 >> /etc/systemd/system/lab-web.service.d/50-vpnrun.conf'
    expect_match "Nonsense" "$(on_host systemd-analyze verify --man=no /etc/systemd/system/lab-web.service 2>&1)"
}

# Killed anywhere, a second add leaves the service in a VPN.
test_service_add_killed_half_way() {
    local call
    import_vpn home
    a_unit
    for call in 1 2 3 4 5; do
        service add home lab-web --port 9091 >/dev/null
        on_host strace -f -o /dev/null -e trace=unlink,unlinkat -e inject=unlink,unlinkat:signal=KILL:when="$call" \
            vpn service add home lab-web --port 9092 >/dev/null 2>&1 || true
        on_host grep -qx PrivateNetwork=yes /etc/systemd/system/lab-web.service.d/50-vpnrun.conf || fail "outside after call $call"
    done
    service remove lab-web >/dev/null
}

test_service_show_writes_nothing() {
    import_vpn home
    written > "$LAB/before"
    expect_match '^# /etc/systemd/system/lab-web\.service\.d/50-vpnrun\.conf' "$(service show home lab-web --port 80 | head -1)"
    expect_match 'systemd-socket-proxyd --exit-idle-time=60s 127\.0\.0\.1:80' "$(service show home lab-web --port 80)"
    expect_same "$(< "$LAB/before")" "$(written)" 'files'
}

test_service_refuses() {
    import_vpn home
    for unit in a/b ../x lab.socket a:b 'a\x2db' '' @x .hidden 'a b' $'a\nb'; do
        refuses 2 "is no service's unit" vpn service add home -- "$unit"
    done
    for port in 0 65536 x 1.2.3:80 ::1:80 :80 080; do refuses 2 'is no port' vpn service add home web --port "$port"; done
    refuses 2 'port 80 is named twice' vpn service add home web --port 80 --port 127.0.0.1:80
    refuses 2 '--port is not for templates' vpn service add home web@a --port 80
    refuses 125 'nosuch' vpn service add nosuch web
    on_host mkdir -p /etc/systemd/system/web.service.d
    on_host sh -c 'echo "[Service]" > /etc/systemd/system/web.service.d/50-vpnrun.conf'
    refuses 125 'is there already, and not made here' vpn service add home web
    on_host rm -r /etc/systemd/system/web.service.d
}

# A unit of a user's: what is written has the unit's own command, and that runs in the VPN as it stands.
test_service_of_a_user() {
    local own=/home/alice/.config/systemd/user line
    import_vpn home
    alice mkdir -p "$own/lab-own.service.d"
    alice sh -c "printf '[Service]\nExecStart=-/bin/sh -c \"echo \$\$VPNRUN\"\n' > $own/lab-own.service"
    refuses 125 '--user is for a user.s own services' vpn service add home lab-own --user
    complains 2 '--port is for services of the system' alice vpn service add home lab-own --user --port 80
    refuses 125 'there is no unit lab-none.service of yours' alice vpn service add home lab-none --user
    expect_match 'ExecStart=-.*/bin/vpnrun home -- /bin/sh -c "echo \$\$VPNRUN"$' "$(alice vpn service show home lab-own --user)"
    expect_match 'Next: systemctl --user restart lab-own.service' "$(alice vpn service add home lab-own --user)"
    expect '[{"ports":[],"unit":"lab-own","user":true,"vpn":"home"}]' "$(alice vpn service list --json | jq -c '[.[] | select(.user)] | map(to_entries | sort_by(.key) | from_entries)')"
    # systemd does not run here: a shell reads this line as it would.
    line=$(alice sed -n 's/^ExecStart=-//p' "$own/lab-own.service.d/50-vpnrun.conf")
    vpn link home >/dev/null
    expect home "$(alice sh -c "${line//\$\$/\\\$}")" 'what the line runs'
    # Twice is once, and what it has written is no reason.
    alice vpn service add home lab-own --user >/dev/null
    expect_match 'the host.s network' "$(alice vpn service remove lab-own --user)"
    expect_nothing "$(alice find "$own" -name '50-vpnrun*')" 'files'
    expect 'vpn: lab-own of yours was not added to a VPN' "$(alice vpn service remove lab-own --user 2>&1)"
    # A sandbox that takes vpnrun's rights away is named.
    alice sh -c "printf 'NoNewPrivileges=true\nSystemCallFilter=@system-service\n' >> $own/lab-own.service"
    refuses 125 'lab-own has NoNewPrivileges, SystemCallFilter, under which no program has vpnrun.s rights' alice vpn service add home lab-own --user
    alice rm -r "$own"
}
