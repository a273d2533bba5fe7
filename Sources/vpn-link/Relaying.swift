internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

// Networks behind this machine whose packets it forwards into a VPN (`Relay =`).

extension Session {
  /// What is to be done so that a VPN relays these networks, and no others.
  /// - Parameters:
  ///   - before: what its box has, or had, ways back to. The profile's are gone, too, where it relays them no more.
  ///   - state: without what those steps change; what they leave is remembered there.
  mutating func relaySteps(
    _ identity: Identity, _ networks: [Prefix], before: [Prefix] = [], _ state: inout HostState
  ) throws(Failure) -> [Step] {
    let profile = try profiles.usable(identity.name)
    let relay = try relay(identity, networks, profile)
    let (missing, superfluous) = state.relaying(relay, of: identity, before: before + (profile?.relayed ?? []))
    var steps = try relay.preparation + takable(relay.routes, state).map { Step(.host, .addRoute($0)) }
    steps += missing.map { Step(.host, .addRule($0)) } + superfluous.map { Step(.host, .deleteRule($0)) }
    state.follow(steps)
    var hasOld = false
    if networks.isEmpty {
      hasOld = try hasRelayFilter(identity.name)
      steps += try linkRemoval(identity)
    }
    if hasOld {
      steps.append(Step(.host, .deleteTable(Names.relayTable(identity.name))))
    }
    return steps
  }

  /// What a linked VPN relays: by its box's ways back, by its rules, and by its filter, for other programs delete any of these. Only `reload`
  /// and `unlink` make it less.
  /// - Parameter made: what the box has ways back to.
  mutating func relayed(_ identity: Identity, _ made: [Prefix], _ state: HostState) throws(Failure) -> [Prefix] {
    var filtered: [Prefix] = []
    if try hasRelayFilter(identity.name) {
      for family in IPFamily.allCases {
        filtered += try attempting("look at a filter") { () throws(SystemError) in
          try host.addresses(ofSet: Relay.set(family), in: Names.relayTable(identity.name), family)
        }
      }
    }
    return Prefix.once(made + state.relayedByRules(identity) + filtered)
  }

  /// What it is to relay from now on: what the box has ways back to; what leaves by a link does not come there.
  mutating func relayedNow(_ identity: Identity, _ profile: Profile, _ box: inout Box) throws(Failure) -> [Prefix] {
    let made = try box.made().relayed
    return profile.link == nil ? made : try relayed(identity, made, self.state())
  }

  /// The same, asking its box.
  mutating func relayed(_ identity: Identity, _ state: HostState) throws(Failure) -> [Prefix] {
    var made: [Prefix] = []
    if var box = try box(identity.name), let record = try? box.made() { made = record.relayed }
    return try relayed(identity, made, state)
  }

  /// And as the end of a sentence; `nil` for nothing.
  mutating func relaying(_ identity: Identity, _ state: HostState) throws(Failure) -> String? {
    let networks = try relayed(identity, state)
    return networks.isEmpty ? nil : "it relays \(networks.dropFirst().reduce("\(networks[0])") { $0 + ", \($1)" })"
  }

  mutating func relay(_ identity: Identity, _ networks: [Prefix], _ profile: Profile?) throws(Failure) -> Relay {
    guard !networks.isEmpty else { return Relay(identity, []) }
    let own = try attempting("look at the host's addresses") { () throws(SystemError) in try host.route.addresses() }
    let way = profile.flatMap { profile in
      profile.link.map { Relay.Way($0, profile.gateways, isTranslated: profile.translatesRelayed) }
    }
    return Relay(identity, networks, own: own.map { $0.address }, way: way)
  }

  private mutating func hasRelayFilter(_ name: VPNName) throws(Failure) -> Bool {
    try attempting("look for a filter") { () throws(SystemError) in try host.hasTable(Names.relayTable(name)) }
  }

