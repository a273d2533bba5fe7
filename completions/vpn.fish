# fish completion for vpn(1)

# The folder can be read by everybody, the files by root.
function __vpn_profiles
    set -l files /etc/vpnrun/*.conf
    for name in (string replace -fr '.*/([[:alnum:]][^/]*)\.conf$' '$1' -- $files)
        test -e /run/netns/vpn-$name; and printf '%s\tlinked\n' $name; or printf '%s\tnot linked\n' $name
    end
end

function __vpn_drafts
    set -l files /etc/vpnrun/*.conf /etc/vpnrun/*.conf.new
    string replace -fr '.*/([[:alnum:]][^/]*)\.conf(\.new)?$' '$1' -- $files
end

function __vpn_linked
    set -l pins /run/netns/vpn-*
    string replace -fr '.*/vpn-' '' -- $pins
end

# __vpn_at COMMAND [operand|second|third|more]: the command line has that command, and (with "operand") no operand yet, or (with "second") one,
# (with "third") two, or (with "more") at least one.
function __vpn_at
    set -l words (commandline -opc)
    test "$words[2]" = $argv[1]; or return 1
    set -q argv[2]; or return 0
    set -l next 3
    set -l operands 0
    while set -q words[$next]
        switch $words[$next]
            case --name --id --address --profile --format -n --lines --pid --netns --link --label --inbound --port
                set next (math $next + 1)
            case '-?*'
            case '*'
                set operands (math $operands + 1)
        end
        set next (math $next + 1)
    end
    switch $argv[2]
        case operand
            test $operands -eq 0
        case second
            test $operands -eq 1
        case third
            test $operands -eq 2
        case more
            test $operands -ge 1
    end
end

function __vpn_at_start
    test (count (commandline -opc)) -eq 1
end

complete -c vpn -f
complete -c vpn -n __vpn_at_start -a up -d 'Put the whole system behind a VPN'
complete -c vpn -n __vpn_at_start -a down -d "Stop sending the system's traffic through a VPN"
complete -c vpn -n __vpn_at_start -a toggle -d 'Take a VPN up if it is down, and down if it is up'
complete -c vpn -n __vpn_at_start -a status -d "Show where the system's traffic goes, tunnels and commands"
complete -c vpn -n __vpn_at_start -a portal -d "Open a network's login page outside"
complete -c vpn -n __vpn_at_start -a list -d 'Show every VPN on a line'
complete -c vpn -n __vpn_at_start -a import -d "Import a provider's WireGuard file"
complete -c vpn -n __vpn_at_start -a new -d 'Create a VPN with a new key pair'
complete -c vpn -n __vpn_at_start -a show -d "Show a VPN's profile, without its keys"
complete -c vpn -n __vpn_at_start -a edit -d "Change a VPN's profile, and check it"
complete -c vpn -n __vpn_at_start -a rename -d 'Give a VPN another name'
complete -c vpn -n __vpn_at_start -a export -d 'Write a VPN as a file for wg-quick or another program'
complete -c vpn -n __vpn_at_start -a remove -d "Delete a VPN's profile"
complete -c vpn -n __vpn_at_start -a link -d "Connect a VPN for commands"
complete -c vpn -n __vpn_at_start -a unlink -d "Remove a VPN's box and tunnel"
complete -c vpn -n __vpn_at_start -a refresh -d 'Adapt to a changed network'
complete -c vpn -n __vpn_at_start -a reload -d 'Apply an edited profile without stopping commands'
complete -c vpn -n __vpn_at_start -a autostart -d 'Link and take up the VPNs whose profiles say so'
complete -c vpn -n __vpn_at_start -a attach -d 'Give a network namespace a VPN as its only network'
complete -c vpn -n __vpn_at_start -a detach -d 'Take a VPN away from a network namespace'
complete -c vpn -n __vpn_at_start -a publish -d 'Hand ports of this machine on to a command that runs'
complete -c vpn -n __vpn_at_start -a check -d 'Diagnose problems, and prove that nothing leaks'
complete -c vpn -n __vpn_at_start -a plan -d 'Print what would be done as a script'
complete -c vpn -n __vpn_at_start -a explain -d 'Show where a packet would go'
complete -c vpn -n __vpn_at_start -a ps -d 'Show the commands that run in VPNs'
complete -c vpn -n __vpn_at_start -a log -d 'Show who ran what, and who changed a VPN'
complete -c vpn -n __vpn_at_start -a clean -d 'Unlink the VPNs that are not in use'
complete -c vpn -n __vpn_at_start -a service -d 'Run a service of systemd in a VPN'
complete -c vpn -n __vpn_at_start -a containers -d 'Let containers have a VPN as their only network'
complete -c vpn -n __vpn_at_start -a podman -d 'Run a container of your own podman in a VPN'
complete -c vpn -n __vpn_at_start -a desktop -d 'Start applications in a VPN by a click'
complete -c vpn -n __vpn_at_start -a completions -d 'Print the completions of a shell'
complete -c vpn -n __vpn_at_start -a help -d 'Show help for a command'
complete -c vpn -n __vpn_at_start -s V -l version -d 'Print the version'
complete -c vpn -n 'not __vpn_at help' -s h -l help -d 'Show help'

