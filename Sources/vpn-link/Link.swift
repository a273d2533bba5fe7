internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// `vpn link`.
func link(_ name: VPNName, resolved: [LinkRequest.Resolved], isVerbose: Bool) throws(Failure) {
  let written = try ProfileStore.read(name)
  // Also before there is a lock, see `Turn.take`.
  try Caller.mustBeAllowed(name, written)
  let isShared = try sharesAddress(name, written)
  var isStrange = false
  if !isShared {
    let file = try lockedProfile(name)
    let profile = try ProfileStore.parse(file, of: name)
    try Caller.mustBeAllowed(name, profile)
    isStrange = try link(name, profile, resolved: resolved, isVerbose: isVerbose)
    guard isStrange else { return }
  }
  let turn = try Turn.take(name)
  // Of VPNs with one address the first has it on the host, so they are linked one after the other.
  if isShared { isStrange = try link(name, turn.profile(name).profile, resolved: resolved, isVerbose: isVerbose) }
  guard isStrange else { return }
  var kernel = try hostKernel()
  try carryAgain(&kernel)
  _ = turn
}

/// Builds a VPN's box, if there is none, and gives the host its identity.
/// - Precondition: the profile is locked, and the caller is allowed.
/// - Returns: whether VPNs that are up must learn of its mark, to let the tunnel's packets pass: `carryAgain`.
func link(_ name: VPNName, _ profile: Profile, resolved: [LinkRequest.Resolved], isVerbose: Bool) throws(Failure) -> Bool {
  let id = try ProfileStore.id(profile, of: name)
  try refuseConflicts(name, profile, id)

  let host = try attempting("look at this network namespace") { () throws(SystemError) in try NetworkNamespace.current() }
  var kernel = try hostKernel()
  kernel.namespaces.host = host.descriptor.raw

  let isPinned = try hasBox(name)
  let isOnHost = try hostLink(name, &kernel) != nil
  if isOnHost, !isPinned {
    throw Failure(
      "\(name) has its link but no box at \(Names.pin(name)): either this is a sandbox with another view of /run/netns, or `vpn unlink \(name)` mends it"
    )
  }
  if isPinned, !isOnHost {
    throw Failure("the box of \(name) has lost its link to the host: `vpn unlink --force \(name)` and `vpn link \(name)` make it anew")
  }

  let shell = Shell(box: Names.namespace(name), command: "COMMAND")
  if isPinned {
    // A link that was interrupted is completed; one that is complete stays as it is.
    if let identity = try identity(name, profile, &kernel) { try complete(identity, profile, shell, &kernel) }
    return false
  }
  let profile = try profile.withKeys()
  var vpn = VPN(name: name, id: id, profile: profile, peers: try resolve(profile, resolved))
  vpn.permission = try Caller.permission(name, profile)
  if profile.mtu == nil { vpn.mtu = pathMTU(to: vpn.device.peers.compactMap { $0.endpoint }, vpn, &kernel) }
  try build(vpn, shell, &kernel, host, isVerbose: isVerbose)
  // Rules may be left from a box that somebody has unpinned by hand.
  var identity = vpn.identity(underlay: try underlayTable(profile, &kernel))
  if case .vrf = profile.underlay, HostSetting.unboundInVRF.isOff { identity.memory.changedUnboundInVRF = true }
  let state = try HostState(&kernel)
  identity.remembersMarks = state.hasStrictReversePath
  let holder = try AddressHolder.of(profile.addresses, besides: name, state, &kernel)
  if holder != nil { identity = identity.forCommandsOnly }
  try run(identity.steps, shell, &kernel, tolerating: .existing, isVerbose: isVerbose)
  if identity.memory.changedUnboundInVRF {
    try run([HostSetting.unboundInVRF.turnedOn], shell, &kernel, isVerbose: isVerbose)
    say("vpn: net.ipv4.udp_l3mdev_accept is 1 now, or answers from the VRF would not reach the tunnel; `vpn unlink` puts it back\n")
  }
  record(.link, of: name)
  if let holder { say(holder.note(name) + "\n", to: 1) }
  return !VPN.isUsual(vpn.device.fwmark)
}

