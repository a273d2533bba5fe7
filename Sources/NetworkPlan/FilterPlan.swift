internal import NetworkModel
internal import Profile

// The three packet filters. Priorities are those of the well-known places: raw −300, dstnat −100, filter 0, srcnat 100.

extension VPN {
  /// In the box: nobody else has rules there.
  var boxFilter: FilterTable {
    let bridge = Names.bridge(name)
    let insides = [bridge, Names.uplink]
    var chains: [FilterChain] = []

    chains.append(
      FilterChain(
        "antispoof", .filter, .prerouting, priority: -300,
        // Only what comes to A is told by its port, and only commands that have one answer as that.
        families.map { family -> FilterRule in [.inputLink(Names.tunnel), .destination(PortAddress.all(family)), .drop] }
          + families.map { family -> FilterRule in [.inputLink(bridge), .source(PortAddress.all(family)), .leave] }
          + IPFamily.allCases.map { family -> FilterRule in
            families.contains(family)
              ? [.inputLink(bridge), .notSource(subnet(family)), .drop] : [.inputLink(bridge), .family(family), .drop]
          }))

    chains.append(
      FilterChain(
        "input", .filter, .input, priority: 0, dropsByDefault: true,
        [[.established, .accept], [.inputLink("lo"), .accept]]
          + insides.flatMap { inside -> [FilterRule] in
            [
              [.inputLink(inside), .transport(.icmp), .accept], [.inputLink(inside), .transport(.icmpv6), .accept],
              [.inputLink(inside), .transport(.tcp), .rejectWithReset], [.inputLink(inside), .reject],
            ]
          } + neighbours))

    chains.append(questionsStayInside)

    var forward: [FilterRule] = []
    // A query that no server of its family can answer must not wander through the tunnel to somebody else.
    for family in IPFamily.allCases where !dns.isEmpty && !dns.contains(where: { $0.family == family }) {
      forward.append([.family(family), .transport(.tcp), .destinationPort(53), .rejectWithReset])
      forward.append([.family(family), .transport(.udp), .destinationPort(53), .reject])
    }
    for inside in insides {
      forward.append([.inputLink(inside), .outputLink(Names.tunnel), .transport(.tcp), .connecting, .clampSegmentSizeToRoute])
      // The host's packets are not translated: only the VPN's own addresses mean anything there, and what it relays by `Relay`.
      let isHost = inside == Names.uplink
      forward.append(FilterRule([.inputLink(inside), .outputLink(Names.tunnel)] + portQuestion))
      let ofHost = addresses.map { Prefix(host: $0.address) } + relayed
      let sources: [[FilterStatement]] = isHost ? ofHost.map { [.source($0)] } : [[]]
      if isHost, !relayed.isEmpty {
        // Who is behind the host may have links of a larger MTU, and no ear for errors.
        forward.append([.inputLink(Names.tunnel), .outputLink(inside), .transport(.tcp), .connecting, .clampSegmentSizeToRoute])
      }
      if !isHost { forward.append([.inputLink(inside), .outputLink(Names.tunnel), .new, .jump("shares")]) }
      for source in sources {
        forward.append(FilterRule([.inputLink(inside), .outputLink(Names.tunnel)] + source + [.accept]))
      }
      forward.append([.inputLink(Names.tunnel), .outputLink(inside), .established, .accept])
      if isHost { forward += openings }
    }
    // By a port of the bridge itself leads only what a command lets in, from the VPN or from the host.
    for own in addresses {
      forward.append([
        .inputLink(Names.uplink), .outputGroup(Names.group), .source(Prefix(host: own.address)),
        .destination(PortAddress.allPublished(own.address.family)), .accept,
      ])
    }
    forward.append([.inputLink(bridge), .outputLink(Names.uplink), .established, .accept])
    forward.append([.inputLink(Names.tunnel), .outputGroup(Names.group), .established, .accept])
    forward.append([.inputLink(Names.tunnel), .outputGroup(Names.group), .new, .accept])
    for inside in insides {
      forward.append([.inputLink(inside), .transport(.tcp), .rejectWithReset])
      forward.append([.inputLink(inside), .reject])
    }
    chains += shareChains
    chains.append(FilterChain("forward", .filter, .forward, priority: 0, dropsByDefault: true, forward))

    chains += commandsInbound
    if !dns.isEmpty {
      chains.append(toServers)
      chains.append(
        FilterChain(
          "dns", .nat, .prerouting, priority: -100,
          insides.flatMap { inside -> [FilterRule] in
            queries.map { FilterRule([.inputLink(inside)] + $0.statements) }
          }))
    }
    chains.append(
      FilterChain(
        "postrouting", .nat, .postrouting, priority: 100,
        families.compactMap { family in
          linkTranslation(family)
            ?? address(family).map { [.inputLink(bridge), .outputLink(Names.tunnel), .family(family), .sourceNAT($0)] }
        }
          + questionsForPorts
          + (translatesRelayed ? relayed : []).compactMap { network in
            address(network.family).map { [.inputLink(Names.uplink), .outputLink(Names.tunnel), .source(network), .sourceNAT($0)] }
          }))
    return FilterTable(Names.table, comment: openingsComment, sets: shareSets, chains)
  }

