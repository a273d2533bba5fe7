# fish completion for vpn(1). One function says all words that may come next. Of lines of `complete` with a condition each, fish asks all
# conditions at every Tab, and that takes most of the time.

complete -c vpn -f -a '(__vpn_words)'
complete -c vpn -n '__vpn_expects files' -F
complete -c vpn -n '__vpn_expects provider' -k -a '(for suffix in .conf .zip .nmconnection .netdev .interfaces .nix .png .jpg; __fish_complete_suffix $suffix; end)'

# ---------------------------------------------------------------- what there is to type

function __vpn_commands
    printf '%s\t%s\n' \
        up 'Put the whole system behind a VPN' \
        down "Stop sending the system's traffic through a VPN" \
        toggle 'Take a VPN up if it is down, and down if it is up' \
        status "Show where the system's traffic goes, tunnels and commands" \
        portal "Open a network's login page outside" \
        list 'Show every VPN on a line' \
        import "Import a provider's WireGuard file" \
        new 'Create a VPN with a new key pair' \
        show "Show a VPN's profile, without its keys" \
        edit "Change a VPN's profile, and check it" \
        rename 'Give a VPN another name' \
        export 'Write a VPN as a file for wg-quick or another program' \
        remove "Delete a VPN's profile" \
        link 'Connect a VPN for commands' \
        unlink "Remove a VPN's box and tunnel" \
        refresh 'Adapt to a changed network' \
        reload 'Apply an edited profile without stopping commands' \
        autostart 'Link and take up the VPNs whose profiles say so' \
        attach 'Give a network namespace a VPN as its only network' \
        detach 'Take a VPN away from a network namespace' \
        publish 'Hand ports of this machine on to a command that runs' \
        check 'Diagnose problems, and prove that nothing leaks' \
        plan 'Print what would be done as a script' \
        explain 'Show where a packet would go' \
        ps 'Show the commands that run in VPNs' \
        log 'Show who ran what, and who changed a VPN' \
        clean 'Unlink the VPNs that are not in use' \
        service 'Run a service of systemd in a VPN' \
        containers 'Let containers have a VPN as their only network' \
        podman 'Run a container of your own podman in a VPN' \
        desktop 'Start applications in a VPN by a click' \
        completions 'Print the completions of a shell' \
        help 'Show help for a command'
end

# __vpn_subcommands COMMAND: of a command that has some.
function __vpn_subcommands
    switch "$argv[1]"
        case publish
            printf '%s\t%s\n' \
                add 'Hand ports on, until the command ends' \
                list 'Show all ports that are handed on' \
                remove 'Hand ports on no more'
        case service
            printf '%s\t%s\n' \
                add 'Let a service have a VPN as its only network' \
                list 'Show the services that were added' \
                show 'Print the files that add would write' \
                remove 'Give a service the network that it had before'
        case containers
            printf '%s\t%s\n' \
                enable 'Tell the container engines of this machine about the VPNs' \
                disable 'Take away what enable has written' \
                status 'Show what was written, and what to type'
        case desktop
            printf '%s\t%s\n' \
                add "Make a launcher from the application's own" \
                always 'Start an application in a VPN whichever way it is started' \
                list 'Show the launchers' \
                remove 'Delete launchers, and undo always' \
                notify 'Say when a VPN has lost its tunnel' \
                tray 'Show VPNs as an icon in the panel'
    end
end

