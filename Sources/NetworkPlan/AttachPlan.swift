public import NetworkModel

// A network namespace that was there before gets a port of the box, as a command has one. What differs: it may have a root of its own, who
// may change all that is in it, and send what they like. So the port itself lets in only what belongs to it, and is there before the first
// frame can come: it is down until then.

extension BoxFacts {
  /// Down: nothing comes by it yet.
  public func attachedPort(_ slot: UInt32, owner: UInt32, link: ByteString) -> Step {
    let peer = Link.Peer(link, mac: Slot.mac(slot, near: false), in: .command)
    return Step(
      .box,
      .addLink(
        Link(
          Names.port(slot), .veth(peer: peer), mtu: mtu, mac: Slot.mac(slot, near: true), master: bridge, group: Names.group,
          queueLength: owner)))
  }

  /// What the box has of a port, whatever is at its other end.
  /// - Parameters:
  ///   - inbound: what it lets in from the VPN: `entrances`.
  ///   - isPublished: the host hands on to it, too.
  public func guardingSteps(_ slot: UInt32, _ inbound: [TransportPort], isPublished: Bool) -> [Step] {
    let port = Names.port(slot)
    // The bridge floods nothing to the port, so that no question for a neighbour would reach it.
    return [
      Step(.box, .setPortGuard(portGuard(slot, inbound, isPublished: isPublished))), Step(.box, .setLink(port, sealed)),
      Step(.box, .setForwarding(Slot.mac(slot, near: false), port: port)),
    ] + neighbours(slot).map { Step(.box, .setNeighbour($0)) }
  }

  /// What refuses other links in the namespace, with its owner's mark.
  /// - Parameters:
  ///   - kept: networks of other links; `nil`: none may be there.
  ///   - published: what the host hands on to it.
  public func attachedFilter(
    _ slot: UInt32, of name: VPNName, link: ByteString, kept: [Prefix]?, _ inbound: [TransportPort], published: [PublishedPort] = []
  ) -> FilterTable {
    var filter = commandFilter(
      dns: resolvers.servers, addresses: addresses(slot), inbound: inbound, published: reached(slot, published), link: link, isOnly: true)
    if let kept { keep(kept, in: &filter) }
    filter.comment = Names.tableMark(name)
    return filter
  }

  /// What has been done already may be done again. Whose the port is comes first: what is killed after that can be found by it.
  /// - Parameters:
  ///   - link: the port's other end.
  ///   - kept: networks that other links keep; `nil`: none may be there.
  ///   - inbound: what it lets in from the VPN: `entrances`.
  ///   - published: what the host hands on to it.
  public func attachingSteps(
    _ slot: UInt32, of name: VPNName, link: ByteString, alias: ByteString, kept: [Prefix]? = nil, inbound: [TransportPort] = [],
    published: [PublishedPort] = []
  ) -> [Step] {
    let port = Names.port(slot)
    var steps = [Step(.box, .setLink(port, LinkSettings(alias: alias)))]
    steps += guardingSteps(slot, inbound, isPublished: !published.isEmpty)
    steps += [
      Step(.command, .setLink("lo", LinkSettings(isUp: true, alias: Names.commandAlias(name)))),
      Step(.command, .replaceTable(attachedFilter(slot, of: name, link: link, kept: kept, inbound, published: published))),
      Step(.command, .setLink(link, LinkSettings(noIPv6Autoconfiguration: true, routeLocalnet: resolvers.servers.isEmpty ? nil : true))),
      Step(.command, .setLink(link, .up)), Step(.box, .setLink(port, .up)),
    ]
    return steps + ways(slot, link, kept: kept) + (inbound.isEmpty && published.isEmpty ? [] : knownGateways(link))
  }

  /// The port and what the box knows of it.
  public func detachingSteps(_ slot: UInt32) -> [Step] {
    [Step(.box, .deleteLink(Names.port(slot)))] + neighbours(slot).map { Step(.box, .deleteNeighbour($0)) }
      + [Step(.box, .deletePortGuard(portGuard(slot, [], isPublished: false)))]
  }

  /// What was made in the namespace besides, which goes with the port or stays with it.
  /// - Parameter rules: ours that are there.
  public static func leavingSteps(_ rules: [Rule]) -> [Step] {
    [Step(.command, .deleteTable(Names.table)), Step(.command, .setLink("lo", LinkSettings(alias: "")))]
      + rules.map { Step(.command, .deleteRule($0)) } + (rules.isEmpty ? [] : Beside.leavingSteps)
  }

  private var sealed: LinkSettings {
    var settings = LinkSettings(isIsolated: true)
    settings.isSealed = true
    return settings
  }

  public func portGuard(_ slot: UInt32, _ inbound: [TransportPort], isPublished: Bool) -> PortGuard {
    let others = families.flatMap { family in inbound.map { PortAddress.of($0, family) } } + (isPublished ? published(slot) : [])
    return PortGuard(Names.port(slot), Slot.mac(slot, near: false), addresses(slot).map { $0.address }, others: others)
  }

  private func neighbours(_ slot: UInt32) -> [Neighbour] {
    addresses(slot).map { Neighbour($0.address, Slot.mac(slot, near: false), on: bridge.name) }
  }

  public func mac(_ slot: UInt32) -> MACAddress { Slot.mac(slot, near: false) }
}
