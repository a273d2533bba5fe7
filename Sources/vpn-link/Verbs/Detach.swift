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
    guard var box = try session.box(name), let facts = try box.facts() else { return say("0\n", to: 1) }
    // And one that an attach which was killed has left half-way.
    let attached = try box.ports(facts).filter { !$0.isCommand }
    var target = try Target.open(given, from: session.host.namespace, session.host.families)
    guard let number = try box.number(of: target), let port = attached.first(where: { $0.namespace == number }) else {
      return say("0\n", to: 1)
    }
    try box.apply(facts.detachingSteps(port.slot) + BoxFacts.leavingSteps, to: &target, from: session.host.namespace, tolerating: .missing)
    if let occupant = port.occupant, occupant.isAttached { session.record(.detach(occupant.command), of: name) }
    say("1\n", to: 1)
  }
}

private func detach(_ name: VPNName, _ label: ByteString, _ session: inout Session) throws(Failure) {
  try session.changing(name, as: .user) { session throws(Failure) in
    guard var box = try session.box(name), let facts = try box.facts() else { return say("0\n", to: 1) }
    let ports = try box.ports(facts).filter { port in
      guard let occupant = port.occupant, occupant.isAttached, occupant.command == label else { return false }
      return Process.isRoot || occupant.uid == Process.userID
    }
    for port in ports {
      try session.run(facts.detachingSteps(port.slot), in: &box, tolerating: .missing)
      session.record(.detach(label), of: name)
    }
    say("\(ports.count)\n", to: 1)
  }
}

extension Box {
  /// As far as a port is concerned, which does not need a tunnel.
  fileprivate mutating func facts() throws(Failure) -> BoxFacts? {
    let name = name
    return try attempting("read the box of \(name)") { () throws(SystemError) in
      guard let bridge = try sockets.route.link(Names.bridge(name)) else { return nil }
      return BoxFacts(
        bridge: .init(Names.bridge(name), index: bridge.index), mtu: bridge.mtu,
        gateways: try sockets.route.addresses(ofLink: bridge.index), resolvers: CommandResolvers(servers: [], search: []))
    }
  }
}
