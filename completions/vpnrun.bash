# bash completion for vpnrun(1): our own words up to the command, then the command's own completion.

_vpnrun() {
    local current=${COMP_WORDS[COMP_CWORD]} command=1
    COMPREPLY=()

    # No option has a value: the first word that is none is the VPN or the -- before a command in the default VPN.
    while ((command < COMP_CWORD)) && [[ ${COMP_WORDS[command]} == -?* && ${COMP_WORDS[command]} != -- ]]; do ((++command)); done
    if ((command == COMP_CWORD)); then
        if [[ $current == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W '-v --verbose -h --help -V --version --' -- "$current")
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
