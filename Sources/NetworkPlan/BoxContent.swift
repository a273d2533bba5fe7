public import NetworkModel

/// What a box has of rules, addresses, routes and links that are up, as far as a VPN's are concerned. Other programs can delete all of it.
public struct BoxContent: Equatable, Sendable {
  /// A route by what tells it from others here. Its kind follows from the table.
  public struct Way: Equatable, Sendable {
    public var destination: Prefix
    public var link: ByteString
    public var table: UInt32

    public init(_ destination: Prefix, by link: ByteString, table: UInt32) {
      self.destination = destination
      self.link = link
      self.table = table
    }

    fileprivate var isIntoTunnel: Bool { link == Names.tunnel && table == Tables.main }
  }

  /// In the tables main and default; in the table local what is for the box itself.
  public var ways: [Way]
  public var rules: [Rule]
  public var linksUp: [ByteString]

  public init(ways: [Way], rules: [Rule], linksUp: [ByteString]) {
    self.ways = ways
    self.rules = rules
    self.linksUp = linksUp
  }

  fileprivate func has(_ change: KernelChange) -> Bool {
    switch change {
    case .setLink(let name, _): linksUp.contains(name)
    // An address without it is as good as none.
    case .addAddress(let address): ways.contains(Way(Prefix(host: address.prefix.address), by: address.link, table: Tables.local))
    case .addRoute(let route): route.link.map { ways.contains(Way(route.destination.network, by: $0, table: route.table)) } ?? true
    case .addRule(let rule): rules.contains(rule)
    // It is set as often as one likes.
    default: true
    }
  }
}

extension VPN {
  /// What other programs can delete in a box while its links stay, in the order of building.
  public var contentSteps: [Step] {
    let kernelRules = families.flatMap { family in
      [(UInt32(0), Tables.local), (32766, Tables.main), (32767, Tables.default)].map { Rule(family, priority: $0.0, table: $0.1) }
    }
    return [Step(.box, .setLink("lo", .up))] + kernelRules.map { Step(.box, .addRule($0)) } + boxSteps.filter { $0.isContent }
  }

  /// What the kernel makes with an address, and not again if it is deleted alone: the routes to the box itself and to its commands.
  private var routesOfAddresses: [Route] {
    contentSteps.flatMap { step -> [Route] in
      guard case .addAddress(let own) = step.change else { return [] }
      let source = own.prefix.family == .v4 ? own.prefix.address : nil
      let local = Route(Prefix(host: own.prefix.address), .local(own.link), table: Tables.local, source: source)
      // Of IPv6 the kernel makes one in main for a single address, too, which nobody asks for: the table local comes first.
      if own.prefix.isHost { return [local] }
      // 256 is the metric that the kernel gives those of IPv6.
      return [local, Route(own.prefix.network, .link(own.link), metric: source == nil ? 256 : 0, source: source)]
    }
  }

  /// What brings it back, and does no harm to what is there. (The kernel takes a rule for another one if only the owner differs.)
  public func restoring(_ found: BoxContent) -> [Step] {
    contentSteps.filter { step in
      if case .addRule = step.change { !found.has(step.change) } else { true }
    }
  }

  /// - Parameter families: the kernel's.
  public func hasLost(_ found: BoxContent, _ families: [IPFamily]) -> Bool {
    // There may be thousands of routes into the tunnel: these are not looked for one by one.
    var rest = found
    rest.ways.removeAll { $0.isIntoTunnel }
    var wanted: [Prefix] = []
    // A way out by another link has addresses, too, and the kernel's routes to their networks.
    let all = contentSteps + routesOfAddresses.map { Step(.box, .addRoute($0)) }
    for step in all.within(families) {
      if case .addRoute(let route) = step.change, let link = route.link,
        BoxContent.Way(route.destination, by: link, table: route.table).isIntoTunnel
      {
        wanted.append(route.destination.network)
      } else if !rest.has(step.change) {
        return true
      }
    }
    let ways = Prefix.inOrder(found.ways.filter { $0.isIntoTunnel }.map { $0.destination })
    return !Prefix.inOrder(wanted).without(ways).isEmpty
  }

  /// Of those that the kernel makes with an address, what is still missing when all addresses are there.
  public func routesOfAddresses(lostIn found: BoxContent) -> [Step] {
    routesOfAddresses.map { Step(.box, .addRoute($0)) }.filter { !found.has($0.change) }
  }
}

extension Step {
  fileprivate var isContent: Bool {
    switch change {
    case .setLink(_, let settings): settings == .up
    case .addAddress, .setNeighbour, .addRoute, .addRule: true
    default: false
    }
  }
}
