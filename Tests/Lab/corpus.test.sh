# shellcheck shell=bash
# Tests/Corpus through wg-quick(8) and wg(8), and through us: the same meaning, or refused by us with a sentence that says why.

# Why we differ, on purpose. Each reason is an item of vpnrun.conf(5), DIFFERENCES.
declare -A CORPUS_REASONS=(
    [once]='Repeated keys'
    [twice]='Repeated peers and networks'
    [complete]='Missing parts'
    [empty]='Empty addresses'
    [zero-key]='Keys of zeros'
    [notation]='Abbreviations'
    [address]='Addresses of no machine'
    [dns]='DNS servers out of reach'
    [search]='Search domains without a server'
    [mtu]='Extreme MTU'
    [table]='Tables of the system'
    [endpoint]='Endpoints'
    [control]='Control characters'
    [lenient]='Spelling'
    [vpn-section]='Section VPN'
    # In every case, since the comparison leaves it out.
    [hooks]=Hooks
    [lengths]='Prefix lengths'
)


LAB_CORPUS=$LAB_REPOSITORY/Tests/Corpus

test_files_of_providers() { corpus_files | corpus; }
test_the_file() { corpus_part 'the file' | corpus; }
test_keys() { corpus_part keys | corpus; }
test_address() { corpus_part Address | corpus; }
test_dns() { corpus_part DNS | corpus; }
test_interface() { corpus_part MTU | corpus; }
test_allowed_ips() { corpus_part AllowedIPs | corpus; }
test_endpoint() { corpus_part Endpoint | corpus; }

test_reasons_are_in_the_manual() {
    local reason used manual=$LAB_REPOSITORY/man/vpnrun.conf.5
    used=$({ printf '%s\n' hooks lengths; sed -nE 's/^(stricter|laxer|differs):([a-z-]+) .*/\2/p' "$LAB_CORPUS/spellings"; } | sort -u)
    expect_same "$(printf '%s\n' "${!CORPUS_REASONS[@]}" | sort)" "$used" 'the list of reasons'
    for reason in "${CORPUS_REASONS[@]}"; do grep -qFx ".It $reason" "$manual" || fail "not in the manual: $reason"; done
}

# ---------------------------------------------------------------- the corpus, as lines VERDICT PLACE TEXT

corpus_part() { awk -v part="# -+ $1" '/^# ---/ { inside = $0 ~ part } inside && !/^(#|$)/' "$LAB_CORPUS/spellings"; }

