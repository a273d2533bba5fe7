public import NetworkModel

// While a VPN is up, rules decide where packets go. This table refuses those which go elsewhere even so: somebody has deleted the rules
// (systemd-networkd does), has routes of his own for half of the internet (a DHCP server may), or has bound a socket to the uplink. And
// it refuses at once what can no longer be answered: connections that were direct before.

extension Names {
  /// Sets of the filter of a VPN that is up.
  fileprivate static func direct(_ family: IPFamily) -> ByteString { family == .v4 ? "direct4" : "direct6" }
  fileprivate static func within(_ family: IPFamily) -> ByteString { family == .v4 ? "within4" : "within6" }
  fileprivate static func networks(_ family: IPFamily) -> ByteString { family == .v4 ? "networks4" : "networks6" }
  fileprivate static func inside(_ family: IPFamily) -> ByteString { family == .v4 ? "private4" : "private6" }
}

extension FilterRule {
  /// Packets of tunnels, and those that go where they should.
  /// - Parameter marks: of tunnels, besides the usual ones.
  static func wellGuided(marks: [UInt32]) -> [FilterRule] {
    // 10001…10099 and their neighbours; see `VPN.defaultMark`.
    [[.markWithin(VPN.usualMarks, mask: VPN.usualMarksMask), .leave]] + marks.map { [.mark($0), .leave] }
      + [[.outputLink("lo"), .leave], [.outputGroup(Names.group), .leave]]
  }
}

extension SystemWide {
  public var filter: FilterTable {
    FilterTable(
      Names.systemTable(identity.name), comment: Names.tableMark(identity.name), sets: sets,
      [guardChain] + baseChains + (identity.memory[.takesQueries] ? queryChains : []) + markChains)
  }

  private var link: ByteString { Names.hostLink(identity.name) }

  private var sets: [FilterSet] {
    IPFamily.allCases.flatMap { family -> [FilterSet] in
      let isWhole = taken.has(whole: family)
      let networks = FilterSet(Names.networks(family), family, taken.listed)
      let inner = within(family)
      return [FilterSet(Names.direct(family), family, isWhole ? bypass(family) : inner + Self.link + elsewhere)]
        + (isWhole && !inner.isEmpty ? [FilterSet(Names.within(family), family, inner)] : [])
        + (networks.prefixes.isEmpty ? [] : [networks])
        + (isWhole && !uplinks.isEmpty ? [FilterSet(Names.inside(family), family, Self.privateNetworks)] : [])
    }
  }

  /// Of the LAN, what no listed network has to do with: it need not be looked for among thousands. Not too many of it.
  private var elsewhere: [Prefix] {
    let search = PrefixSearch(taken.listed)
    return Array(local.prefix(256).filter { !search.touches($0) })
  }

  /// Of a family that is taken whole: where packets may go past the VPN.
  func bypass(_ family: IPFamily) -> [Prefix] {
    let all =
      taken.has(whole: family)
      // Routes for large parts of the internet are not the LAN.
      ? direct + Self.link + local.filter { !$0.isLargePartOfInternet } : Self.link
    return all.filter { $0.family == family }
  }

  /// What stays outside of listed networks, apart from smaller ones of these in it.
  private func within(_ family: IPFamily) -> [Prefix] {
    let own = exceptions.filter { $0.family == family }
    let search = PrefixSearch(own)
    let inner = taken.listed.filter { search.holds($0) }
    if inner.isEmpty { return own }
    return own.flatMap { prefix in
      PrefixSearch(inner.filter { $0.length > prefix.length && $0.overlaps(prefix) }).remainder(of: prefix)
    }
  }

  /// Link-local and multicast addresses, and the broadcast address of all.
  private static let link = [
    Prefix(.v4(IPv4Address(169, 254, 0, 0)), length: 16), Prefix(.v4(IPv4Address(224, 0, 0, 0)), length: 4),
    Prefix(host: .v4(IPv4Address(255, 255, 255, 255))), Prefix(.v6(IPv6Address(high: 0xfe80 << 48, low: 0)), length: 10),
    Prefix(.v6(IPv6Address(high: 0xff00 << 48, low: 0)), length: 8),
  ]

  /// RFC 1918, RFC 4193.
  private static let privateNetworks = [
    Prefix(.v4(IPv4Address(10, 0, 0, 0)), length: 8), Prefix(.v4(IPv4Address(172, 16, 0, 0)), length: 12),
    Prefix(.v4(IPv4Address(192, 168, 0, 0)), length: 16), Prefix(.v6(IPv6Address(high: 0xfc00 << 48, low: 0)), length: 7),
  ]

  private var wellGuided: [FilterRule] { FilterRule.wellGuided(marks: marks) }

