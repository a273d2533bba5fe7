public import NetworkModel
internal import Profile

// A port of the provider's that leads to a command (vpnrun --forward). A process of vpnrun's asks for it by a socket of the box itself; so
// the box refuses all others who ask the provider's gateway, since that tells its clients by the VPN's address alone, which all share.

extension BoxFacts {
  /// What is asked for a port by NAT-PMP, which is of IPv4: the first server of names, where providers have their gateway.
  public var portGateway: IPAddress? {
    gateway4 == nil ? nil : resolvers.servers.first { $0.family == .v4 }
  }

  /// From which address the box asks it.
  public var gateway4: IPAddress? { gateways.first { $0.address.family == .v4 }?.address }
}

extension Names {
  /// - Returns: of which VPN a command's `lo` says that it is.
  public static func vpn(ofCommandAlias alias: ByteString) -> VPNName? {
    alias.utf8.starts(with: tableMarkStart.utf8) ? VPNName(Array(alias.utf8.dropFirst(tableMarkStart.utf8.count))) : nil
  }
}

extension FilterChain {
  /// In the command's own namespace: by whichever port of the VPN's address it comes, it goes to the one where the command listens.
  static func forwarding(_ forwarded: ForwardedPort, to own: [Prefix], by link: ByteString) -> [FilterRule] {
    forwarded.taken.flatMap { port in
      own.map { own in
        [
          .inputLink(link), .destination(Prefix(host: PortAddress.of(port, own.address.family))), .transport(port.transport),
          .destinationPort(port.port), .destinationNATToPort(own.address, forwarded.target),
        ]
      }
    }
  }
}

extension [FilterChain] {
  /// Programs ask their default gateway, and the process beside the command answers.
  static func mappings(askedOf gateway: IPAddress, to own: [Prefix]) -> [FilterChain] {
    own.first { $0.address.family == gateway.family }.map { own in
      let asks: [FilterStatement] = [.destination(Prefix(host: gateway)), .transport(.udp), .destinationPort(PortMapping.port)]
      return [FilterChain("mappings", .nat, .output, priority: -100, [FilterRule(asks + [.destinationNAT(own.address)])])]
    } ?? []
  }
}

extension VPN {
  /// Neither a command nor this machine may ask: the provider knows them all by one address.
  var portQuestion: [FilterStatement] { [.transport(.udp), .destinationPort(PortMapping.port), .reject] }

  /// The box itself asks too, and has no way out but the tunnel; nor has this, if it ever gets another.
  var questionsStayInside: FilterChain {
    FilterChain(
      "questions", .filter, .output, priority: 0,
      [[.notOutputLink(Names.tunnel), .transport(.udp), .destinationPort(PortMapping.port), .drop]])
  }

  /// What the box asks itself goes out as the VPN's address, like all that its commands send.
  var questionsForPorts: [FilterRule] {
    guard profile.linkAddresses.isEmpty, let own = address(.v4) else { return [] }
    return [[.outputLink(Names.tunnel), .source(Prefix(host: subnet(.v4).gateway)), .sourceNAT(own)]]
  }
}
