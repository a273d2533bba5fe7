internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

// A box outlives its tunnel and its link to the host: it gets new ones, and the commands in it go on.

extension Session {
  /// Gives a box what it has lost: its link to the host, what guards attached namespaces, its tunnel, the tunnel's routes. What is
  /// there stays.
  /// - Precondition: the profile is locked, and the caller is allowed.
  /// - Returns: the tunnel.
  mutating func repair(_ name: VPNName, _ profile: Profile, _ box: inout Box) throws(Failure) -> TunnelStatus {
    try rebuildPair(name, profile, &box)
    let identity = try identity(name, profile)
    if let identity { try restorePair(identity, profile, &box) }
    try restorePorts(&box)
    let found = try box.status()
    let made = try box.made()
    // One without peers that was never up is as far as a process has come which was killed.
    guard let found, found.answers, found.isUp || !found.peers.isEmpty else {
      try replaceTunnel(profile, identity, made, found, in: &box)
      say("\(name) has a new tunnel\n", to: 1)
      return try box.tunnelThatMustBe()
    }
    guard !found.isUp || made.lacksRoutes(found.peers) else { return found }
    // What its peers take, even if the profile has changed since. Routes went when it was set down.
    let peers = found.peers.map {
      WireGuardPeer(publicKey: $0.publicKey, presharedKey: nil, endpoint: nil, persistentKeepalive: nil, allowedIPs: $0.allowedIPs)
    }
    var vpn = VPN(name: name, id: try profile.id(of: name), profile: profile, peers: peers)
    vpn.profile.addresses = made.addresses
    try run(vpn.tunnelSteps, in: &box, tolerating: .existing)
    say("\(name) has its tunnel\(found.isUp ? "'s routes" : "") again\n", to: 1)
    return try box.tunnelThatMustBe()
  }

  /// What goes with routes that other programs delete, or with the link into the box when it is set down: the ways back to the host and to
  /// what it relays.
  private mutating func restorePair(_ identity: Identity, _ profile: Profile, _ box: inout Box) throws(Failure) {
    let (name, made) = (box.name, try box.made())
    let relayed = try relayed(identity, made.relayed, profile, HostState(&host))
    guard made.addresses.isEmpty || !relayed.allSatisfy(made.relayed.contains) else { return }
    var vpn = VPN(name: name, id: try profile.id(of: name), profile: profile, peers: [])
    if !made.addresses.isEmpty { vpn.profile.addresses = made.addresses }
    vpn.profile.relay = relayed.map { .network($0) }
    try run(vpn.pairContent, in: &box, tolerating: .existing)
    say("\(name) has its box's routes to this machine again\n", to: 1)
  }

  /// As in building, but for what the box remembers.
  private mutating func replaceTunnel(
    _ profile: Profile, _ identity: Identity?, _ made: BoxRecord, _ dead: TunnelStatus?, in box: inout Box
  ) throws(Failure) {
    let name = box.name
    let complete = try profile.withKeys()
    var vpn = VPN(name: name, id: try profile.id(of: name), profile: complete, peers: try resolve(complete))
    if let identity { vpn.device.fwmark = identity.fwmark }
    vpn.profile.addresses = made.addresses
    if let mtu = try box.mtu(of: Names.uplink) { vpn.mtu = mtu }
    let removal = [Step(.box, .deleteLink(Names.tunnel))]
    if dead != nil { try run(removal, in: &box, tolerating: .missing) }
    do throws(Failure) {
      try makeTunnel(vpn, in: &box)
      try run(vpn.tunnelSteps, in: &box, tolerating: .existing)
    } catch {
      // Half a tunnel would count as one.
      try? Applier.apply(removal, to: &box.sockets, tolerating: .missing)
      throw error
    }
  }

  /// The pair of links between box and host goes when either end is deleted. The host's rules and filters stay where they are. A link
  /// without
  /// an alias is as far as a process has come which was killed: what is in the box comes before the alias.
  private mutating func rebuildPair(_ name: VPNName, _ profile: Profile, _ box: inout Box) throws(Failure) {
    guard try hostLink(name)?.alias == nil else { return }
    guard try box.isOurs() else { throw Failure("\(Names.pin(name)) is no box of ours: it stays") }
    var vpn = VPN(name: name, id: try profile.id(of: name), profile: profile, peers: [])
    vpn.use(try box.resolvers())
    for link in [Names.bridge(name), Names.tunnel] {
      if let mtu = try box.mtu(of: link) { vpn.mtu = mtu }
    }
    // With the pair went what it remembered: rules tell whether the VPN was up.
    var identity = vpn.identity(underlay: try underlayTable(profile))
    let state = try HostState(&host)
    identity.memory[.isUp] = !state.own(identity).isEmpty
    identity.memory[.takesAll] = identity.memory[.isUp] && vpn.scope == .all
    identity.memory[.takesQueries] = identity.memory[.isUp] && vpn.takesQueries
    let seal = identity.sealingRule
    identity.memory[.sealsIPv4] = identity.memory[.takesAll] && state.rules.contains { $0.isOurs && $0.rule == seal }
    identity.remembersMarks = state.hasStrictReversePath
    try identity.use(profile)
    if try holder(of: profile.addresses, besides: name, state) != nil { identity = identity.forCommandsOnly }
    let ways = (try? box.made().relayed) ?? []
    vpn.profile.relay = try relayed(identity, ways, profile, state).map { .network($0) }
    try run(vpn.pairSteps, in: &box, tolerating: .existing)
    try run(identity.steps, tolerating: .existing)
    say("\(name) has a new link to its box\n", to: 1)
  }
}

extension Box {
  /// - Returns: `nil` if there is no such link.
  fileprivate mutating func mtu(of link: ByteString) throws(Failure) -> UInt32? {
    let name = name
    return try attempting("look at the box of \(name)") { () throws(SystemError) in try sockets.route.link(link)?.mtu }
  }

  mutating func status() throws(Failure) -> TunnelStatus? {
    let name = name
    return try attempting("look at the tunnel of \(name)") { () throws(SystemError) in try tunnel() }
  }

  /// The same for what cannot be done without it.
  mutating func tunnelThatMustBe() throws(Failure) -> TunnelStatus {
    let name = name
    guard let status = try status(), status.isWhole else {
      throw Failure("\(name) has lost its tunnel: `vpn refresh \(name)` makes a new one")
    }
    return status
  }
}

extension BoxRecord {
  /// Whether the box has fewer routes into the tunnel than its peers take. No two peers take one network.
  func lacksRoutes(_ peers: [WireGuardPeerStatus]) -> Bool {
    let families = addresses.map { $0.family }
    let own = addresses.map { Prefix(host: $0.address) }
    var count = 0
    for peer in peers {
      for prefix in peer.allowedIPs where families.contains(prefix.family) && !own.contains(prefix) { count += 1 }
    }
    return routed.count < count
  }
}
