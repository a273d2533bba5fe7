# shellcheck shell=bash
# What the host sends in the clear, seen from the other end of its links. Part of lab.sh.

# Not in it: the tunnels' UDP (and ICMP errors about it, which a closed socket sends), and neighbours finding one another.
LAB_CAPTURE='not arp and not (icmp6 and ip6[40] >= 133 and ip6[40] <= 137) and not ((src net fe80::/10 or src host ::) and dst net ff02::/16)
    and not (udp and (dst port 51820 or dst port 51821) and (dst host 203.0.113.2 or dst host 2001:db8:113::2))
    and not (icmp[0] = 3 and dst host 203.0.113.2) and not (icmp6 and ip6[40] = 1 and dst host 2001:db8:113::2)'

# Node, link and an address there: where the host's packets are watched. A test may add another uplink.
LAB_WATCHED=('inet h0 198.51.100.1' 'lan l1 192.168.50.20')

# lab_capture_start: on uplink and LAN; it is back when both see packets.
lab_capture_start() {
    local watched
    for watched in "${LAB_WATCHED[@]}"; do lab_capture_link $watched; done
    lab_capture_mark 1
}

# lab_capture_forget: what was seen until now does not count.
lab_capture_forget() { lab_capture_mark 3; }

# lab_capture_stop: prints what was seen, a line per packet.
lab_capture_stop() {
    local watched link
    lab_capture_mark 2
    for watched in "${LAB_WATCHED[@]}"; do
        read -r _ link _ <<< "$watched"
        kill "$(< "$LAB/capture.$link.pid")"
        awk '# By some ports tcpdump takes a mark for a packet of another protocol, which is then too short.
            /\.9: (UDP, length |.*\(length )3( |$)/ { n = 0; next } /^$|\.9: (UDP, length |.*\(length )[12]( |$)/ { next } { lines[n++] = $0 } END { for (i = 0; i < n; i++) print lines[i] }' \
            "$LAB/capture.$link"
    done
}

lab_capture_link() {
    nsenter -t "${LAB_PID[$1]}" -n -- tcpdump -i "$2" -Q in -ln --immediate-mode "$LAB_CAPTURE" > "$LAB/capture.$2" 2> "$LAB/capture.$2.log" &
    echo $! > "$LAB/capture.$2.pid"
}

# lab_capture_mark LENGTH: waits until a packet of ours to the discard port is in all files, and so is all that was sent before it.
# A capture that does not show it is none.
lab_capture_mark() {
    local turn watched link address
    local -a files=() addresses=()
    for watched in "${LAB_WATCHED[@]}"; do
        read -r _ link address <<< "$watched"
        files+=("$LAB/capture.$link")
        addresses+=("$address")
    done
    for turn in {0..999}; do
        (( turn % 10 )) || on_host bash -c 'for address in "${@:2}"; do printf "%*s" "$1" > "/dev/udp/$address/9"; done' mark "$1" "${addresses[@]}"
        [[ $(grep -l "\.9: UDP, length $1$" "${files[@]}" | wc -l) == "${#files[@]}" ]] && return
        sleep 0.02
    done
    cat "$LAB"/capture.*.log >&2
    echo 'the capture sees nothing' # where somebody reads it as what was seen, too
    lab_die 'the capture sees nothing'
}
