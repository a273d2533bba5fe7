internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// `vpn status`, `vpn list`: all that those who may use VPNs may know of them, as JSON, an array on each line. Of a linked VPN it tells
/// what the kernel has, and how its profile differs from that. Keys but public ones never appear.
/// - Parameter isForLinked: of those with a box alone; commands run nowhere else.
func show(_ only: VPNName?, isForLinked: Bool, _ session: inout Session) throws(Failure) {
  let (state, blocking) = (try session.state(), try session.blocking())
  if let only { return tell(.vpn(try describe(only, state, blocking, &session))) }
  let names = try session.profiles.names()
  let linked = names.filter { name in state.linked.contains { $0.name == name } }
  // Of those that have commands there is most to read.
  for name in linked + names.filter({ !linked.contains($0) }) + blocking.filter({ !names.contains($0) }) {
    if isForLinked, try !Box.exists(name) { continue }
    do throws(Failure) { tell(.vpn(try describe(name, state, blocking, &session))) } catch {
      let isBlocked = blocking.contains(name)
      let end = isBlocked ? "; nothing leaves this machine until \(name) is up: `vpn down \(name)` to do without" : ""
      tell(.unreadable(name: name.description, error: error.sentence + end, blocked: isBlocked))
    }
  }
}

/// At once: who reads it has work with it, too.
private func tell(_ report: Report) { say(Report.wire([report]) + "\n", to: 1) }

/// - Parameter blocking: all that the system waits for.
private func describe(
  _ name: VPNName, _ state: HostState, _ blocking: [VPNName], _ session: inout Session
) throws(Failure) -> Report.VPN {
  let profile = try session.profiles.profile(name)
  // One without an ID is not linked, and nothing that follows from an ID is told of it.
  let vpn = VPN(name: name, id: profile.id ?? 0, profile: profile, peers: profile.unresolvedPeers)
  var report = Report.VPN(name: name.description, id: profile.id.map { Int($0) })
  report.addresses = (profile.linkAddresses.isEmpty ? profile.addresses : profile.linkAddresses).map { $0.description }
  report.link = profile.link?.description
  report.through = profile.underlay?.outer?.description
  report.subnets = vpn.families.compactMap { family in
    let own = family == .v4 ? profile.subnet : profile.subnet6
    return profile.id == nil ? own?.description : vpn.subnet(family).description
  }
  report.dns = vpn.dns.map { $0.description }
  report.inbound = profile.inbound.map { $0.description }
  report.search = vpn.search.map { $0.description }
  report.endpoints = profile.peers.compactMap { $0.endpoint.map { Report.Endpoint($0) } }
  // Names that no account has allow no user, and `vpn link` says so.
  report.allowed = try Caller.mayUse(profile)
  report.exitCheck = profile.exitCheck.map { $0.description }
  report.autostart = Report.Autostart(profile.autostart)
  report.box = try !session.isWithoutBox(name, by: state.links.first { $0.name == Names.hostLink(name) })
  report.relay = profile.relayed.map { $0.description }
  if !report.box {
    try report.tell(profile, state, &session)
    report.warnings = report.broken + report.warnings
    return report
  }
  try report.tell(vpn, profile, state, &session)
  if var box = try session.box(name) { try report.tell(&box, vpn, profile, state, &session) }
  report.up = report.takenUp && report.broken.isEmpty
  report.blocked = blocking.contains(name)
  report.warnings = report.broken + report.warnings
  return report
}

extension Report.VPN {
  /// Whether the whole system goes through it, and what is wrong with that.
  fileprivate mutating func tell(_ vpn: VPN, _ profile: Profile, _ state: HostState, _ session: inout Session) throws(Failure) {
    var state = state
    let found = state.up.first { $0.name == vpn.name }
    takenUp = found != nil
    dnsInForce = found != nil && state.up.first { $0.memory[.takesQueries] }?.name == vpn.name
    var inForce = vpn.scope
    outsideIdentity = vpn.profile.outsideIdentity
    if let found, var identity = try session.identity(vpn.name, profile) {
      identity.memory = found.memory
      // What it was linked with counts: the profile may have another address by now.
      if !found.memory[.isForCommandsOnly], var box = try session.box(vpn.name), let made = try? box.made() {
        identity.addresses = made.addresses
      }
      broken = try state.loss(identity, &session.host).map { [$0] } ?? []
      warnings = try state.warnings(identity, vpn, &session.host)
      let rules = state.own(identity)
      let taken = identity.taken(by: rules, try state.routes(identity, &session.host), state.families)
      inForce = taken.map { VPN.Scope($0) } ?? (found.memory[.takesAll] ? .all : .networks([]))
      outsideIdentity = identity.keepsOutsideIdentity(in: rules)
    }
    switch inForce {
    case .all: scope = .all
    case .networks(let list): (scope, networks) = (.networks, list.map { $0.description })
    }
    if state.linked.contains(where: { $0.name == vpn.name && $0.memory[.isForCommandsOnly] }) {
      let holder = try session.holder(of: vpn.addresses, besides: vpn.name, state)
      warnings.append(
        holder?.note(vpn.name)
          ?? "\(vpn.name) is for commands only, but no other link has its address any more: `vpn link \(vpn.name)` gives it to \(vpn.name)")
    }
  }

