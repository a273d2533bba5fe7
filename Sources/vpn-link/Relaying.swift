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
    let relay = try relay(identity, networks)
    let profile = try profiles.usable(identity.name)
    let (missing, superfluous) = state.relaying(relay, of: identity, before: before + (profile?.relayed ?? []))
    var steps = relay.preparation + missing.map { Step(.host, .addRule($0)) } + superfluous.map { Step(.host, .deleteRule($0)) }
    state.follow(steps)
    var hasOld = false
    if networks.isEmpty { hasOld = try hasRelayFilter(identity.name) }
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

  private mutating func relay(_ identity: Identity, _ networks: [Prefix]) throws(Failure) -> Relay {
    guard !networks.isEmpty else { return Relay(identity, []) }
    let own = try attempting("look at the host's addresses") { () throws(SystemError) in try host.route.addresses() }
    return Relay(identity, networks, own: own.map { $0.address })
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
    guard networks.allSatisfy(made.contains) else {
      return "routes of \(name)'s box to what it relays are missing: answers are refused; `vpn refresh \(name)` fixes it"
    }
    guard try hasRelayFilter(name) else {
      return "the filter \(Names.relayTable(name)) is missing, which refuses what the rules miss: `vpn refresh \(name)` fixes it"
    }
    return nil
  }

  /// What keeps the host from forwarding for these networks, a sentence each: that is the administrator's to change.
  mutating func relayObstacles(_ networks: [Prefix], _ state: HostState) throws(Failure) -> [String] {
    guard !networks.isEmpty else { return [] }
    let main = try attempting("look at the host's routes") { () throws(SystemError) in try host.route.routes(inTable: Tables.main) }
    var sentences: [String] = []
    for network in networks {
      // The longest route of those that lead there.
      let ways = main.filter { $0.destination.length > 0 && $0.destination.overlaps(network) && $0.link != nil }
      let way = ways.max { $0.destination.length < $1.destination.length }
      guard let way, let link = state.links.first(where: { $0.index == way.link }) else {
        sentences.append("this machine has no route to \(network): nothing comes from there, and no answer goes there")
        continue
      }
      let path = network.family == .v4 ? "net/ipv4/conf/\(link.name)/forwarding" : "net/ipv6/conf/all/forwarding"
      guard Sysctl.number(path) == 0 else { continue }
      let place = network.family == .v4 ? " on \(link.name)" : ""
      sentences.append("forwarding is off\(place), so nothing comes from \(network): `sudo sysctl -w \(path)=1` switches it on")
    }
    return sentences
  }
}
