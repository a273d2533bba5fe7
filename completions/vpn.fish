# fish completion for vpn(1)

# The folder can be read by everybody, the files by root.
function __vpn_profiles
    set -l files /etc/vpnrun/*.conf
    string replace -fr '.*/([[:alnum:]][^/]*)\.conf$' '$1' -- $files
end

function __vpn_linked
    set -l pins /run/netns/vpn-*
    string replace -fr '.*/vpn-' '' -- $pins
end

# __vpn_at COMMAND [operand]: the command line has that command, and (with "operand") no operand yet.
function __vpn_at
    set -l words (commandline -opc)
    test "$words[2]" = $argv[1]; or return 1
    test "$argv[2]" = operand; or return 0
    set -l next 3
    while set -q words[$next]
        switch $words[$next]
            case --name --id
                set next (math $next + 1)
            case '-?*'
            case '*'
                return 1
        end
        set next (math $next + 1)
    end
    return 0
end

function __vpn_at_start
    test (count (commandline -opc)) -eq 1
end

complete -c vpn -f
complete -c vpn -n __vpn_at_start -a up -d 'Put the whole system behind a VPN'
complete -c vpn -n __vpn_at_start -a down -d 'Take the system out of a VPN again'
complete -c vpn -n __vpn_at_start -a toggle -d 'Up if it is down, down if it is up'
complete -c vpn -n __vpn_at_start -a status -d "Say where the system's traffic goes, show tunnels and commands"
complete -c vpn -n __vpn_at_start -a list -d 'Show every VPN in a line'
complete -c vpn -n __vpn_at_start -a import -d "Take a provider's WireGuard file as a VPN"
complete -c vpn -n __vpn_at_start -a link -d "Build a VPN's box and tunnel"
complete -c vpn -n __vpn_at_start -a unlink -d "Remove a VPN's box and tunnel"
complete -c vpn -n __vpn_at_start -a refresh -d 'Follow a changed network'
complete -c vpn -n __vpn_at_start -a help -d 'Show help for a command'
complete -c vpn -n __vpn_at_start -s V -l version -d 'Print the version'
complete -c vpn -n 'not __vpn_at help' -s h -l help -d 'Show help'

complete -c vpn -n '__vpn_at import operand' -k -a '(__fish_complete_suffix .conf)'
complete -c vpn -n '__vpn_at import' -l name -x -d "The VPN's name"
complete -c vpn -n '__vpn_at import' -l id -x -d '1 to 99, lower comes first'
complete -c vpn -n '__vpn_at import' -l force -d 'Replace the VPN of that name'

complete -c vpn -n '__vpn_at list' -l json -d 'Print JSON'

complete -c vpn -n '__vpn_at status operand' -a '(__vpn_profiles)' -d VPN
complete -c vpn -n '__vpn_at status' -l json -d 'Print JSON'
complete -c vpn -n '__vpn_at status' -l watch -d 'Again every two seconds'

for __vpn_command in up toggle
    complete -c vpn -n "__vpn_at $__vpn_command operand" -a '(__vpn_profiles)' -d VPN
    complete -c vpn -n "__vpn_at $__vpn_command" -l force -d 'Even when that cuts off this SSH session'
end

complete -c vpn -n '__vpn_at link operand' -a '(__vpn_profiles)' -d VPN
complete -c vpn -n '__vpn_at unlink' -l force -d 'Even when commands run in it'

for __vpn_command in down unlink refresh
    complete -c vpn -n "__vpn_at $__vpn_command operand" -a '(__vpn_linked)' -d 'Linked VPN'
end

for __vpn_command in up down toggle link unlink refresh
    complete -c vpn -n "__vpn_at $__vpn_command" -s v -l verbose -d 'Print each change as the command that would make it'
end

complete -c vpn -n '__vpn_at help operand' -a 'up down toggle status list import link unlink refresh'
set -e __vpn_command