  /// The same of one without a box.
  fileprivate mutating func tell(_ profile: Profile, _ state: HostState, _ session: inout Session) throws(Failure) {
    guard let name = VPNName(name) else { return }
    (subnets, scope) = ([], .networks)
    let status = try session.hostTunnel(name)
    guard let status, let link = state.links.first(where: { $0.name == Names.hostLink(name) }) else {
      guard try session.hasLostHostTunnel(name, profile) else { return }
      (linked, tunnel) = (true, .gone)
      broken = ["the link \(name) is gone: what should go through it has no way; `vpn refresh \(name)` makes a new one"]
      return
    }
    linked = true
    let whole = Report.Tunnel(status)
    tunnel = whole
    if let loss = whole.loss(name) { broken = [loss] }
    device = status.isKernel ? .kernel : .userspace
    mtu = Int(status.mtu)
    let found = try attempting("look at the addresses of \(name)") { () throws(SystemError) in
      try session.host.route.addresses(ofLink: link.index)
    }
    addresses = found.map { $0.description }
    guard let identity = state.tunnels.first(where: { $0.name == name }) else {
      broken.append("\(name) was not linked to the end: `vpn link \(name)` completes it")
      return
    }
    peers = status.peers.map { peer in
      var told = Report.Peer(peer)
      if let endpoint = peer.endpoint { told.hasRoute = session.hasRoute(to: endpoint.address, identity.fwmark) }
      return told
    }
    if let loss = try session.outerLoss(identity, profile) { broken.append(loss) }
    let rules = state.rules.filter { $0.isOurs }.map { $0.rule }
    if identity.rules.contains(where: { state.families.contains($0.family) && !rules.contains($0) }) {
      broken.append("rules for the packets of \(name)'s tunnel are missing; `vpn refresh \(name)` fixes it")
    }
    let lost = profile.addresses.filter { !found.contains($0) }
    if profile.hasBox == box, !lost.isEmpty {
      broken.append("\(name) has lost its address \(lost[0]): `vpn refresh \(name)` fixes it")
    }
    changed = try session.fixedKeys(of: name, profile, identity)
    if !changed.isEmpty {
      let keys = changed.joined(separator: ", ")
      warnings.append("changed in its profile since it was linked: \(keys); `vpn unlink \(name)`, then `vpn link \(name)` makes it follow")
    }
  }

