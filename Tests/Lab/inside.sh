# shellcheck shell=bash
# Shells that live in a VPN while a test does something to it. Needs lab.sh and helpers.sh.

# inside_open LABEL USER VPN: a shell in the VPN, with a pipe in and a pipe out.
inside_open() {
    local label=$1 user=$2 vpn=$3 in out
    rm -f "$LAB/$label".{in,out}
    mkfifo "$LAB/$label".{in,out}
    exec {in}<> "$LAB/$label.in" {out}<> "$LAB/$label.out"
    as_user "$user" vpnrun "$vpn" -- sh <&"$in" >&"$out" 2>&1 {in}<&- {out}<&- &
    declare -g "inside_in_$label=$in" "inside_out_$label=$out"
    inside "$label" :
}

# inside LABEL COMMANDS: a line for that shell; prints what it printed, status included.
inside() {
    local -n inside_in=inside_in_$1 inside_out=inside_out_$1
    local line
    printf '%s\necho "  :$?"\n' "$2" >&"$inside_in"
    while IFS= read -t 20 -r -u "$inside_out" line || fail "no answer from the shell $1 to: $2"; do
        [[ $line != '  :'* ]] || return "${line#  :}"
        printf '%s\n' "$line"
    done
}

# inside_words LABEL WORD...: as a prefix of a command.
inside_words() { local label=$1; shift; inside "$label" "$(printf '%q ' "$@")"; }

# inside_close LABEL: it ends at the end of its input.
inside_close() {
    local -n inside_in=inside_in_$1 inside_out=inside_out_$1
    printf 'exit\n' >&"$inside_in"
    exec {inside_in}>&- {inside_out}>&-
}

# inside_download LABEL: endless, in the background; back when bytes flow.
inside_download() {
    inside "$1" "curl -sS -o /dev/null $LAB_WEB4/big 2>/dev/null & echo"
    until_true 10 inside_receives "$1" 500000
}

# inside_receives LABEL BYTES: it got that many until now.
inside_receives() {
    inside "$1" 'set -- $(grep eth0: /proc/net/dev); test "$2" -gt '"$2"
}
