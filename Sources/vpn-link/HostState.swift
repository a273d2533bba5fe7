internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// What the host has now: its links, its rules, and the VPNs that are linked.
struct HostState {
  var links: [LinkState]
  var rules: [RuleState]
  /// By ID. Of their addresses nothing is said.
  var linked: [Identity]
  /// What the kernel has: it lacks no rule of another family.
  let families: [IPFamily]
  /// By ID: what VPNs have in their tables while they are up. Read when it is asked for: of some it is thousands.
  private var carried: [(id: UInt8, routes: [Route])] = []

  init(_ host: inout Sockets) throws(Failure) {
    families = host.families
    (links, rules) = try attempting("look at the host's links and rules") { () throws(SystemError) in
      (try host.route.links(), try host.route.rules(host.families))
    }
    linked = links.compactMap { link in
      guard link.mac == Pair.hostEnd.bytes, let alias = link.alias, let name = VPNName(link.name.utf8) else { return nil }
      return Identity(name: name, alias: alias, addresses: [])
    }.sorted { $0.id < $1.id }
  }

  /// Rules by which a VPN relays that are missing, and those that are too many.
  /// - Parameter before: networks that it may have relayed besides those that its rules tell.
  func relaying(_ relay: Relay, of identity: Identity, before: [Prefix]) -> (missing: [Rule], superfluous: [Rule]) {
    let found = rules.filter { $0.isOurs }.map { $0.rule }
    return (
      relay.rules.filter { families.contains($0.family) && !found.contains($0) },
      relay.superfluous(in: found, before: before + relayedByRules(identity))
    )
  }

  /// What a VPN relays by its rules.
  func relayedByRules(_ identity: Identity) -> [Prefix] {
    Relay(identity, found: rules.filter { $0.isOurs && $0.isPlain }.map { $0.rule }).networks
  }

  /// Whether a table is a VRF's.
  func hasVRF(_ table: UInt32) -> Bool { links.contains { $0.vrfTable == table } }

  /// Those without a box, by ID.
  var tunnels: [Identity] {
    links.filter { $0.isHostTunnel }.compactMap { link in
      guard let alias = link.alias, let name = VPNName(link.name.utf8) else { return nil }
      return Identity(name: name, alias: alias, addresses: [])
    }.sorted { $0.id < $1.id }
  }

  /// Whether the system goes through a VPN, even if its link, which records that, is gone.
  mutating func carries(_ identity: Identity, _ host: inout Sockets) throws(Failure) -> Bool {
    if up.contains(where: { $0.name == identity.name }) || !own(identity).isEmpty { return true }
    return try attempting("look at the table of \(identity.name)") { () throws(SystemError) in
      try host.hasTable(Names.systemTable(identity.name))
    }
  }

  var up: [Identity] { linked.filter { $0.memory[.isUp] } }

  /// The rules that a VPN has while it is up.
  func own(_ identity: Identity) -> [Rule] { rules.filter { $0.isOurs && $0.isPlain && identity.isOwn($0.rule) }.map { $0.rule } }

  /// And the routes, in all tables; of its own those that it has not otherwise.
  mutating func routes(_ identity: Identity, _ host: inout Sockets) throws(Failure) -> [Route] {
    if let known = carried.first(where: { $0.id == identity.id }) { return known.routes }
    let link = links.first { $0.name == Names.hostLink(identity.name) }?.index
    let found = try attempting("look at the routes of \(identity.name)") { () throws(SystemError) in
      var found: [Route] = []
      for table in [Tables.listed(identity.id), Tables.whole(identity.id), identity.table] {
        for route in try host.route.allRoutes(inTable: table) where route.isOurs {
          let other = links.first { $0.index == route.link && $0.index != link }
          let deadEnd = other.map { DeadEnd(route.destination.family, $0.name, index: $0.index) }
          let known = identity.route(
            to: route.destination, in: table, metric: route.metric, isThrown: route.kind == .thrown,
            isRefusing: route.kind == .refusing, isByOwnLink: link != nil && route.link == link, deadEnd: deadEnd)
          if table != identity.table || known == deadEnd?.route(in: table) { found.append(known) }
        }
      }
      return found
    }
    carried.append((identity.id, found))
    return found
  }

  /// What is in those tables from now on.
  mutating func remember(_ routes: [Route], of identity: Identity) {
    carried.removeAll { $0.id == identity.id }
    carried.append((identity.id, routes))
  }

