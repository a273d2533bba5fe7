public import NetworkModel

/// What a box tells to those who plug a command into it: nothing of it is read from a file.
public struct BoxFacts: Equatable, Sendable {
  public var bridge: Link.Master
  public var mtu: UInt32
  /// The bridge's own addresses, at most one of a family, with the subnet's length.
  public var gateways: [Prefix]
  public var resolvers: CommandResolvers

  public init(bridge: Link.Master, mtu: UInt32, gateways: [Prefix], resolvers: CommandResolvers) {
    self.bridge = bridge
    self.mtu = mtu
    self.gateways = gateways
    self.resolvers = resolvers
  }

  /// Slots 2…count are commands'.
  public var slots: UInt32 { gateways.map { Slot.count(in: $0) }.min() ?? 0 }

  public func addresses(_ slot: UInt32) -> [Prefix] {
    gateways.map { Prefix($0.network.address.advanced(by: slot), length: $0.length) }
  }

  /// Creating the port **is** taking the address: the second one gets EEXIST. Whose it is stands in the same request, where no alias can: a
  /// launch that is stopped half-way must not have a port of nobody's.
  /// - Parameter owner: a uid.
  public func port(_ slot: UInt32, owner: UInt32) -> Step {
    let peer = Link.Peer(Names.commandLink, mac: Slot.mac(slot, near: false), in: .command)
    let mac = Slot.mac(slot, near: true)
    return Step(
      .box,
      .addLink(
        Link(
          Names.port(slot), .veth(peer: peer), mtu: mtu, mac: mac, master: bridge, isUp: true, group: Names.group, queueLength: owner)))
  }

  /// - Parameters:
  ///   - alias: who runs what, for `ip -d link` and `vpn status`; `nil` where that is said otherwise.
  ///   - inbound: what it lets in from the VPN: `entrances`.
  ///   - published: and from the host.
  public func steps(
    _ slot: UInt32, of name: VPNName, alias: ByteString?, inbound: [TransportPort] = [], published: [PublishedPort] = []
  ) -> [Step] {
    let link = Names.commandLink
    var steps = [
      Step(.box, .setLink(Names.port(slot), LinkSettings(alias: alias, isIsolated: true))),
      Step(.command, .setLink("lo", LinkSettings(isUp: true, alias: Names.commandAlias(name)))),
      Step(.command, .setLink(link, LinkSettings(noIPv6Autoconfiguration: true, routeLocalnet: resolvers.servers.isEmpty ? nil : true))),
      Step(.command, .setLink(link, .up)),
    ]
    steps += ways(slot, link)
    if !inbound.isEmpty || !published.isEmpty { steps += knownGateways(link) }
    let filter = commandFilter(
      dns: resolvers.servers, addresses: addresses(slot), inbound: inbound, published: reached(slot, published))
    steps.append(Step(.command, .addTable(filter)))
    return steps
  }

  /// The addresses and routes of the port's other end.
  func ways(_ slot: UInt32, _ link: ByteString, kept: [Prefix]? = nil) -> [Step] {
    var steps = addresses(slot).map { Step(.command, .addAddress(Address($0, on: link))) }
    if let kept { steps += besideWays(slot, link, kept) }
    for gateway in gateways where kept == nil {
      let target = Route.Target.gateway(gateway.address, link: link, isOnLink: false)
      steps.append(Step(.command, .addRoute(Route(.everything(gateway.family), target))))
    }
    // IPv6 has no `route_localnet`: the answer to a query from ::1, which is translated back to that address as it comes in by this link,
    // needs a route there. Nothing else comes so far: a packet that has ::1 on the wire is dropped before.
    if resolvers.servers.contains(where: { $0.family == .v6 }), gateways.contains(where: { $0.family == .v6 }) {
      steps.append(Step(.command, .addRoute(Route(Prefix(host: Self.loopback6), .local(link), table: Tables.local))))
    }
    return steps
  }

  private static let loopback6 = IPAddress.v6(IPv6Address(high: 0, low: 1))
}

/// The hosts line of nsswitch.conf(5) without the services that ask others than DNS: systemd-resolved, mDNS, winbind, sssd …
/// - Returns: `nil` if the file needs no change.
public func nsswitchWithoutForeignResolvers(_ text: [UInt8]) -> [UInt8]? {
  let allowed: [ByteString] = ["files", "myhostname", "dns"]
  var out: [UInt8] = []
  var changed = false
  var hasHosts = false
  for line in text.split(separator: 0x0a, omittingEmptySubsequences: false) {
    let content = line.drop { $0 == 0x20 || $0 == 0x09 }
    guard content.starts(with: "hosts:".utf8) else {
      out += line + [0x0a]
      continue
    }
    hasHosts = true
    let words = content.dropFirst(6).prefix { $0 != 0x23 }.split { $0 == 0x20 || $0 == 0x09 }.map { ByteString($0) }
    let kept = words.filter { allowed.contains($0) }
    changed = changed || kept.count != words.count
    out += Array("hosts:".utf8)
    for word in kept { out += [0x20] + Array(word.utf8) }
    if !kept.contains("dns") { out += Array(" dns".utf8) }
    out.append(0x0a)
  }
  // Without a hosts line glibc takes "files dns".
  out.removeLast()
  return hasHosts && changed ? out : nil
}
