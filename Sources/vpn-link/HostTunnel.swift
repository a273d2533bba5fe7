internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

// A VPN without a box: its tunnel is a link of the host.

extension Session {
  /// The box of a VPN that must be linked.
  mutating func linkedBox(_ name: VPNName) throws(Failure) -> Box {
    if let box = try box(name) { return box }
    if try isWithoutBox(name) { throw Failure(withoutBox: name) }
    throw Failure("\(name) is not linked: `vpn link \(name)` builds its box")
  }

  /// Whether the VPN has no box: by its link, by its box, or as its profile has it.
  mutating func isWithoutBox(_ name: VPNName) throws(Failure) -> Bool { try isWithoutBox(name, by: hostLink(name)) }

  /// - Parameter link: its link, where the host's are known.
  mutating func isWithoutBox(_ name: VPNName, by link: LinkState?) throws(Failure) -> Bool {
    if let link { return link.isHostTunnel }
    if try Box.exists(name) { return false }
    return try profiles.usable(name).map { !$0.hasBox } ?? false
  }

  /// Its link has been deleted, and rules for its packets are left.
  mutating func hasLostHostTunnel(_ name: VPNName, _ profile: Profile) throws(Failure) -> Bool {
    guard !profile.hasBox, profile.id != nil, try hostLink(name) == nil, let identity = try identity(name, profile) else { return false }
    let state = try self.state()
    let others = state.tunnels.contains { $0.fwmark == identity.fwmark }
    return !others && state.rules.contains { found in found.isOurs && identity.tunnelRules.contains(found.rule) }
  }

  mutating func hostTunnel(_ name: VPNName) throws(Failure) -> TunnelStatus? {
    try attempting("look at the tunnel of \(name)") { () throws(SystemError) in
      try host.speakWireGuard()
      return try host.tunnel(Names.hostLink(name), of: name)
    }
  }

  /// Makes it, or completes what is there.
  /// - Precondition: the profile is locked, and the caller is allowed.
  mutating func establishHostTunnel(_ name: VPNName) throws(Failure) {
    let profile = try numbered(name)
    let id = try profile.id(of: name)
    let found = try hostLink(name)
    if try Box.exists(name) || found.map({ !$0.isHostTunnel }) ?? false {
      throw Failure("Box of \(name) cannot change while it is linked: `vpn unlink \(name)`, then `vpn link \(name)`")
    }
    try refuseConflicts(name, profile, id)
    try requireOuter(of: name, profile)
    let complete = try profile.withKeys()
    var vpn = VPN(name: name, id: id, profile: complete, peers: try resolve(complete))
    var identity = vpn.identityWithoutBox(underlay: try underlayTable(profile))
    if profile.mtu == nil { vpn.mtu = found?.mtu ?? pathMTU(to: vpn.device.peers.compactMap { $0.endpoint }, vpn) }
    let state = try self.state()
    if let known = state.tunnels.first(where: { $0.name == name }) { identity = known } else { try refuseForeign(identity, profile) }
    try refuseMissingVRF(profile, state)
    if state.hasVRF(identity.underlay), HostSetting.unboundInVRF.isOff {
      identity.memory[.changedUnboundInVRF] = true
    }
    do throws(Failure) {
      try attempting("open netlink") { () throws(SystemError) in try host.speakWireGuard() }
      if found == nil { try makeHostTunnel(vpn) }
      if try hostTunnel(name)?.peers.isEmpty ?? true { try configureHostTunnel(vpn) }
      // Once it is up it sends by itself: VPNs that are up must let its packets pass before, by their mark.
      if found?.alias == nil, !VPN.isUsual(identity.fwmark) {
        try quietly { session throws(Failure) in try session.run([identity.remembering]) }
        try carryAgain()
      }
      try run(vpn.linkSteps(identity), tolerating: .existing)
    } catch {
      // Where nothing has been made yet, rules tell of one that was lost: they stay.
      let isHalf = found == nil && (try? hostLink(name)) != nil
      if isHalf { try? quietly { session throws(Failure) in try session.removeHostTunnel(name) } }
      throw error
    }
    if identity.memory[.changedUnboundInVRF], HostSetting.unboundInVRF.isOff {
      try run([HostSetting.unboundInVRF.turnedOn])
      say("vpn: net.ipv4.udp_l3mdev_accept is 1 now, or answers from the VRF would not reach the tunnel; `vpn unlink` puts it back\n")
    }
    if found == nil { record(.link, of: name) }
  }

