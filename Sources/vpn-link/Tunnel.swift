internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// What a box's WireGuard device says.
struct TunnelStatus {
  var mtu: UInt32
  var isUp: Bool
  /// Or a userspace one.
  var isKernel: Bool
  /// A userspace one's process may be gone: its device goes with it, in a moment.
  var answers: Bool
  var peers: [WireGuardPeerStatus]

  /// Packets can go through it.
  var isWhole: Bool { isUp && answers }

  /// With one of its peers.
  var hasSession: Bool {
    let now = Process.secondsSince1970
    return peers.contains { $0.hasSession(at: now) }
  }
}

extension Sockets {
  /// - Returns: `nil` if the device is gone.
  mutating func tunnel(_ device: ByteString, of name: VPNName) throws(SystemError) -> TunnelStatus? {
    guard let link = try route.link(device) else { return nil }
    if link.kind == "macvlan" { return TunnelStatus(mtu: link.mtu, isUp: link.isUp, isKernel: true, answers: true, peers: []) }
    let isKernel = link.kind == "wireguard"
    let peers = try isKernel ? kernelPeers(device) : Self.userspacePeers(name)
    return TunnelStatus(mtu: link.mtu, isUp: link.isUp, isKernel: isKernel, answers: peers != nil, peers: peers ?? [])
  }

  private mutating func kernelPeers(_ device: ByteString) throws(SystemError) -> [WireGuardPeerStatus]? {
    try Capabilities.raise(.netAdmin) { () throws(SystemError) in try wireGuardPeers(of: device) }
  }

  /// - Returns: `nil` if its process is gone.
  private static func userspacePeers(_ name: VPNName) throws(SystemError) -> [WireGuardPeerStatus]? {
    do throws(SystemError) {
      return try Capabilities.raise(.dacOverride) { () throws(SystemError) in try WireGuardUAPI(Names.userspace(name)).peers() }
    } catch { return error.isRefused || error.isMissingFile ? nil : [] }
  }
}

extension Box {
  /// - Returns: `nil` if the device is gone.
  mutating func tunnel() throws(SystemError) -> TunnelStatus? {
    let name = name
    return try sockets.tunnel(Names.tunnel, of: name)
  }
}

extension Session {
  /// Asked before anything is made, for all of it would have to be taken away again.
  /// - Throws: `needsWireGuard` where the kernel has none, and no userspace one waits.
  mutating func requireWireGuard(_ name: VPNName, _ profile: Profile) throws(Failure) {
    guard profile.link == nil else { return }
    let device = Names.userspace(name)
    let isThere = try attempting("look for WireGuard") { () throws(SystemError) in
      if try host.hasWireGuard() { return true }
      return try host.route.link(device) != nil
    }
    // `vpn` knows what to do: root starts one, others are told.
    if !isThere { throw Failure(asking: .needsWireGuard) }
  }

  /// The kernel's WireGuard, or a userspace one that root has started on the host under the VPN's name.
  mutating func makeTunnel(_ vpn: VPN, in box: inout Box) throws(Failure) {
    if vpn.profile.link != nil { return try makeLink(vpn, in: &box) }
    do throws(StepFailure) {
      try Applier.apply([vpn.tunnel], to: &host, &box.sockets)
    } catch {
      guard error.cause.isUnsupported else { throw Failure("cannot make the tunnel: \(error.sentence(box.shell))") }
      return try adoptUserspaceTunnel(vpn, in: &box)
    }
    display([vpn.tunnel], box.shell)
    try run([Step(.box, .configure(Names.tunnel, vpn.device))], in: &box)
  }

  private mutating func adoptUserspaceTunnel(_ vpn: VPN, in box: inout Box) throws(Failure) {
    let name = Names.userspace(vpn.name)
    guard let device = try attempting("look for \(name)", { () throws(SystemError) in try host.route.link(name) }) else {
      throw Failure(asking: .needsWireGuard)
    }
    guard device.kind == "tun" else { throw Failure("there is a link '\(name)' which is no userspace WireGuard's: remove it") }
    try askUserspace(vpn.name) { (device: borrowing WireGuardUAPI) throws(SystemError) in try device.configure(vpn.device) }
    try run(vpn.userspaceTunnel, in: &box)
  }

  /// The tunnel takes other keys and peers; sessions with peers that stay are kept.
  mutating func reconfigure(_ vpn: VPN, _ status: TunnelStatus, in box: inout Box) throws(Failure) {
    if vpn.profile.link != nil { return }
    let gone = status.peers.map { $0.publicKey }.filter { key in !vpn.device.peers.contains { $0.publicKey == key } }
    if status.isKernel { return try run([Step(.box, .reconfigure(Names.tunnel, vpn.device, without: gone))], in: &box) }
    try askUserspace(vpn.name) { (device: borrowing WireGuardUAPI) throws(SystemError) in
      try device.reconfigure(vpn.device, without: gone)
    }
  }

  /// And by which way peers were reached last is forgotten.
  mutating func setEndpoints(_ vpn: VPN, _ status: TunnelStatus, in box: inout Box) throws(Failure) {
    if vpn.profile.link != nil { return }
    if status.isKernel { return try run([Step(.box, .setEndpoints(Names.tunnel, vpn.device))], in: &box) }
    try askUserspace(vpn.name) { (device: borrowing WireGuardUAPI) throws(SystemError) in try device.setEndpoints(vpn.device) }
  }

  /// Ports keep theirs: a packet that is too large for the tunnel is answered for by the box. A bridge must not have less than its ports.
  /// A connection that passes by the flowtable keeps the MTU with which it was learnt.
  mutating func setMTU(_ vpn: VPN, in box: inout Box) throws(Failure) {
    let bridge = Names.bridge(vpn.name)
    let (old, widest) = try attempting("look at the box") { () throws(SystemError) in
      (try box.sockets.route.link(Names.tunnel)?.mtu, try box.sockets.route.link(bridge)?.mtu)
    }
    guard old != vpn.mtu else { return }
    var steps = [
      Step(.box, .setLink(Names.tunnel, LinkSettings(mtu: vpn.mtu))), Step(.box, .setLink(Names.uplink, LinkSettings(mtu: vpn.mtu))),
      Step(.host, .setLink(Names.hostLink(vpn.name), LinkSettings(mtu: vpn.mtu))),
    ]
    if let widest, widest < vpn.mtu { steps.append(Step(.box, .setLink(bridge, LinkSettings(mtu: vpn.mtu)))) }
    try run(steps + vpn.newFlows, in: &box)
  }

  func askUserspace(
    _ name: VPNName, _ body: (borrowing WireGuardUAPI) throws(SystemError) -> Void
  ) throws(Failure) {
    try attempting("configure the userspace WireGuard") { () throws(SystemError) in
      try Capabilities.raise(.dacOverride) { () throws(SystemError) in try body(try WireGuardUAPI(Names.userspace(name))) }
    }
  }
}
