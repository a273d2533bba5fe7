# shellcheck shell=bash
# Interactive shells with the completions, in a folder of their own: `home` after shell_home.

shell_is_there() {
    local program
    for program in expect "$1"; do
        command -v "$program" >/dev/null || { skips "$1" "$program is not installed"; return 1; }
    done
    [[ $1 != bash || -r /usr/share/bash-completion/bash_completion ]] || { skips bash 'bash-completion is not installed'; return 1; }
}

# vpnrun, whose help has the options, vpn, which knows of four that run, two VPNs of which one is linked, a draft of a third, two applications, a launcher of one, an application that menus do not show, a program
# with a completion of its own, and Ctrl-] to print the line and empty it.
shell_home() {
    local file
    home=$(mktemp -d "${TMPDIR:-/tmp}/vpnrun-docs.XXXXXX")
    # shellcheck disable=SC2154  # helpers.sh has it
    trap 'rm -rf "$home" "$installed"' EXIT
    mkdir -p "$home"/{bin,functions,profiles,pins}
    touch "$home"/profiles/{home.conf,work.conf,draft.conf.new,.hidden.conf,notes.txt} "$home"/pins/{vpn-work,other} "$home"/{provider.conf,archive.zip}
    install /dev/null "$home/bin/sample-command"
    install -d "$home/.local/share/applications"
    printf '[Desktop Entry]\nX-Vpnrun=work\nX-Vpnrun-Application=browser\n' > "$home/.local/share/applications/vpnrun-work-browser.desktop"
    touch "$home"/.local/share/applications/{browser,editor}.desktop
    printf '[Desktop Entry]\nNoDisplay=true\n' > "$home/.local/share/applications/edit-mail.desktop"
    # shellcheck disable=SC2154  # helpers.sh has it
    ln -s "$installed/bin/vpnrun" "$home/bin"
    # shellcheck disable=SC2154  # helpers.sh has it
    printf '%s\n' '#!/bin/sh' "[ \"\$1\" = find-running ] || exec '$installed/bin/vpn' \"\$@\"" \
        "printf '%s\\t%s\\n' 4242 'curl in home' 4711 'ssh in work' web 'web in home' 'other \$(id);\\x' 'another user'\\''s in home'" > "$home/bin/vpn"
    chmod 755 "$home/bin/vpn"
    # shellcheck disable=SC2154  # helpers.sh has it
    for file in "$repository"/completions/*; do
        sed "s,/etc/vpnrun,$home/profiles,g; s,/run/netns,$home/pins,g" "$file" > "$home/functions/${file##*/}"
    done
    "shell_home_$1"
}

shell_home_bash() {
    cat > "$home/rc.bash" <<'END'
PATH=$HOME/bin:$PATH PS1='ready! '
. /usr/share/bash-completion/bash_completion
. functions/vpnrun.bash
. functions/vpn.bash
complete -W '--colour red rose' sample-command
show() { printf '<<%s>>\n' "$READLINE_LINE"; READLINE_LINE= READLINE_POINT=0; }
bind 'set show-all-if-ambiguous on'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind 'set enable-bracketed-paste off'
bind -x '"\C-]": show'
END
}

shell_home_zsh() {
    cat > "$home/functions/_sample-command" <<'END'
#compdef sample-command
compadd -- --colour red rose
END
    cat > "$home/.zshrc" <<'END'
path=($HOME/bin $path) fpath=($HOME/functions $fpath) PS1='ready! ' LISTMAX=10000
unsetopt prompt_sp prompt_cr
autoload -Uz compinit && compinit -u -D
show() { zle -R -c; zle -I; print -r -- "<<$BUFFER>>"; BUFFER= }
zle -N show
bindkey '^]' show
END
}

shell_home_fish() {
    cat > "$home/rc.fish" <<'END'
set -gx PATH $HOME/bin $PATH
function fish_prompt; echo -n 'ready! '; end
function fish_greeting; end
set -g fish_autosuggestion_enabled 0
source functions/vpnrun.fish
source functions/vpn.fish
complete -c sample-command -f -a '--colour red rose'
function show; printf '<<%s>>\n' (commandline); commandline ''; end
bind \c] show
END
}
