# bash completion for vpn(1)

_vpn() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} options='-h --help' words='' i
    local commands='up down toggle status list import new show edit rename export remove link unlink refresh reload'
    local -i operands=0
    COMPREPLY=()

    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$commands help $options -V --version" -- "$current")
        return
    fi
    [[ $current == = || $previous == = ]] && return # --name=VALUE
    for ((i = 2; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --name | --id | --address) ((++i)) ;;
            -?*) ;;
            *) operands+=1 ;;
        esac
    done
    case $command in
        import)
            [[ $previous == --name || $previous == --id ]] && return
            options+=' --name --id --force'
            if ((operands == 0)) && [[ $current != -* ]]; then _vpn_files "$current"; return; fi
            ;;
        up | toggle) options+=' --force -v --verbose' words=$(_vpn_profiles) ;;
        down | refresh | reload) options+=' -v --verbose' words=$(_vpn_linked) ;;
        list) options+=' --json' ;;
        new)
            [[ $previous == --id || $previous == --address ]] && return
            options+=' --id --address'
            ;;
        show) options+=' --secrets' words=$(_vpn_profiles) ;;
        edit) words=$(_vpn_profiles; _vpn_drafts) ;;
        rename) words=$(_vpn_profiles) ;;
        export)
            options+=' --force' words=$(_vpn_profiles)
            if ((operands == 1)) && [[ $current != -* ]]; then
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
                return
            fi
            ;;
        remove) options+=' --force' words=$(_vpn_profiles; _vpn_drafts) ;;
        status) options+=' --json --watch' words=$(_vpn_profiles) ;;
        link) options+=' -v --verbose' words=$(_vpn_profiles) ;;
        unlink) options+=' --force -v --verbose' words=$(_vpn_linked) ;;
        help) options='' words=$commands ;;
        *) return ;;
    esac
    if [[ $current == -* ]]; then
        words=$options
    elif ((operands)); then
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

# The folder can be read by everybody, the files by root.
_vpn_profiles() {
    local file
    for file in /etc/vpnrun/*.conf; do _vpn_name "$file"; done
}

_vpn_drafts() {
    local file
    for file in /etc/vpnrun/*.conf.new; do _vpn_name "${file%.new}"; done
}

_vpn_linked() {
    local pin
    for pin in /run/netns/vpn-*; do _vpn_name "${pin/vpn-/}"; done
}

# What compgen -W gets must have no $ or ` in it; a pattern that matched nothing goes here too.
_vpn_name() {
    local name=${1##*/}
    name=${name%.conf}
    [[ $name == [[:alnum:]]* && $name != *[!A-Za-z0-9_-]* ]] && echo "$name"
}

_vpn_files() {
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -d -- "$1"; compgen -f -X '!*.@(conf|zip|nmconnection|netdev|network|png|jpg|jpeg|webp|gif)' -- "$1")
}

complete -F _vpn vpn
