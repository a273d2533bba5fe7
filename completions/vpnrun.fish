# fish completion for vpnrun(1): our own words up to the command, then the command's own completion.

# The words of the command before the cursor's; fails where the command does not begin yet.
function __vpnrun_command
    set -l words (commandline -opc)
    set -l next 2
    # No option has a value in the next word: the first word that is none is the VPN or the -- before a command in the default VPN.
    while set -q words[$next]; and string match -qr -- '^-.' $words[$next]; and test $words[$next] != --
        set next (math $next + 1)
    end
    set -q words[$next]; or return 1
    if test $words[$next] != --; and test "$words[$(math $next + 1)]" = --
        set next (math $next + 1)
    end
    string join \n -- $words[(math $next + 1)..]
    return 0
end

function __vpnrun_command_completions
    set -l words (__vpnrun_command)
    if not set -q words[1]; and string match -q -- '-*' (commandline -ct)
        # After a name; a program's name begins otherwise.
        printf '%s\n' --
        return
    end
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

function __vpnrun_names
    set -l files /etc/vpnrun/*.conf
    string replace -fr '.*/([[:alnum:]][^/]*)\.conf$' '$1' -- $files
end

complete -c vpnrun -f
complete -c vpnrun -n '__vpnrun_command >/dev/null' -a '(__vpnrun_command_completions)'
complete -c vpnrun -n 'not __vpnrun_command >/dev/null' -a '(__vpnrun_names)' -d VPN
complete -c vpnrun -n 'not __vpnrun_command >/dev/null' -s v -l verbose -d 'Say which address the command has'
complete -c vpnrun -n 'not __vpnrun_command >/dev/null; and string match -q -- "-*" (commandline -ct)' -a '--guard=warn --guard=refuse --guard=off' -d 'When the program runs outside already'
complete -c vpnrun -n 'not __vpnrun_command >/dev/null' -s h -l help -d 'Show help'
complete -c vpnrun -n 'not __vpnrun_command >/dev/null' -s V -l version -d 'Show the version'
