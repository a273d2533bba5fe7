#!/bin/bash
# On a machine that was started with `Block = yes`: whether it is up and no more is kept waiting; `boot.sh with`, or `without` its service.
# Tests/VM/run boot looks at what it has sent.
set -uo pipefail

passed=0 failed=0
claim() { if "${@:2}"; then echo "ok   $1"; passed=$((passed + 1)); else echo "FAIL $1"; failed=$((failed + 1)); fi; }
report() { vpn status home --json | jq -r ".[0] | \"\(.up) \(.blocked)\""; }
is() { [[ $("${@:2}") == "$1" ]]; }
for _ in {1..100}; do [[ $(report) == 'true false' ]] && break; sleep 1; done

echo "# $(uname -sr), $(systemctl --version | head -1)"
claim 'home is up, and keeps nothing waiting' is 'true false' report
claim 'there is a network by DHCP' is 10.0.2.15 sh -c 'ip -4 -br addr show scope global | grep -ow "10\.0\.2\.15"'
claim 'what tries to get out runs' systemctl -q is-active boot-noise
if [[ $1 == with ]]; then
    claim 'vpnrun-block has done its work' is 'success 0' sh -c 'systemctl show vpnrun-block -P Result -P ExecMainStatus | tr "\n" " " | sed "s/ $//"'
    claim 'before the network was made' test "$(systemctl show vpnrun-block -P ExecMainExitTimestampMonotonic)" -lt \
        "$(systemctl show systemd-networkd -P ExecMainStartTimestampMonotonic)"
fi
sleep 5
journalctl -b -u vpnrun -u vpnrun-block --no-pager | tail -12 | sed 's/^/# /'
echo "$passed passed, $failed failed"
((failed == 0))
