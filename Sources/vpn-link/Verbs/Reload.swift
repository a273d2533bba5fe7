internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// `vpn reload`: a linked VPN takes what its profile says now: keys, peers, endpoints, networks, servers. Commands keep running; sessions
/// with peers that stay are kept.
func reload(_ name: VPNName, _ session: inout Session) throws(Failure) {
  _ = try session.profiles.profile(name)
  try session.changingRoutes(of: name, as: .user) { session throws(Failure) in
    let profile = try session.profiles.profile(name)
    if try session.isWithoutBox(name) { return try session.reloadHostTunnel(name) }
    guard var box = try session.box(name) else { return say("\(name) is not linked\n", to: 1) }
    let repaired = try session.repair(name, profile, &box)
    guard let identity = repaired.identity else { return }
    if case .off = profile.table, identity.memory[.isUp] {
      throw Failure("\(Names.profile(name)) has `Table = off` now, but \(name) is up: `vpn down \(name)` first")
    }
    try follow(profile, identity, repaired.tunnel, &box, &session)
  }
}

private func follow(
  _ profile: Profile, _ identity: Identity, _ status: TunnelStatus, _ box: inout Box, _ session: inout Session
) throws(Failure) {
  let name = identity.name
  let id = try profile.id(of: name)
  let underlay = try session.underlayTable(profile)
  let made = try box.made()
  // Without their peers these are facts of the profile alone: a change that is refused needs no resolver.
  var fixed = VPN(name: name, id: id, profile: profile, peers: [])
    .fixed(since: made.identity(identity), gateways: made.gateways, underlay: underlay)
  if fixed.isEmpty, let other = try session.otherLink(profile, &box) { fixed = [other] }
  guard fixed.isEmpty else {
    let keys = fixed.dropFirst().reduce(fixed[0]) { $0 + ", " + $1 }
    throw Failure("\(keys) of \(name) cannot change while it is linked: `vpn unlink \(name)`, then `vpn link \(name)`")
  }
  let complete = try profile.withKeys()
  var vpn = VPN(name: name, id: id, profile: complete, peers: try session.resolve(complete))
  vpn.permission = try Caller.permission(name, profile)
  vpn.device.peers = keepingLiveEndpoints(vpn.device.peers, of: profile, status)

  try session.run(vpn.reloadWays(found: made.routed), in: &box, tolerating: .existing)
  try session.reconfigure(vpn, status, in: &box)
  try session.run(vpn.reloadSteps(found: made.routed, relayed: made.relayed), in: &box, tolerating: .missing)
  let before = profile.link == nil ? made.relayed : try session.relayedNow(identity, profile, &box)
  try session.complete(identity, profile, relayed: profile.relayed, before: before)
  if profile.mtu != nil { try session.setMTU(vpn, in: &box) }
  if identity.memory[.isUp] {
    var state = try session.state()
    try session.carry(identity, vpn, &state)
  }
  session.record(.reload, of: name)
  let endpoints = vpn.device.peers.compactMap { $0.endpoint }
  var text = endpoints.reduce("\(name) is reloaded: \(vpn.device.peers.count) peer\(vpn.device.peers.count == 1 ? "" : "s")") {
    $0 + ", endpoint \($1)"
  }
  for (i, server) in vpn.dns.enumerated() { text += (i == 0 ? "; names are resolved by " : ", ") + server.description }
  say(text + "\n", to: 1)
}

/// A host name's address is the caller's word. A peer that is being talked to stays where it is: others talk to it as well.
private func keepingLiveEndpoints(_ peers: [WireGuardPeer], of profile: Profile, _ status: TunnelStatus) -> [WireGuardPeer] {
  let now = Process.secondsSince1970
  return peers.map { peer in
    guard case .name = profile.peers.first(where: { $0.publicKey == peer.publicKey })?.endpoint,
      let found = status.peers.first(where: { $0.publicKey == peer.publicKey }), let endpoint = found.endpoint,
      found.isLive(at: now)
    else { return peer }
    var kept = peer
    kept.endpoint = endpoint
    return kept
  }
}
