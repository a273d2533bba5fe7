internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// `vpn publish`: ports of this machine lead to a command that runs, or to what is attached, or do not any more. What listens is a process that
/// the caller has started; it is told where the command is. Says how many ports are new, or were taken away.
func publish(_ name: VPNName, _ wanted: Publication, _ session: inout Session) throws(Failure) {
  guard let given = session.takeGiven() else { throw Failure("vpn-link is given no namespace") }
  let relay = session.takeRelay()
  try session.changing(name, as: .user) { session throws(Failure) in
    var box = try session.linkedBox(name)
    guard var facts = try box.portFacts(), !facts.gateways.isEmpty else {
      throw Failure("parts of the box of \(name) are gone: `vpn refresh \(name)` fixes it")
    }
    facts.resolvers = try box.resolvers()
    // A forwarded port changes without the profile's lock.
    let lock = try attempting("wait for another change of the ports of \(name)") { () throws(SystemError) in
      try box.sockets.namespace.inside(from: session.host.namespace) { () throws(SystemError) in try NetworkLock.take(Names.portLock) }
    }
    defer { _ = lock.raw }
    let ports = try box.ports(facts)
    guard let number = try box.number(of: given), let port = ports.first(where: { $0.namespace == number }), var occupant = port.occupant,
      !occupant.isStarting
    else { throw Failure("that is no command of \(name), nor attached to it: `vpn ps \(name)` lists what is") }
    var target = try Target.open(given, behind: port, from: session.host.namespace, session.host.families)
    let before = occupant.published
    occupant.published = before.filter { !wanted.removed.contains($0) }
    for new in wanted.added where !occupant.published.contains(new) { occupant.published.append(new) }
    guard LaunchRequest.hasRoom(occupant.published, occupant.lan), occupant.fits else {
      throw Failure("\(occupant) has too many ports: `vpn publish remove` takes some away")
    }
    let new = occupant.published.filter { !before.contains($0) }
    let gone = before.filter { !occupant.published.contains($0) }
    if !wanted.added.isEmpty {
      try BoxFacts.refuseOldBox(name, &box.sockets)
      try facts.letIn([], isPublished: true, port.slot, of: name, &box.sockets)
    }
    let steps = try session.steps(occupant, port, name, &box, facts, &target)
    // What is taken away is taken away, whatever the root of an attached network has made of the table there.
    if wanted.added.isEmpty {
      try box.apply([facts.named(port.slot, occupant)], to: &target, from: session.host.namespace, tolerating: .existing)
    }
    try box.apply(steps, to: &target, from: session.host.namespace, tolerating: .existing)
    if occupant.published.isEmpty {
      try box.apply(facts.unpublishingSteps(port.slot), to: &target, from: session.host.namespace, tolerating: .missing)
    }
    if let relay { try session.tell(relay, facts.published(port.slot).flatMap { $0.bytes }, port, &box) }
    if !new.isEmpty { session.record(.way(.published(new), of: occupant.command, for: nil), of: name) }
    if !gone.isEmpty { session.record(.way(.published(gone, isOver: true), of: occupant.command, for: nil), of: name) }
    say("\(new.count + gone.count)\n", to: 1)
  }
}

extension Session {
  fileprivate func steps(
    _ occupant: Occupant, _ port: AttachedPort, _ name: VPNName, _ box: inout Box, _ facts: BoxFacts, _ target: inout Target
  ) throws(Failure) -> [Step] {
    let forwarded = occupant.forwarded?.taken ?? []
    let inbound = try box.inbound(port).filter { !forwarded.contains($0) }
    guard occupant.isAttached else { return facts.admittingSteps(port.slot, occupant, inbound: inbound) }
    guard let link = try Links(name, &target, peer: port.peer).own else {
      throw Failure("\(occupant) has lost its link: `vpn attach` gives it a new one")
    }
    let kept = Beside.kept(in: try target.rules())
    return facts.admittingSteps(
      port.slot, of: name, occupant, inbound: occupant.inbound.isEmpty ? inbound : occupant.inbound, link: link,
      kept: kept.isEmpty ? nil : kept)
  }

  /// - Parameter relay: it is closed.
  fileprivate func tell(_ relay: Int32, _ addresses: [UInt8], _ port: AttachedPort, _ box: inout Box) throws(Failure) {
    try attempting("tell the process that listens where the command is") { () throws(SystemError) in
      let events = try box.sockets.namespace.inside(from: host.namespace) { () throws(SystemError) in try LinkEvents.open() }
      try RelayProcess.tell(relay, RelayProcess.Place(addresses: addresses, port: port.index, events: events))
    }
  }
}
