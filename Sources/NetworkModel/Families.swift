// A kernel may have no IPv6: built without it, or started with `ipv6.disable=1`. Plans are made for both families. What a kernel without one
// of them cannot have is left out here, and nowhere else.

extension KernelChange {
  /// The family without which there is no such object; `nil` for what concerns both, or neither.
  public var family: IPFamily? {
    switch self {
    case .addAddress(let address): address.prefix.family
    case .setNeighbour(let neighbour), .deleteNeighbour(let neighbour): neighbour.address.family
    case .addRoute(let route), .deleteRoute(let route): route.destination.family
    case .addRule(let rule), .deleteRule(let rule): rule.family
    case .endSockets(let address): address.family
    case .sysctl(let path, _): path.utf8.starts(with: "net/ipv6/".utf8) ? .v6 : nil
    default: nil
    }
  }

  fileprivate func within(_ families: [IPFamily]) -> KernelChange? {
    if let family, !families.contains(family) { return nil }
    switch self {
    case .setLink(let name, var settings) where !families.contains(.v6):
      // A link without IPv6 makes itself no address of that family.
      settings.noIPv6Autoconfiguration = false
      return .setLink(name, settings)
    case .setRoutes(let routes): return .setRoutes(routes.filter { families.contains($0.destination.family) })
    case .deleteRoutes(let routes): return .deleteRoutes(routes.filter { families.contains($0.destination.family) })
    default: return self
    }
  }
}

extension [Step] {
  /// The same on a kernel that has these families only.
  public func within(_ families: [IPFamily]) -> [Step] {
    if families.count == IPFamily.allCases.count { return self }
    return compactMap { step in step.change.within(families).map { Step(step.place, $0) } }
  }
}
