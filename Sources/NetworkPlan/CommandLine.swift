public import NetworkModel

/// Where a step's line is typed: `ip -n vpn-home …`.
public struct Shell: Sendable {
  /// Names for `ip -n` and `ip netns exec`; the host needs none.
  public var box: String
  public var command: String
  /// The lines stand in a `Script`, which is a process in the host's namespace and has a function that reads keys.
  public var isScript: Bool
  public init(box: String, command: String, isScript: Bool = false) {
    self.box = box
    self.command = command
    self.isScript = isScript
  }

  fileprivate func ip(_ place: Place) -> String {
    switch place {
    case .host: "ip"
    case .box: "ip -n \(box)"
    case .command: "ip -n \(command)"
    }
  }

  fileprivate func run(_ place: Place) -> String {
    switch place {
    case .host: ""
    case .box: "ip netns exec \(box) "
    case .command: "ip netns exec \(command) "
    }
  }

  fileprivate func name(_ place: Place) -> String {
    switch place {
    case .host: isScript ? "$$" : "1"
    case .box: box
    case .command: command
    }
  }

  /// A file with the key of that name, of the profile's Nth peer, or its own with 0.
  fileprivate func key(_ name: String, _ peer: Int) -> String {
    if isScript { return "<(key \(peer) \(name))" }
    return peer == 0 ? "PRIVATE-KEY-FILE" : "PRESHARED-KEY-FILE"
  }
}

extension Step {
  /// The lines which an administrator would type to do the same; a private key is not among what they show.
  public func commandLines(_ shell: Shell) -> [String] {
    let ip = shell.ip(place)
    let run = shell.run(place)
    switch change {
    case .addLink(let link): return ["\(ip) link add name \(link.arguments(shell))"]
    case .setLink(let name, let settings): return settings.lines(name, ip: ip, run: run, shell)
    case .deleteLink(let name): return ["\(ip) link del dev \(name)"]
    case .deleteGroup(let group): return ["\(ip) link del group \(group)"]
    case .addAddress(let a): return ["\(ip) address add \(a.prefix) dev \(a.link)\(a.prefix.family == .v6 ? " nodad" : "")"]
    case .setNeighbour(let n): return ["\(ip) neighbour replace \(n.address) lladdr \(n.mac) nud permanent dev \(n.link)"]
    case .deleteNeighbour(let n): return ["\(ip) neighbour del \(n.address) dev \(n.link)"]
    case .setForwarding(let mac, let port):
      return ["\(place == .host ? "bridge" : "bridge -n \(shell.name(place))") fdb replace \(mac) dev \(port) master static"]
    case .setPortGuard(let guarded): return ["\(run)nft -f - <<'END'"] + guarded.lines + ["END"]
    case .deletePortGuard(let guarded): return ["\(run)nft delete chain netdev \(Names.table) \(guarded.link)"]
    case .addRoute(let route): return ["\(ip)\(route.destination.family.flag) route add \(route.arguments)"]
    case .deleteRoute(let route): return ["\(ip)\(route.destination.family.flag) route del \(route.arguments)"]
    case .setRoutes(let routes): return routes.lines("replace", ip)
    case .deleteRoutes(let routes): return routes.lines("del", ip)
    case .addRule(let rule): return ["\(ip)\(rule.family.flag) rule add \(rule.arguments)"]
    case .deleteRule(let rule): return ["\(ip)\(rule.family.flag) rule del \(rule.arguments)"]
    case .addTable(let table): return ["\(run)\(table.reader)"] + table.lines + ["END"] + table.laterLines(run)
    case .replaceTable(let table):
      let first = ["\(run)\(table.reader)", "table inet \(table.name)", "delete table inet \(table.name)"]
      return first + table.lines + ["END"] + table.laterLines(run)
    case .deleteTable(let name): return ["\(run)nft delete table inet \(name)"]
    case .endSockets(let address): return ["\(run)ss -HKtu src \(address.family == .v6 ? "'[\(address)]'" : "\(address)")"]
    case .configure(let link, let device): return ["\(run)wg set \(link)\(device.arguments(nil, shell))"]
    case .reconfigure(let link, let device, let gone):
      var removals = ""
      for key in gone { removals += " peer \(key.base64) remove" }
      return ["\(run)wg set \(link)\(device.arguments(removals, shell))"]
    case .setEndpoints(let link, let device): return ["\(run)wg set \(link)\(device.whereabouts)"]
    case .sysctl(let path, let value): return ["\(run)sysctl -qw \(path)=\(value)"]
    }
  }
}

extension FilterTable {
  /// A flowtable only saves work: where the kernel has none it is done without.
  fileprivate var reader: String { "nft -f - <<'END'\(flowtable == nil ? "" : " 2>/dev/null || true")" }
}

extension IPFamily {
  fileprivate var flag: String { self == .v4 ? "" : " -6" }
}

extension Link {
  fileprivate func arguments(_ shell: Shell) -> String {
    var s = name.description
    if let index { s += " index \(index)" }
    if isUp { s += " up" }
    s += " mtu \(mtu)"
    if let mac { s += " address \(mac)" }
    if group != 0 { s += " group \(group)" }
    if let queueLength { s += " txqueuelen \(queueLength)" }
    if let place { s += " netns \(shell.name(place))" }
    if let master { s += " master \(master.name)" }
    switch kind {
    case .bridge: s += " type bridge"
    case .macvlan(let below): s += " link \(below) type macvlan mode private"
    case .wireguard: s += " type wireguard"
    case .veth(let peer): s += " type veth peer name \(peer.name) netns \(shell.name(peer.place)) mtu \(mtu) address \(peer.mac)"
    }
    return s
  }
}