  private mutating func refuseMissingVRF(_ profile: Profile, _ state: HostState) throws(Failure) {
    guard let vrf = profile.vrf, !state.links.contains(where: { $0.name == vrf && $0.vrfTable != nil }) else { return }
    throw Failure("there is no VRF '\(vrf)', which the profile has: `ip link show type vrf` lists those that there are")
  }

  /// The kernel's, or a userspace one that root has started.
  private mutating func makeHostTunnel(_ vpn: VPN) throws(Failure) {
    do throws(StepFailure) { try Applier.apply([vpn.hostTunnel], to: &host) } catch {
      guard error.cause.isUnsupported else { throw Failure("cannot make the tunnel: \(error.sentence(hostShell))") }
      let device = Names.userspace(vpn.name)
      guard let link = try attempting("look for \(device)", { () throws(SystemError) in try host.route.link(device) }) else {
        throw Failure(asking: .needsWireGuard)
      }
      guard link.kind == "tun" else { throw Failure("there is a link '\(device)' which is no userspace WireGuard's: remove it") }
      // It is asked under its own name, for until it answers it looks for its device by that.
      try configureUserspace(vpn)
      return try run(vpn.userspaceHostTunnel)
    }
    display([vpn.hostTunnel], hostShell)
  }

  private var hostShell: Shell { Shell(box: "BOX", command: "COMMAND") }

  private mutating func configureHostTunnel(_ vpn: VPN) throws(Failure) {
    guard try hostLink(vpn.name)?.kind == "tun" else {
      return try run([Step(.host, .configure(Names.hostLink(vpn.name), vpn.device))])
    }
    try configureUserspace(vpn)
  }

  private func configureUserspace(_ vpn: VPN) throws(Failure) {
    try askUserspace(vpn.name) { (device: borrowing WireGuardUAPI) throws(SystemError) in try device.configure(vpn.device) }
  }

  /// Where its peers are now, and what other programs have taken away.
  mutating func refreshHostTunnel(_ name: VPNName) throws(Failure) {
    let profile = try profiles.profile(name)
    guard var status = try hostTunnel(name) else {
      guard try hasLostHostTunnel(name, profile) else { return say("\(name) is not linked\n", to: 1) }
      return try linkAgain(name, profile)
    }
    if !status.answers {
      // Its process has been killed, and the device goes by itself.
      return try linkAgain(name, profile)
    }
    try establishHostTunnel(name)
    let now = Process.secondsSince1970
    var silent = profile
    silent.peers.removeAll { peer in status.peers.contains { $0.publicKey == peer.publicKey && $0.isLive(at: now) } }
    var vpn = VPN(name: name, id: try profile.id(of: name), profile: profile, peers: try resolve(silent))
    if let identity = try identity(name, profile) { vpn.device.fwmark = identity.fwmark }
    if status.isKernel {
      try run([Step(.host, .setEndpoints(Names.hostLink(name), vpn.device))])
    } else {
      try askUserspace(name) { (device: borrowing WireGuardUAPI) throws(SystemError) in try device.setEndpoints(vpn.device) }
    }
    status = try hostTunnel(name) ?? status
    say(status.peers.compactMap { $0.endpoint }.reduce("\(name) is refreshed: MTU \(status.mtu)") { $0 + ", endpoint \($1)" } + "\n", to: 1)
  }

  /// By those who may link it.
  private mutating func linkAgain(_ name: VPNName, _ profile: Profile) throws(Failure) {
    try Caller.mustBeAllowedSystemWide(name, profile)
    if try hostLink(name) != nil { try run([Step(.host, .deleteLink(Names.hostLink(name)))], tolerating: .missing) }
    try establishHostTunnel(name)
    say("\(name) has a new tunnel\n", to: 1)
  }

