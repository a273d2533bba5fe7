internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan

/// For `vpn check`: what attached namespaces lack of what `vpn attach` has given them. One that is handed over is looked into, and it is
/// one that the caller may attach; of those that are only named the box alone is asked. Changes nothing.
func examine(_ name: VPNName, _ wanted: Attachment, _ session: inout Session) throws(Failure) {
  try Caller.mustBeAllowed(name, session.profiles.profile(name))
  var box = try session.linkedBox(name)
  guard let facts = try box.portFacts() else { return say("[]\n", to: 1) }
  let ports = try box.ports(facts).filter { $0.isAttached }
  let losses = try box.losses(ports, facts)
  func told(_ port: AttachedPort) -> Examination {
    Examination(
      label: port.occupant?.command.description ?? "", lost: losses.first { $0.port.slot == port.slot }?.words ?? [])
  }
  guard let given = session.takeGiven() else {
    let named = ports.filter { port in wanted.label.map { port.occupant?.command == $0 } ?? true }
    return say("[" + named.map { told($0).wire }.joined(separator: ",") + "]\n", to: 1)
  }
  var target = try Target.open(given, from: session.host.namespace, session.host.families)
  guard let number = try box.number(of: target), let port = ports.first(where: { $0.namespace == number }) else {
    return say("[]\n", to: 1)
  }
  var examination = told(port)
  try examination.look(into: &target, port, name, &box, facts)
  say("[" + examination.wire + "]\n", to: 1)
}

extension Examination {
  fileprivate mutating func look(
    into target: inout Target, _ port: AttachedPort, _ name: VPNName, _ box: inout Box, _ facts: BoxFacts
  ) throws(Failure) {
    let found = try Links(name, &target, peer: port.peer)
    links = found.others.map { $0.name.description }
    guard let own = found.own else { return }
    let resolvers = try box.resolvers()
    let keeping = Beside.kept(in: try target.rules())
    var facts = facts
    facts.resolvers = resolvers
    let inbound = try box.inbound(port)
    let table = facts.attachedFilter(
      port.slot, of: name, link: own, kept: keeping.isEmpty ? nil : keeping, inbound, published: port.occupant?.published ?? [])
    (link, kept) = (own.description, keeping.isEmpty ? nil : keeping.map { $0.description })
    try attempting("look into the namespace") { () throws(SystemError) in
      isFiltered = try target.sockets.hasWhole(table)
      isUp = try target.sockets.route.link(own)?.isUp ?? false
    }
  }
}
