internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// Leaves this process in a new network namespace whose only link is a port of the VPN's box, or in that of a command that has one.
/// - Returns: `nil` if the box has lost its tunnel; this process is where it was, then.
func plug(
  _ request: LaunchRequest, for user: CommandUser?, _ callers: CallersState
) throws(Failure) -> (facts: BoxFacts, forwarding: Forwarding?)? {
  let name = request.name
  let home = try attempting("look at the host's network") { () throws(SystemError) in try NetworkNamespace.current() }
  var box = try openBox(name, request.inbound.isEmpty && request.published.isEmpty && request.forward == nil ? [] : .filters)
  try refuseOthers(name, &box)
  guard let facts = try BoxFacts.read(name, &box) else {
    try attempting("go back to the host's network") { () throws(SystemError) in
      try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try home.enter() }
    }
    return nil
  }
  let command = request.command[0]
  let base = command.split(separator: 0x2f).last ?? command[...]
  let uid = user?.uid ?? Process.userID
  var occupant = Occupant(uid: uid, pid: UInt32(Process.id), command: ByteString(String(printable: base)))
  if let joined = request.joined {
    let slot = try facts.join(joined, of: name, &box)
    try refuseRemoval(name, &box)
    tell(request, occupant, for: user, facts, slot)
    return (facts, nil)
  }
  // For the process beside the command, which has no way into the box.
  let events = try request.relay.map { _ throws(Failure) in
    try attempting("listen to the box of \(name)") { () throws(SystemError) in try LinkEvents.open() }
  }
  let client = request.forward == nil ? nil : try portClient(name, facts)
  var own = try openOwn(facts)
  let slot = try facts.takeSlot(of: name, &box, &own) { facts.port($0, owner: uid) }
  occupant.published = request.published
  occupant.lan = request.lan.filter { one in facts.gateways.contains { $0.family == one.network.family } }
  do throws(StepFailure) {
    box.families = own.families
    let steps = facts.steps(
      slot, of: name, alias: occupant.alias, inbound: request.inbound, published: request.published)
    try Applier.apply(steps, to: &box, &own)
  } catch { throw Failure("cannot set up the command's network: \(error.sentence(shell(name)))") }
  try BoxFacts.awaitPort(slot, of: name, &box)
  try refuseRemoval(name, &box)
  if !request.inbound.isEmpty {
    try BoxFacts.refuseHosts(request.inbound, of: name, &box)
  } else if !request.published.isEmpty {
    try BoxFacts.refuseOldBox(name, &box)
  }
  if !request.inbound.isEmpty || !request.published.isEmpty {
    try facts.letIn(request.inbound, isPublished: !request.published.isEmpty, slot, of: name, &box)
  }
  var forwarding: Forwarding?
  if let wanted = request.forward, let client {
    forwarding = try facts.forward(wanted, client, &occupant, request, callers, slot, &box, &own)
  }
  if let relay = request.relay, let events { try facts.tell(relay, events, request, slot, &box, &own) }
  // Unprivileged ping(8), as systemd allows it on the host; a new namespace forbids it. Where /proc is not as usual: as it is.
  try? Capabilities.raise(.netAdmin) { () throws(SystemError) in try Sysctl.write("0 2147483647", to: "net/ipv4/ping_group_range") }
  tell(request, occupant, for: user, facts, slot)
  if request.isVerbose, let port = forwarding?.port {
    say("vpnrun: port \(port.outside) of \(name)'s provider leads to port \(port.target)\n")
  }
  return (facts, forwarding)
}

private func tell(_ request: LaunchRequest, _ occupant: Occupant, for user: CommandUser?, _ facts: BoxFacts, _ slot: UInt32) {
  log(LoggedAction.run(occupant.command, for: user?.uid).line(of: request.name, by: Process.userID), as: "vpnrun")
  for way in LoggedWay.all(of: occupant, inbound: request.inbound) {
    log(LoggedAction.way(way, of: occupant.command, for: user?.uid).line(of: request.name, by: Process.userID), as: "vpnrun")
  }
  if request.isVerbose { say("vpnrun: \(facts.addresses(slot)[0].address) in \(request.name)\n") }
}

