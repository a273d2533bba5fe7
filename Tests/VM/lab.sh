#!/bin/bash
# The lab's tests on the machine of vmtest.sh, which is the lab's host: kernel WireGuard, systemd-resolved. `lab.sh [PATTERN]`
set -euo pipefail
make -s install-only
modprobe br_netfilter # as wherever Docker is
LAB_TIMEOUT=900 LAB_HOST=self exec Tests/Lab/run "$@"
