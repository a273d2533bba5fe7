public import NetworkModel

/// The whole system behind a VPN: what the host has besides its identity while the VPN is up.
///
/// A packet is asked of a fixed number of rules, however many networks there are: these stand in two tables, as routes. What is to stay
/// outside has a `throw` route there, and goes on to the host's own rules, as it did before.
public struct SystemWide: Equatable, Sendable {
  public var identity: Identity
  /// Without what is `Direct`.
  public let taken: VPN.Taken
  /// The user's `Direct =`.
  public let direct: [Prefix]
  /// Sources which go direct as before: the host's other addresses with `OutsideIdentity = yes`.
  public var outside: [IPAddress]
  /// What the table main has routes for that are more specific than its default ones: the LAN.
  public let local: [Prefix]
  /// Links by which the host has a default route, in whichever table.
  public var uplinks: [ByteString]
  /// Of those, what a socket that has chosen such a link would leave by.
  public var deadEnds: [DeadEnd]
  /// Marks of all tunnels besides our own and the usual ones: their packets leave by the uplink.
  public var marks: [UInt32]
  /// Strict reverse path filtering is in force on some link.
  public var isStrict: Bool
  /// What lies in a listed network and stays outside.
  public let exceptions: [Prefix]

  public init(
    _ identity: Identity, taken: VPN.Taken, direct: [Prefix] = [], outside: [IPAddress] = [], local: [Prefix] = [],
    uplinks: [ByteString] = [], deadEnds: [DeadEnd] = [], marks: [UInt32] = [], isStrict: Bool = false
  ) {
    self.identity = identity
    self.taken = taken.without(direct)
    self.direct = direct
    self.outside = outside
    self.local = local
    self.uplinks = uplinks
    self.deadEnds = deadEnds
    self.marks = marks
    self.isStrict = isStrict
    exceptions = Self.exceptions(from: self.taken.listed, direct: direct, local: local, besides: identity.addresses)
  }

  /// As if all stood in one table: of routes for one network the VPN's counts, and otherwise the longer one.
  private static func exceptions(from listed: [Prefix], direct: [Prefix], local: [Prefix], besides own: [Prefix]) -> [Prefix] {
    if listed.isEmpty { return [] }
    let search = PrefixSearch(listed)
    let found = (direct + local).map { $0.network }.filter { network in
      guard let holder = search.holder(of: network) else { return false }
      // The kernel has one for each IPv6 address of ours.
      return holder.length < network.length && !own.contains { Prefix(host: $0.address) == network }
    }
    return Prefix.inOrder(found).without(Prefix.inOrder(listed))
  }

  private func hasListed(_ family: IPFamily) -> Bool { taken.listed.contains { $0.family == family } }

  /// All but those which one VPN has for all: `Identity.queryRules`.
  public var rules: [Rule] {
    let priorities = identity.priorities
    var rules = outside.map { Rule($0.family, priority: priorities.bound, source: $0, target: priorities.end) }
    for family in IPFamily.allCases {
      if outside.contains(where: { $0.family == family }) { rules.append(Rule(nothingOf: family, priority: priorities.end)) }
      if hasListed(family) { rules.append(sparingTunnels(family, priorities.listed, Tables.listed(identity.id))) }
      guard taken.has(whole: family) else { continue }
      rules.append(Rule(family, priority: priorities.lan, table: Tables.main, suppressedLength: 0))
      rules.append(sparingTunnels(family, priorities.whole, Tables.whole(identity.id)))
    }
    return rules
  }

  /// The tunnel's own packets go on, even where the host has no route for them: they would go round in it.
  private func sparingTunnels(_ family: IPFamily, _ priority: UInt32, _ table: UInt32) -> Rule {
    var rule = Rule(family, priority: priority, table: table, fwmark: identity.fwmark, isInverted: true)
    if VPN.isUsual(identity.fwmark) { (rule.fwmark, rule.fwmask) = (VPN.usualMarks, VPN.usualMarksMask) }
    return rule
  }

  /// Of both tables, and of the VPN's own what is there only while it is up.
  public var routes: [Route] {
    let (listed, whole) = (Tables.listed(identity.id), Tables.whole(identity.id))
    var routes = taken.listed.map { identity.way(to: $0.network, in: listed) }
    routes += exceptions.map { Route($0, .thrown, table: listed) }
    for family in taken.whole {
      routes.append(identity.way(to: .everything(family), in: whole))
      // Where the link is gone.
      routes.append(Route(.everything(family), .unreachable, table: whole, metric: Route.lastMetric))
      for prefix in FilterSet.apart(direct) where prefix.family == family { routes.append(Route(prefix, .thrown, table: whole)) }
    }
    for end in deadEnds {
      if taken.has(whole: end.family) { routes.append(end.route(in: whole)) }
      if identity.memory[.takesQueries] { routes.append(end.route(in: identity.table)) }
    }
    return routes
  }

