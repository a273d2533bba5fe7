# fish completion for vpnrun(1): our own words up to the command, then the command's own completion. The options are those of
# `vpnrun --help`.

# The words of the command before the cursor's; fails where the command does not begin yet.
function __vpnrun_command
    set -l words (commandline -opc)
    set -l next 2
    # The first word that is no option, nor the value of one, is the VPN or the -- before a command in the default VPN.
    while set -q words[$next]; and string match -qr -- '^-.' $words[$next]; and test $words[$next] != --
        contains -- $words[$next] $__vpnrun_valued; and set next (math $next + 1)
        set next (math $next + 1)
    end
    set -q words[$next]; or return 1
    if test $words[$next] != --
        # Options may stand after the VPN, too.
        set -l after (math $next + 1)
        while set -q words[$after]; and string match -qr -- '^-.' $words[$after]; and test $words[$after] != --
            contains -- $words[$after] $__vpnrun_valued; and set after (math $after + 1)
            set after (math $after + 1)
        end
        # The value of one is still to be typed.
        test $after -le (math (count $words) + 1); or return 1
        test "$words[$after]" = --; and set after (math $after + 1)
        set next (math $after - 1)
    end
    string join \n -- $words[(math $next + 1)..]
    return 0
end

function __vpnrun_command_completions
    set -l words (__vpnrun_command)
    if not set -q words[1]; and string match -q -- '-*' (commandline -ct)
        # After a name; a program's name begins otherwise.
        printf '%s\n' -- (vpnrun --help 2>/dev/null | string match -rga '^ +(?:(-[a-zA-Z]), )?(--[a-z-]+)' | string match -v '')
        return
    end
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

function __vpnrun_names
    set -l files /etc/vpnrun/*.conf
    for name in (string replace -fr '.*/([[:alnum:]][^/]*)\.conf$' '$1' -- $files)
        test -e /run/netns/vpn-$name; and printf '%s\tlinked\n' $name; or printf '%s\tnot linked\n' $name
    end
end

complete -c vpnrun -f
complete -c vpnrun -n '__vpnrun_command >/dev/null' -a '(__vpnrun_command_completions)'
complete -c vpnrun -n 'not __vpnrun_command >/dev/null' -a '(__vpnrun_names)' -d VPN

set -g __vpnrun_valued
for __vpnrun_line in (vpnrun --help 2>/dev/null)
    # Its short name, long name, "=" or "[=", what the value is, and the text.
    set -l parts (string match -rg '^ +-?([a-zA-Z]?),? *--([a-z-]+)(\[?=?)([^\] ]*)\]? +(.*)$' -- $__vpnrun_line); or continue
    set -l spec -c vpnrun -n 'not __vpnrun_command >/dev/null' -l $parts[2] -d $parts[5]
    test -n "$parts[1]"; and set -a spec -s $parts[1]
    if test "$parts[3]" = =
        set -a __vpnrun_valued --$parts[2]
        test -n "$parts[1]"; and set -a __vpnrun_valued -$parts[1]
        switch $parts[4]
            case DIR
                set -a spec -x -a '(__fish_complete_directories)'
            case LIST # the text's last word
                set -a spec -x -a (string match -r '\S+$' -- $parts[5] | string replace -a ',' ' ')
            case USER
                set -a spec -x -a '(__fish_complete_users)'
            case 'PID|LABEL'
                set -a spec -x -a '(vpn find-running 2>/dev/null)'
            case PORTS COMMAND
                set -a spec -x
            case '*'
                set -a spec -x -a (string replace -a '|' ' ' -- $parts[4])
        end
    end
    complete $spec
end
set -e __vpnrun_line
