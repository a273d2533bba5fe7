internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// A linked VPN takes what its profile says now: keys, peers, endpoints, networks, servers. Commands keep running; sessions with peers that
/// stay are kept.
func reload(_ name: VPNName, resolved: [LinkRequest.Resolved], isVerbose: Bool) throws(Failure) {
  let turn = try Turn.take(name)
  let (profile, id) = try turn.profile(name)
  let host = try attempting("look at this network namespace") { () throws(SystemError) in try NetworkNamespace.current() }
  let shell = Shell(box: Names.namespace(name), command: "COMMAND")
  var kernel = try hostKernel()
  let hasLink = try hostLink(name, &kernel) != nil
  guard hasLink, try hasBox(name), let identity = try identity(name, profile, &kernel) else { return say("\(name) is not linked\n", to: 1) }
  if case .off = profile.table, identity.memory.isUp {
    throw Failure("\(ProfileStore.path(name)) has `Table = off` now, but \(name) is up: `vpn down \(name)` first")
  }
  let underlay = try underlayTable(profile, &kernel)
  // Without their peers these are facts of the profile alone: a change that is refused needs no resolver.
  let plan = VPN(name: name, id: id, profile: profile, peers: [])

  let status = try enterBox(name, &kernel)
  guard let status else { throw Failure("the tunnel of \(name) is gone: `vpn unlink --force \(name)`, then link it again") }
  let box = try boxFacts(name, &kernel)
  var old = identity
  old.addresses = box.addresses
  let fixed = plan.fixed(since: old, gateways: box.gateways, underlay: underlay)
  guard fixed.isEmpty else {
    let keys = fixed.dropFirst().reduce(fixed[0]) { $0 + ", " + $1 }
    throw Failure("\(keys) of \(name) cannot change while it is linked: `vpn unlink \(name)`, then `vpn link \(name)`")
  }
  let complete = try profile.withKeys()
  var vpn = VPN(name: name, id: id, profile: complete, peers: try resolve(complete, resolved))
  vpn.permission = try Caller.permission(name, profile)
  vpn.device.peers = keepingLiveEndpoints(vpn.device.peers, of: profile, status)

  try run(vpn.reloadWays(found: box.routed), shell, &kernel, tolerating: .existing, isVerbose: isVerbose)
  try reconfigure(vpn, status, shell, &kernel, isVerbose: isVerbose)
  try run(vpn.reloadSteps(found: box.routed), shell, &kernel, tolerating: .missing, isVerbose: isVerbose)
  try returnToHost(host)
  if identity.memory.isUp {
    var state = try HostState(&kernel)
    try carry(identity, vpn, &state, &kernel, shell, isVerbose: isVerbose)
  }
  record(.reload, of: name)
  let endpoints = vpn.device.peers.compactMap { $0.endpoint }
  var text = endpoints.reduce("\(name) is reloaded: \(vpn.device.peers.count) peer\(vpn.device.peers.count == 1 ? "" : "s")") {
    $0 + ", endpoint \($1)"
  }
  for (i, server) in vpn.dns.enumerated() { text += (i == 0 ? "; names are resolved by " : ", ") + server.description }
  say(text + "\n", to: 1)
  kernel.closeInBackground()
}

/// What a box was made with. Nobody else has anything there, so it counts more than what the host has.
private struct BoxFacts {
  /// The VPN's, on the host: the way back to them.
  var addresses: [Prefix]
  /// The bridge's.
  var gateways: [Prefix]
  /// By the tunnel.
  var routed: [Prefix]
}

private func boxFacts(_ name: VPNName, _ kernel: inout Applier) throws(Failure) -> BoxFacts {
  try attempting("look at the box") { () throws(SystemError) in
    let bridge = try kernel.box!.index(of: Names.bridge(name))
    let uplink = try kernel.box!.index(of: Names.uplink)
    let tunnel = try kernel.box!.index(of: Names.tunnel)
    return BoxFacts(
      addresses: try kernel.box!.route.routes(inTable: Route.defaultTable).filter { $0.link == uplink }.map { $0.destination },
      gateways: try kernel.box!.route.addresses(ofLink: bridge),
      routed: try kernel.box!.route.routes(inTable: Route.mainTable).filter { $0.link == tunnel }.map { $0.destination })
  }
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

private func reconfigure(
  _ vpn: VPN, _ status: TunnelStatus, _ shell: Shell, _ kernel: inout Applier, isVerbose: Bool
) throws(Failure) {
  let gone = status.peers.map { $0.publicKey }.filter { key in !vpn.device.peers.contains { $0.publicKey == key } }
  let step = Step(.box, .reconfigure(Names.tunnel, vpn.device, without: gone))
  if status.isKernel { return try run([step], shell, &kernel, isVerbose: isVerbose) }
  try attempting("configure the userspace WireGuard") { () throws(SystemError) in
    try Capabilities.raise(.dacOverride) { () throws(SystemError) in
      try WireGuardUAPI(Names.userspace(vpn.name)).reconfigure(vpn.device, without: gone)
    }
  }
}
