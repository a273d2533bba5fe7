public import NetworkModel

/// The whole system behind a VPN: what the host has besides its identity while the VPN is up.
public struct SystemWide: Equatable, Sendable {
  public var identity: Identity
  public var scope: VPN.Scope
  /// The user's `Direct =`.
  public var direct: [Prefix]
  /// Sources which go direct as before: the uplink's addresses with `OutsideIdentity = yes`.
  public var outside: [IPAddress]
  /// What the table main has routes for that are more specific than its default ones: the LAN.
  public var local: [Prefix]
  /// Marks of all tunnels besides our own and the usual ones: their packets leave by the uplink.
  public var marks: [UInt32]
  /// Strict reverse path filtering is in force on some link.
  public var isStrict: Bool

  public init(
    _ identity: Identity, scope: VPN.Scope, direct: [Prefix] = [], outside: [IPAddress] = [], local: [Prefix] = [], marks: [UInt32] = [],
    isStrict: Bool = false
  ) {
    self.identity = identity
    self.scope = scope
    self.direct = direct
    self.outside = outside
    self.local = local
    self.marks = marks
    self.isStrict = isStrict
  }

  /// All but those which one VPN has for all: `Identity.queryRules` and `Identity.vrfRules`.
  public var rules: [Rule] {
    let priorities = identity.priorities
    var rules = direct.map { Rule($0.family, priority: priorities.direct, table: Tables.main, destination: $0) }
    switch scope {
    case .all: rules += IPFamily.allCases.map { Rule($0, priority: priorities.direct, table: Tables.main, suppressedLength: 0) }
    case .networks(let networks):
      // Only routes that are longer than the network stay direct, as if both stood in one table.
      rules += networks.map {
        Rule($0.family, priority: priorities.direct, table: Tables.main, destination: $0, suppressedLength: $0.length)
      }
    }
    rules += outside.map { Rule($0.family, priority: priorities.bound, table: Tables.main, source: $0, isLocallyGenerated: true) }
    switch scope {
    case .all:
      rules += IPFamily.allCases.map {
        Rule($0, priority: priorities.everything, table: identity.table, fwmark: identity.fwmark, isInverted: true)
      }
    case .networks(let networks):
      rules += networks.map { Rule($0.family, priority: priorities.everything, table: identity.table, destination: $0) }
    }
    return rules
  }

  /// What makes it so. A query of the whole system's goes to one VPN, and which one is not decided here.
  /// - Parameter found: the rules of `isOwn` that there are.
  public func steps(found: [Rule]) -> [Step] {
    let missing = rules.filter { !found.contains($0) }
    let superfluous = found.filter { !rules.contains($0) }
    return missing.map { Step(.host, .addRule($0)) } + [Step(.host, .replaceTable(filter))]
      + superfluous.map { Step(.host, .deleteRule($0)) }
  }
}

extension VPN {
  /// While it is up the whole system's queries go into it: always if everything does, otherwise if one of its servers can be reached by it.
  public var takesQueries: Bool {
    switch scope {
    case .all: true
    case .networks(let networks): dns.contains { server in networks.contains { $0.contains(server) } }
    }
  }
}

extension Identity {
  /// Queries which a program has bound to another link get this mark, and are routed again by it.
  public static let queryMark: UInt32 = 10200

  /// Every query of the system's, to whomever, of either transport.
  public var queryRules: [Rule] {
    IPFamily.allCases.flatMap { family in
      [Transport.udp, .tcp].map { Rule(family, priority: priorities.queries, table: table, service: Rule.Service($0, port: 53)) }
        + [Rule(family, priority: priorities.queries, table: table, fwmark: Self.queryMark)]
    }
  }

  /// The kernel's own rule for VRFs has priority 1000: what comes in by one would be lost in ours.
  public var vrfRules: [Rule] { IPFamily.allCases.map { Rule($0, priority: priorities.vrf, table: 0, isOfVRF: true) } }

  /// Of the rules that are there only while the VPN is up, those aside which one has for all.
  public func isOwn(_ rule: Rule) -> Bool {
    switch rule.priority {
    case priorities.direct: rule.table == Tables.main && rule.fwmark == nil
    case priorities.bound: rule.table == Tables.main && rule.source != nil
    default: rule.priority == priorities.everything && rule.table == table
    }
  }

  /// What the rules of a VPN that is up carry into it; `nil` where there is none of them.
  /// - Parameter found: the rules of `isOwn` that there are.
  public func scope(of found: [Rule]) -> VPN.Scope? {
    let last = found.filter { $0.priority == priorities.everything }
    if last.contains(where: { $0.isInverted }) { return .all }
    let networks = last.compactMap { $0.destination }
    return networks.isEmpty ? nil : .networks(networks)
  }

  /// Whether programs that are bound to the uplink's address are left alone.
  /// - Parameter found: the rules of `isOwn` that there are.
  public func keepsOutsideIdentity(in found: [Rule]) -> Bool { found.contains { $0.priority == priorities.bound } }

  /// Takes the system out of the VPN.
  /// - Parameter found: the rules of `isOwn` that there are.
  public func downSteps(found: [Rule]) -> [Step] {
    // What goes into the VPN first, so that nothing of it is asked for by another rule in between.
    found.sorted { $0.priority > $1.priority }.map { Step(.host, .deleteRule($0)) } + [Step(.host, .deleteTable(Names.systemTable(name)))]
  }
}

extension Prefix {
  /// No LAN has so many addresses: a route for them is one for the internet, whoever made it.
  public var isLargePartOfInternet: Bool { length < (family == .v4 ? 8 : 16) }
}
