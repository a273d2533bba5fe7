internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// Follows what has changed around a linked VPN, all of them without a name: the endpoint's address, the way to it and its MTU, the host's
/// own addresses and networks; and mends what other programs have deleted. Commands keep their namespaces.
func refresh(_ given: VPNName?, resolved: [LinkRequest.Resolved], isVerbose: Bool) throws(Failure) {
  var kernel = try hostKernel()
  if let given {
    let hasLink = try hostLink(given, &kernel) != nil
    guard hasLink, try hasBox(given) else {
      try Caller.mustBeAllowed(given, ProfileStore.read(given))
      return say("\(given) is not linked\n", to: 1)
    }
    return try refresh(given, resolved, isVerbose: isVerbose)
  }
  for identity in try HostState(&kernel).linked where try hasBox(identity.name) {
    guard try Caller.isAllowed(identity.name, ProfileStore.read(identity.name)) else { continue }
    try refresh(identity.name, resolved, isVerbose: isVerbose)
  }
}

private func refresh(_ name: VPNName, _ resolved: [LinkRequest.Resolved], isVerbose: Bool) throws(Failure) {
  let turn = try Turn.take(name)
  let (profile, id) = try turn.profile(name)
  let host = try attempting("look at this network namespace") { () throws(SystemError) in try NetworkNamespace.current() }
  let shell = Shell(box: Names.namespace(name), command: "COMMAND")
  var kernel = try hostKernel()
  guard let identity = try identity(name, profile, &kernel) else { return }
  let status = try enterBox(name, &kernel)
  guard let status else { throw Failure("the tunnel of \(name) is gone: `vpn unlink --force \(name)`, then link it again") }

  // Peers that have answered lately are where they are: they may have moved, and the profile would not know.
  let now = Process.secondsSince1970
  var lost = profile
  lost.peers.removeAll { peer in status.peers.contains { $0.publicKey == peer.publicKey && $0.isLive(at: now) } }
  var vpn = VPN(name: name, id: id, profile: profile, peers: try resolve(lost, resolved))
  // What is remembered counts: the tunnel has this mark.
  vpn.device.fwmark = identity.fwmark
  try setEndpoints(vpn, status, shell, &kernel, isVerbose: isVerbose)
  try returnToHost(host)

  try complete(identity, profile, shell, &kernel)
  if identity.memory.isUp {
    var state = try HostState(&kernel)
    try carry(identity, vpn, &state, &kernel, shell, isVerbose: isVerbose)
  }
  let known = vpn.device.peers.compactMap { $0.endpoint }
  let endpoints =
    known + status.peers.filter { peer in !vpn.device.peers.contains { $0.publicKey == peer.publicKey } }.compactMap { $0.endpoint }
  if profile.mtu == nil { vpn.mtu = pathMTU(to: endpoints, vpn, &kernel) }
  try setMTU(vpn, shell, &kernel, isVerbose: isVerbose)
  say(endpoints.reduce("\(name) is refreshed: MTU \(vpn.mtu)") { $0 + ", endpoint \($1)" } + "\n", to: 1)
  kernel.closeInBackground()
}

/// The thread stays in the box.
func enterBox(_ name: VPNName, _ kernel: inout Applier) throws(Failure) -> TunnelStatus? {
  try attempting("enter the box") { () throws(SystemError) in
    let box = try NetworkNamespace.pinned(at: Names.pin(name))
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try box.enter() }
    kernel.box = try Sockets()
    return try tunnelStatus(name, &kernel.box!)
  }
}

extension WireGuardPeerStatus {
  /// WireGuard renews a session in use after 120 seconds, and ends it after 180.
  func isLive(at now: UInt64) -> Bool { latestHandshake + 135 > now }
}

/// And by which way they were reached last is forgotten.
private func setEndpoints(
  _ vpn: VPN, _ status: TunnelStatus, _ shell: Shell, _ kernel: inout Applier, isVerbose: Bool
) throws(Failure) {
  let step = Step(.box, .setEndpoints(Names.tunnel, vpn.device))
  if status.isKernel { return try run([step], shell, &kernel, isVerbose: isVerbose) }
  try attempting("configure the userspace WireGuard") { () throws(SystemError) in
    try Capabilities.raise(.dacOverride) { () throws(SystemError) in try WireGuardUAPI(Names.userspace(vpn.name)).setEndpoints(vpn.device) }
  }
}

/// Ports keep theirs: a packet that is too large for the tunnel is answered for by the box. A bridge must not have less than its ports.
private func setMTU(_ vpn: VPN, _ shell: Shell, _ kernel: inout Applier, isVerbose: Bool) throws(Failure) {
  let bridge = Names.bridge(vpn.name)
  let (old, widest) = try attempting("look at the box") { () throws(SystemError) in
    (try kernel.box!.route.link(Names.tunnel)?.mtu, try kernel.box!.route.link(bridge)?.mtu)
  }
  guard old != vpn.mtu else { return }
  var steps = [
    Step(.box, .setLink(Names.tunnel, LinkSettings(mtu: vpn.mtu))), Step(.box, .setLink(Names.uplink, LinkSettings(mtu: vpn.mtu))),
    Step(.host, .setLink(Names.hostLink(vpn.name), LinkSettings(mtu: vpn.mtu))),
  ]
  if let widest, widest < vpn.mtu { steps.append(Step(.box, .setLink(bridge, LinkSettings(mtu: vpn.mtu)))) }
  try run(steps, shell, &kernel, isVerbose: isVerbose)
}