extension LinkSettings {
  /// `ip link set` knows no per-link IPv4 settings; for it they are sysctls.
  fileprivate func lines(_ name: ByteString, ip: String, run: String, _ shell: Shell) -> [String] {
    var s = ""
    if let mtu { s += " mtu \(mtu)" }
    if let alias { s += " alias '\(alias)'" }
    if noIPv6Autoconfiguration { s += " addrgenmode none" }
    if let group { s += " group \(group)" }
    if let vrf { s += " master \(vrf)" }
    if let move { s += " netns \(shell.name(move))" }
    if let rename { s += " name \(rename)" }
    if let isUp { s += isUp ? " up" : " down" }
    var lines: [String] = []
    for (key, value) in [
      ("rp_filter", reversePathFilter), ("route_localnet", routeLocalnet.map { $0 ? 1 : 0 }),
      ("send_redirects", sendRedirects.map { $0 ? 1 : 0 }),
    ] {
      if let value { lines.append("\(run)sysctl -qw net/ipv4/conf/\(name)/\(key)=\(value)") }
    }
    let flags = (isIsolated ? " isolated on" : "") + (isSealed ? " learning off flood off mcast_flood off bcast_flood off" : "")
    if !flags.isEmpty { lines.append("\(ip) link set dev \(name) type bridge_slave\(flags)") }
    return (s.isEmpty ? [] : ["\(ip) link set dev \(name)\(s)"]) + lines
  }
}

extension Route {
  fileprivate var arguments: String {
    var s = ""
    if case .unreachable = target { s += "unreachable " }
    if case .local = target { s += "local " }
    if case .thrown = target { s += "throw " }
    s += destination.length == 0 ? "default" : "\(destination.network)"
    if case .gateway(let address, _, _) = target { s += " via \(address)" }
    if let link { s += " dev \(link)" }
    if case .gateway(_, _, isOnLink: true) = target { s += " onlink" }
    if let source { s += " src \(source)" }
    if table != Tables.main { s += " table \(table)" }
    if metric != 0 { s += " metric \(metric)" }
    return s + " protocol \(Route.protocolNumber)"
  }
}

extension [Route] {
  /// One `ip` for many, where there are many: `-batch` reads them.
  fileprivate func lines(_ verb: String, _ ip: String) -> [String] {
    if count <= 8 { return map { "\(ip)\($0.destination.family.flag) route \(verb) \($0.arguments)" } }
    return IPFamily.allCases.flatMap { family -> [String] in
      let own = filter { $0.destination.family == family }.map { "route \(verb) \($0.arguments)" }
      return own.isEmpty ? [] : ["\(ip)\(family.flag) -batch - <<'END'"] + own + ["END"]
    }
  }
}

extension Rule {
  fileprivate var arguments: String {
    var s = isInverted ? "not " : ""
    s += "priority \(priority)"
    if let source { s += source.isHost ? " from \(source.address)" : " from \(source.network)" }
    if let destination { s += " to \(destination.network)" }
    if isLocallyGenerated { s += " iif lo" }
    if let outputLink { s += " oif \(outputLink)" }
    if let fwmark { s += " fwmark \(fwmark)" + (fwmask == .max ? "" : "/\(fwmask)") }
    if let service { s += " ipproto \(service.transport.name) dport \(service.port)" }
    if let target {
      s += " goto \(target)"
    } else if isNothing {
      s += " nop"
    } else if isUnreachable {
      s += " unreachable"
    } else {
      s += isOfVRF ? " l3mdev" : " lookup " + (table == Tables.main ? "main" : "\(table)")
    }
    if let suppressedLength { s += " suppress_prefixlength \(suppressedLength)" }
    return s + " protocol \(Route.protocolNumber)"
  }
}

extension WireGuardDevice {
  fileprivate var whereabouts: String {
    var s = " fwmark \(fwmark)"
    for peer in peers {
      if let endpoint = peer.endpoint { s += " peer \(peer.publicKey.base64) endpoint \(endpoint)" }
    }
    return s
  }

  /// Keys are read from files that only the reader of this line has.
  /// - Parameter removals: of peers of a device in use, `nil` for a new one.
  fileprivate func arguments(_ removals: String?, _ shell: Shell) -> String {
    let isInUse = removals != nil
    var s = " private-key " + shell.key("privatekey", 0)
    if let listenPort { s += " listen-port \(listenPort)" }
    s += removals ?? " fwmark \(fwmark)"
    for (i, peer) in peers.enumerated() {
      s += " peer \(peer.publicKey.base64)"
      if peer.presharedKey != nil {
        s += " preshared-key " + shell.key("presharedkey", i + 1)
      } else if isInUse {
        s += " preshared-key /dev/null"
      }
      if let endpoint = peer.endpoint { s += " endpoint \(endpoint)" }
      if let seconds = peer.persistentKeepalive {
        s += " persistent-keepalive \(seconds)"
      } else if isInUse {
        s += " persistent-keepalive off"
      }
      s += " allowed-ips '\(peer.allowedIPs.map { $0.description }.joined(separator: ","))'"
    }
    return s
  }
}