  /// It takes what its profile says now: keys, peers, networks, addresses that are new. The host's other programs may have given it more.
  mutating func reloadHostTunnel(_ name: VPNName) throws(Failure) {
    let profile = try profiles.profile(name)
    guard let link = try hostLink(name), let status = try hostTunnel(name), let identity = try identity(name, profile) else {
      return say("\(name) is not linked\n", to: 1)
    }
    let fixed = try fixedKeys(of: name, profile, identity)
    guard fixed.isEmpty else {
      let keys = fixed.dropFirst().reduce(fixed[0]) { $0 + ", " + $1 }
      throw Failure("\(keys) of \(name) cannot change while it is linked: `vpn unlink \(name)`, then `vpn link \(name)`")
    }
    let complete = try profile.withKeys()
    var vpn = VPN(name: name, id: try profile.id(of: name), profile: complete, peers: try resolve(complete))
    if profile.mtu == nil { vpn.mtu = link.mtu }
    let gone = status.peers.map { $0.publicKey }.filter { key in !vpn.device.peers.contains { $0.publicKey == key } }
    if status.isKernel {
      try run([Step(.host, .reconfigure(Names.hostLink(name), vpn.device, without: gone))])
    } else {
      try askUserspace(name) { (device: borrowing WireGuardUAPI) throws(SystemError) in try device.reconfigure(vpn.device, without: gone) }
    }
    try run(vpn.linkSteps(identity), tolerating: .existing)
    try run(try staleRoutes(vpn, link).map { Step(.host, .deleteRoute($0)) }, tolerating: .missing)
    record(.reload, of: name)
    say("\(name) is reloaded: \(vpn.device.peers.count) peer\(vpn.device.peers.count == 1 ? "" : "s")\n", to: 1)
  }

  private mutating func staleRoutes(_ vpn: VPN, _ link: LinkState) throws(Failure) -> [Route] {
    guard case .number(let table) = vpn.profile.table else { return [] }
    let found = try attempting("look at table \(table)") { () throws(SystemError) in try host.route.routes(inTable: table) }
    let wanted = vpn.hostRoutes.map { $0.destination }
    return found.filter { $0.isOurs && $0.link == link.index && !wanted.contains($0.destination) }
      .map { Route($0.destination, .link(link.name), table: table) }
  }

  /// Keys of the profile that differ from what it was linked with, and are followed only by another link.
  mutating func fixedKeys(of name: VPNName, _ profile: Profile, _ old: Identity) throws(Failure) -> [String] {
    let new = VPN(name: name, id: try profile.id(of: name), profile: profile, peers: []).identityWithoutBox(
      underlay: try underlayTable(profile))
    var keys: [String] = []
    if profile.hasBox { keys.append("Box") }
    if new.id != old.id { keys.append("ID") }
    if new.table != old.table { keys.append("Table") }
    if new.fwmark != old.fwmark { keys.append("FwMark") }
    if new.priority != old.priority { keys.append("Priority") }
    if new.underlay != old.underlay { keys.append("Underlay") }
    let state = try self.state()
    let master = state.links.first { $0.name == Names.hostLink(name) }?.master
    let vrf = state.links.first { $0.index == master && $0.vrfTable != nil }?.name
    if vrf != profile.vrf { keys.append("VRF") }
    return keys
  }

  mutating func removeHostTunnel(_ name: VPNName) throws(Failure) {
    let wasThere = try hostLink(name) != nil
    guard var identity = try identity(name, profiles.usable(name)) else {
      // As far as a process came that was killed.
      return try run([Step(.host, .deleteLink(Names.hostLink(name)))], tolerating: .missing)
    }
    identity.memory[.hasNoBox] = true
    var state = try self.state()
    let others = state.tunnels.filter { $0.name != name }
    if identity.memory[.changedUnboundInVRF] { try run([HostSetting.unboundInVRF.putBack(by: identity, &state)]) }
    let keepsRules = others.contains { $0.fwmark == identity.fwmark && $0.tunnelRules == identity.tunnelRules }
    try run(identity.stepsWithoutBox(keepsRules: keepsRules), tolerating: .missing)
    if wasThere { record(.unlink, of: name) }
  }
}

extension Failure {
  /// What needs a box.
  init(withoutBox name: VPNName) {
    self.init("\(name) has `Box = no`, so there is no box to run commands in: its link is for this machine's routes")
  }
}