complete -c vpn -n '__vpn_at import operand' -k -a '(for suffix in .conf .zip .nmconnection .netdev .interfaces .nix .png .jpg; __fish_complete_suffix $suffix; end)'
complete -c vpn -n '__vpn_at import' -l name -x -d "The VPN's name"
complete -c vpn -n '__vpn_at import' -l id -x -d '1 to 99, lower comes first'
complete -c vpn -n '__vpn_at import' -l force -d 'Replace the VPN of that name'

complete -c vpn -n '__vpn_at new' -l id -x -d '1 to 99, lower comes first'
complete -c vpn -n '__vpn_at new' -l address -x -d "This machine's address in the VPN"

complete -c vpn -n '__vpn_at show' -l secrets -d 'Show the keys as well'
complete -c vpn -n '__vpn_at export' -l format -x -a 'wireguard networkd ifupdown-ng networkmanager nixos' -d 'For which program'
complete -c vpn -n '__vpn_at export' -l force -d 'Replace existing files'
complete -c vpn -n '__vpn_at export second' -F
complete -c vpn -n '__vpn_at remove' -l force -d 'Do it even while it is linked'

for __vpn_command in show rename export
    complete -c vpn -n "__vpn_at $__vpn_command operand" -a '(__vpn_profiles)' -d VPN
end

for __vpn_command in edit remove
    complete -c vpn -n "__vpn_at $__vpn_command operand" -a '(__vpn_drafts)' -d VPN
end

complete -c vpn -n '__vpn_at edit more' -a '(vpn keys 2>/dev/null)' -d Key

complete -c vpn -n '__vpn_at list' -l json -d 'Print JSON'

complete -c vpn -n '__vpn_at check operand' -a '(__vpn_profiles)' -d VPN
complete -c vpn -n '__vpn_at check' -l json -d 'Print JSON'
complete -c vpn -n '__vpn_at check' -s v -l verbose -d 'Also explain why each note matters'

complete -c vpn -n '__vpn_at ps operand' -a '(__vpn_linked)' -d 'Linked VPN'
complete -c vpn -n '__vpn_at ps' -l json -d 'Print JSON'

complete -c vpn -n '__vpn_at log operand' -a '(__vpn_profiles)' -d VPN
complete -c vpn -n '__vpn_at log' -s f -l follow -d 'Keep printing new entries'
complete -c vpn -n '__vpn_at log' -s n -l lines -x -d 'How many of the last lines to show'
complete -c vpn -n '__vpn_at log' -l json -d 'Print JSON'

complete -c vpn -n '__vpn_at clean' -l dry-run -d 'Only say what would be removed'

complete -c vpn -n '__vpn_at status operand' -a '(__vpn_profiles)' -d VPN
complete -c vpn -n '__vpn_at status' -l json -d 'Print JSON'
complete -c vpn -n '__vpn_at status' -l exit -d 'Ask through the tunnel as which address it is seen'
complete -c vpn -n '__vpn_at status' -l watch -d 'Repeat every two seconds'

for __vpn_command in up toggle
    complete -c vpn -n "__vpn_at $__vpn_command operand" -a '(__vpn_profiles)' -d VPN
    complete -c vpn -n "__vpn_at $__vpn_command" -l force -d 'Do it even if it cuts off this SSH session'
end

complete -c vpn -n '__vpn_at link operand' -a '(__vpn_profiles)' -d VPN
complete -c vpn -n '__vpn_at unlink' -l force -d 'Do it even while commands run in it'

for __vpn_command in attach detach
    complete -c vpn -n "__vpn_at $__vpn_command" -l pid -x -a '(__fish_complete_pids)' -d 'The namespace of this process'
    complete -c vpn -n "__vpn_at $__vpn_command" -l netns -r -F -d 'The namespace in this file'
end
complete -c vpn -n '__vpn_at attach' -l link -x -d 'How the link is called there'
complete -c vpn -n '__vpn_at attach' -l label -x -d 'As what vpn ps lists it'
complete -c vpn -n '__vpn_at attach' -l beside -d 'Keep its other links'
complete -c vpn -n '__vpn_at attach' -l keep -x -d 'Networks that stay with other links'
complete -c vpn -n '__vpn_at attach' -l inbound -x -d 'What is let in to it from the VPN'
complete -c vpn -n '__vpn_at attach' -l json -d 'Print JSON'

