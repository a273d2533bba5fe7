#!/bin/bash
# The lab's tests on the machine of vmtest.sh, with the kernel's WireGuard: `lab.sh [-n] [PATTERN]`. The machine is the lab's host, with
# systemd-resolved; with -n that is a namespace, as elsewhere, for tests that change more of a host than a test may.
set -euo pipefail
if [[ ${1:-} == -n ]]; then
    shift
    modprobe -a wireguard vrf
    LAB_TIMEOUT=900 exec Tests/Lab/run "$@"
fi
if [[ -e packages/vpnrun.deb ]]; then
    DEBIAN_FRONTEND=noninteractive apt-get -q -y install ./packages/vpnrun.deb >/dev/null
    export LAB_PREFIX=/usr
else
    make -s install-only
fi
modprobe br_netfilter # as wherever Docker is
LAB_TIMEOUT=900 LAB_HOST=self exec Tests/Lab/run "$@"