  /// Whether part of what carries programs that are bound to the VPN's address or link has been deleted.
  func hasLost(_ identity: Identity, _ host: inout Sockets) throws(Failure) -> Bool {
    let ours = rules.filter { $0.isOurs }.map { $0.rule }
    if identity.rules.contains(where: { families.contains($0.family) && !ours.contains($0) }) { return true }
    return try attempting("look at the table of \(identity.name)") { () throws(SystemError) in
      guard try host.hasTable(Names.hostTable(identity.name)) else { return true }
      let link = links.first { $0.name == Names.hostLink(identity.name) }?.index
      // While it is up other links have dead ends there.
      let routes = try host.route.routes(inTable: identity.table).filter { $0.link == link }
      return IPFamily.allCases.contains { family in
        identity.addresses.contains { $0.family == family } && !routes.contains { $0.destination == .everything(family) }
      }
    }
  }

  /// Rules that one VPN has for all that are linked: VRFs and the host's own addresses are let alone.
  /// - Returns: those that are missing, and others' that are too many.
  func rulesOfLinked() -> (missing: [Rule], superfluous: [Rule]) {
    var wanted: [Rule] = []
    if let first = linked.min(by: { $0.priority < $1.priority }) {
      if links.contains(where: { $0.vrfTable != nil }) { wanted += first.vrfRules }
      wanted += first.localRules.filter { own in
        !rules.contains {
          !$0.isOurs && $0.isPlain && $0.rule.priority <= own.priority
            && $0.rule == Rule(own.family, priority: $0.rule.priority, table: Tables.local)
        }
      }
    }
    return compare(wanted) { $0.isOfVRF || $0.table == Tables.local && $0.fwmark == nil }
  }

  /// And for all that are up: queries go to the one with the lowest ID of those that take them, and nothing comes by all of them. The lock
  /// of the system's routes is held where these change.
  func rulesOfUp() -> (missing: [Rule], superfluous: [Rule]) {
    var wanted: [Rule] = []
    if let first = up.first(where: { $0.memory[.takesQueries] }) { wanted += first.queryRules }
    if let first = up.first(where: { $0.memory[.sealsIPv4] }) { wanted.append(first.sealingRule) }
    return compare(wanted) {
      $0.service?.port == 53 || $0.fwmark == Identity.queryMark || $0.isUnreachable && $0.isInverted
    }
  }

  private func compare(_ wanted: [Rule], _ isMeant: (Rule) -> Bool) -> (missing: [Rule], superfluous: [Rule]) {
    let found = rules.filter { $0.isOurs }.map { $0.rule }.filter(isMeant)
    return (wanted.filter { families.contains($0.family) && !found.contains($0) }, found.filter { !wanted.contains($0) })
  }

  /// Of the linked ones' rules, what a VPN brings along.
  mutating func sharedSteps(with identity: Identity) -> [Step] {
    if !linked.contains(where: { $0.name == identity.name }) { linked.append(identity) }
    return rulesOfLinked().missing.map { Step(.host, .addRule($0)) }
  }

  /// And what it takes along, or leaves to the next.
  mutating func sharedSteps(without identity: Identity) -> [Step] {
    linked.removeAll { $0.name == identity.name }
    let (missing, superfluous) = rulesOfLinked()
    return missing.map { Step(.host, .addRule($0)) } + superfluous.map { Step(.host, .deleteRule($0)) }
  }

  /// The rules are as they are after these steps.
  mutating func follow(_ steps: [Step]) {
    for step in steps {
      switch step.change {
      case .addRule(let rule): rules.append(RuleState(ours: rule))
      case .deleteRule(let rule): rules.removeAll { $0.isOurs && $0.rule == rule }
      default: break
      }
    }
  }

  /// Says what a VPN's link remembers from now on; what concerns several VPNs goes by that.
  mutating func remember(_ identity: Identity) {
    for i in linked.indices where linked[i].id == identity.id { linked[i].memory = identity.memory }
  }

  /// rp_filter(ip-sysctl) 1 on a link which is not ours: the larger of its own and everybody's counts.
  var hasStrictReversePath: Bool {
    let all = Sysctl.number("net/ipv4/conf/all/rp_filter") ?? 0
    return links.contains { link in
      // A bridge's port receives nothing for itself.
      guard link.mac != Pair.hostEnd.bytes, link.master == nil, link.name != "lo" else { return false }
      return max(all, Sysctl.number("net/ipv4/conf/\(link.name)/rp_filter") ?? 0) == 1
    }
  }

