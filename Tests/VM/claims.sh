# shellcheck shell=bash
# What the scripts for the machine of vmtest.sh say: claims, a line each, and totals. They run as root in a folder with the Makefile, what
# it built, and Tests/Lab, and print `ok CLAIM` or `FAIL CLAIM: WHY`. Source it; `claims_end` at the end gives the exit status.
export LAB_HOST=self
# Through the Debian package, where the machine was given one, or as `make install` does it.
package=packages/vpnrun.deb
if [[ -e $package ]]; then export LAB_PREFIX=/usr; else export LAB_PREFIX=/usr/local; fi
for part in lab helpers inside snapshot; do
    # shellcheck source=../Lab/lab.sh
    . "Tests/Lab/$part.sh"
done

web=http://192.0.2.80
web6='http://[2001:db8:80::80]'
passed=0 failed=0

ok() { echo "ok   $1"; passed=$((passed + 1)); }
not_ok() { echo "FAIL $1: ${2//$'\n'/$'\n    '}"; failed=$((failed + 1)); }

# exits CLAIM STATUS PATTERN COMMAND...: the command ends with that status, and what it prints matches.
exits() {
    local claim=$1 expected=$2 pattern=$3 status=0 got; shift 3
    got=$("$@" 2>&1) || status=$?
    # shellcheck disable=SC2053
    if [[ $status == "$expected" && $got == $pattern ]]; then
        ok "$claim"
    else
        not_ok "$claim" "expected status $expected, '$pattern'; got $status, '$got'"
    fi
}
says() { exits "$1" 0 "${@:2}"; }
holds() { exits "$1" 0 '*' "${@:2}"; }
fails() { ! "$@"; }

home() { alice vpnrun home -- "$@"; }
box() { nsenter --net=/run/netns/vpn-home -- "$@"; }
get() { "$@" curl -sS -m 10 "$web"; }
get6() { "$@" curl -sS -m 10 "$web6"; }
address() { "$@" getent ahostsv4 who.test | sed -n '1s/ .*//p'; }

# profile [LINE...]: `home`, with these lines in [VPN].
profile() {
    vpn unlink home >/dev/null 2>&1
    { echo '[VPN]' && (($# == 0)) || printf '%s\n' "$@"; lab_profile home; } | vpn import - --name home --force >/dev/null
}

# behind CLAIM USER...: every one of these users is in the VPN with both protocols, and finds names there.
behind() {
    local claim=$1 user; shift
    for user; do
        says "$claim: $user's IPv4" 203.0.113.101 get "$user"
        says "$claim: $user's IPv6" 2001:db8:113::101 get6 "$user"
        says "$claim: $user's names, by libc" 10.0.0.3 address "$user"
    done
}

# typed PAGE: what it shows is typed by root as it stands there, in a folder with what is in $LAB/reader, and says what stands there.
typed() {
    local page=$PWD/$1 tool=$PWD/Tests/Lab/documents.py
    mkdir -p "$LAB/reader"
    /usr/bin/python3 -I "$tool" script "$page" > "$LAB/script"
    cat - "$LAB/script" <<'EOF' | (cd "$LAB/reader" && AFTER_IMPORT='' bash) &> "$LAB/said"
sudo() { "$@"; }
curl() { command curl -sS -4 -m 20 "${@/#https:/http:}"; }
networkctl() { command networkctl "$@" && sleep 5; } # until it has done that
EOF
    holds "$1 has commands" test "$(wc -l < "$LAB/script")" -gt 4
    says "$1, as it is typed" '' /usr/bin/python3 -I "$tool" compare "$page" "$LAB/said"
}

# What is said is what was done.
# shellcheck disable=SC2034  # for those who source this
if [[ -e $package ]]; then installing='apt install ./vpnrun.deb' removing='apt purge vpnrun'; else installing='make install' removing='make uninstall'; fi
install_programs() {
    if [[ -e $package ]]; then apt_get install "./$package"; else make -s install-only; fi
}
remove_programs() {
    if [[ -e $package ]]; then apt_get purge vpnrun; else make -s uninstall; fi
}
apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" 2>&1; }

claims_begin() { echo "# $(uname -sr), $(systemctl --version | head -1)"; }
# claims_lab: and what all but a few need, the programs and the lab's world.
claims_lab() {
    claims_begin
    install_programs >/dev/null || exit
    lab_up
}

# claims_parts 'PART...' [PART...]: those that are named behind, or all of them; each is a function, PART or PART_part, and its time is said.
claims_parts() {
    local part began
    local -a parts
    read -r -a parts <<< "$1"; shift
    (($# == 0)) || parts=("$@")
    for part in "${parts[@]}"; do
        began=$SECONDS
        if declare -F "${part}_part" >/dev/null; then "${part}_part"; else "$part"; fi
        echo "# $part: $((SECONDS - began)) s"
    done
}

claims_end() {
    echo "$passed passed, $failed failed"
    ((failed == 0))
}