# The files, but for those that have a line of their own.
corpus_files() {
    local file name verdict
    for file in "$LAB_CORPUS"/{good,bad}/*.conf; do
        name=${file#"$LAB_CORPUS/"} name=${name%.conf}
        case $name in good/*) verdict=same ;; *) verdict=refused ;; esac
        awk -v name="$name" '$2 == "file" && $3 == name { found = 1 } END { exit !found }' "$LAB_CORPUS/spellings" || echo "$verdict file $name"
    done
}

# corpus_case PLACE TEXT: the file.
corpus_case() {
    local place=$1 text=$2 base name
    base=$'[Interface]\nPrivateKey = @private\nAddress = 10.64.3.7/32\n[Peer]\nPublicKey = @public\nAllowedIPs = 10.0.0.0/8\nEndpoint = 192.0.2.1:51820'
    for name in "${!LAB_CORPUS_KEYS[@]}"; do
        base=${base//"@$name"/${LAB_CORPUS_KEYS[$name]}} text=${text//"@$name"/${LAB_CORPUS_KEYS[$name]}}
    done
    printf -v text %b "$text"
    case $place in
        file) cat "$LAB_CORPUS/$text.conf" ;;
        sed) sed -e "$text" <<< "$base" ;;
        interface) printf '%s\n' "${base/'[Peer]'/"$text"$'\n[Peer]'}" ;;
        peer | end) printf '%s\n' "$base" "$text" ;;
        top) printf '%s\n' "$text" "$base" ;;
        *) while IFS= read -r name; do [[ $name == "$place = "* ]] && name=$text; printf '%s\n' "$name"; done <<< "$base" ;;
    esac
}

# corpus: what both made of each line's file, compared. All that is not as the table says, at once.
corpus() {
    local folder=$LAB/corpus verdict place text n=0 problems=''
    local -a verdicts=() texts=()
    local -A LAB_CORPUS_KEYS=([private]=$(wg genkey) [public]=$(wg genkey | wg pubkey) [other]=$(wg genkey | wg pubkey) [psk]=$(wg genpsk)
        [zeros]=$(head -c 32 /dev/zero | base64))
    rm -rf "$folder"
    mkdir "$folder"
    while read -r verdict place text; do
        n=$((n + 1))
        verdicts[n]=$verdict texts[n]="$place $text"
        corpus_case "$place" "$text" > "$folder/$n.case"
    done
    (( n > 10 )) || fail "only $n cases"
    corpus_hosts "$folder"
    on_host unshare -mn "$LAB_HERE/probes/wg-quick.sh" "$folder"
    on_host "$LAB_HERE/probes/vpnrun.sh" "$folder"
    for ((n = 1; n <= ${#verdicts[@]}; n++)); do problems+=$(corpus_verdict "$folder/$n" "${verdicts[n]}" "${texts[n]}"); done
    [[ -z $problems ]] || { printf '%s\n' "$problems"; exit 1; }
}

# corpus_hosts FOLDER: its names can be looked up, without the network.
corpus_hosts() {
    on_host sed -i '/\.example$/d' /etc/hosts
    sed -n 's/#.*//; s/\r$//; s/^ *End *point *= *\[*\([^]:]*\.example\).*/\1/Ip' "$1"/*.case | sort -u |
        sed 's/^v6\./2001:db8::200 &/; t; s/^/192.0.2.200 /' | on_host tee -a /etc/hosts > /dev/null
}

# corpus_verdict CASE WANTED WHAT: nothing, or what is wrong.
corpus_verdict() {
    local case=$1 wanted=$2 what=$3 got difference='' reason
    if [[ -e $case.theirs && -e $case.ours ]]; then
        difference=$(diff "$case.theirs" <(corpus_comparable "$case")) && got=same || got=differs
    elif [[ -e $case.theirs ]]; then got=stricter
    elif [[ -e $case.ours ]]; then got=laxer
    else got=refused
    fi
    case $got in same | refused) reason=none ;; *) reason=${CORPUS_REASONS[${wanted#*:}]:-} ;; esac
    if [[ $got != "${wanted%%:*}" || -z $reason ]]; then
        printf '\n%s: %s, not %s\n%s\ntheirs: %s\nours: %s\n' "$what" "$got" "$wanted" "$difference" "$(tail -1 "$case.theirs.said")" "$(< "$case.ours.said")"
        return
    fi
    [[ -e $case.ours ]] || corpus_refusal "$case" || printf '\n%s: said: %s\n' "$what" "$(< "$case.ours.said")"
}

# What is ours, without what the file does not say and we choose.
corpus_comparable() {
    awk '
        NR == FNR { said[$1] = 1; if ($1 == "interface") port = $4; next }
        $1 == "interface" && port == "any" { $4 = "any" }
        $1 == "interface" && $6 == "0x2711" { $6 = "off" }
        ($1 == "mtu" || $1 == "search" && NF == 1) && !($1 in said) { next }
        { print }' "$1.theirs" "$1.ours"
}

# corpus_refusal CASE: every line says what is wrong and where, or shows that place; no key in it.
corpus_refusal() {
    [[ -s $1.ours.said ]] || return 1
    ! grep -Evq '^[^ ]*/ours\.conf:[0-9]+:[0-9]+: .|^    |^vpn(-link)?: ' "$1.ours.said" || return 1
    ! grep -aoE '[A-Za-z0-9+/]{43}=' "$1.case" | cut -c 4-20 | grep -qFf - "$1.ours.said"
}
