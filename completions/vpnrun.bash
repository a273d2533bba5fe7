# bash completion for vpnrun(1): our own words up to the command, then the command's own completion.

_vpnrun() {
    local current=${COMP_WORDS[COMP_CWORD]} command=1
    COMPREPLY=()

    # The first word that is no option is the VPN or the -- before a command in the default VPN. A "=" and what follows are words of their own.
    while ((command < COMP_CWORD)) && [[ ${COMP_WORDS[command]} == -?* && ${COMP_WORDS[command]} != -- ]]; do
        ((++command))
        if [[ ${COMP_WORDS[command]} == = ]]; then
            if ((command + 1 >= COMP_CWORD)); then
                mapfile -t COMPREPLY < <(compgen -W 'warn refuse off' -- "${current#=}")
                return
            fi
            ((command += 2))
        fi
    done
    if ((command == COMP_CWORD)); then
        if [[ $current == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W '-v --verbose --guard= -h --help -V --version --' -- "$current")
            [[ ${COMPREPLY[*]} != --guard= ]] || compopt -o nospace
        else
            _vpnrun_names "$current"
        fi
        return
    fi

    if [[ ${COMP_WORDS[command++]} != -- && ${COMP_WORDS[command]} == -* ]]; then
        ((command < COMP_CWORD)) || { [[ -- == "$current"* ]] && COMPREPLY=(--); return; }
        ((++command))
    fi
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$command"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$command"
    elif ((command == COMP_CWORD)); then # without the package bash-completion
        mapfile -t COMPREPLY < <(compgen -c -- "$current")
    else
        compopt -o default
    fi
}

_vpnrun_names() {
    local file name
    for file in /etc/vpnrun/[[:alnum:]]*.conf; do
        name=${file##*/} name=${name%.conf}
        [[ -e $file && $name == "$1"* ]] && COMPREPLY+=("$name")
    done
}

complete -F _vpnrun vpnrun