/// The host has of a linked VPN what it should; what is so already stays. One that is for commands only, or whose link has no alias yet to
/// say so, gets its addresses if nobody else has them.
func complete(_ found: Identity, _ profile: Profile, _ shell: Shell, _ kernel: inout Applier) throws(Failure) {
  var identity = found
  let isUndecided = try hostLink(found.name, &kernel)?.alias == nil
  if isUndecided || found.memory.isForCommandsOnly {
    if let holder = try AddressHolder.of(profile.addresses, besides: found.name, HostState(&kernel), &kernel) {
      identity = found.forCommandsOnly
      say(holder.note(found.name) + "\n", to: 1)
    } else {
      identity.memory.isForCommandsOnly = false
      identity.addresses = profile.addresses
      if !isUndecided { say("\(found.name) has its address on this machine now\n", to: 1) }
    }
  }
  try run(identity.steps, shell, &kernel, tolerating: .existing, isVerbose: false)
}

/// Builds in a namespace that nobody else knows; when this process dies before the pin, the kernel removes all of it. That takes it some
/// milliseconds, so that after a failure the one part which is visible on the host is removed here.
private func build(
  _ vpn: VPN, _ shell: Shell, _ kernel: inout Applier, _ host: borrowing NetworkNamespace, isVerbose: Bool
) throws(Failure) {
  do throws(Failure) {
    try buildUnseen(vpn, shell, &kernel, host, isVerbose: isVerbose)
  } catch {
    try? kernel.apply([Step(.host, .deleteLink(Names.hostLink(vpn.name)))])
    throw error
  }
}

private func buildUnseen(
  _ vpn: VPN, _ shell: Shell, _ kernel: inout Applier, _ host: borrowing NetworkNamespace, isVerbose: Bool
) throws(Failure) {
  if isVerbose { say("ip netns add \(Names.namespace(vpn.name))\n", to: 1) }
  let box = try attempting("make a network namespace") { () throws(SystemError) in
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try NetworkNamespace.unshare() }
  }
  kernel.namespaces.box = box.descriptor.raw
  kernel.box = try attempting("open netlink in the box") { () throws(SystemError) in try Sockets() }
  try run(VPN.boxSettings, shell, &kernel, isVerbose: isVerbose)
  try makeTunnel(vpn, shell, &kernel, isVerbose: isVerbose)
  try run(vpn.boxSteps, shell, &kernel, isVerbose: isVerbose)
  // Without the module there is nothing to switch off.
  _ = try? Capabilities.raise(.netAdmin) { () throws(SystemError) in
    for family in ["ip", "ip6"] { try Sysctl.write("0", to: "net/bridge/bridge-nf-call-\(family)tables") }
  }
  try pin(vpn.name)
  try returnToHost(host)
}

/// The kernel's WireGuard, or a userspace one that root has started on the host under the VPN's name.
private func makeTunnel(_ vpn: VPN, _ shell: Shell, _ kernel: inout Applier, isVerbose: Bool) throws(Failure) {
  do throws(StepFailure) {
    try kernel.apply([vpn.tunnel])
  } catch {
    guard error.cause.isUnsupported else { throw Failure("cannot make the tunnel: \(error.sentence(shell))") }
    return try adoptUserspaceTunnel(vpn, shell, &kernel, isVerbose: isVerbose)
  }
  if isVerbose { show([vpn.tunnel], shell) }
  try run([Step(.box, .configure(Names.tunnel, vpn.device))], shell, &kernel, isVerbose: isVerbose)
}

private func adoptUserspaceTunnel(_ vpn: VPN, _ shell: Shell, _ kernel: inout Applier, isVerbose: Bool) throws(Failure) {
  let name = Names.userspace(vpn.name)
  guard try attempting("look for \(name)", { () throws(SystemError) in try kernel.host!.route.link(name) }) != nil else {
    // `vpn` knows what to do: root starts one, others are told.
    throw Failure("", status: 4)
  }
  try attempting("configure the userspace WireGuard") { () throws(SystemError) in
    try Capabilities.raise(.dacOverride) { () throws(SystemError) in try WireGuardUAPI(name).configure(vpn.device) }
  }
  try run(vpn.userspaceTunnel, shell, &kernel, isVerbose: isVerbose)
}