# __vpn_options COMMAND: its options, those with a value as --name=.
function __vpn_options
    switch "$argv[1]"
        case ''
            __vpn_option -V --version 'Print the version'
        case import
            __vpn_option --name= "The VPN's name"
            __vpn_option --id= '1 to 99, lower comes first'
            __vpn_option --force 'Replace the VPN of that name'
        case new
            __vpn_option --id= '1 to 99, lower comes first'
            __vpn_option --address= "This machine's address in the VPN"
        case show
            __vpn_option --secrets 'Show the keys as well'
        case export
            __vpn_option --format= 'For which program'
            __vpn_option --force 'Replace existing files'
        case remove
            __vpn_option --force 'Do it even while it is linked'
        case check
            __vpn_option --json 'Print JSON'
            __vpn_option -v --verbose 'Also explain why each note matters'
        case list ps 'publish list' 'service list' 'containers status' 'desktop list'
            __vpn_option --json 'Print JSON'
        case log
            __vpn_option -f --follow 'Keep printing new entries'
            __vpn_option -n= --lines= 'How many of the last lines to show'
            __vpn_option --json 'Print JSON'
        case clean
            __vpn_option --dry-run 'Only say what would be removed'
        case status
            __vpn_option --json 'Print JSON'
            __vpn_option --exit 'Ask through the tunnel as which address it is seen'
            __vpn_option --watch 'Print it again whenever it has changed'
        case up toggle
            __vpn_option --force 'Do it even if it cuts off this SSH session'
        case unlink
            __vpn_option --force 'Do it even while commands run in it'
        case attach detach
            __vpn_option --pid= 'The namespace of this process'
            __vpn_option --netns= 'The namespace in this file'
        case explain
            __vpn_option --from= 'For a packet from there, which this machine forwards'
            __vpn_option --host 'For a program outside any VPN'
            __vpn_option --inbound 'For what comes in from the VPN'
            __vpn_option --port= 'To that port'
            __vpn_option --json 'Print JSON'
        case 'service add' 'service show'
            __vpn_option --user 'A service of your own'
            __vpn_option --port= 'Let this machine reach this port, or ADDRESS:PORT'
        case 'service remove'
            __vpn_option --user 'A service of your own'
        case 'desktop add'
            __vpn_option --name= "The launcher's name"
            __vpn_option --profile= 'The folder of the separate profile'
            __vpn_option --shared 'With the ordinary profile'
            __vpn_option --mime 'Offer it for links and web pages'
            __vpn_option --flatpak 'Also of a Flatpak'
    end
    switch "$argv[1]"
        case attach
            __vpn_option --link= 'How the link is called there'
            __vpn_option --label= 'As what vpn ps lists it'
            __vpn_option --beside 'Keep its other links'
            __vpn_option --keep= 'Networks that stay with other links'
            __vpn_option --inbound= 'What is let in to it from the VPN'
            __vpn_option --json 'Print JSON'
        case up down toggle link unlink refresh reload autostart
            __vpn_option -v --verbose 'Print each change as the command that would make it'
    end
    test "$argv[1]" = help; or __vpn_option -h --help 'Show help'
end

# __vpn_option NAME... TEXT
function __vpn_option
    printf "%s\t$argv[-1]\n" $argv[..-2]
end

# __vpn_values COMMAND OPTION TYPED: what the option may be.
function __vpn_values
    switch "$argv[1] $argv[2]"
        case 'export --format'
            printf '%s\tFor which program\n' wireguard networkd ifupdown-ng networkmanager nixos
        case 'explain --port'
            printf '%s\tTo that port\n' tcp/443 tcp/853 udp/53
        case 'attach --pid' 'detach --pid'
            __fish_complete_pids
        case 'desktop add --profile'
            __fish_complete_directories $argv[3]
    end
end

# __vpn_operands COMMAND [OPERAND]...: what may come after these operands.
function __vpn_operands
    switch "$argv[1] "(count $argv[2..])
        case ' 0'
            __vpn_commands
        case 'publish 0' 'service 0' 'containers 0' 'desktop 0'
            __vpn_subcommands $argv[1]
        case 'up 0' 'toggle 0' 'status 0' 'show 0' 'rename 0' 'export 0' 'link 0' 'check 0' 'plan 0' 'log 0' 'podman 0'
            __vpn_profiles
        case 'service add 0' 'service show 0' 'desktop add 0' 'desktop always 0'
            __vpn_profiles
        case 'edit 0' 'remove 0'
            __vpn_drafts
        case 'down 0' 'unlink 0' 'refresh 0' 'reload 0' 'attach 0' 'detach 0' 'ps 0' 'publish list 0'
            __vpn_linked
        case 'explain 0' 'publish add 0' 'publish remove 0'
            __vpn_linked
            vpn find-running 2>/dev/null
        case 'publish add 1' 'publish remove 1'
            # The first is a command itself where it is no VPN.
            test -e /run/netns/vpn-$argv[2]; and vpn find-running 2>/dev/null
        case 'edit *'
            vpn keys 2>/dev/null | string replace -r '$' \tKey
        case 'plan 1'
            printf '%s\n' link up launch down unlink
        case 'podman 1'
            printf '%s\n' run start
        case 'completions 0'
            printf '%s\n' bash zsh fish
        case 'service add 1' 'service show 1'
            __vpn_units
        case 'service remove 0'
            __vpn_services
        case 'desktop notify 0' 'desktop tray 0'
            printf '%s\n' on off run
        case 'desktop add 1' 'desktop always 1'
            __vpn_applications
        case 'desktop remove 0'
            __vpn_made | string replace -r ' .*' \tVPN
        case 'desktop remove 1'
            __vpn_made | string replace -fr "^$(string escape --style=regex -- "$argv[2]") (.*)" '$1'\tApplication
        case 'help 0'
            __vpn_commands | string replace -r '\t.*' '' | string match -v help
    end