# __vpn_at_publish COMMAND [first|second]: after "publish COMMAND", and there at that operand; the second where the first is a VPN.
function __vpn_at_publish
    set -l words (commandline -opc)
    test "$words[2] $words[3]" = "publish $argv[1]"; or return 1
    switch "$argv[2]"
        case first
            __vpn_at publish second
        case second
            __vpn_at publish third; and test -e /run/netns/vpn-$words[4]
    end
end

complete -c vpn -n '__vpn_at publish operand' -a add -d 'Hand ports on, until the command ends'
complete -c vpn -n '__vpn_at publish operand' -a list -d 'Show all ports that are handed on'
complete -c vpn -n '__vpn_at publish operand' -a remove -d 'Hand ports on no more'
for __vpn_command in add remove
    complete -c vpn -n "__vpn_at_publish $__vpn_command first" -a '(__vpn_linked)' -d 'Linked VPN'
    complete -c vpn -n "__vpn_at_publish $__vpn_command first" -a '(vpn find-running 2>/dev/null)'
    complete -c vpn -n "__vpn_at_publish $__vpn_command second" -a '(vpn find-running 2>/dev/null)'
end
complete -c vpn -n '__vpn_at_publish list first' -a '(__vpn_linked)' -d 'Linked VPN'
complete -c vpn -n '__vpn_at_publish list' -l json -d 'Print JSON'

for __vpn_command in down unlink refresh reload attach detach
    complete -c vpn -n "__vpn_at $__vpn_command operand" -a '(__vpn_linked)' -d 'Linked VPN'
end

for __vpn_command in up down toggle link unlink refresh reload autostart
    complete -c vpn -n "__vpn_at $__vpn_command" -s v -l verbose -d 'Print each change as the command that would make it'
end

complete -c vpn -n '__vpn_at plan operand' -a '(__vpn_profiles)' -d VPN
complete -c vpn -n '__vpn_at plan second' -a 'link up launch down unlink'
complete -c vpn -n '__vpn_at explain operand' -a '(__vpn_linked)' -d 'Linked VPN'
complete -c vpn -n '__vpn_at explain operand' -a '(vpn find-running 2>/dev/null)'
complete -c vpn -n '__vpn_at explain' -x -l from -d 'For a packet from there, which this machine forwards'
complete -c vpn -n '__vpn_at explain' -l host -d 'For a program outside any VPN'
complete -c vpn -n '__vpn_at explain' -l inbound -d 'For what comes in from the VPN'
complete -c vpn -n '__vpn_at explain' -x -l port -a 'tcp/443 tcp/853 udp/53' -d 'To that port'
complete -c vpn -n '__vpn_at explain' -l json -d 'Print JSON'

# __vpn_at_desktop COMMAND [first|second]: after "desktop COMMAND", and there at that operand.
function __vpn_at_desktop
    set -l words (commandline -opc)
    test "$words[2] $words[3]" = "desktop $argv[1]"; or return 1
    switch "$argv[2]"
        case first
            __vpn_at desktop second
        case second
            __vpn_at desktop third
    end
end

# Ids of applications; those in folders of folders, and those that menus do not show, are left out.
function __vpn_applications
    set -l folders (__vpn_data_home)
    set -q XDG_DATA_DIRS[1]; and set -a folders (string split : -- $XDG_DATA_DIRS); or set -a folders /usr/local/share /usr/share
    set -l files $folders/applications/*.desktop
    grep -LxE '(NoDisplay|Hidden)=true' /dev/null $files | string replace -fr '.*/([[:alnum:]][^/]*)\.desktop$' '$1' | string match -v 'vpnrun-*'
end

function __vpn_data_home
    set -q XDG_DATA_HOME[1]; and echo $XDG_DATA_HOME; or echo $HOME/.local/share
end

# What `vpn desktop` has made: VPN and application, a line each.
function __vpn_made
    for file in (__vpn_data_home)/applications/*.desktop
        set -l vpn (string replace -fr '^X-Vpnrun=' '' < $file)
        set -q vpn[1]; and echo $vpn[1] (string replace -fr '^X-Vpnrun-Application=' '' < $file)
    end
end

function __vpn_launchers
    __vpn_made | string replace -r ' .*' ''
end

# Those of the VPN that is typed.
function __vpn_launched
    set -l words (commandline -opc)
    __vpn_made | string replace -fr "^$words[4] " ''
end

complete -c vpn -n '__vpn_at completions operand' -a 'bash zsh fish'

# __vpn_at_service COMMAND [first|second]: after "service COMMAND", and there at that operand.
function __vpn_at_service
    set -l words (commandline -opc)
    test "$words[2] $words[3]" = "service $argv[1]"; or return 1
    switch "$argv[2]"
        case first
            __vpn_at service second
        case second
            __vpn_at service third
    end
end

function __vpn_units
    set -l units /etc/systemd/system/*.service /usr/lib/systemd/system/*.service
    string replace -fr '.*/([[:alnum:]][^/]*)\.service$' '$1' -- $units
