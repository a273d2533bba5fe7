# shellcheck shell=bash
# A program of alice's that tries every way out, again and again, while something happens to the host. Needs lab.sh and helpers.sh.

# stream_open [WAY...]: see probes/stream.py; all ways there are unless told. It is back when each was tried, so it has connections from before.
stream_open() {
    (( $# )) || set -- plain u0 own
    install -m 644 "$LAB_HERE/probes/stream.py" "$LAB/stream.py"
    rm -f "$LAB"/stream.{in,out}
    mkfifo "$LAB"/stream.{in,out}
    exec {stream_in}<> "$LAB/stream.in" {stream_out}<> "$LAB/stream.out"
    as_user alice /usr/bin/python3 -I "$LAB/stream.py" "$@" <&"$stream_in" >&"$stream_out" {stream_in}<&- {stream_out}<&- &
    stream_process=$! stream_kinds=$(( 12 * $# ))
    stream_answer
    expect ready "$stream_answer" 'the first word of stream.py'
}

stream_answer() { IFS= read -t 10 -r -u "$stream_out" stream_answer || fail 'no answer from stream.py'; }

# stream_forget: it counts anew.
stream_forget() { echo forget >&"$stream_in"; stream_answer; }

# stream_tell: what it got since, in $stream_answer; every kind was tried.
stream_tell() {
    for _ in {1..200}; do
        echo tell >&"$stream_in"
        stream_answer
        [[ $(jq "length == $stream_kinds and all(.[]; [.answers[]] | add >= 2)" <<< "$stream_answer") != true ]] || return 0
        sleep 0.02
    done
    fail "not every kind was tried: $stream_answer"
}

stream_close() { kill -KILL "$stream_process" 2>/dev/null || true; }

# stream_got KIND: what those whose names match have got, sorted, each once.
stream_got() { jq -r --arg kind "$1" '[to_entries[] | select(.key | test($kind)) | .value.answers | keys[]] | unique | join(",")' <<< "$stream_answer"; }

# stream_slowest KIND: milliseconds.
stream_slowest() { jq --arg kind "$1" '[to_entries[] | select(.key | test($kind)) | .value.slowest] | max' <<< "$stream_answer"; }

# stream_not_direct: nobody got an answer by the uplink or from the LAN.
stream_not_direct() {
    local direct
    direct=$(jq -c 'to_entries[] | select([.value.answers | keys[] | split(" ")[]] | any(test("^(198\\.51\\.|2001:db8:10[01]:|isp|lan)")))' <<< "$stream_answer")
    expect_nothing "$direct" 'answered past the VPN'
}