  /// How the whole system goes through a VPN, on this host and in its present network.
  func systemWide(_ identity: Identity, _ vpn: VPN, _ host: inout Sockets) throws(Failure) -> SystemWide {
    let routes = try attempting("look at the host's routes") { () throws(SystemError) in
      try host.route.allRoutes(inTable: Tables.main)
    }
    let uplinks = try uplinks(main: routes, &host)
    var outside: [IPAddress] = []
    if vpn.profile.outsideIdentity {
      // Whichever of them is an uplink is for the host's own routes to say, which may have several next hops, or tables by source.
      for link in links where link.mac != Pair.hostEnd.bytes && link.name != "lo" {
        outside += try attempting("look at the addresses of \(link.name)") { () throws(SystemError) in
          try host.route.addresses(ofLink: link.index).map { $0.address }
        }
      }
    }
    return SystemWide(
      identity, taken: vpn.taken, direct: vpn.profile.direct, outside: outside,
      // An IPv6 address of ours gets its route there a moment late, and another VPN's is no LAN.
      local: routes.filter { !($0.destination.isHost && isByOwnLink($0)) }.map { $0.destination }.filter { $0.length > 0 }
        + identity.addresses.filter { $0.family == .v6 }.map { Prefix(host: $0.address) },
      uplinks: uplinks.links.map { $0.name }, deadEnds: deadEnds(by: uplinks.links, uplinks.routes),
      marks: (linked + tunnels).map { $0.fwmark }.filter { !VPN.isUsual($0) },
      isStrict: hasStrictReversePath)
  }

  private func isByOwnLink(_ route: RouteState) -> Bool { links.contains { $0.index == route.link && $0.mac == Pair.hostEnd.bytes } }

  /// Links by which this host has a default route, or one for a large part of the internet: in the table main, in that of a rule, of a VRF,
  /// or of `Underlay`.
  /// - Returns: all routes of these tables, too.
  private func uplinks(main: [RouteState], _ host: inout Sockets) throws(Failure) -> (links: [LinkState], routes: [RouteState]) {
    var routes = main
    var known = [0, Tables.local, Tables.main]
    let tables =
      rules.filter { !$0.isOurs }.map { $0.rule.table } + links.compactMap { $0.vrfTable } + (linked + tunnels).map { $0.underlay }
    for table in tables where !known.contains(table) {
      known.append(table)
      routes += try attempting("look at the host's routes") { () throws(SystemError) in try host.route.allRoutes(inTable: table) }
    }
    let found = routes.filter { $0.kind == .ordinary && !$0.isOurs && $0.destination.isLargePartOfInternet }.flatMap { $0.links }
    return (links.filter { found.contains($0.index) }, routes)
  }

  /// A link in a VRF has that one's routes. One that asks for no neighbours would send what it should keep.
  private func deadEnds(by uplinks: [LinkState], _ routes: [RouteState]) -> [DeadEnd] {
    uplinks.filter {
      $0.isUp && $0.asksForNeighbours && $0.master == nil && $0.vrfTable == nil && $0.mac != Pair.hostEnd.bytes
    }.flatMap { link in
      families.filter { family in
        routes.contains { $0.kind == .ordinary && !$0.isOurs && $0.destination.family == family && $0.links.contains(link.index) }
      }.map { DeadEnd($0, link.name, index: link.index) }
    }
  }

  /// Sentences about what keeps packets from the VPN although it is up, besides `loss`.
  mutating func warnings(_ identity: Identity, _ vpn: VPN, _ host: inout Sockets) throws(Failure) -> [String] {
    var sentences: [String] = []
    let wide = try systemWide(identity, vpn, &host)
    let found = own(identity)
    if try loss(identity, &host) == nil, try wide.lacks(found, routes(identity, &host), families) {
      sentences.append(
        "rules of \(vpn.name) are missing, or the network has changed: what they should carry is refused; `vpn refresh` fixes it")
    }
    let last = identity.priorities.whole
    let foreign = rules.filter { !$0.isOurs && $0.owner != Route.kernelProtocolNumber && $0.rule.priority < last }
    if let first = foreign.first {
      let others = foreign.count > 1 ? " and \(foreign.count - 1) more" : ""
      sentences.append(
        "another program's rule comes before those of \(vpn.name): priority \(first.rule.priority)\(others); `ip rule` shows it")
    }
    for route in wide.local where route.isLargePartOfInternet {
      sentences.append(
        "the main table has a route for \(route.network), a large part of the internet: packets there are refused")
    }
    return sentences
  }
}

extension LinkState {
  /// Of a VPN without a box, its tunnel: another program's has not our group.
  var isHostTunnel: Bool { group == Names.group && (kind == "wireguard" || kind == "tun") }
}
