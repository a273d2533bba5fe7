internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// Removes a VPN's box and the host's identity. Commands that run in it are a reason not to, unless forced: they stay alive without a network.
func takeDown(_ name: VPNName, isForced: Bool, isVerbose: Bool) throws(Failure) {
  let file = try ProfileStore.open(name)
  let profile = try ProfileStore.parse(file, of: name)
  try lock(file, name)

  var kernel = Applier()
  let host = try attempting("look at this network namespace") { () throws(SystemError) in try NetworkNamespace.current() }
  kernel.host = try attempting("open netlink") { () throws(SystemError) in try Sockets() }
  try refuseInsideCommand(&kernel)

  if try hasBox(name) {
    kernel.box = try attempting("enter the box") { () throws(SystemError) in
      let box = try NetworkNamespace.pinned(at: Names.pin(name))
      try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try box.enter() }
      return try Sockets()
    }
    if !isForced { try refuseUse(name, &kernel) }
    try attempting("go back to the host") { () throws(SystemError) in
      try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try host.enter() }
    }
  }
  let shell = Shell(box: Names.namespace(name), command: "COMMAND")
  // The profile may have changed since; what counts for removal are its ID, table, mark and addresses.
  let vpn = VPN(name: name, id: try ProfileStore.id(profile, of: name), profile: profile, peers: [])
  let hasOwnBox = kernel.box != nil
  try run(
    vpn.removalSteps.filter { hasOwnBox || $0.place == .host }, shell, &kernel, tolerating: .missing, isVerbose: isVerbose && hasOwnBox)
  try unpin(name, isVerbose: isVerbose)
}

private func refuseUse(_ name: VPNName, _ kernel: inout Applier) throws(Failure) {
  let commands = try attempting("list the commands") { () throws(SystemError) in try commandsInside(name, &kernel.box!) }
  guard let first = commands.first else { return }
  let others = commands.count > 1 ? " and \(commands.count - 1) more" : ""
  throw Failure("\(name) is in use by \(first.command) (pid \(first.pid))\(others): end them, or `vpn down --force \(name)` cuts them off")
}

private func unpin(_ name: VPNName, isVerbose: Bool) throws(Failure) {
  let path = Names.pin(name)
  guard Files.exists(path) else { return }
  if isVerbose { say("ip netns del \(Names.namespace(name))\n", to: 1) }
  try attempting("unpin the box") { () throws(SystemError) in
    try Capabilities.raise(.sysAdmin, .dacOverride) { () throws(SystemError) in
      // A plain file, left by one that was killed, is not mounted.
      do throws(SystemError) { try Mounts.detach(path) } catch { guard error.isInvalid else { throw error } }
      try Files.remove(path)
    }
  }
}
