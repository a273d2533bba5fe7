# bash completion for vpnrun(1): our own words up to the command, then the command's own completion. The options are those of
# `vpnrun --help`.

_vpnrun() {
    local current=${COMP_WORDS[COMP_CWORD]} command=1 option='' line
    local -a options=()
    # What a value is, of the options that need one.
    local -A values=()
    COMPREPLY=()

    while IFS= read -r line; do
        [[ $line =~ ^\ +((-[a-zA-Z]),\ )?(--[a-z-]+)(\[?=([^] ]+))? ]] || continue
        [[ ${BASH_REMATCH[4]} != =* ]] || values[${BASH_REMATCH[3]}]=${BASH_REMATCH[5]}
        [[ ${BASH_REMATCH[4]} != =* || -z ${BASH_REMATCH[2]} ]] || values[${BASH_REMATCH[2]}]=${BASH_REMATCH[5]}
        # What stands in a list is the last of the text.
        [[ ${BASH_REMATCH[5]} != LIST ]] || values[${BASH_REMATCH[3]}]=$(sed "s/.* //; s/,/|/g" <<< "$line")
        options+=(${BASH_REMATCH[2]:+"${BASH_REMATCH[2]}"} "${BASH_REMATCH[3]}${values[${BASH_REMATCH[3]}]:+=}")
    done < <(vpnrun --help 2>/dev/null)

    # The first word that is no option is the VPN or the -- before a command in the default VPN. `=` is a word of its own here.
    _vpnrun_skip_options
    if ((command > COMP_CWORD)); then
        _vpnrun_value "${values[$option]:-}" "${current#=}"
        return
    fi
    if ((command == COMP_CWORD)); then
        if [[ $current == -* ]]; then
            _vpnrun_options
        else
            _vpnrun_names "$current"
        fi
        return
    fi

    # Options may stand after the VPN, too.
    if [[ ${COMP_WORDS[command++]} != -- ]]; then
        _vpnrun_skip_options
        if ((command > COMP_CWORD)); then
            _vpnrun_value "${values[$option]:-}" "${current#=}"
            return
        fi
        if ((command == COMP_CWORD)) && [[ $current == -* ]]; then
            _vpnrun_options
            return
        fi
        [[ ${COMP_WORDS[command]} != -- ]] || ((++command))
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

# The value of one that needs it follows at once.
_vpnrun_options() {
    mapfile -t COMPREPLY < <(compgen -W "${options[*]} --" -- "$current")
    [[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
}

# Moves `command` behind options.
_vpnrun_skip_options() {
    while ((command < COMP_CWORD)) && [[ ${COMP_WORDS[command]} == -?* && ${COMP_WORDS[command]} != -- ]]; do
        option=${COMP_WORDS[command]}
        if [[ ${COMP_WORDS[command + 1]} == = ]]; then
            ((command += 3))
        elif [[ ${values[$option]:-} ]]; then
            ((command += 2))
        else
            ((++command))
        fi
    done
}

# The value of an option: DIR, USER, what runs, or words between |.
_vpnrun_value() {
    case $1 in
        DIR)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$2")
            ;;
        USER) mapfile -t COMPREPLY < <(compgen -u -- "$2") ;;
        PORTS | COMMAND) ;;
        'PID|LABEL')
            local word
            while IFS=$'\t' read -r word _; do
                [[ $word == "$2"* ]] || continue
                printf -v word %q "$word"
                COMPREPLY+=("$word")
            done < <(vpn find-running 2>/dev/null)
            ;;
        *) mapfile -t COMPREPLY < <(compgen -W "${1//|/ }" -- "$2") ;;
    esac
}

_vpnrun_names() {
    local file name
    for file in /etc/vpnrun/[[:alnum:]]*.conf; do
        name=${file##*/} name=${name%.conf}
        [[ -e $file && $name == "$1"* ]] && COMPREPLY+=("$name")
    done
}

complete -F _vpnrun vpnrun