end

# ---------------------------------------------------------------- what is typed

# Sets the caller's `command` (with its second word, if that is a command, too), its `options`, `operands` before the cursor, and `option`,
# if the value of one is next.
function __vpn_read --no-scope-shadowing
    set -l words (commandline -opc)
    set -l next 3
    set command $words[2]
    if set -q words[3]; and string match -q -- $words[3]\t'*' (__vpn_subcommands $words[2])
        set command "$words[2] $words[3]"
        set next 4
    end
    set options (__vpn_options $command)
    set -l valued (string replace -fr '^(\S+)=\t.*' '$1' -- $options)
    for word in $words[$next..]
        if set -q option[1]
            set -e option[1]
        else if contains -- $word $valued
            set option $word
        else if not string match -q -- '-?*' $word
            set -a operands $word
        end
    end
end

# What the word at the cursor may be, one a line, then a tab and what it is. fish looks for what is typed in both, so the last line
# leaves only words that have it.
function __vpn_words
    set -l command
    set -l options
    set -l operands
    set -l option
    __vpn_read
    set -l typed (commandline -ct)
    set -l parts (string match -rg '^(--[a-z-]+)=(.*)$' -- $typed)
    if not set -q option[1]; and not set -q parts[1]; and string match -q -- '-*' $typed
        contains -- -- (commandline -opc)
        or string replace -r '^(\S+)=\t' '$1\t' -- $options | string match -- "$typed*"
        return
    end
    set -l letters (string split '' -- $typed | string escape --style=regex | string join '[^\t]*')
    if set -q option[1]
        __vpn_values "$command" $option $typed
    else if set -q parts[1]
        __vpn_values "$command" $parts | string replace -r -- '^' "$parts[1]="
    else
        __vpn_operands "$command" $operands
    end | string match -rei -- "^[^\t]*$letters"
end

# __vpn_expects files|provider: such files come next.
function __vpn_expects
    set -l command
    set -l options
    set -l operands
    set -l option
    __vpn_read
    set -q option[1]; or set option (string match -rg '^(--[a-z-]+)=' -- (commandline -ct))
    switch "$argv[1]: $command "(count $operands)" $option"
        case 'provider: import 0 ' 'files: export 1 ' 'files: attach * --netns' 'files: detach * --netns'
            return 0
    end
    return 1
end

# ---------------------------------------------------------------- what there is on this machine

# The folder can be read by everybody, the files by root.
function __vpn_profiles
    set -l files /etc/vpnrun/*.conf
    for name in (string replace -fr '.*/([[:alnum:]][^/]*)\.conf$' '$1' -- $files)
        test -e /run/netns/vpn-$name; and printf '%s\tlinked\n' $name; or printf '%s\tnot linked\n' $name
    end
end

function __vpn_drafts
    set -l files /etc/vpnrun/*.conf /etc/vpnrun/*.conf.new
    string replace -fr '.*/([[:alnum:]][^/]*)\.conf(\.new)?$' '$1'\tVPN -- $files
end

function __vpn_linked
    set -l pins /run/netns/vpn-*
    string replace -fr '.*/vpn-(.*)' '$1'\tLinked\ VPN -- $pins
end

function __vpn_units
    set -l units /etc/systemd/system/*.service /usr/lib/systemd/system/*.service
    string replace -fr '.*/([[:alnum:]][^/]*)\.service$' '$1'\tService -- $units
end

function __vpn_services
    set -l made /etc/systemd/system/*.service.d/50-vpnrun.conf
    string replace -fr '.*/([^/]*)\.service\.d/.*' '$1'\tService -- $made
end

# Ids of applications; those in folders of folders, and those that menus do not show, are left out.
function __vpn_applications
    set -l folders (__vpn_data_home)
    set -q XDG_DATA_DIRS[1]; and set -a folders (string split : -- $XDG_DATA_DIRS); or set -a folders /usr/local/share /usr/share
    set -l files $folders/applications/*.desktop
    grep -LxE '(NoDisplay|Hidden)=true' /dev/null $files | string replace -fr '.*/([[:alnum:]][^/]*)\.desktop$' '$1'\tApplication | string match -v 'vpnrun-*'
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
