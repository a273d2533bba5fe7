internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

// A box outlives its tunnel and its link to the host: it gets new ones, and the commands in it go on.

/// A box that has what it needs, and what was seen of it.
struct Repaired {
  /// What the host has of it.
  var identity: Identity?
  var resolvers: CommandResolvers
  var tunnel: TunnelStatus
}

extension Session {
  /// Gives a box what it has lost: its link to the host, what guards attached namespaces, its tunnel, rules, addresses and routes. What is
  /// there stays.
  /// - Precondition: the profile is locked, and the caller is allowed.
  /// - Parameter known: what the host has of it, if that was asked with the lock held.
  mutating func repair(_ name: VPNName, _ profile: Profile, known: Identity? = nil, _ box: inout Box) throws(Failure) -> Repaired {
    let isRebuilt = try rebuildPair(name, profile, &box)
    let identity = isRebuilt || known == nil ? try identity(name, profile) : known
    try restorePorts(&box)
    let found = try box.status()
    // One without peers that was never up is as far as a process has come which was killed.
    let isThere = found.map { $0.answers && ($0.isUp || !$0.peers.isEmpty || profile.link != nil) } ?? false
    if !isThere {
      try replaceTunnel(profile, identity, try box.made(), found, in: &box)
      say("\(name) has a new tunnel\n", to: 1)
    }
    let (made, content) = try box.madeAndContent()
    let peers = isThere ? found?.peers : try box.status()?.peers
    let vpn = try asMade(name, profile, identity, made, peers: peers ?? [], &box)
    if vpn.hasLost(content, host.families) {
      try settleLink(vpn, in: &box)
      try run(vpn.restoring(content), in: &box, tolerating: .existing)
      try restoreRoutesOfAddresses(vpn, &box)
      if isThere { say("\(name) has again what its box had lost\n", to: 1) }
    }
    if isThere, let found, found.isUp { return Repaired(identity: identity, resolvers: made.resolvers, tunnel: found) }
    return Repaired(identity: identity, resolvers: made.resolvers, tunnel: try box.tunnelThatMustBe())
  }

  /// The kernel gives an IPv6 address its route a moment after it has taken it. Those that do not come were deleted alone.
  private mutating func restoreRoutesOfAddresses(_ vpn: VPN, _ box: inout Box) throws(Failure) {
    for attempt in 0...20 {
      let missing = vpn.routesOfAddresses(lostIn: try box.content()).within(host.families)
      if missing.isEmpty { return }
      if attempt == 20 { return try run(missing, in: &box, tolerating: .existing) }
      Process.sleep(milliseconds: 5)
    }
  }

  /// A box as it should be now: what it was made with, and not what its profile says by now. Each part of that is known in more than one
  /// place: the VPN's addresses by two routes and on the host, what it relays also by the host's rules and filter.
  /// - Parameter peers: what they take, even if the profile has changed since.
  mutating func asMade(
    _ name: VPNName, _ profile: Profile, _ identity: Identity?, _ made: BoxRecord, peers: [WireGuardPeerStatus], _ box: inout Box
  ) throws(Failure) -> VPN {
    let peers = peers.map {
      WireGuardPeer(publicKey: $0.publicKey, presharedKey: nil, endpoint: nil, persistentKeepalive: nil, allowedIPs: $0.allowedIPs)
    }
    var vpn = VPN(name: name, id: try profile.id(of: name), profile: profile, peers: peers)
    for gateway in made.gateways { if gateway.family == .v4 { vpn.subnet4 = gateway.network } else { vpn.subnet6 = gateway.network } }
    let onHost = try addressesOnHost(name)
    let known = (made.addresses + onHost).map { Prefix(host: $0.address) }
    let families = (made.addresses + made.gateways + onHost).map { $0.family }
    // Where a family's are lost altogether, its profile has them.
    let lost = profile.addresses.filter { own in families.contains(own.family) && !known.contains { $0.family == own.family } }
    vpn.profile.addresses = Prefix.once(known + lost)
    if let identity {
      vpn.profile.relay = try relayed(identity, made.relayed, state()).map { .network($0) }
    } else {
      vpn.profile.relay = made.relayed.map { .network($0) }
    }
    try takeMadeLink(&vpn, &box)
    return vpn
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
      try run(vpn.tunnelSteps + vpn.newFlows, in: &box, tolerating: .existing)
    } catch {
      // Half a tunnel would count as one.
      try? Applier.apply(removal, to: &box.sockets, tolerating: .missing)
      throw error
    }
  }

  /// The pair of links between box and host goes when either end is deleted. The host's rules and filters stay where they are. A link
  /// without an alias is as far as a process has come which was killed: what is in the box comes before the alias.
  /// - Returns: whether it was gone.
  private mutating func rebuildPair(_ name: VPNName, _ profile: Profile, _ box: inout Box) throws(Failure) -> Bool {
    guard try hostLink(name)?.alias == nil else { return false }
    guard try box.isOurs() else { throw Failure("\(Names.pin(name)) is no box of ours: it stays") }
    var vpn = VPN(name: name, id: try profile.id(of: name), profile: profile, peers: [])
    vpn.use(try box.resolvers())
    for link in [Names.bridge(name), Names.tunnel] {
      if let mtu = try box.mtu(of: link) { vpn.mtu = mtu }
    }
    // With the pair went what it remembered: rules tell whether the VPN was up.
    var identity = vpn.identity(underlay: try underlayTable(profile))
    let state = try self.state()
    identity.memory[.isUp] = !state.own(identity).isEmpty
    identity.memory[.takesAll] = identity.memory[.isUp] && vpn.scope == .all
    identity.memory[.takesQueries] = identity.memory[.isUp] && vpn.takesQueries
    let seal = identity.sealingRule
    identity.memory[.sealsIPv4] = identity.memory[.takesAll] && state.rules.contains { $0.isOurs && $0.rule == seal }
    identity.remembersMarks = state.hasStrictReversePath
    try identity.use(profile)
    if try holder(of: profile.addresses, besides: name, state) != nil { identity = identity.forCommandsOnly }
    let ways = (try? box.made().relayed) ?? []
    vpn.profile.relay = try relayed(identity, ways, state).map { .network($0) }
    try run(vpn.pairSteps, in: &box, tolerating: .existing)
    try run(identity.steps, tolerating: .existing)
    say("\(name) has a new link to its box\n", to: 1)
    return true
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
