public import NetworkModel
internal import Profile

/// How a linked VPN follows its profile in place.
extension VPN {
  /// What differs from the box and the host's identity as they were made, and cannot be changed under commands that run.
  /// - Parameters:
  ///   - old: as the host's link remembers it, with the addresses that the box has for it.
  ///   - gateways: the bridge's addresses, with the subnets' lengths.
  ///   - underlay: the table by which the tunnel's packets would leave now.
  /// - Returns: keys of a profile.
  public func fixed(since old: Identity, gateways: [Prefix], underlay: UInt32) -> [String] {
    let new = identity(underlay: underlay)
    let own = families.map { Prefix(subnet($0).gateway, length: subnet($0).length) }
    var keys: [String] = []
    if !profile.hasBox { keys.append("Box") }
    if new.id != old.id { keys.append("ID") }
    let (before, now) = (old.addresses.map { $0.address }, new.addresses.map { $0.address })
    if !before.allSatisfy({ now.contains($0) }) || !now.allSatisfy({ before.contains($0) }) { keys.append("Address") }
    for (family, key) in [(IPFamily.v4, "Subnet"), (.v6, "Subnet6")] {
      let found = gateways.first { $0.family == family }
      // A family more or less is the addresses' matter.
      guard let found, let wanted = own.first(where: { $0.family == family }) else { continue }
      if found != wanted { keys.append(key) }
    }
    if new.table != old.table { keys.append("Table") }
    if new.fwmark != old.fwmark { keys.append("FwMark") }
    if new.priority != old.priority { keys.append("Priority") }
    if new.underlay != old.underlay || new.memory[.isThroughVPN] != old.memory[.isThroughVPN] {
      keys.append(profile.link == nil ? "Underlay" : "Table")
    }
    if new.memory[.isByLink] != old.memory[.isByLink] { keys.append("Link") }
    return keys
  }

  /// First of all: who may come in. And the ways into the tunnel that are new: what goes there before its peer is known is refused.
  /// - Parameter found: destinations of the routes into the tunnel that the box has.
  public func reloadWays(found: [Prefix]) -> [Step] {
    [Step(.box, .setLink("lo", LinkSettings(alias: permission.alias)))]
      + routed.filter { !found.contains($0) }.map { Step(.box, .addRoute(wayOut($0))) }
  }

  /// Everything else in the box, once the tunnel has its keys and peers: where queries go, what commands that come are told, and no way any more
  /// to what no peer takes.
  /// - Parameter relayed: networks that the box sends back to the host.
  public func reloadSteps(found: [Prefix], relayed: [Prefix] = []) -> [Step] {
    let wanted = routed
    let new = self.relayed.filter { !relayed.contains($0) }
    let neighbours = families.filter { family in new.contains { $0.family == family } }.map {
      Step(.box, .setNeighbour(Neighbour(Pair.host($0), Pair.hostEnd, on: Names.uplink)))
    }
    let gone = relayed.filter { !self.relayed.contains($0) }
    let ways = gone.map { Step(.box, .deleteRoute(wayBack($0))) } + neighbours + new.map { Step(.box, .addRoute(wayBack($0))) }
    return ways + [Step(.box, .replaceTable(boxFilter))] + newFlows + [
      Step(.box, .setLink(Names.bridge(name), LinkSettings(alias: resolvers.bridgeAlias))),
      Step(.box, .setLink(Names.uplink, LinkSettings(alias: resolvers.uplinkAlias))),
    ] + found.filter { !wanted.contains($0) }.map { Step(.box, .deleteRoute(wayOut($0))) }
  }
}
