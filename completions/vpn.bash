# bash completion for vpn(1)

_vpn() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} options='-h --help' words='' i
    local commands='up down toggle status portal list import new show edit rename export remove link unlink refresh reload autostart attach detach publish check plan explain ps log clean service containers podman desktop completions'
    local -i operands=0
    COMPREPLY=()

    if ((COMP_CWORD == 1)); then
        [[ $current == -* ]] && commands="$options -V --version" || commands+=' help'
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
        return
    fi
    [[ $current == = || $previous == = ]] && return # --name=VALUE
    for ((i = 2; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --name | --id | --address | --profile | --format | -n | --lines | --pid | --netns | --link | --label | --inbound | --port) ((++i)) ;;
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
        portal) ;;
        up | toggle) options+=' --force -v --verbose' words=$(_vpn_profiles) ;;
        down | refresh | reload) options+=' -v --verbose' words=$(_vpn_linked) ;;
        attach | detach)
            case $previous in
                --netns) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
                --pid | --link | --label | --keep | --inbound) return ;;
            esac
            options+=' --pid --netns' words=$(_vpn_linked)
            [[ $command == detach ]] || options+=' --link --label --beside --keep --inbound --json'
            ;;
        publish) _vpn_publish; return ;;
        list) options+=' --json' ;;
        check) options+=' --json -v --verbose' words=$(_vpn_profiles) ;;
        ps) options+=' --json' words=$(_vpn_linked) ;;
        log)
            [[ $previous == -n || $previous == --lines ]] && return
            options+=' -f --follow -n --lines --json' words=$(_vpn_profiles)
            ;;
        clean) options+=' --dry-run' ;;
        completions) words='bash zsh fish' ;;
        new)
            [[ $previous == --id || $previous == --address ]] && return
            options+=' --id --address'
            ;;
        show) options+=' --secrets' words=$(_vpn_profiles) ;;
        edit)
            words=$(_vpn_profiles; _vpn_drafts)
            if ((operands)) && [[ $current != -* ]]; then
                compopt -o nospace
                mapfile -t COMPREPLY < <(compgen -W "$(vpn keys 2>/dev/null)" -- "$current")
                return
            fi
            ;;
        autostart) options+=' -v --verbose' ;;
        rename) words=$(_vpn_profiles) ;;
        export)
            if [[ $previous == --format ]]; then
                mapfile -t COMPREPLY < <(compgen -W 'wireguard networkd ifupdown-ng networkmanager nixos' -- "$current")
                return
            fi
            options+=' --format --force' words=$(_vpn_profiles)
            if ((operands == 1)) && [[ $current != -* ]]; then
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
                return
            fi
            ;;
        remove) options+=' --force' words=$(_vpn_profiles; _vpn_drafts) ;;
        status) options+=' --json --watch --exit' words=$(_vpn_profiles) ;;
        link) options+=' -v --verbose' words=$(_vpn_profiles) ;;
        plan)
            words=$(_vpn_profiles)
            ((operands == 1)) && words='link up launch down unlink' operands=0
            ;;
        explain)
            options+=' --from --host --inbound --json --port' words=$(_vpn_linked)
            if ((operands == 0)) && [[ $current != -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
                _vpn_running "$current"
                return
            fi
            ;;
        unlink) options+=' --force -v --verbose' words=$(_vpn_linked) ;;
        service) _vpn_service; return ;;
        containers)
            ((operands == 0)) && words='enable disable status'
            [[ ${COMP_WORDS[2]} == status ]] && options+=' --json'
            ((operands)) && operands=0
            ;;
        podman)
            ((operands == 0)) && words=$(_vpn_profiles)
            ((operands == 1)) && words='run start' operands=0
            ;;
        desktop) _vpn_desktop; return ;;
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

# With the words of _vpn; the first operand is the subcommand.
_vpn_publish() {
    local running=''
    case $operands-${COMP_WORDS[2]} in
        0-*) words='add list remove' ;;
        *-list)
            options+=' --json'
            ((operands == 1)) && words=$(_vpn_linked)
            ;;
        1-add | 1-remove) words=$(_vpn_linked) running=yes ;;
        2-add | 2-remove) [[ ! -e /run/netns/vpn-${COMP_WORDS[3]} ]] || running=yes ;;
    esac
    [[ $current == -* ]] && words=$options running=''
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    [[ ! $running ]] || _vpn_running "$current"
}