  /// What makes it so; what is so already stays. A query of the whole system's goes to one VPN, and which one is not decided here.
  /// - Parameters:
  ///   - found: the rules of `isOwn` that there are.
  ///   - routes: ours that there are in both tables.
  public func steps(found: [Rule], routes present: [Route]) -> [Step] {
    let missing = rules.filter { !found.contains($0) }
    let superfluous = found.filter { !rules.contains($0) }
    let (new, old) = RouteTable.difference(routes, present)
    return (new.isEmpty ? [] : [Step(.host, .setRoutes(new))]) + missing.map { Step(.host, .addRule($0)) }
      + [Step(.host, .replaceTable(filter))] + superfluous.map { Step(.host, .deleteRule($0)) }
      + (old.isEmpty ? [] : [Step(.host, .deleteRoutes(old))])
  }

  /// Whether rules, or ways into the VPN, are missing: what bypasses it does not count.
  public func lacksWays(_ found: [Rule], _ routes: [Route], _ families: [IPFamily]) -> Bool {
    let ways = self.routes.filter { $0.target != .thrown && families.contains($0.destination.family) }
    return rules.contains { families.contains($0.family) && !found.contains($0) } || !RouteTable.difference(ways, routes).new.isEmpty
  }

  /// Whether rules or routes are missing, or others than they should be.
  /// - Parameter families: those that this kernel has.
  public func lacks(_ found: [Rule], _ routes: [Route], _ families: [IPFamily] = IPFamily.allCases) -> Bool {
    rules.contains { families.contains($0.family) && !found.contains($0) }
      || !RouteTable.difference(self.routes.filter { families.contains($0.destination.family) }, routes).new.isEmpty
  }

  /// No packet of IPv4 comes by the VPN's tables, to the rules behind them; not so where a tunnel has a mark of its own. Of IPv6 those do come
  /// of sockets that have chosen a link (IPV6_UNICAST_IF): a route by another is none for them, and their queries are routed again later. IPv4
  /// takes such a link for granted if no rule has a route.
  public var sealsIPv4: Bool {
    marks.isEmpty && VPN.isUsual(identity.fwmark) && taken.has(whole: .v4) && !direct.contains { $0.family == .v4 }
  }

  /// What may bypass the VPN although the VPN takes a network, or everything, that it lies in. The longer one counts.
  public var bypass: [Prefix] { exceptions + IPFamily.allCases.flatMap { bypass($0) } }
}

/// Lists of routes of thousands.
enum RouteTable {
  /// - Returns: what is to be set, and what is to be deleted after that.
  static func difference(_ wanted: [Route], _ present: [Route]) -> (new: [Route], old: [Route]) {
    let (wanted, present) = (wanted.sorted(by: precedes), present.sorted(by: precedes))
    var (new, old): ([Route], [Route]) = ([], [])
    var rest = present[...]
    for route in wanted {
      while let first = rest.first, precedes(first, route) {
        old.append(first)
        rest = rest.dropFirst()
      }
      // The kernel has one route for a destination, a table and a metric.
      if let first = rest.first, !precedes(route, first) {
        if first != route { new.append(route) }
        rest = rest.dropFirst()
      } else {
        new.append(route)
      }
    }
    return (new, old + rest)
  }

  private static func precedes(_ a: Route, _ b: Route) -> Bool {
    if a.table != b.table { return a.table < b.table }
    if a.destination != b.destination { return Prefix.precedes(a.destination, b.destination) }
    return a.metric < b.metric
  }
}

extension VPN {
  /// While it is up the whole system's queries go into it: always if everything does, otherwise if one of its servers can be reached by it.
  public var takesQueries: Bool { scope == .all || dns.contains { taken.contains($0) } }
}

extension Identity {
  /// Queries which a program has bound to another link get this mark, and are routed again by it.
  public static let queryMark: UInt32 = 10200

  /// By the link into the box; refused for a family of which the VPN has no address.
  func way(to destination: Prefix, in table: UInt32) -> Route {
    let family = destination.family
    guard let own = addresses.first(where: { $0.family == family }) else { return Route(destination, .unreachable, table: table) }
    let target = Route.Target.gateway(Pair.gateway(family), link: Names.hostLink(name), isOnLink: true)
    return Route(destination, target, table: table, source: own.address)
  }

  /// Every query of the system's, to whomever, of either transport.
  public var queryRules: [Rule] {
    IPFamily.allCases.flatMap { family in
      [Transport.udp, .tcp].map { Rule(family, priority: priorities.queries, table: table, service: Rule.Service($0, port: 53)) }
        + [Rule(family, priority: priorities.queries, table: table, fwmark: Self.queryMark)]
    }
  }

