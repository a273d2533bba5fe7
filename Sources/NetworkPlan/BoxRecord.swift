public import NetworkModel
internal import Profile

/// What a box was made with, read back from it. No other program has anything there, so it counts more than what the host has, and more
/// than the profile, which may have changed since.
public struct BoxRecord: Equatable, Sendable {
  /// The VPN's, on the host: the way back to them.
  public var addresses: [Prefix]
  /// The bridge's, with the subnets' lengths.
  public var gateways: [Prefix]
  /// Networks that it sends back to the host: those that the host relays.
  public var relayed: [Prefix]
  /// And what comes from there leaves with the VPN's own address.
  public var translatesRelayed: Bool
  /// Destinations of the routes into the tunnel.
  public var routed: [Prefix]
  public var resolvers: CommandResolvers
  /// What may come in to them: words of `Inbound`.
  public var inbound: [ByteString]
  /// `nil` if the box does not say it.
  public var permission: Permission?

  public init(
    addresses: [Prefix], gateways: [Prefix], routed: [Prefix], relayed: [Prefix] = [], translatesRelayed: Bool = false,
    resolvers: CommandResolvers, inbound: [ByteString] = [], permission: Permission?
  ) {
    self.addresses = addresses
    self.relayed = relayed
    self.translatesRelayed = translatesRelayed
    self.gateways = gateways
    self.routed = routed
    self.resolvers = resolvers
    self.inbound = inbound
    self.permission = permission
  }
}

extension VPN {
  public var resolvers: CommandResolvers { CommandResolvers(servers: dns, search: search.map { ByteString($0.description) }) }

  /// Keys of the profile that a linked VPN does not follow yet, apart from those that cannot change: `fixed`. Keys, endpoints and what
  /// depends on the network outside are not compared.
  /// - Parameters:
  ///   - peers: the tunnel's; `nil` where it cannot be asked.
  public func changes(since made: BoxRecord, peers: [WireGuardPeerStatus]?) -> [String] {
    var keys: [String] = []
    if resolvers != made.resolvers { keys.append("DNS") }
    if let peers {
      if !isSame(device.peers.map { $0.publicKey }, peers.map { $0.publicKey }) { keys.append("PublicKey") }
      let isAllowed = device.peers.indices.allSatisfy { index in
        guard let found = peers.first(where: { $0.publicKey == device.peers[index].publicKey }) else { return true }
        return isSame(allowed(index), found.allowedIPs.map { $0.network })
      }
      // Of a family in which it has no address the box has no routes.
      let routed = routed.filter { families.contains($0.family) }
      if !isAllowed || !isSame(routed, made.routed) { keys.append(profile.link == nil ? "AllowedIPs" : "Gateway") }
    }
    if profile.inbound.map({ ByteString($0.description) }) != made.inbound { keys.append("Inbound") }
    if !isSame(relayed, made.relayed) || translatesRelayed != made.translatesRelayed { keys.append("Relay") }
    if permission != made.permission { keys.append("AllowUsers or AllowGroups") }
    return keys
  }

  /// What a device keeps of a peer's AllowedIPs: a network belongs to the last peer that names it.
  private func allowed(_ index: Int) -> [Prefix] {
    let later = device.peers[(index + 1)...].flatMap { $0.allowedIPs }.map { $0.network }
    return device.peers[index].allowedIPs.map { $0.network }.filter { !later.contains($0) }
  }
}

/// Whether two lists have the same elements, in whatever order.
private func isSame(_ a: [Prefix], _ b: [Prefix]) -> Bool { Prefix.inOrder(a) == Prefix.inOrder(b) }

private func isSame<Element: Equatable>(_ a: [Element], _ b: [Element]) -> Bool {
  a.allSatisfy { b.contains($0) } && b.allSatisfy { a.contains($0) }
}