  private var guardChain: FilterChain {
    var rules = wellGuided
    if identity.memory[.takesQueries] {
      // On its way again: by which link it will leave is known later, in the chain `rerouted`.
      rules.append([.mark(Identity.queryMark), .leave])
      // By TLS and QUIC, too: what goes to a server by the VPN does not come so far, and a resolver of the LAN's knows what others do not.
      for port in [53, 853] as [UInt16] { rules += refused([.destinationPort(port)], of: [.tcp, .udp]) }
    }
    rules += outside.map { [.source(Prefix(host: $0)), .leave] }
    let isEverything = taken.whole.count == IPFamily.allCases.count
    let names = sets.map { $0.name }
    for family in IPFamily.allCases {
      let listed = FilterStatement.destinationIn(Names.networks(family), family)
      let isListed = names.contains(Names.networks(family))
      let direct = FilterRule([.destinationIn(Names.direct(family), family), .leave])
      if taken.has(whole: family) {
        if names.contains(Names.within(family)) { rules.append([.destinationIn(Names.within(family), family), .leave]) }
        if isListed { rules += [[listed, .transport(.tcp), .rejectWithReset], [listed, .reject]] }
        rules.append(direct)
        if names.contains(Names.inside(family)) {
          // Networks of containers come and go while the VPN is up. But by a default route private addresses are not those of a LAN:
          // they may be an employer's, behind the VPN.
          let elsewhere = uplinks.map { FilterStatement.notOutputLink($0) }
          rules.append(FilterRule(elsewhere + [.destinationIn(Names.inside(family), family), .leave]))
        }
        if !isEverything { rules += [[.family(family), .transport(.tcp), .rejectWithReset], [.family(family), .reject]] }
      } else if isListed {
        rules += [direct, [listed, .transport(.tcp), .rejectWithReset], [listed, .reject]]
      }
    }
    if isEverything { rules += [[.transport(.tcp), .rejectWithReset], [.reject]] }
    return FilterChain("guard", rules)
  }

  private func refused(_ what: [FilterStatement], of transports: [Transport]) -> [FilterRule] {
    transports.map { FilterRule([.transport($0)] + what + [$0 == .tcp ? .rejectWithReset : .reject]) }
  }

  private var baseChains: [FilterChain] {
    // Who still has the uplink's address as his own began before the VPN was up, or is bound to it.
    var own: [FilterRule] = [[.jump("guard")]]
    if identity.memory[.takesQueries] {
      own += [Transport.udp, .tcp].map { [.outputLink(link), .transport($0), .destinationPort(53), .accept] }
    }
    own += identity.addresses.map { [.outputLink(link), .source(Prefix(host: $0.address)), .accept] }
    own += [[.outputLink(link), .transport(.tcp), .rejectWithReset], [.outputLink(link), .reject]]
    return [
      FilterChain("output", .filter, .output, priority: 0, own), FilterChain("forward", .filter, .forward, priority: 0, [[.jump("guard")]]),
    ]
  }

  /// Queries of programs that have chosen a link for a socket (IP_UNICAST_IF), as systemd-resolved does for its servers, are routed again
  /// by their mark. A socket that is bound to a link (SO_BINDTODEVICE) stays with it, and its queries are refused. Those of programs that
  /// have chosen an address get ours, so that answers come back.
  private var queryChains: [FilterChain] {
    let queries = [Transport.udp, .tcp]
    var sources: [FilterRule] = identity.addresses.map { [.outputLink(link), .source(Prefix(host: $0.address)), .leave] }
    for family in IPFamily.allCases {
      guard let own = identity.addresses.first(where: { $0.family == family })?.address else { continue }
      sources += queries.map { [.outputLink(link), .family(family), .transport($0), .destinationPort(53), .sourceNAT(own)] }
    }
    return [
      FilterChain(
        "reroute", .route, .output, priority: -150,
        wellGuided + [[.transport(.udp), .destinationPort(53), .setMark(Identity.queryMark)]]),
      FilterChain("rerouted", .filter, .postrouting, priority: 110, [[.mark(Identity.queryMark), .notOutputGroup(Names.group), .drop]]),
      FilterChain("queries", .nat, .postrouting, priority: 99, sources),
    ]
  }

  /// Reverse path filtering, the kernel's (with net.ipv4.conf.all.src_valid_mark) or that of a firewall, asks by which way an answer to a
  /// packet would go, and must be told of the tunnel's mark: the connection remembers it. So it is with queries, whose server may seem to be
  /// in the LAN. It comes before other programs' rules in the table mangle.
  private var markChains: [FilterChain] {
    var remember = identity.rememberChain
    var recall: [FilterRule] = [[.notInputLink(link), .connectionMark(identity.fwmark), .markFromConnection]]
    if identity.memory[.takesQueries] {
      remember.rules += [Transport.udp, .tcp].map {
        // Answers to containers would be led by that mark, too.
        [.outputLink(link), .sentByProcess, .transport($0), .destinationPort(53), .setConnectionMark(Identity.queryMark)]
      }
      recall.append([.inputLink(link), .connectionMark(Identity.queryMark), .markFromConnection])
    }
    return [
      remember, FilterChain("recall", .filter, .prerouting, priority: -160, recall),
    ]
  }
}
