#!/bin/bash
# The lab's tests on the machine of vmtest.sh, which is the lab's host: kernel WireGuard, systemd-resolved. `lab.sh [PATTERN]`
set -euo pipefail
if [[ -e packages/vpnrun.deb ]]; then
    DEBIAN_FRONTEND=noninteractive apt-get -q -y install ./packages/vpnrun.deb >/dev/null
    export LAB_PREFIX=/usr
else
    make -s install-only
fi
modprobe br_netfilter # as wherever Docker is
LAB_TIMEOUT=900 LAB_HOST=self exec Tests/Lab/run "$@"