# Adds pids and labels of what runs. Another user may have chosen a label: nothing in it may be of the shell's.
_vpn_running() {
    local word
    while IFS=$'\t' read -r word _; do
        [[ $word == "$1"* ]] || continue
        printf -v word %q "$word"
        COMPREPLY+=("$word")
    done < <(vpn find-running 2>/dev/null)
}

# With the words of _vpn; the first operand is the subcommand.
_vpn_service() {
    case $operands-${COMP_WORDS[2]} in
        0-*) words='add list show remove' ;;
        *-add | *-show)
            [[ $previous == --port ]] && return
            options+=' --port --user'
            ((operands == 1)) && words=$(_vpn_profiles)
            ((operands == 2)) && words=$(_vpn_units)
            ;;
        *-list) options+=' --json' ;;
        *-remove)
            options+=' --user'
            ((operands == 1)) && words=$(for unit in /etc/systemd/system/*.service.d/50-vpnrun.conf; do unit=${unit%.service.d/*}; echo "${unit##*/}"; done)
            ;;
    esac
    [[ $current == -* ]] && words=$options
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

# Services of the system.
_vpn_units() {
    local unit
    for unit in /etc/systemd/system/*.service /usr/lib/systemd/system/*.service; do
        unit=${unit##*/}
        [[ $unit == [[:alnum:]]* && $unit != *[!A-Za-z0-9._@-]* ]] && echo "${unit%.service}"
    done
}

_vpn_desktop() {
    case $operands-${COMP_WORDS[2]} in
        0-*) words='add always list remove notify tray' ;;
        *-add)
            [[ $previous == --name ]] && return
            if [[ $previous == --profile ]]; then
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -d -- "$current")
                return
            fi
            options+=' --name --profile --shared --mime --flatpak'
            ((operands == 1)) && words=$(_vpn_profiles)
            ((operands == 2)) && words=$(_vpn_applications)
            ;;
        1-always) words=$(_vpn_profiles) ;;
        2-always) words=$(_vpn_applications) ;;
        *-list) options+=' --json' ;;
        1-remove) words=$(_vpn_launchers '') ;;
        1-notify | 1-tray) words='on off run' ;;
        2-remove) words=$(_vpn_launchers "${COMP_WORDS[3]}") ;;
    esac
    [[ $current == -* ]] && words=$options
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

# Ids of applications; those in folders of folders, and those that menus do not show, are left out.
_vpn_applications() {
    local -a folders files=(/dev/null)
    local folder file
    IFS=: read -ra folders <<< "${XDG_DATA_HOME:-$HOME/.local/share}:${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
    for folder in "${folders[@]}"; do
        for file in "$folder"/applications/*.desktop; do [[ ! -e $file ]] || files+=("$file"); done
    done
    while IFS= read -r file; do
        file=${file##*/}
        [[ $file == [[:alnum:]]*.desktop && $file != vpnrun-* && $file != *[!A-Za-z0-9._-]* ]] && echo "${file%.desktop}"
    done < <(grep -LxE '(NoDisplay|Hidden)=true' "${files[@]}")
}

# Of what `vpn desktop` has made: the VPNs, or of a VPN the applications.
_vpn_launchers() {
    local file line vpn application
    for file in "${XDG_DATA_HOME:-$HOME/.local/share}"/applications/*.desktop; do
        vpn='' application=''
        while read -r line; do
            [[ $line == X-Vpnrun=* ]] && vpn=${line#*=}
            [[ $line == X-Vpnrun-Application=* ]] && application=${line#*=}
        done 2>/dev/null < "$file"
        [[ $1 ]] || application=$vpn
        [[ $vpn == "${1:-$vpn}" && $application == [[:alnum:]]* && $application != *[!A-Za-z0-9._-]* ]] && echo "$application"
    done
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
