internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

func show(_ steps: [Step], _ shell: Shell) {
  for step in steps {
    for line in step.commandLines(shell) { say(line + "\n", to: 1) }
  }
}

/// Applies steps, and shows them as the lines that would do the same.
func run(
  _ steps: [Step], _ shell: Shell, _ kernel: inout Applier, tolerating tolerance: Tolerance = .none, isVerbose: Bool
) throws(Failure) {
  if isVerbose { show(steps, shell) }
  do throws(StepFailure) { try kernel.apply(steps, tolerating: tolerance) } catch { throw Failure(error.sentence(shell)) }
}

/// One change of the system's routes at a time, for VPNs hand them to one another: whoever makes one has the lock of the first profile,
/// and that of his own.
struct Turn: ~Copyable {
  /// `nil` if it is his own, or cannot be opened.
  private let first: FileDescriptor?
  /// `nil` if there is no profile of that name: a VPN outlives it.
  let own: FileDescriptor?

  /// Whoever may not use the VPN does not get so far as to hold a lock.
  static func take(_ name: VPNName) throws(Failure) -> Turn {
    if let profile = try? ProfileStore.read(name) { try Caller.mustBeAllowed(name, profile) }
    let first = try ProfileStore.names().first
    let other = try locked(first == name ? nil : first)
    return Turn(first: other, own: try locked(name))
  }

  /// What the profile says, and its ID.
  /// - Throws: why it could not be opened, if there is no `own`; or that the caller may not use the VPN, as it may have been changed before
  ///   it was his turn.
  borrowing func profile(_ name: VPNName) throws(Failure) -> (profile: Profile, id: UInt8) {
    switch own {
    case .some(let file):
      let profile = try ProfileStore.parse(file, of: name)
      try Caller.mustBeAllowed(name, profile)
      return (profile, try ProfileStore.id(profile, of: name))
    case nil:
      _ = try ProfileStore.open(name)
      throw Failure("the profile of \(name) is only just there: try again")
    }
  }

  private static func locked(_ name: VPNName?) throws(Failure) -> FileDescriptor? {
    guard let name, (try? ProfileStore.open(name)) != nil else { return nil }
    return try lockedProfile(name)
  }
}

/// One change of a VPN at a time. The lock is on the profile's file, which only root and this program can open. `vpn edit` has it, too,
/// when it puts another file in its place; whoever has waited meanwhile takes that one.
func lockedProfile(_ name: VPNName) throws(Failure) -> FileDescriptor {
  while true {
    let file = try ProfileStore.open(name)
    let isThere = try attempting("lock \(name)") { () throws(SystemError) -> Bool in
      if try !file.lock(waiting: false) {
        say("vpn: waiting for another change to end\n")
        _ = try file.lock(waiting: true)
      }
      return try file.status().links > 0
    }
    if isThere { return file }
  }
}

/// For `vpn log`.
func record(_ deed: Deed, of name: VPNName) { log(deed.line(of: name, by: Process.userID), as: "vpn-link") }

/// On the host, with nothing of a box.
func hostKernel() throws(Failure) -> Applier {
  var kernel = Applier()
  kernel.host = try attempting("open netlink") { () throws(SystemError) in try Sockets() }
  try refuseInsideCommand(&kernel)
  return kernel
}

/// Out of a box again.
func returnToHost(_ host: borrowing NetworkNamespace) throws(Failure) {
  try attempting("go back to the host") { () throws(SystemError) in
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try host.enter() }
  }
}

/// Sockets in a VPN's box; the thread is back on the host.
func boxSockets(_ name: VPNName, _ host: borrowing NetworkNamespace) throws(SystemError) -> Sockets {
  let box = try NetworkNamespace.pinned(at: Names.pin(name))
  try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try box.enter() }
  let sockets = try Sockets()
  try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try host.enter() }
  return sockets
}

/// The number of the table that `Underlay =` names.
func underlayTable(_ profile: Profile, _ kernel: inout Applier) throws(Failure) -> UInt32 {
  switch profile.underlay {
  case nil: return Route.mainTable
  case .table(let number): return number
  case .vrf(let name):
    let link = try attempting("look for the VRF \(name)") { () throws(SystemError) in try kernel.host!.route.link(name) }
    guard let table = link?.vrfTable else {
      throw Failure("there is no VRF '\(name)', which the profile has as Underlay: `ip link show type vrf` lists those that there are")
    }
    return table
  }
}

/// A box built from inside a command would send its encrypted packets through that command's VPN.
func refuseInsideCommand(_ kernel: inout Applier) throws(Failure) {
  let own = try attempting("look at the links") { () throws(SystemError) in try kernel.host!.route.link("lo") }
  guard let alias = own?.alias, alias.utf8.begins(with: "vpnrun ") else { return }
  throw Failure("this runs inside a VPN (\(alias)): do it outside")
}

/// The host's link into the box; `nil` if there is none. Somebody else's may have its name, wg-quick(8) makes such: that is refused.
func hostLink(_ name: VPNName, _ kernel: inout Applier) throws(Failure) -> LinkState? {
  let link = try attempting("look for the link \(name)") { () throws(SystemError) in try kernel.host!.route.link(Names.hostLink(name)) }
  guard let link, link.mac != Pair.hostEnd.bytes else { return link }
  throw Failure("there is a link '\(name)' which is not ours: remove it, or give the VPN another name (`vpn import --name`)")
}

/// What the host has of a linked VPN, as the link remembers it, for the profile may have changed since; where the link is gone, as the
/// profile has it now. The profile's addresses count in any case: one who was killed may have come as far as their rules.
/// - Parameter profile: `nil` if it cannot be read.
func identity(_ name: VPNName, _ profile: Profile?, _ kernel: inout Applier) throws(Failure) -> Identity? {
  let found = try attempting("look at the link \(name)") { () throws(SystemError) -> Identity? in
    guard let link = try kernel.host!.route.link(Names.hostLink(name)), let alias = link.alias else { return nil }
    return Identity(name: name, alias: alias, addresses: try kernel.host!.route.addresses(ofLink: link.index))
  }
  guard let profile, let id = profile.id else { return found }
  guard var identity = found else {
    let underlay = (try? underlayTable(profile, &kernel)) ?? Route.mainTable
    var identity = VPN(name: name, id: id, profile: profile, peers: []).identity(underlay: underlay)
    identity.addresses = try AddressHolder.unheld(identity.addresses, besides: name, &kernel)
    return identity
  }
  guard !identity.memory.isForCommandsOnly else { return identity }
  let missing = profile.addresses.filter { own in !identity.addresses.contains { $0.address == own.address } }
  identity.addresses += try AddressHolder.unheld(missing, besides: name, &kernel)
  return identity
}
