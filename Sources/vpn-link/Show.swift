internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// All that may be known of the VPNs by whoever may use them, as JSON. Keys but public ones never appear.
func show(_ only: VPNName?) throws(Failure) {
  let host = try attempting("look at this network namespace") { () throws(SystemError) in try NetworkNamespace.current() }
  var kernel = Applier()
  kernel.host = try attempting("open netlink") { () throws(SystemError) in try Sockets() }
  let state = try HostState(&kernel)
  var objects: [String] = []
  if let only {
    objects.append(try describe(only, ProfileStore.read(only), host, state, &kernel))
  } else {
    for name in try ProfileStore.names() {
      do throws(Failure) { objects.append(try describe(name, ProfileStore.read(name), host, state, &kernel)) } catch {
        objects.append(JSON.object([("name", JSON.string(name.description)), ("error", JSON.string(error.sentence))]))
      }
    }
  }
  say(JSON.array(objects) + "\n", to: 1)
}

/// Nothing if there is none.
func sayDefault() throws(Failure) {
  if let name = try ProfileStore.defaultName() { say("\(name)\n", to: 1) }
}

private func describe(
  _ name: VPNName, _ profile: Profile, _ host: borrowing NetworkNamespace, _ state: HostState, _ kernel: inout Applier
) throws(Failure) -> String {
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
  // Names that nobody knows allow nobody, and `vpn link` says so.
  let isAllowed = (try? Caller.isAllowed(name, profile)) ?? false
  members += [
    ("linked", isLinked ? "true" : "false"), ("allowed", isAllowed ? "true" : "false"),
    ("autostart", JSON.string(profile.autostart.name)),
  ]
  members += try systemMembers(VPN(name: name, id: id, profile: profile, peers: []), profile, state, &kernel)
  if isLinked {
    members += try boxMembers(name, host)
  } else {
    members += [("device", "null"), ("mtu", "null"), ("peers", "[]"), ("commands", "[]")]
  }
  return JSON.object(members)
}

/// Whether the whole system goes through it, and what is wrong with that.
private func systemMembers(
  _ vpn: VPN, _ profile: Profile, _ state: HostState, _ kernel: inout Applier
) throws(Failure) -> [(String, String)] {
  let found = state.up.first { $0.name == vpn.name }
  var networks: [Prefix] = []
  if case .networks(let list) = vpn.scope { networks = list }
  let takesQueries = found != nil && state.up.first { $0.memory.takesQueries }?.name == vpn.name
  var warnings: [String] = []
  if let found, var identity = try identity(vpn.name, profile, &kernel) {
    identity.memory = found.memory
    warnings = try state.warnings(identity, vpn, &kernel)
  }
  if state.linked.contains(where: { $0.name == vpn.name && $0.memory.isForCommandsOnly }) {
    let holder = try AddressHolder.of(vpn.addresses, besides: vpn.name, state, &kernel)
    warnings.append(
      holder?.note(vpn.name)
        ?? "\(vpn.name) is for commands only, but nobody else has its address any more: `vpn link \(vpn.name)` gives it to \(vpn.name)")
  }
  return [
    ("up", found == nil ? "false" : "true"),
    ("scope", (found?.memory.takesAll ?? (vpn.scope == .all)) ? "\"all\"" : "\"networks\""),
    ("networks", JSON.array(networks.map { JSON.string($0.description) })), ("dns_in_force", takesQueries ? "true" : "false"),
    ("outside_identity", profile.outsideIdentity ? "true" : "false"), ("warnings", JSON.array(warnings.map { JSON.string($0) })),
  ]
}

/// What the box itself says.
private func boxMembers(_ name: VPNName, _ host: borrowing NetworkNamespace) throws(Failure) -> [(String, String)] {
  do throws(SystemError) {
    let box = try NetworkNamespace.pinned(at: Names.pin(name))
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try box.enter() }
    var sockets = try Sockets()
    let tunnel = try tunnelStatus(name, &sockets)
    let commands = try commandsInside(name, &sockets)
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try host.enter() }
    return [
      ("device", tunnel.map { $0.isKernel ? "\"kernel\"" : "\"userspace\"" } ?? "null"), ("mtu", tunnel.map { "\($0.mtu)" } ?? "null"),
      ("peers", JSON.array((tunnel?.peers ?? []).map { JSON.peer($0) })), ("commands", JSON.array(commands.map { JSON.command($0) })),
    ]
  } catch { throw Failure("cannot read the box of \(name): \(error)") }
}
