public import NetworkModel

// What each of the programs does, in its order but for one thing: a script cannot build in a namespace that has no name yet.

extension Script {
  /// `vpn link`.
  /// - Parameters:
  ///   - vpn: its peers' endpoints resolved.
  ///   - more: what else changes on the host.
  public mutating func link(_ vpn: VPN, _ identity: Identity, more: [Step]) {
    section("The box. vpn-link gives it its name when all is in it, so that nobody sees a half of one.")
    add("ip netns add \(shell.box)")
    add(VPN.boxSettings)
    if vpn.isByLink {
      section("In a tunnel's place, a link on the wire of another one.")
      add([vpn.tunnel] + vpn.linkSettings)
    } else {
      tunnel(vpn)
    }
    section("All else in the box: a bridge for commands, a pair to the host, addresses, routes, and a filter.")
    add(vpn.boxSteps)
    say("Where the module br_netfilter is loaded, the filter would see what goes across the bridge, too.")
    for family in ["ip", "ip6"] { add("ip netns exec \(shell.box) sysctl -eqw net/bridge/bridge-nf-call-\(family)tables=0") }
    section("The host's side. The address comes after the rules that keep its packets from the uplink.")
    add(identity.steps + more)
  }

  private mutating func tunnel(_ vpn: VPN) {
    readKeys()
    section("The tunnel. Its socket stays in the namespace in which it was made, which is the host's.")
    add("if \(line(vpn.tunnel)) 2>/dev/null; then")
    add([Step(.box, .configure(Names.tunnel, vpn.device))], indent: "    ")
    add("else # a kernel without WireGuard", "    wireguard-go \(Names.userspace(name)) </dev/null >/dev/null 2>&1")
    add([Step(.host, .configure(Names.userspace(name), vpn.device))], indent: "    ")
    add(vpn.userspaceTunnel, indent: "    ")
    add("fi")
  }

  /// `vpn link` of a VPN without a box.
  public mutating func linkHostTunnel(_ vpn: VPN, _ identity: Identity, more: [Step]) {
    let link = Names.hostLink(name)
    section("The tunnel, a link of this machine. Its group says whose it is.")
    readKeys()
    add("if \(line(vpn.hostTunnel)) 2>/dev/null; then")
    add([Step(.host, .configure(link, vpn.device))], indent: "    ")
    add("else # a kernel without WireGuard", "    wireguard-go \(Names.userspace(name)) </dev/null >/dev/null 2>&1")
    add([Step(.host, .configure(Names.userspace(name), vpn.device))], indent: "    ")
    add(vpn.userspaceHostTunnel, indent: "    ")
    add("fi")
    section("The way of its packets, its addresses with their networks, and a link-local one.")
    add(vpn.linkSteps(identity) + more)
  }

  /// `vpn unlink` of it. A wireguard-go ends with its device.
  public mutating func unlinkHostTunnel(_ identity: Identity, keepsRules: Bool, more: [Step]) {
    section("The link, and with it its addresses and routes; then the rules for its packets.")
    add(identity.stepsWithoutBox(keepsRules: keepsRules) + more)
  }

  private mutating func readKeys() {
    section(
      "key N KEY: of the profile's Nth [Peer], or of its own section with 0. wg(8) gets it by a pipe, so that it is in no process' arguments."
    )
    add(
      "key() {",
      "    awk -v peer=\"$1\" -v key=\"$2\" '",
      "        { sub(/#.*/, \"\"); gsub(/[ \\t\\r]/, \"\"); line = tolower($0) }",
      "        line == \"[peer]\" { peers++ }",
      "        peers + 0 == peer && index(line, key \"=\") == 1 { print substr($0, length(key) + 2) }",
      "        peers + 0 == peer && index(line, key \"file=\") == 1 { getline < substr($0, length(key) + 6); print }",
      "    ' \(Names.profiles)/\(name).conf",
      "}")
  }

  private func line(_ step: Step) -> String { step.commandLines(shell)[0] }

  /// `vpn up`.
  public mutating func up(_ steps: [Step]) {
    section("Up. The link remembers first what is to be undone; then rules, and the filter that refuses what they miss.")
    add(steps)
  }

  /// `Block = yes`: what is there from the start of the system until it is up.
  public mutating func block(_ filter: FilterTable) {
    section(
      "Block = yes: nothing leaves this machine until all that follows is in force. When the system starts, vpnrun-block.service does this",
      "before there is a network. Where the script fails half-way, the filter stays: `vpn down \(name)` ends that.")
    add([Step(.host, .replaceTable(filter))])
  }

  /// The end of that.
  public mutating func unblock() {
    section("What belongs into the VPN is refused elsewhere by now, so the rest may leave again.")
    add([Step(.host, .deleteTable(Names.blockTable(name)))])
  }

  /// `vpn down`.
  public mutating func down(_ steps: [Step]) {
    section("Down: what up has made, the last first. What the link remembers goes at the end.")
    add(steps)
  }

  /// `vpn unlink`.
  public mutating func unlink(_ identity: Identity, more: [Step]) {
    section("Tunnel and ports first, so that whoever uses them fails at once. A wireguard-go ends with its device.")
    add(more + identity.removalSteps)
    add("ip netns del \(shell.box)")
  }