  /// What a linked VPN has lost of what keeps relayed packets in it, as a sentence; `nil` if all is there.
  /// - Parameter made: what its box has ways back to.
  mutating func relayLoss(_ identity: Identity, _ networks: [Prefix], made: [Prefix], _ state: HostState) throws(Failure) -> String? {
    guard !networks.isEmpty else { return nil }
    let name = identity.name
    // Not those of the host's own addresses: a new one takes nothing from what is relayed.
    if !state.relaying(Relay(identity, networks), of: identity, before: []).missing.isEmpty {
      return "rules of \(name) for what it relays are missing: packets from there are refused; `vpn refresh \(name)` fixes it"
    }
    guard identity.memory[.isByLink] || networks.allSatisfy(made.contains) else {
      return "routes of \(name)'s box to what it relays are missing: answers are refused; `vpn refresh \(name)` fixes it"
    }
    guard try hasRelayFilter(name) else {
      return "the filter \(Names.relayTable(name)) is missing, which refuses what the rules miss: `vpn refresh \(name)` fixes it"
    }
    let ways = try linkRoutes(identity).map { $0.destination.family }
    if identity.memory[.isByLink], networks.contains(where: { !ways.contains($0.family) }) {
      return "table \(identity.underlay) has no way for what \(name) relays, which is refused: `vpn refresh \(name)` fixes it"
    }
    return nil
  }

  /// What keeps the host from forwarding for these networks, a sentence each: that is the administrator's to change.
  /// - Parameter link: the profile's, by which answers come in, instead of by ours.
  mutating func relayObstacles(
    _ networks: [Prefix], of name: VPNName, by link: ByteString? = nil, _ state: HostState
  ) throws(Failure) -> [String] {
    guard !networks.isEmpty else { return [] }
    let main = try attempting("look at the host's routes") { () throws(SystemError) in try host.route.routes(inTable: Tables.main) }
    let byOwn = link == nil
    var sentences: [String] = []
    for network in networks {
      // The longest route of those that lead there.
      let ways = main.filter { $0.destination.length > 0 && $0.destination.overlaps(network) && $0.link != nil }
      let way = ways.max { $0.destination.length < $1.destination.length }
      guard let way, let link = state.links.first(where: { $0.index == way.link }) else {
        sentences.append("this machine has no route to \(network): nothing comes from there, and no answer goes there")
        continue
      }
      var setting = Self.missingForwarding(network.family, link.name)
      // Answers come by our link, which has that of IPv4 from us.
      if network.family == .v6, byOwn, Self.missingForwarding(.v6, Names.hostLink(name)) != nil { setting = Self.forAll }
      if let setting {
        let remedy = "`sudo sysctl -w \(setting)=1` switches it on"
        sentences.append("forwarding is off on \(link.name), so nothing comes from \(network): \(remedy)")
      }
    }
    guard let link else { return sentences }
    for family in IPFamily.allCases where networks.contains(where: { $0.family == family }) {
      if let setting = Self.missingForwarding(family, link) {
        let what = family == .v4 ? "IPv4" : "IPv6"
        sentences.append("forwarding of \(what) is off on \(link), so no answer comes back: `sudo sysctl -w \(setting)=1` switches it on")
      }
    }
    return sentences
  }

  private static let forAll = "net/ipv6/conf/all/forwarding"

  /// The switch that is off for what comes in by a link. IPv6 has one for all, which also ends router advertisements; from Linux 6.17 on
  /// each link has one of its own, of which an older kernel has no file.
  private static func missingForwarding(_ family: IPFamily, _ link: ByteString) -> String? {
    let path = family == .v4 ? "net/ipv4/conf/\(link)/forwarding" : "net/ipv6/conf/\(link)/force_forwarding"
    guard family == .v4 || Sysctl.number(forAll) == 0 else { return nil }
    guard let own = Sysctl.number(path) else { return family == .v4 ? nil : forAll }
    return own == 0 ? path : nil
  }
}