end

function __vpn_services
    set -l made /etc/systemd/system/*.service.d/50-vpnrun.conf
    string replace -fr '.*/([^/]*)\.service\.d/.*' '$1' -- $made
end

complete -c vpn -n '__vpn_at service operand' -a add -d 'Let a service have a VPN as its only network'
complete -c vpn -n '__vpn_at service operand' -a list -d 'Show the services that were added'
complete -c vpn -n '__vpn_at service operand' -a show -d 'Print the files that add would write'
complete -c vpn -n '__vpn_at service operand' -a remove -d 'Give a service the network that it had before'
for __vpn_command in add show
    complete -c vpn -n "__vpn_at_service $__vpn_command first" -a '(__vpn_profiles)' -d VPN
    complete -c vpn -n "__vpn_at_service $__vpn_command second" -a '(__vpn_units)' -d Service
    complete -c vpn -n "__vpn_at_service $__vpn_command" -l user -d 'A service of your own'
    complete -c vpn -n "__vpn_at_service $__vpn_command" -l port -x -d 'Let this machine reach this port, or ADDRESS:PORT'
end
complete -c vpn -n '__vpn_at_service list' -l json -d 'Print JSON'
complete -c vpn -n '__vpn_at_service remove' -l user -d 'A service of your own'
complete -c vpn -n '__vpn_at_service remove first' -a '(__vpn_services)' -d Service

complete -c vpn -n '__vpn_at containers operand' -a enable -d 'Tell the container engines of this machine about the VPNs'
complete -c vpn -n '__vpn_at containers operand' -a disable -d 'Take away what enable has written'
complete -c vpn -n '__vpn_at containers operand' -a status -d 'Show what was written, and what to type'
complete -c vpn -n '__vpn_at containers; and contains status (commandline -opc)' -l json -d 'Print JSON'
complete -c vpn -n '__vpn_at podman operand' -a '(__vpn_profiles)' -d VPN
complete -c vpn -n '__vpn_at podman second' -a 'run start'

complete -c vpn -n '__vpn_at desktop operand' -a add -d "Make a launcher from the application's own"
complete -c vpn -n '__vpn_at desktop operand' -a always -d 'Start an application in a VPN whichever way it is started'
complete -c vpn -n '__vpn_at desktop operand' -a list -d 'Show the launchers'
complete -c vpn -n '__vpn_at desktop operand' -a remove -d 'Delete launchers, and undo always'
complete -c vpn -n '__vpn_at desktop operand' -a notify -d 'Say when a VPN has lost its tunnel'
complete -c vpn -n '__vpn_at desktop operand' -a tray -d 'Show VPNs as an icon in the panel'
complete -c vpn -n '__vpn_at_desktop notify first' -a 'on off run'
complete -c vpn -n '__vpn_at_desktop tray first' -a 'on off run'
complete -c vpn -n '__vpn_at_desktop add first' -a '(__vpn_profiles)' -d VPN
complete -c vpn -n '__vpn_at_desktop add second' -a '(__vpn_applications)' -d Application
complete -c vpn -n '__vpn_at_desktop add' -l name -x -d "The launcher's name"
complete -c vpn -n '__vpn_at_desktop add' -l profile -x -a '(__fish_complete_directories)' -d 'The folder of the separate profile'
complete -c vpn -n '__vpn_at_desktop add' -l shared -d 'With the ordinary profile'
complete -c vpn -n '__vpn_at_desktop add' -l mime -d 'Offer it for links and web pages'
complete -c vpn -n '__vpn_at_desktop add' -l flatpak -d 'Also of a Flatpak'
complete -c vpn -n '__vpn_at_desktop always first' -a '(__vpn_profiles)' -d VPN
complete -c vpn -n '__vpn_at_desktop always second' -a '(__vpn_applications)' -d Application
complete -c vpn -n '__vpn_at_desktop list' -l json -d 'Print JSON'
complete -c vpn -n '__vpn_at_desktop remove first' -a '(__vpn_launchers)' -d VPN
complete -c vpn -n '__vpn_at_desktop remove second' -a '(__vpn_launched)' -d Application

complete -c vpn -n '__vpn_at help operand' -a 'up down toggle status portal list import new show edit rename export remove link unlink refresh reload autostart attach detach publish check plan explain ps log clean service containers podman desktop completions'
set -e __vpn_command
