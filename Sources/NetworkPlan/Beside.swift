public import NetworkModel

/// A namespace that keeps its other links for some networks, as a pod keeps those of its cluster: all else goes to the box, whatever the
/// namespace's main table says, or nowhere. Rules of our own come before that table; the filter refuses what they would miss.
public enum Beside {
  /// In the namespace: the way to the box, and `unreachable` when that has gone with its link.
  public static let table: UInt32 = 7_676_000
  /// The VPN's servers, also where a kept network has them; kept networks, and what has no way there; everything; and what that does not
  /// take, as of IPv6 sockets that have chosen another link, for which the table's last choice is none.
  static let servers: UInt32 = 75
  static let keptNetworks: UInt32 = 76
  static let lost: UInt32 = 77
  static let rest: UInt32 = 78
  static let end: UInt32 = 79
  /// How the port's other end is called where `eth0` may be another link.
  public static let link: ByteString = "vpn0"

  /// Neighbours on a link of IPv6.
  public static let linkLocal = Prefix(.v6(IPv6Address(high: 0xfe80_0000_0000_0000, low: 0)), length: 10)

  /// Shorter ones would be half of the internet.
  public static func isNetwork(_ prefix: Prefix) -> Bool { prefix.length >= (prefix.family == .v4 ? 8 : 7) }
  public static let networkRule = "a network to keep is ADDRESS/LENGTH of at least /8 (IPv6: /7), as in 10.0.0.0/8,fd00::/8"

  /// What rules of ours keep in a namespace.
  /// - Parameter rules: ours.
  public static func kept(in rules: [Rule]) -> [Prefix] {
    rules.filter { $0.priority == keptNetworks }.compactMap { $0.destination }
  }
}

extension BoxFacts {
  /// - Parameter kept: networks of other links.
  public func besideRules(_ kept: [Prefix]) -> [Rule] {
    var rules: [Rule] = []
    for server in resolvers.servers {
      rules.append(Rule(server.family, priority: Beside.servers, table: Beside.table, destination: Prefix(host: server)))
    }
    for network in kept {
      rules.append(Rule(network.family, priority: Beside.keptNetworks, table: Tables.main, destination: network))
      var none = Rule(unreachableOf: network.family, priority: Beside.lost)
      none.destination = network
      rules.append(none)
    }
    for family in IPFamily.allCases {
      rules.append(Rule(family, priority: Beside.rest, table: Beside.table))
      rules.append(Rule(unreachableOf: family, priority: Beside.end))
    }
    return rules
  }

  /// In place of a default route in the main table, which is the other links'.
  func besideWays(_ slot: UInt32, _ link: ByteString, _ kept: [Prefix]) -> [Step] {
    var steps: [Step] = []
    for family in IPFamily.allCases {
      steps.append(Step(.command, .addRoute(Beside.refusal(family))))
    }
    for gateway in gateways {
      // Whatever the rules lead to by now, the box is on the link.
      let target = Route.Target.gateway(gateway.address, link: link, isOnLink: true)
      steps.append(Step(.command, .addRoute(Route(.everything(gateway.family), target, table: Beside.table))))
    }
    return steps + besideRules(kept).map { Step(.command, .addRule($0)) }
  }

  /// In the namespace's main table, where another link keeps its networks.
  public func mainWays(_ link: ByteString) -> [Step] {
    gateways.map { gateway in
      let target = Route.Target.gateway(gateway.address, link: link, isOnLink: false)
      return Step(.command, .deleteRoute(Route(.everything(gateway.family), target)))
    }
  }

  /// What a filter for a namespace with one link lets pass by others.
  func keep(_ kept: [Prefix], in filter: inout FilterTable) {
    filter.sets = IPFamily.allCases.map { FilterSet($0 == .v4 ? "kept4" : "kept6", $0, kept) }.filter { !$0.prefixes.isEmpty }
    let own: [FilterRule] = filter.sets.map { set in
      let family: IPFamily = set.name == "kept4" ? .v4 : .v6
      return [.destinationIn(set.name, family), .accept]
    }
    for i in filter.chains.indices {
      switch filter.chains[i].name {
      case "source":
        // In front of what refuses all other links.
        let end = filter.chains[i].rules.suffix(2)
        filter.chains[i].rules.removeLast(2)
        for server in resolvers.servers {
          filter.chains[i].rules.append([.notOutputLink("lo"), .destination(Prefix(host: server)), .reject])
        }
        // A link's neighbours and routers, before an address is known.
        let neighbours = Prefix(.v6(IPv6Address(high: 0xff02_0000_0000_0000, low: 0)), length: 16)
        filter.chains[i].rules += own + [[.destination(neighbours), .transport(.icmpv6), .accept]] + end
      case "forward": filter.chains[i].rules = own + filter.chains[i].rules
      case "dns":
        filter.chains[i].rules = own.map { FilterRule([$0.statements[0], .leave]) } + filter.chains[i].rules
      default: break
      }
    }
  }
}

extension Beside {
  fileprivate static func refusal(_ family: IPFamily) -> Route {
    Route(.everything(family), .unreachable, table: table, metric: Route.lastMetric)
  }

  /// What stays in a namespace that is detached, but for its rules.
  static var leavingSteps: [Step] { IPFamily.allCases.map { Step(.command, .deleteRoute(refusal($0))) } }
}
