public import NetworkModel
internal import Profile

/// What this machine forwards into a VPN as long as it is linked (`Relay =`): packets from networks behind this machine.
///
/// Rules lead them into the VPN's table, and where that has no way, nowhere. Other programs delete rules: so a filter refuses what would
/// leave by another link. It has a table of its own, because it is there whether the VPN is up or not.
public struct Relay: Equatable, Sendable {
  public var name: VPNName
  public var table: UInt32
  public var mark: UInt32
  public var priorities: Priorities
  /// None overlaps another.
  public var networks: [Prefix]
  /// The host's own addresses in them: what it sends itself goes as it does without.
  public var own: [IPAddress]
  /// `nil`: by the box.
  public var way: Way?

  /// Another link of the host, by which they leave directly.
  public struct Way: Equatable, Sendable {
    public var link: ByteString
    /// One of a family at most.
    public var gateways: [IPAddress]
    /// They leave as the host's address on that link.
    public var isTranslated: Bool

    public init(_ link: ByteString, _ gateways: [IPAddress], isTranslated: Bool) {
      self.link = link
      self.gateways = gateways
      self.isTranslated = isTranslated
    }
  }

  public init(_ identity: Identity, _ networks: [Prefix], own: [IPAddress] = [], way: Way? = nil) {
    name = identity.name
    table = Self.table(identity)
    mark = identity.fwmark
    self.way = way
    priorities = identity.priorities
    self.networks = networks
    self.own = own.filter { address in networks.contains { $0.contains(address) } }
  }

  private static func table(_ identity: Identity) -> UInt32 { identity.memory[.isByLink] ? identity.underlay : identity.table }

  /// As rules tell it, which the kernel has.
  public init(_ identity: Identity, found: [Rule]) {
    let base = identity.priorities
    let networks = found.filter { $0.priority == base.relayed && $0.table == Self.table(identity) }.compactMap { $0.source }
    self.init(identity, networks, own: found.filter { $0.priority == base.ownRelayed }.compactMap { $0.source?.address })
  }

  /// In an order in which what comes from these networks never goes elsewhere in between.
  public var rules: [Rule] {
    // The lengthy way, because what several VPNs need is there once.
    var rules = families.filter { family in own.contains { $0.family == family } }.map {
      Rule(nothingOf: $0, priority: priorities.relayedEnd)
    }
    rules += own.map { Rule($0.family, priority: priorities.ownRelayed, source: $0, target: priorities.relayedEnd) }
    for network in networks {
      // Where its link is gone, its packets must not leave by a default route.
      rules.append(Rule(network.family, priority: priorities.toRelayed, table: Tables.main, destination: network, suppressedLength: 0))
      var end = Rule(unreachableOf: network.family, priority: priorities.notToRelayed)
      end.destination = network
      rules.append(end)
    }
    for network in networks {
      var end = Rule(unreachableOf: network.family, priority: priorities.notRelayed)
      end.source = network
      rules += [end, Rule(from: network, priority: priorities.relayed, table: table)]
    }
    return rules
  }

  private var families: [IPFamily] { IPFamily.allCases.filter { family in networks.contains { $0.family == family } } }

  /// Of our rules that the kernel has, those that are not needed any more: this VPN's for other networks, and what no VPN uses of those that
  /// all share. Others' stay, be they linked or not.
  /// - Parameter before: networks that it may have had.
  public func superfluous(in found: [Rule], before: [Prefix]) -> [Rule] {
    if before.isEmpty && networks.isEmpty { return [] }
    let others = found.filter { $0.priority == priorities.relayed && $0.table != table }.compactMap { $0.source }
    let wanted = rules
    var old = self
    (old.networks, old.own) = (before.filter { !networks.contains($0) && !others.contains($0) }, [])
    let gone = old.rules
    let ways = found.filter { $0.priority == priorities.ownRelayed }
    let unused = ways.filter { way in
      !wanted.contains(way) && !others.contains { other in way.source.map { other.contains($0.address) } ?? false }
    }
    let ends = found.filter { end in
      end.priority == priorities.relayedEnd && !wanted.contains(end)
        && !ways.contains { $0.family == end.family && !unused.contains($0) }
    }
    return found.filter { gone.contains($0) } + unused + ends
  }

  /// In the filter, which so tells what is relayed.
  public static func set(_ family: IPFamily) -> ByteString { family == .v4 ? "relayed4" : "relayed6" }

  public var filter: FilterTable {
    let link = way?.link ?? Names.hostLink(name)
    let sets = families.map { FilterSet(Self.set($0), $0, networks) }
    var rules: [FilterRule] = zip(sets, families).map { [.destinationIn($0.name, $1), .leave] }
    for network in networks {
      rules.append([.notOutputLink(link), .source(network), .transport(.tcp), .rejectWithReset])
      rules.append([.notOutputLink(link), .source(network), .reject])
    }
    // An answer for a client that is gone comes out of the VPN, and an error about it would tell its sender of this machine's uplink.
    var errors: [FilterRule] = zip(sets, families).map { [.destinationIn($0.name, $1), .leave] }
    errors += networks.map { network in
      [.notOutputLink(link), .transport(network.family == .v4 ? .icmp : .icmpv6), .quoting(network), .drop]
    }
    var chains = [
      FilterChain("relay", .filter, .forward, priority: 0, rules), FilterChain("errors", .filter, .output, priority: 0, errors),
    ]
    if let way {
      // Filters of VPNs that are up let pass what has a tunnel's mark.
      chains.append(
        FilterChain("way", .filter, .forward, priority: -150, networks.map { [.outputLink(way.link), .source($0), .setMark(mark)] }))
    }
    if let way, way.isTranslated {
      chains.append(
        FilterChain(
          "translated", .nat, .postrouting, priority: 100, networks.map { [.outputLink(way.link), .source($0), .masquerade] }))
    }
    return FilterTable(Names.relayTable(name), comment: Names.tableMark(name), sets: sets, chains)
  }

  /// Before its rules: answers come in by the host's own link, and of IPv4 each link has a switch. (That of IPv6 is one for all, and not
  /// ours.)
  public var preparation: [Step] {
    if networks.isEmpty { return [] }
    // That of another link is the administrator's.
    if way != nil { return [Step(.host, .replaceTable(filter))] }
    let forwards = networks.contains { $0.family == .v4 }
    return (forwards ? [Step(.host, .sysctl("net/ipv4/conf/\(Names.hostLink(name))/forwarding", "1"))] : [])
      + [Step(.host, .replaceTable(filter))]
  }

  /// The way itself, where it is another link. It goes with that, and what is relayed has none then.
  public var routes: [Route] {
    guard let way else { return [] }
    return way.gateways.filter { families.contains($0.family) }.map {
      Route(.everything($0.family), .gateway($0, link: way.link, isOnLink: false), table: table)
    }
  }
}