/// This thread is in the box after that.
func openBox(_ name: VPNName, _ languages: Sockets.Languages) throws(Failure) -> Sockets {
  let box = try pinned(name)
  do throws(SystemError) { try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try box.enter() } } catch {
    guard error.isDenied else { throw Failure("cannot enter the box of \(name): \(error)") }
    throw Failure("\(name) is linked, but a sandbox keeps this process out of its box (\(error)): systemd's RestrictNamespaces= is one")
  }
  do throws(SystemError) { return try Sockets(.box, languages, in: box) } catch {
    throw Failure("cannot open netlink in the box: \(error)")
  }
}

private func pinned(_ name: VPNName) throws(Failure) -> NetworkNamespace {
  do throws(SystemError) { return try NetworkNamespace.pinned(at: Names.pin(name)) } catch {
    // The pin's place alone, left by a process that was killed while pinning, is no box either.
    guard error.isMissingFile || error.isInvalid || error.isDenied else { throw Failure("cannot enter the box of \(name): \(error)") }
    throw Failure("\(name) is not linked: `vpn link \(name)` builds its box")
  }
}

/// This thread is in a namespace of the command's own after that, and stays there.
private func openOwn(_ facts: BoxFacts) throws(Failure) -> Sockets {
  do throws(SystemError) {
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try NetworkNamespace.unshare() }
  } catch {
    guard error.isNoSpace else { throw Failure("cannot make a network namespace: \(error)") }
    throw Failure("cannot make a network namespace: this user has as many as user.max_net_namespaces allows")
  }
  return try attempting("open netlink") { () throws(SystemError) in
    var own = try Sockets(.command, .filters)
    // A box that has both proves that the kernel does.
    if !facts.gateways.contains(where: { $0.family == .v6 }) { own.families = try own.route.families() }
    return own
  }
}

/// Who may use a VPN is written in its box by vpn-link, which has read the profile.
func refuseOthers(_ name: VPNName, _ box: inout Sockets) throws(Failure) {
  if Process.isRoot { return }
  guard let permission = try door(name, &box).permission else {
    throw Failure("the box of \(name) does not say who may use it: `vpn reload \(name)` fixes that")
  }
  let groups = try attempting("read the caller's groups") { () throws(SystemError) in try Process.groups() }
  if permission.allows(user: Process.userID, groups: groups) { return }
  log(LoggedAction.refused.line(of: name, by: Process.userID), as: "vpnrun")
  throw Failure(Permission.refusal(of: name))
}

private func door(_ name: VPNName, _ box: inout Sockets) throws(Failure) -> Door {
  Door(alias: try attempting("read the box of \(name)") { () throws(SystemError) in try box.route.link("lo")?.alias })
}

/// A process that removes the box closes its door first and looks for ports then. So it sees ours, and opens the door again; or it had
/// looked before, and the box goes.
private func refuseRemoval(_ name: VPNName, _ box: inout Sockets) throws(Failure) {
  for _ in 0..<200 {
    guard let closer = try door(name, &box).closer else { return }
    if !Process.exists(Int32(clamping: closer)) {
      // Either it was killed before it has changed anything, or the box is one no more.
      if try BoxFacts.read(name, &box) != nil { return }
      break
    }
    Process.sleep(milliseconds: 10)
  }
  throw Failure("\(name) is being unlinked, or was in this moment: try again")
}

private func shell(_ name: VPNName) -> Shell { Shell(box: Names.namespace(name), command: "COMMAND") }

/// Sockets of the host's network that came as descriptors, and processes outside from which one could be borrowed.
func closeWaysBack(_ request: LaunchRequest) throws(Failure) {
  let intent = "close ways back to the host's network"
  let closed = try attempting(intent) { () throws(SystemError) in try InheritedSockets.closeForeign() }
  let isScoped: Bool
  do throws(SystemError) {
    isScoped = try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try restrictTracingToOwnDomain(withSignals: request.isStrict) }
  } catch {
    guard error.isTooMany else { throw Failure("cannot \(intent): \(error)") }
    throw Failure("too many inside one another: each vpnrun is a Landlock domain, of which the kernel allows 16")
  }
  for fd in closed where !request.isQuiet {
    say("vpnrun: descriptor \(fd) was a socket of another network: closed\n")
  }
  if request.isVerbose, !isScoped {
    say("vpnrun: this kernel cannot keep the command from tracing processes outside (Landlock, Linux 6.12)\n")
  }
}

/// The terminal stays root's: a command of another user must not type into the shell that reads from it next.
func change(to user: CommandUser) throws(Failure) {
  try attempting("keep the command from typing into the terminal") { () throws(SystemError) in
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try forbidTyping() }
  }
  try attempting("change the user") { () throws(SystemError) in try user.become() }
}
