# shellcheck shell=bash
# The front `vpn`: what it gives to vpn-link at once, and what to vpn-manage. Both are a line of sh here, beside a copy of the front.

front() {
    local program
    on_host test ! -e /run/systemd/resolve || skip 'systemd-resolved runs, and is to be told of everything'
    front=$LAB/front
    mkdir -p "$front"/{bin,libexec/vpnrun}
    on_host cp "$LAB_PREFIX/bin/vpn" "$front/bin"
    for program in link manage; do
        echo '#!/bin/sh' > "$front/libexec/vpnrun/vpn-$program"
        echo "echo $program\${CALLER:+ of \$CALLER}: \"\$@\"; exit \$(cat $front/$program)" >> "$front/libexec/vpnrun/vpn-$program"
        echo 0 > "$front/$program"
    done
    chmod 755 "$front"/libexec/vpnrun/*
    lab_profile home | vpn import - --name home >/dev/null
}

# gives STATUS SAID WORD...: from a caller with an environment.
gives() {
    local wanted=$1 says=$2 said status=0; shift 2
    said=$(on_host env CALLER=me "${variables[@]}" "$front/bin/vpn" "$@") || status=$?
    expect "$says" "$(paste -sd' ' <<< "$said")" "what 'vpn $*' runs"
    expect "$wanted" "$status" "status of 'vpn $*'"
}

test_quick_changes() {
    local front variables=()
    front
    gives 0 'link: up' up
    gives 0 'link: up -v home' up -v home
    gives 0 'link: down --verbose' down --verbose
    gives 0 'link: toggle home' toggle home
    gives 0 'manage of me:'
    gives 0 'manage of me: status' status
    gives 0 'manage of me: up --force' up --force
    gives 0 'manage of me: up home work' up home work
    gives 0 'manage of me: down homr' down homr
    gives 0 'manage of me: toggle ../home' toggle ../home
    gives 0 'manage of me: upp' upp
    gives 0 'manage of me: refresh' refresh
    variables=(SSH_CONNECTION='198.51.100.7 1 198.51.100.2 22')
    gives 0 'manage of me: up' up
    gives 0 'manage of me: toggle home' toggle home
    gives 0 'link: down' down
}

test_what_vpn_link_lacks() {
    local front status variables=()
    front
    for status in 4 5 6; do
        echo $status > "$front/link"
        gives 0 'link: up manage of me: up' up
        gives 0 'link: down home manage of me: down home' down home
        gives 0 'link: toggle -v home manage of me: toggle -v home' toggle -v home
    done
    echo 125 > "$front/link"
    gives 125 'link: up' up
    gives 125 'link: down home' down home
    echo 3 > "$front/manage"
    gives 3 'manage of me: status' status
    # A box may have lost its tunnel, and a new one may need both.
    vpn link home >/dev/null
    echo 5 > "$front/link"
    gives 3 'link: up home manage of me: up home' up home
    gives 3 'link: down home manage of me: down home' down home
}
