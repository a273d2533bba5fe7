internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// All that may be known of the VPNs by whoever may use them, as JSON. Keys but public ones never appear.
func show(_ only: VPNName?) throws(Failure) {
  let host = try attempting("look at this network namespace") { () throws(SystemError) in try NetworkNamespace.current() }
  var objects: [String] = []
  if let only {
    objects.append(try describe(only, ProfileStore.read(only), host))
  } else {
    for name in try ProfileStore.names() {
      do throws(Failure) { objects.append(try describe(name, ProfileStore.read(name), host)) } catch {
        objects.append(JSON.object([("name", JSON.string(name.description)), ("error", JSON.string(error.sentence))]))
      }
    }
  }
  say(JSON.array(objects) + "\n", to: 1)
}

/// The VPN with the lowest ID; nothing if there is none.
func sayDefault() throws(Failure) {
  var best: (id: UInt8, name: VPNName)?
  for name in try ProfileStore.names() {
    guard let id = (try? ProfileStore.read(name))?.id, id < best?.id ?? .max else { continue }
    best = (id, name)
  }
  if let best { say("\(best.name)\n", to: 1) }
}

private func describe(_ name: VPNName, _ profile: Profile, _ host: borrowing NetworkNamespace) throws(Failure) -> String {
  let id = try ProfileStore.id(profile, of: name)
  let families = IPFamily.allCases.filter { family in profile.addresses.contains { $0.family == family } }
  let subnets = families.map {
    $0 == .v4 ? profile.subnet ?? Profile.defaultSubnet(id: id) : profile.subnet6 ?? Profile.defaultSubnet6(id: id)
  }
  var members = [
    ("name", JSON.string(name.description)), ("id", "\(id)"),
    ("addresses", JSON.array(profile.addresses.map { JSON.string($0.description) })),
    ("subnets", JSON.array(subnets.map { JSON.string($0.description) })),
    ("dns", JSON.array(profile.dns.map { JSON.string($0.description) })),
    ("search", JSON.array(profile.search.map { JSON.string($0.description) })),
    ("endpoints", JSON.array(profile.peers.compactMap { $0.endpoint.map { JSON.endpoint($0) } })),
  ]
  let isLinked = try hasBox(name)
  members.append(("linked", isLinked ? "true" : "false"))
  members.append(("up", "false"))
  if isLinked {
    members += try state(name, host)
  } else {
    members += [("device", "null"), ("mtu", "null"), ("peers", "[]"), ("commands", "[]")]
  }
  return JSON.object(members)
}

/// What the box itself says.
private func state(_ name: VPNName, _ host: borrowing NetworkNamespace) throws(Failure) -> [(String, String)] {
  do throws(SystemError) {
    let box = try NetworkNamespace.pinned(at: Names.pin(name))
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try box.enter() }
    var sockets = try Sockets()
    let tunnel = try sockets.route.link(Names.tunnel)
    let isKernel = tunnel?.kind?.utf8.elementsEqual("wireguard".utf8) ?? false
    let peers = tunnel == nil ? [] : try isKernel ? kernelPeers() : userspacePeers(name)
    let commands = try commandsInside(name, &sockets)
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try host.enter() }
    return [
      ("device", tunnel == nil ? "null" : isKernel ? "\"kernel\"" : "\"userspace\""), ("mtu", tunnel.map { "\($0.mtu)" } ?? "null"),
      ("peers", JSON.array(peers.map { JSON.peer($0) })), ("commands", JSON.array(commands.map { JSON.command($0) })),
    ]
  } catch { throw Failure("cannot read the box of \(name): \(error)") }
}

private func kernelPeers() throws(SystemError) -> [WireGuardPeerStatus] {
  try Capabilities.raise(.netAdmin) { () throws(SystemError) in
    var generic = try NetlinkSocket(.generic)
    guard let family = try generic.genericFamily("wireguard") else { return [] }
    return try generic.wireGuardPeers(of: Names.tunnel, family: family)
  }
}

/// None if its process is gone: the device goes with it in a moment.
private func userspacePeers(_ name: VPNName) throws(SystemError) -> [WireGuardPeerStatus] {
  (try? Capabilities.raise(.dacOverride) { () throws(SystemError) in try WireGuardUAPI(Names.userspace(name)).peers() }) ?? []
}