  /// Whoever deletes a VPN's table and its filter must not find another way out behind them.
  /// Tunnels' packets go on, where their own table has no way for them, as they did before.
  public var sealingRule: Rule {
    var rule = Rule(unreachableOf: .v4, priority: priorities.last)
    (rule.fwmark, rule.fwmask, rule.isInverted) = (VPN.usualMarks, VPN.usualMarksMask, true)
    return rule
  }

  /// Of the rules that are there only while the VPN is up, those aside which one has for all.
  public func isOwn(_ rule: Rule) -> Bool {
    if isOfOldForm(rule) { return true }
    return switch rule.priority {
    case priorities.bound: rule.target == priorities.end
    case priorities.listed: rule.table == Tables.listed(id)
    case priorities.lan: rule.table == Tables.main && rule.suppressedLength != nil
    case priorities.whole: rule.table == Tables.whole(id)
    default: rule.priority == priorities.end && rule.isNothing
    }
  }

  /// As earlier versions made them: where such a VPN is still up, they go at the next refresh.
  private func isOfOldForm(_ rule: Rule) -> Bool {
    let isByMain = rule.table == Tables.main && rule.target == nil
    return isByMain && rule.priority == priorities.base + UInt32(id) && rule.fwmark == nil
      || isByMain && rule.priority == priorities.bound && rule.source != nil
      || rule.table == table && rule.priority == priorities.base + 200 + UInt32(id)
  }

  /// A route of ours as it would be made, of one that is there.
  /// - Parameters:
  ///   - isByOwnLink: not by any other.
  ///   - deadEnd: the link by which it is, if it is another.
  public func route(
    to destination: Prefix, in table: UInt32, metric: UInt32, isThrown: Bool, isRefusing: Bool, isByOwnLink: Bool, deadEnd: DeadEnd?
  ) -> Route {
    // What the kernel gives an IPv6 route that has none.
    let metric = destination.family == .v6 && metric == 1024 ? 0 : metric
    if isThrown { return Route(destination, .thrown, table: table, metric: metric) }
    if isRefusing { return Route(destination, .unreachable, table: table, metric: metric) }
    var route = way(to: destination, in: table)
    route.metric = metric
    if isByOwnLink { return route }
    if let deadEnd, destination.length == 0, metric == DeadEnd.metric(ofLink: deadEnd.index) { return deadEnd.route(in: table) }
    return Route(destination, .link(""), table: table, metric: metric)
  }

  /// What the rules and routes of a VPN that is up carry into it; `nil` where there is none of them.
  /// - Parameters:
  ///   - found: the rules of `isOwn` that there are.
  ///   - routes: ours that there are in both tables.
  ///   - families: those that this kernel has.
  public func taken(by found: [Rule], _ routes: [Route], _ families: [IPFamily] = IPFamily.allCases) -> VPN.Taken? {
    func isThere(_ priority: UInt32, _ family: IPFamily) -> Bool { found.contains { $0.priority == priority && $0.family == family } }
    let whole = families.filter { isThere(priorities.whole, $0) }
    let taken = VPN.Taken(
      // Nothing of a family that there is not goes elsewhere.
      whole: whole.count == families.count ? IPFamily.allCases : whole,
      listed: routes.filter { $0.table == Tables.listed(id) && $0.target != .thrown && isThere(priorities.listed, $0.destination.family) }
        .map { $0.destination })
    return taken.whole.isEmpty && taken.listed.isEmpty ? nil : taken
  }

  /// Whether programs that are bound to the host's other addresses are left alone.
  /// - Parameter found: the rules of `isOwn` that there are.
  public func keepsOutsideIdentity(in found: [Rule]) -> Bool { found.contains { $0.priority == priorities.bound } }

  /// Takes the system out of the VPN.
  /// - Parameters:
  ///   - found: the rules of `isOwn` that there are.
  ///   - routes: ours that there are in both tables.
  public func downSteps(found: [Rule], routes: [Route]) -> [Step] {
    // What goes into the VPN first, so that nothing of it is asked for by another rule in between; where others go to last.
    let rules = found.sorted { a, b in a.isNothing == b.isNothing ? a.priority > b.priority : b.isNothing }
    return rules.map { Step(.host, .deleteRule($0)) } + [Step(.host, .deleteTable(Names.systemTable(name)))]
      + (routes.isEmpty ? [] : [Step(.host, .deleteRoutes(routes))])
  }
}

extension Prefix {
  /// No LAN has so many addresses: a route for them is one for the internet, whoever made it.
  public var isLargePartOfInternet: Bool { length < (family == .v4 ? 8 : 16) }
}