  private var toServers: FilterChain { dnsChain(dns) }
}

/// Queries of either transport, to whomever.
private let queries: [FilterRule] = [Transport.udp, .tcp].map { [.transport($0), .destinationPort(53), .jump("to-servers")] }

/// A server of the VPN's is asked as it is; any other becomes the first of the query's family.
private func dnsChain(_ servers: [IPAddress]) -> FilterChain {
  FilterChain(
    "to-servers",
    servers.map { [.destination(Prefix(host: $0)), .leave] }
      + IPFamily.allCases.compactMap { family in
        servers.first { $0.family == family }.map { [.family(family), .destinationNAT($0)] }
      })
}

/// In a command's own namespace, which is out of its reach.
/// - Parameters:
///   - inbound: what it lets in from the VPN.
///   - published: and from the host, each at the address by which it is reached.
///   - forwarded: its provider's port, and where programs ask for one themselves.
///   - isOnly: no other link leads anywhere, whenever it comes: the namespace is no command's own, and others may add some.
func commandFilter(
  dns: [IPAddress], addresses: [Prefix], inbound: [TransportPort] = [], published: [(address: IPAddress, port: TransportPort)] = [],
  forwarded: (port: ForwardedPort, gateway: IPAddress?)? = nil, link: ByteString = Names.commandLink, isOnly: Bool = false
) -> FilterTable {
  let loopback = [Prefix(.v4(IPv4Address(127, 0, 0, 0)), length: 8), Prefix(host: .v6(IPv6Address(high: 0, low: 1)))]
  // Anybody may bind a foreign IPv6 address (IPV6_FREEBIND), and what is sent from a neighbour's would open a way back to him.
  let sources = addresses.map { Prefix(host: $0.address) } + (dns.isEmpty ? [] : loopback)
  var chains = [
    FilterChain(
      "source", .filter, .output, priority: 0, sources.map { [.outputLink(link), .source($0), .accept] } + [[.outputLink(link), .drop]])
  ]
  if isOnly {
    chains[0].rules += [
      [.notOutputLink("lo"), .transport(.tcp), .rejectWithReset], [.notOutputLink("lo"), .reject],
    ]
    chains.append(FilterChain("forward", .filter, .forward, priority: 0, [[.notOutputLink(link), .drop]]))
  }
  if !inbound.isEmpty || !published.isEmpty || forwarded != nil {
    chains.append(.inbound(inbound, published: published, forwarded: forwarded?.port, to: addresses, by: link))
  }
  if let gateway = forwarded?.gateway { chains += .mappings(askedOf: gateway, to: addresses) }
  if !dns.isEmpty {
    // What goes to a resolver on loopback (127.0.0.53) must get to the box at all, with an address that the answer can come back to.
    chains += [
      dnsChain(dns), FilterChain("dns", .nat, .output, priority: -100, queries),
      FilterChain("postrouting", .nat, .postrouting, priority: 100, loopback.map { [.outputLink(link), .source($0), .masquerade] }),
    ]
  }
  return FilterTable(Names.table, chains)
}
