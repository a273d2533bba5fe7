internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan

/// `vpn detach`: takes away what `vpn attach` has given, by namespace or by label. Says how many ports went.
func detach(_ name: VPNName, _ wanted: Attachment, _ session: inout Session) throws(Failure) {
  guard let given = session.takeGiven() else { return try detach(name, wanted.label ?? "", &session) }
  try session.changing(name, as: .user) { session throws(Failure) in
    var target = try Target.open(given, from: session.host.namespace, session.host.families)
    guard var box = try session.box(name), let facts = try box.portFacts() else { return try leave(name, &target, &session) }
    // And one that an attach which was killed has left half-way.
    let attached = try box.ports(facts).filter { !$0.isCommand }
    guard let number = try box.number(of: target) else { return try leave(name, &target, &session) }
    guard let port = attached.first(where: { $0.namespace == number }) else { return say("0\n", to: 1) }
    try box.apply(
      facts.detachingSteps(port.slot) + BoxFacts.leavingSteps(target.rules()), to: &target, from: session.host.namespace,
      tolerating: .missing)
    if let occupant = port.occupant, occupant.isAttached { session.record(.detach(occupant.command), of: name) }
    say("1\n", to: 1)
  }
}

/// Its port went with the box: what is in the namespace alone.
private func leave(_ name: VPNName, _ target: inout Target, _ session: inout Session) throws(Failure) {
  let alias = try attempting("look at the namespace") { () throws(SystemError) in try target.sockets.route.link("lo")?.alias }
  guard alias == Names.commandAlias(name) else { return say("0\n", to: 1) }
  let steps = BoxFacts.leavingSteps(try target.rules())
  do throws(StepFailure) { try Applier.apply(steps, to: &target.sockets, tolerating: .missing) } catch {
    throw Failure("cannot change the namespace's network: \(error.sentence(Shell(box: Names.namespace(name), command: "COMMAND")))")
  }
  say("1\n", to: 1)
}

private func detach(_ name: VPNName, _ label: ByteString, _ session: inout Session) throws(Failure) {
  try session.changing(name, as: .user) { session throws(Failure) in
    guard var box = try session.box(name), let facts = try box.portFacts() else { return say("0\n", to: 1) }
    let own = try box.ports(facts).filter { $0.isOwn }
    try session.removeAbandoned(own, facts, &box)
    let named = own.filter { $0.isAttached(as: label) }
    for port in named {
      try session.run(facts.detachingSteps(port.slot), in: &box, tolerating: .missing)
      session.record(.detach(label), of: name)
    }
    say("\(named.count)\n", to: 1)
  }
}
