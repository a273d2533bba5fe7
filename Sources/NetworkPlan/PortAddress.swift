public import NetworkModel
internal import Profile

/// The address that a port has in a box while a command lets it in. Whoever has the route to it has the port: a second route to one address
/// is refused. The route leads by the command's own port of the bridge and the kernel removes both together, so nothing can be left of it,
/// however the command ends; and the box's filter needs no rule for a single port, so that a new filter changes nothing either.
///
/// 240.6.200.213 and fd76:706e:ffff:6:0:c8d5:: are tcp/51413, and 240.17.… and fd76:706e:ffff:11:… of UDP. Of IPv4 these are addresses that no
/// machine has (240.0.0.0/4 is reserved); what names them from outside is dropped.
public enum PortAddress {
  /// All of a family.
  public static func all(_ family: IPFamily) -> Prefix {
    Prefix(address(family, 0, 0), length: family == .v4 ? 8 : 48)
  }

  public static func of(_ port: TransportPort, _ family: IPFamily) -> IPAddress {
    address(family, port.transport.rawValue, port.port)
  }

  /// That of all ports which the host hands on to a command. From the host only.
  public static func published(_ slot: UInt32, _ family: IPFamily) -> IPAddress { address(family, 0, UInt16(truncatingIfNeeded: slot)) }

  /// All of these.
  static func allPublished(_ family: IPFamily) -> Prefix { Prefix(address(family, 0, 0), length: family == .v4 ? 16 : 64) }

  /// That of no port: those that the packet has are put into it (`FilterStatement.destinationNATByPort`).
  static func base(_ transport: Transport, _ family: IPFamily) -> IPAddress { address(family, transport.rawValue, 0) }

  /// - Returns: whose address it is.
  public static func port(_ destination: Prefix) -> TransportPort? {
    guard destination.isHost, all(destination.family).contains(destination.address) else { return nil }
    let bytes = destination.address.bytes
    let (number, at) = destination.family == .v4 ? (bytes[1], 2) : (bytes[7], 10)
    let port = UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
    return TransportPort.transports.first { $0.rawValue == number }.map { TransportPort($0, port) }
  }

  private static func address(_ family: IPFamily, _ number: UInt8, _ port: UInt16) -> IPAddress {
    switch family {
    case .v4: .v4(IPv4Address(240, number, UInt8(port >> 8), UInt8(port & 0xff)))
    case .v6: .v6(IPv6Address(high: 0xfd76_706e_ffff_0000 | UInt64(number), low: UInt64(port) << 32))
    }
  }
}

extension BoxFacts {
  var families: [IPFamily] { gateways.map { $0.family } }

  /// What takes a port for a command, in the order in which it is to be done: the first that fails has another's.
  public func entrances(_ ports: [TransportPort], isPublished: Bool, _ slot: UInt32) -> [Step] {
    let own = isPublished ? published(slot) : []
    return (ports.flatMap { port in families.map { PortAddress.of(port, $0) } } + own).flatMap { address -> [Step] in
      [
        Step(.box, .addRoute(Route(Prefix(host: address), .link(Names.port(slot))))),
        Step(.box, .setNeighbour(Neighbour(address, Slot.mac(slot, near: false), on: Names.port(slot)))),
      ]
    }
  }

  /// By which the host reaches what a command has published: one of a family, IPv4 first.
  public func published(_ slot: UInt32) -> [IPAddress] {
    IPFamily.allCases.filter { families.contains($0) }.map { PortAddress.published(slot, $0) }
  }
}

extension BoxFacts {
  /// Of a command that runs, when what it lets in becomes what `occupant` says: all in its own network, and what is written on its port. What
  /// the box lets in for it comes before: `entrances`.
  /// - Parameter inbound: what it lets in from the VPN, besides its provider's port.
  public func admittingSteps(_ slot: UInt32, _ occupant: Occupant, inbound: [TransportPort]) -> [Step] {
    let forwarded = occupant.forwarded.map { (port: $0, gateway: gateway4) }
    let filter = commandFilter(
      dns: resolvers.servers, addresses: addresses(slot), inbound: inbound, published: reached(slot, occupant.published),
      forwarded: forwarded)
    return knownGateways(Names.commandLink) + [Step(.command, .replaceTable(filter)), named(slot, occupant)]
  }