  /// What the box itself says.
  fileprivate mutating func tell(
    _ box: inout Box, _ vpn: VPN, _ profile: Profile, _ state: HostState, _ session: inout Session
  ) throws(Failure) {
    linked = true
    let name = vpn.name
    // Where the link is gone that says whether it is up, its rules do.
    let own = try session.identity(name, profile)
    if !takenUp, let own, !state.own(own).isEmpty {
      takenUp = true
      var state = state
      broken = try state.loss(own, &session.host).map { [$0] } ?? []
    }
    if broken.isEmpty, let loss = state.linkLoss(name) { broken = [loss] }
    let (status, inside) = try attempting("read the box of \(name)") { () throws(SystemError) in (try box.tunnel(), try box.commands()) }
    let whole = Report.Tunnel(status)
    tunnel = whole
    if let loss = try session.linkLoss(name, profile) ?? whole.loss(name) { broken.insert(loss, at: 0) }
    if let own, let loss = try session.outerLoss(own, profile) { broken.insert(loss, at: 0) }
    device = status.map { profile.link != nil ? .link : $0.isKernel ? .kernel : .userspace }
    mtu = status.map { Int($0.mtu) }
    peers = (status?.peers ?? []).map { peer in
      var told = Report.Peer(peer)
      if let own, let endpoint = peer.endpoint { told.hasRoute = session.hasRoute(to: endpoint.address, own.fwmark) }
      return told
    }
    commands = inside.map { Report.Command($0) }
    if inside.contains(where: { $0.occupant.isAttached }), let facts = try box.portFacts() {
      warnings += try box.losses(box.ports(facts), facts).map { loss in
        "\(loss.port.occupant?.description ?? "") has lost \(loss.words.listed): `vpn refresh \(name)` fixes it"
      }
    }
    guard let made = try? box.made() else {
      if broken.isEmpty { broken = ["parts of the box of \(name) are gone: `vpn refresh \(name)` fixes it"] }
      return
    }
    // What is relayed by a link the host's rules tell, and not the box.
    var relaysOthers = false
    if let own {
      let relayed = try session.relayed(own, made.relayed, state)
      relaysOthers = profile.link != nil && !(relayed.count == profile.relayed.count && profile.relayed.allSatisfy(relayed.contains))
      relay = relayed.map { $0.description }
      if broken.isEmpty, let loss = try session.relayLoss(own, relayed, made: made.relayed, state) { broken.append(loss) }
      warnings += try session.relayObstacles(relayed, of: name, by: profile.link, state).map { "\(name) relays not all: \($0)" }
    }
    if broken.isEmpty, whole == .up {
      let planned = try session.asMade(name, profile, own, made, peers: status?.peers ?? [], &box)
      if planned.hasLost(try box.content(), session.host.families) {
        broken.append("routes of \(name)'s box are missing: what they should carry is refused; `vpn refresh \(name)` fixes it")
      }
    }

    // The kernel keeps no prefix lengths of the VPN's addresses: those of the profile count where the address is the same.
    if profile.link == nil {
      addresses = made.addresses.map { own in (profile.addresses.first { $0.address == own.address } ?? own).description }
    }
    subnets = made.gateways.map { $0.network.description }
    dns = made.resolvers.servers.map { $0.description }
    search = made.resolvers.search.map { $0.description }
    inbound = made.inbound.map { $0.description }
    var planned = vpn
    if let permission = try? Caller.permission(name, profile) { planned.permission = permission }
    // A userspace WireGuard that was killed has no peers to be compared.
    let known = whole == .up ? status?.peers : nil
    let following = planned.changes(since: made, peers: known)
    var fixed: [String] = []
    if let identity = try session.identity(name, nil) {
      fixed = planned.fixed(since: made.identity(identity), gateways: made.gateways, underlay: (try? session.underlayTable(profile)) ?? 0)
    }
    if fixed.isEmpty, let other = try session.otherLink(profile, &box) { fixed = [other] }
    changed = fixed + following
    if relaysOthers { changed.append("Relay") }
    if !changed.isEmpty {
      let remedy = fixed.isEmpty ? "`vpn reload \(name)`" : "`vpn unlink \(name)`, then `vpn link \(name)`"
      warnings.append("changed in its profile since it was linked: \(changed.joined(separator: ", ")); \(remedy) makes it follow")
    }
  }
}

extension Profile {
  /// For comparing: where they are does not count.
  fileprivate var unresolvedPeers: [WireGuardPeer] {
    peers.map {
      WireGuardPeer(publicKey: $0.publicKey, presharedKey: nil, endpoint: nil, persistentKeepalive: nil, allowedIPs: $0.allowedIPs)
    }
  }
}

extension Report.Endpoint {
  fileprivate init(_ endpoint: PeerEndpoint) {
    switch endpoint {
    case .address(let known, _): self.init(known.address.description, endpoint.port)
    case .name(let name, _): self.init(name.description, endpoint.port)
    }
  }
}

extension Report.Autostart {
  fileprivate init(_ autostart: Autostart) {
    switch autostart {
    case .no: self = .no
    case .link: self = .link
    case .up: self = .up
    }
  }
}

extension Report.Peer {
  fileprivate init(_ peer: WireGuardPeerStatus) {
    self.init(
      peer.publicKey.base64, peer.endpoint.map { $0.description }, latestHandshake: peer.latestHandshake, received: peer.receivedBytes,
      sent: peer.sentBytes)
  }
}

extension Report.Command {
  fileprivate init(_ command: CommandInside) {
    let occupant = command.occupant
    self.init(
      occupant.command.description, command.address.description, uid: occupant.uid, pid: occupant.pid, received: command.receivedBytes,
      sent: command.sentBytes, attached: occupant.isAttached, inbound: command.inbound.map { $0.description },
      published: occupant.published.map { $0.description }, lan: occupant.lan.map { $0.description },
      forwarded: occupant.forwarded.map { Int($0.outside) })
  }
}