  /// `vpnrun NAME -- COMMAND`, for the command that the script is given.
  /// - Parameter hosts: the hosts line of nsswitch.conf(5) that it gets, `nil` for the host's own.
  public mutating func launch(_ facts: BoxFacts, slot: UInt32, hosts: String?) {
    section("A command's network: a port of the box, whose other end is in a new namespace.")
    add("[[ $# -gt 0 ]] || set -- \"${SHELL:-/bin/sh}\"")
    add("ip netns add \(shell.command)")
    add([facts.port(slot, owner: 0)] + facts.steps(slot, of: name, alias: nil))
    say("Who has this address, as `vpn status` shows it.")
    add("what=${1##*/}; [[ $what != *=* ]] || what=\"-- $what\"")
    add("ip -n \(shell.box) link set dev \(Names.port(slot)) alias \"uid=${SUDO_UID:-0} pid=$$ $what\" txqueuelen ${SUDO_UID:-0}")
    say("ping(8) without a privilege.")
    add("ip netns exec \(shell.command) sysctl -qw net/ipv4/ping_group_range='0 2147483647'")
    resolverFiles(facts, hosts: hosts)
    section(
      "This process becomes the command, and the namespace ends with it: from here on it needs no name. vpn-launch also closes sockets",
      "of other networks, keeps the command from tracing processes outside (Landlock), and proves that no capability is left.")
    add(
      "become() {", "    hide_resolvers", "    exec 9<&- ${SUDO_UID:+setpriv --reuid=$SUDO_UID --regid=$SUDO_GID --init-groups} \"$@\"",
      "}",
      "exec 9< \(Names.pins)/\(shell.command)", "ip netns del \(shell.command)",
      "exec nsenter --net=/proc/self/fd/9 unshare --mount --propagation slave \\",
      "    bash -euc \"$(declare -f hide_resolvers become); become \\\"\\$@\\\"\" bash \"$@\"")
  }

  /// The command's own view of the files by which names are resolved, in a mount namespace of its own.
  private mutating func resolverFiles(_ facts: BoxFacts, hosts: String?) {
    let source = Names.namespace(name)
    section("Its own view of the files by which names are resolved, from a file system in memory.")
    add("hide_resolvers() {")
    hideNscd(source)
    add("    local own=\(Names.view)", "    [[ -d $own ]] || own=\(Names.profiles)")
    add(
      "    mount -t tmpfs -o nosuid,nodev,noexec,mode=0755,size=256k,nr_inodes=32 \(source) $own", "    mkdir $own/empty $own/resolve"
    )
    if let text = facts.resolvers.resolvConf {
      var words = ""
      for line in text.utf8.split(separator: 0x0a) { words += " '\(String(decoding: Array(line), as: UTF8.self))'" }
      add("    printf '%s\\n'\(words) | tee $own/resolv.conf $own/resolve/resolv.conf > $own/resolve/stub-resolv.conf")
    }
    if let hosts { add("    sed 's/^[[:blank:]]*hosts:.*/\(hosts)/' /etc/nsswitch.conf > $own/nsswitch.conf") }
    add("    find $own -type f -exec chmod 444 {} +", "    mount -o remount,ro,nosuid,nodev,noexec $own")
    bind("/resolve", on: "/run/systemd/resolve", if: "-d")
    if facts.resolvers.resolvConf != nil { bind("/resolv.conf", on: "/etc/resolv.conf", if: "-e") }
    if hosts != nil { bind("/nsswitch.conf", on: "/etc/nsswitch.conf", if: "-e") }
    bind("/empty", on: "/run/avahi-daemon", if: "-d")
    add("    [[ $own == \(Names.view) ]] || umount -l $own", "}")
  }

  private mutating func bind(_ file: String, on path: String, if test: String) {
    add("    [[ ! \(test) \(path) ]] || mount --bind $own\(file) \(path)")
  }

  /// A /run of its own with all but nscd's folder, where nscd is installed.
  private mutating func hideNscd(_ source: String) {
    let own = Names.profiles
    add(
      "    if [[ -e /run/nscd || -e /etc/nscd.conf ]]; then", "        local entry",
      "        mount -t tmpfs -o nosuid,nodev,noexec,mode=0755,size=256k \(source) \(own)", "        for entry in /run/* /run/.[!.]*; do",
      "            if [[ $entry == /run/nscd || ! -e $entry && ! -L $entry ]]; then continue; fi",
      "            if [[ -L $entry ]]; then cp -P \"$entry\" \(own)/; continue; fi",
      "            if [[ -d $entry ]]; then mkdir \"\(own)/${entry##*/}\"; else : > \"\(own)/${entry##*/}\"; fi",
      "            mount --rbind \"$entry\" \"\(own)/${entry##*/}\"", "        done",
      "        mount -o remount,ro,nosuid,nodev,noexec \(own)",
      "        mount --rbind \(own) /run", "        umount -l \(own)", "    fi")
  }
}

/// The hosts line of nsswitch.conf(5) for a command; `nil` if the host's own will do.
public func hostsLineWithoutForeignResolvers(_ text: [UInt8]) -> String? {
  guard let new = nsswitchWithoutForeignResolvers(text) else { return nil }
  return new.split(separator: 0x0a).first { $0.starts(with: "hosts:".utf8) }.map { String(decoding: Array($0), as: UTF8.self) }
}