  /// The same of what is attached. A network of its own may have a root who sends what they like, so its port has a guard.
  /// - Parameters:
  ///   - link: the port's other end.
  ///   - kept: networks that other links keep; `nil`: none may be there.
  public func admittingSteps(
    _ slot: UInt32, of name: VPNName, _ occupant: Occupant, inbound: [TransportPort], link: ByteString, kept: [Prefix]?
  ) -> [Step] {
    let filter = attachedFilter(slot, of: name, link: link, kept: kept, inbound, published: occupant.published)
    return guardingSteps(slot, inbound, isPublished: !occupant.published.isEmpty) + knownGateways(link)
      + [Step(.command, .replaceTable(filter)), named(slot, occupant)]
  }

  /// What is written on the port.
  public func named(_ slot: UInt32, _ occupant: Occupant) -> Step {
    Step(.box, .setLink(Names.port(slot), LinkSettings(alias: occupant.alias)))
  }

  /// When the host hands on nothing to it any more: `entrances`, the other way round.
  public func unpublishingSteps(_ slot: UInt32) -> [Step] {
    published(slot).flatMap { address -> [Step] in
      [
        Step(.box, .deleteRoute(Route(Prefix(host: address), .link(Names.port(slot))))),
        Step(.box, .deleteNeighbour(Neighbour(address, Slot.mac(slot, near: false), on: Names.port(slot)))),
      ]
    }
  }

  /// Each of the command's ports at each address by which the host reaches them.
  func reached(_ slot: UInt32, _ ports: [PublishedPort]) -> [(address: IPAddress, port: TransportPort)] {
    var targets: [TransportPort] = []
    for port in ports where !targets.contains(port.target) { targets.append(port.target) }
    return published(slot).flatMap { address in targets.map { (address: address, port: $0) } }
  }
}

extension BoxFacts {
  /// The kernel asks for a neighbour of IPv6 from the packet's own address, if that is the link's, and otherwise from a link-local one. An answer
  /// has been translated by then, and there is no such address; so nobody would be asked.
  func knownGateways(_ link: ByteString) -> [Step] {
    gateways.map { Step(.command, .setNeighbour(Neighbour($0.address, Slot.mac(1, near: false), on: link))) }
  }
}

extension FilterChain {
  /// In the command's own namespace, where these ports' addresses become its own. What comes to another port of such an address has no way.
  static func inbound(
    _ ports: [TransportPort], published: [(address: IPAddress, port: TransportPort)], forwarded: ForwardedPort?, to own: [Prefix],
    by link: ByteString
  ) -> FilterChain {
    let all =
      ports.flatMap { port in own.map { (PortAddress.of(port, $0.address.family), port) } } + published.map { ($0.address, $0.port) }
    return FilterChain(
      "inbound", .nat, .prerouting, priority: -100,
      (forwarded.map { forwarding($0, to: own, by: link) } ?? [])
        + all.compactMap { address, port in
          own.first { $0.address.family == address.family }.map { own in
            [
              .inputLink(link), .destination(Prefix(host: address)), .transport(port.transport), .destinationPort(port.port),
              .destinationNAT(own.address),
            ]
          }
        })
  }
}

extension VPN {
  /// In the box: whoever has a port gets what comes to it. The host's own come first (`Inbound`); where that are all, there is no such chain.
  var commandsInbound: [FilterChain] {
    if profile.inbound.contains(.all) { return [] }
    let hosts = openings(from: [.inputLink(Names.tunnel)], [.leave])
    let others = addresses.flatMap { own in
      TransportPort.transports.map { transport -> FilterRule in
        let start: [FilterStatement] = [.inputLink(Names.tunnel), .destination(Prefix(host: own.address))]
        let family = own.address.family
        return FilterRule(
          start + [
            family == .v4 ? .transport(transport) : .nextHeader(transport), .destinationNATByPort(PortAddress.base(transport, family)),
          ])
      }
    }
    return [FilterChain(PortAddress.chain, .nat, .prerouting, priority: -100, hosts + others)]
  }

  /// What no command has goes nowhere, without a word.
  func noEntrance(_ family: IPFamily) -> Step {
    Step(.box, .addRoute(Route(PortAddress.all(family), .link(Names.bridge(name)))))
  }
}

extension PortAddress {
  /// Of the box's filter: where it is missing, commands get nothing in.
  public static let chain: ByteString = "inbound"
}
