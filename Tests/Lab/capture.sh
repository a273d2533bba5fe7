# shellcheck shell=bash
# What the host sends in the clear, seen from the other end of its links. Part of lab.sh.

# Not in it: the tunnels' UDP (and ICMP errors about it, which a closed socket sends), and neighbours finding one another.
LAB_CAPTURE='not arp and not (icmp6 and ip6[40] >= 133 and ip6[40] <= 137) and not ((src net fe80::/10 or src host ::) and dst net ff02::/16)
    and not (udp and (dst port 51820 or dst port 51821) and (dst host 203.0.113.2 or dst host 2001:db8:113::2))
    and not (icmp[0] = 3 and dst host 203.0.113.2) and not (icmp6 and ip6[40] = 1 and dst host 2001:db8:113::2)'

# lab_capture_start: on uplink and LAN; it is back when both see packets.
lab_capture_start() {
    lab_capture_link inet h0
    lab_capture_link lan l1
    lab_capture_mark 1
}

# lab_capture_stop: prints what was seen, a line per packet.
lab_capture_stop() {
    local link
    lab_capture_mark 2
    for link in h0 l1; do
        kill "$(< "$LAB/capture.$link.pid")"
        grep -Ev '^$|\.9: UDP, length [12]$' "$LAB/capture.$link" || true
    done
}

lab_capture_link() {
    nsenter -t "${LAB_PID[$1]}" -n -- tcpdump -i "$2" -Q in -ln --immediate-mode "$LAB_CAPTURE" > "$LAB/capture.$2" 2> "$LAB/capture.$2.log" &
    echo $! > "$LAB/capture.$2.pid"
}

# lab_capture_mark LENGTH: waits until a packet of ours to the discard port is in both files, and so is all that was sent before it.
# A capture that does not show it is none.
lab_capture_mark() {
    local turn
    for turn in {0..999}; do
        (( turn % 10 )) || on_host bash -c 'printf "%*s" "$1" > /dev/udp/198.51.100.1/9; printf "%*s" "$1" > /dev/udp/192.168.50.20/9' mark "$1"
        [[ $(grep -l "\.9: UDP, length $1$" "$LAB/capture.h0" "$LAB/capture.l1" | wc -l) == 2 ]] && return
        sleep 0.02
    done
    cat "$LAB"/capture.*.log >&2
    lab_die 'the capture sees nothing'
}
