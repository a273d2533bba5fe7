internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// `vpn refresh`: follows what has changed around a linked VPN, all of them without a name: the endpoint's address, the way to it and its
/// MTU, the host's own addresses and networks; and repairs what other programs have deleted. Commands keep their namespaces.
func refresh(_ given: VPNName?, _ session: inout Session) throws(Failure) {
  if let given {
    if try session.isWithoutBox(given) { return try refreshOne(given, &session) }
    guard try Box.exists(given) else {
      try Caller.mustBeAllowed(given, session.profiles.profile(given))
      return say("\(given) is not linked\n", to: 1)
    }
    return try refreshOne(given, &session)
  }
  let state = try session.state()
  for identity in state.linked + state.tunnels {
    if !identity.memory[.hasNoBox], try !Box.exists(identity.name) { continue }
    // Without its profile there is nothing to follow.
    guard let profile = try session.profiles.usable(identity.name), try Caller.isAllowed(identity.name, profile) else { continue }
    try refreshOne(identity.name, &session)
  }
}

private func refreshOne(_ name: VPNName, _ session: inout Session) throws(Failure) {
  _ = try session.profiles.profile(name)
  try session.changingRoutes(of: name, as: .user) { session throws(Failure) in
    if try session.isWithoutBox(name) { return try session.refreshHostTunnel(name) }
    let profile = try session.profiles.profile(name)
    guard var box = try session.box(name) else { return }
    if let loss = try session.linkLoss(name, profile), try session.linkBelow(profile)?.isUp != true {
      // The way cannot be brought back, but what keeps packets from others can. (Other VPNs are to be refreshed all the same.)
      if let identity = try session.identity(name, profile) { try followOnHost(profile, identity, &box, &session) }
      return say("vpn: \(name) has no way: \(loss)\n")
    }
    let repaired = try session.repair(name, profile, &box)
    guard let identity = repaired.identity else { return }
    try follow(profile, identity, repaired.tunnel, &box, &session)
  }
}

/// Rules, routes and filters of the host's.
private func followOnHost(_ profile: Profile, _ identity: Identity, _ box: inout Box, _ session: inout Session) throws(Failure) {
  try session.complete(identity, profile, relayed: session.relayedNow(identity, profile, &box))
  guard identity.memory[.isUp] else { return }
  var vpn = VPN(name: identity.name, id: try profile.id(of: identity.name), profile: profile, peers: [])
  vpn.use(try box.resolvers())
  var state = try session.state()
  try session.carry(identity, vpn, &state)
}

private func follow(
  _ profile: Profile, _ identity: Identity, _ status: TunnelStatus, _ box: inout Box, _ session: inout Session
) throws(Failure) {
  let name = identity.name

  // Peers that have answered lately are where they are: they may have moved, and the profile would not know. But one to which there is no
  // way any more, in a network that has others, is lost: this machine has moved from one family to the other.
  let now = Process.secondsSince1970
  let hasNetwork = session.hasNetwork(identity.fwmark)
  var known: [WireGuardKey] = []
  for peer in status.peers where peer.isLive(at: now) {
    guard let address = peer.endpoint?.address, hasNetwork, !session.hasRoute(to: address, identity.fwmark) else {
      known.append(peer.publicKey)
      continue
    }
  }
  var lost = profile
  lost.peers.removeAll { known.contains($0.publicKey) }
  var vpn = VPN(name: name, id: try profile.id(of: name), profile: profile, peers: try session.resolve(lost))
  // What is remembered counts: the tunnel has this mark.
  vpn.device.fwmark = identity.fwmark
  vpn.use(try box.resolvers())
  try session.setEndpoints(vpn, status, in: &box)

  try followOnHost(profile, identity, &box, &session)
  let resolved = vpn.device.peers.compactMap { $0.endpoint }
  let endpoints =
    resolved + status.peers.filter { peer in !vpn.device.peers.contains { $0.publicKey == peer.publicKey } }.compactMap { $0.endpoint }
  if profile.mtu == nil { vpn.mtu = session.pathMTU(to: endpoints, vpn) }
  try session.setMTU(vpn, in: &box)
  say(endpoints.reduce("\(name) is refreshed: MTU \(vpn.mtu)") { $0 + ", endpoint \($1)" } + "\n", to: 1)
}