/// The box's name in the file system. The folder is root's; what is mounted there is the kernel's, whoever owns the file below.
private func pin(_ name: VPNName) throws(Failure) {
  let path = Names.pin(name)
  do throws(SystemError) {
    let status = try FileDescriptor.openStrictly(Names.pins, FileDescriptor.folder).status()
    guard status.owner == 0, !status.isWritableByOthers else {
      throw SystemError("\(Names.pins) must be root's and writable by root only", errno: 1)
    }
    try Capabilities.raise(.dacOverride, .sysAdmin) { () throws(SystemError) in
      // Left by one that was killed in this very place; or it stays, see `unpin`.
      try? Files.remove(path)
      do throws(SystemError) { try Files.create(path, mode: 0, []) } catch {
        guard error.isExisting, try FileDescriptor.openStrictly(path, FileDescriptor.readOnlyWithoutWaiting).status().isRegular else {
          throw error
        }
      }
      try Mounts.bind("/proc/thread-self/ns/net", on: path)
    }
  } catch {
    if error.isMissingFile { throw Failure("there is no folder \(Names.pins): `sudo mkdir -m 755 \(Names.pins)` makes it") }
    throw Failure("cannot pin the box: \(error)")
  }
}

/// - Returns: whether the box is there; a plain file in its place is none.
func hasBox(_ name: VPNName) throws(Failure) -> Bool {
  do throws(SystemError) {
    _ = try NetworkNamespace.pinned(at: Names.pin(name))
    return true
  } catch {
    if error.isMissingFile || error.isInvalid || error.isDenied { return false }
    throw Failure("cannot look at \(Names.pin(name)): \(error)")
  }
}

/// The tunnel's MTU as wg-quick(8) has it: that of the path to the endpoint, by the widest of several, less 80 for IPv6, UDP and
/// WireGuard's own header.
func pathMTU(to endpoints: [Endpoint], _ vpn: VPN, _ kernel: inout Applier) -> UInt32 {
  var widest: UInt32 = 0
  for endpoint in endpoints {
    guard let route = try? kernel.host!.route.route(to: endpoint.address, fwmark: vpn.device.fwmark) else { continue }
    var mtu = route.mtu
    if mtu == nil, let index = route.link { mtu = (try? kernel.host!.route.link(index: index))?.mtu }
    widest = max(widest, mtu ?? 0)
  }
  // 65456 is the most that a TUN or WireGuard device takes.
  return min(max((widest == 0 ? 1500 : widest) - 80, vpn.address(.v6) == nil ? 576 : 1280), 65456)
}

func resolve(_ profile: Profile, _ resolved: [LinkRequest.Resolved]) throws(Failure) -> [WireGuardPeer] {
  var peers: [WireGuardPeer] = []
  for peer in profile.peers {
    var endpoint: Endpoint?
    switch peer.endpoint {
    case .address(let given, nil): endpoint = given
    case .address(let given, .some): throw Failure("the endpoint \(given) is a link-local address: it needs a global one")
    case .name(let host, let port):
      guard let known = resolved.first(where: { $0.host.elementsEqual(host.description.utf8) }) else {
        // `vpn` resolves names, and calls again.
        throw Failure("", status: 5)
      }
      endpoint = Endpoint(address: known.address, port: port)
    case nil: break
    }
    peers.append(
      WireGuardPeer(
        publicKey: peer.publicKey, presharedKey: peer.presharedKey, endpoint: endpoint, persistentKeepalive: peer.persistentKeepalive,
        allowedIPs: peer.allowedIPs))
  }
  return peers
}

/// What two VPNs may not share: by it the kernel, and whoever takes one of them down, tells them apart.
func refuseConflicts(_ name: VPNName, _ profile: Profile, _ id: UInt8) throws(Failure) {
  for other in try ProfileStore.names() where other != name {
    // One that cannot be read cannot be linked either.
    guard let theirs = try? ProfileStore.read(other), let theirID = theirs.id else { continue }
    if theirID == id { throw Failure("\(name) and \(other) both have ID \(id): change one in \(ProfileStore.path(name))") }
    let own = VPN(name: name, id: id, profile: profile, peers: [])
    let their = VPN(name: other, id: theirID, profile: theirs, peers: [])
    if own.table == their.table { throw Failure("\(name) and \(other) both have table \(own.table): set another `Table =` in one of them") }
    if own.device.fwmark == their.device.fwmark {
      throw Failure("\(name) and \(other) both have fwmark \(own.device.fwmark): set another `FwMark =` in one of them")
    }
    if own.priority != their.priority {
      throw Failure("\(name) and \(other) count their rules from \(own.priority) and \(their.priority): set the same `Priority =` in both")
    }
    for family in IPFamily.allCases {
      let (a, b) = (own.subnet(family), their.subnet(family))
      if a.overlaps(b) { throw Failure("the subnets of \(name) (\(a)) and \(other) (\(b)) overlap: set `Subnet =` in one of them") }
    }
  }
}
