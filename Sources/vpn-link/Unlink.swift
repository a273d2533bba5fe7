internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// `vpn unlink`.
func unlink(_ name: VPNName, isForced: Bool, isVerbose: Bool) throws(Failure) {
  // A box outlives its profile.
  if try !hasBox(name) { _ = try ProfileStore.open(name) }
  let turn = try Turn.take(name)
  let profile = try? ProfileStore.read(name)
  var kernel = try hostKernel()
  // Somebody's system would be taken down by it.
  let identity = try identity(name, profile, &kernel)
  if let identity, try HostState(&kernel).carries(identity, &kernel) {
    try Caller.mustBeAllowedSystemWide(name, profile)
  } else {
    try Caller.mustBeAllowed(name, profile)
  }
  try removeBox(name, profile, isForced: isForced, isVerbose: isVerbose)
  _ = turn
}

/// Removes a VPN's box and the host's identity, and takes the system out of it before. Commands that run in it are a reason not to, unless
/// forced: they stay alive without a network.
/// - Parameter profile: `nil` if it cannot be read.
func removeBox(_ name: VPNName, _ profile: Profile?, isForced: Bool, isVerbose: Bool) throws(Failure) {
  let host = try attempting("look at this network namespace") { () throws(SystemError) in try NetworkNamespace.current() }
  var kernel = try hostKernel()
  _ = try hostLink(name, &kernel)
  if try hasBox(name) {
    kernel.box = try attempting("enter the box") { () throws(SystemError) in try boxSockets(name, host) }
    guard try attempting("look at the box", { () throws(SystemError) in try kernel.box!.route.link(Names.bridge(name)) }) != nil else {
      throw Failure("\(Names.pin(name)) is no box of ours: it stays")
    }
    try refuseUse(name, isForced: isForced, &kernel)
  }
  let shell = Shell(box: Names.namespace(name), command: "COMMAND")
  let hasOwnBox = kernel.box != nil
  if let identity = try identity(name, profile, &kernel) {
    var state = try HostState(&kernel)
    try leave(identity, &state, &kernel, shell, isVerbose: isVerbose && hasOwnBox)
    if identity.memory.changedUnboundInVRF {
      try run([HostSetting.unboundInVRF.putBack(by: identity, &state)], shell, &kernel, isVerbose: isVerbose)
    }
    let steps = identity.removalSteps.filter { hasOwnBox || $0.place == .host }
    try run(steps, shell, &kernel, tolerating: .missing, isVerbose: isVerbose && hasOwnBox)
  }
  try unpin(name, isOurs: hasOwnBox, isVerbose: isVerbose)
  if hasOwnBox {
    record(.unlink, of: name)
    awaitUserspaceEnd(name)
  }
  kernel.closeInBackground()
}

/// A userspace WireGuard ends by itself when its device goes, and takes its socket along, at most a second later. One that was killed has
/// left it behind.
private func awaitUserspaceEnd(_ name: VPNName) {
  let socket = WireGuardUAPI.path(Names.userspace(name))
  for _ in 0..<100 where Files.exists(socket) {
    do throws(SystemError) {
      try Capabilities.raise(.dacOverride) { () throws(SystemError) in
        do throws(SystemError) { _ = try WireGuardUAPI(Names.userspace(name)) } catch {
          guard error.isRefused else { throw error }
          try Files.remove(socket)
        }
      }
    } catch { return }
    Process.sleep(milliseconds: 10)
  }
}

private func refuseUse(_ name: VPNName, isForced: Bool, _ kernel: inout Applier) throws(Failure) {
  let commands = try livingCommands(name, &kernel).map { $0.occupant }
  if isForced {
    guard !Process.isRoot, commands.contains(where: { $0.uid != Process.userID }) else { return }
    throw Failure("commands of other users run in \(name): only root may cut them off")
  }
  guard let first = commands.first else { return }
  let others = commands.count > 1 ? " and \(commands.count - 1) more" : ""
  throw Failure(
    "\(name) is in use by \(first.command) (pid \(first.pid))\(others): end them, or `vpn unlink --force \(name)` cuts them off")
}

/// Whether commands run in the box.
func isInUse(_ name: VPNName) throws(Failure) -> Bool {
  guard try hasBox(name) else { return false }
  let host = try attempting("look at this network namespace") { () throws(SystemError) in try NetworkNamespace.current() }
  var kernel = Applier()
  kernel.box = try attempting("enter the box") { () throws(SystemError) in try boxSockets(name, host) }
  return try !livingCommands(name, &kernel).isEmpty
}

/// The kernel takes a port away some milliseconds after the last process of its namespace, and tells nobody when it has begun to. So
/// what belongs to a process that is gone is given a quarter of a second to go, too; what then remains is in use by its children.
func livingCommands(_ name: VPNName, _ kernel: inout Applier) throws(Failure) -> [CommandInside] {
  for _ in 0..<25 {
    let commands = try attempting("list the commands") { () throws(SystemError) in try commandsInside(name, &kernel.box!) }
    if commands.isEmpty || commands.contains(where: { Process.exists(Int32($0.occupant.pid)) }) { return commands }
    Process.sleep(milliseconds: 10)
  }
  return try attempting("list the commands") { () throws(SystemError) in try commandsInside(name, &kernel.box!) }
}

/// - Parameter isOurs: it has been seen to be a box. Otherwise a plain file at most is removed.
private func unpin(_ name: VPNName, isOurs: Bool, isVerbose: Bool) throws(Failure) {
  let path = Names.pin(name)
  guard Files.exists(path) else { return }
  if isVerbose { say("ip netns del \(Names.namespace(name))\n", to: 1) }
  try attempting("unpin the box") { () throws(SystemError) in
    try Capabilities.raise(.sysAdmin, .dacOverride) { () throws(SystemError) in
      if isOurs { try Mounts.detach(path) }
      // ip-netns(8), when it is called for the first time, covers the folder with a copy of itself, in which what is mounted there is
      // mounted again. The one below cannot be reached, and keeps its file.
      do throws(SystemError) { try Files.remove(path) } catch { guard error.isBusy else { throw error } }
    }
  }
}
