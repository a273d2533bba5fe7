internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// One port of a box and the number by which the box knows the namespace of its other end.
struct AttachedPort {
  var slot: UInt32
  var index: Int32
  var occupant: Occupant?
  /// Of its other end, there.
  var peer: Int32?
  var namespace: Int32?
  var isUp: Bool
  var isClosedToOthers: Bool

  init?(_ link: LinkState) {
    guard let slot = Names.slot(ofPort: link.name) else { return nil }
    self.slot = slot
    index = link.index
    occupant = Occupant(alias: link.alias, owner: link.queueLength)
    (peer, namespace) = (link.peer, link.peerNamespace)
    (isUp, isClosedToOthers) = (link.isUp, link.isIsolated && link.isSealed)
  }

  var isAttached: Bool { occupant?.isAttached ?? false }
  func isAttached(as label: ByteString) -> Bool { isAttached && occupant?.command == label }
  /// The caller's, who may take it away.
  var isOwn: Bool { Process.isRoot || occupant?.uid == Process.userID }
  /// The host hands on to it.
  var isPublished: Bool { !(occupant?.published.isEmpty ?? true) }
  var isCommand: Bool { occupant.map { !$0.isAttached && !$0.isStarting } ?? false }
  /// An attach that was killed before it could write whose it is. Only that makes a port which is down, and it has the lock as long.
  var isAbandoned: Bool { !isUp && occupant?.isStarting ?? true }
}

/// What an attached port has no longer.
struct Loss {
  var port: AttachedPort
  /// What it lets in from the VPN.
  var inbound: [TransportPort]
  /// A few words each.
  var words: [String]
}

extension Box {
  mutating func ports(_ facts: BoxFacts) throws(Failure) -> [AttachedPort] {
    try attempting("list the box's ports") { () throws(SystemError) in
      try sockets.route.links(master: facts.bridge.index).compactMap { AttachedPort($0) }
    }
  }

  /// As far as ports are concerned, which do not need a tunnel.
  mutating func portFacts() throws(Failure) -> BoxFacts? {
    let name = name
    return try attempting("read the box of \(name)") { () throws(SystemError) in
      guard let bridge = try sockets.route.link(Names.bridge(name)) else { return nil }
      return BoxFacts(
        bridge: .init(Names.bridge(name), index: bridge.index), mtu: bridge.mtu,
        gateways: try sockets.route.addresses(ofLink: bridge.index), resolvers: CommandResolvers(servers: [], search: []))
    }
  }

  /// What a port lets in from the VPN.
  mutating func inbound(_ port: AttachedPort) throws(Failure) -> [TransportPort] {
    try attempting("look what is let in") { () throws(SystemError) in
      try sockets.route.routes(inTable: Tables.main).letIn(by: port.index)
    }
  }

  /// What attached ports lack here of what they were given; none of those that are whole.
  mutating func losses(_ ports: [AttachedPort], _ facts: BoxFacts) throws(Failure) -> [Loss] {
    guard ports.contains(where: { $0.isAttached }) else { return [] }
    return try attempting("look at the box's ports") { () throws(SystemError) in
      let routes = try sockets.route.routes(inTable: Tables.main)
      let neighbours = try sockets.route.neighbours()
      let forwardings = try sockets.route.forwardings()
      var found: [Loss] = []
      for port in ports where port.isAttached {
        var words: [String] = []
        let entrances = routes.letIn(by: port.index)
        // One of an older version has its routes alone.
        let inbound = port.occupant?.inbound.isEmpty ?? true ? entrances : port.occupant?.inbound ?? []
        if !inbound.allSatisfy({ entrances.contains($0) }) { words.append("its ports in the VPN") }
        let isPublished = port.isPublished
        let ways = routes.filter { $0.link == port.index }.map { $0.destination }
        if isPublished, !facts.published(port.slot).allSatisfy({ ways.contains(Prefix(host: $0)) }) {
          words.append("its published ports")
        }
        if try !sockets.holds(facts.portGuard(port.slot, inbound, isPublished: isPublished)) { words.append("the filter of its port") }
        if !port.isClosedToOthers { words.append("its port's isolation from others") }
        let mac = facts.mac(port.slot).bytes
        if !forwardings.contains(where: { $0.link == port.index && $0.mac == mac && $0.isFixed }) {
          words.append("its entry in the bridge's table")
        }
        let addresses = facts.addresses(port.slot).map { $0.address }
        let known = neighbours.filter { $0.link == facts.bridge.index && $0.mac == mac && $0.isFixed }.compactMap { $0.address }
        if !addresses.allSatisfy({ known.contains($0) }) { words.append("its entries in the box's table of neighbours") }
        if !port.isUp { words.append("its port, which is down") }
        if !words.isEmpty { found.append(Loss(port: port, inbound: inbound, words: words)) }
      }
      return found
    }
  }
}

extension Session {
  /// Gives the ports of attached namespaces what they have lost in the box, and takes away what no process will complete.
  /// - Precondition: the profile is locked.
  mutating func restorePorts(_ box: inout Box) throws(Failure) {
    guard let facts = try box.portFacts(), !facts.gateways.isEmpty else { return }
    let ports = try box.ports(facts)
    try removeAbandoned(ports, facts, &box)
    for loss in try box.losses(ports, facts) {
      let slot = loss.port.slot
      let guarding = facts.guardingSteps(slot, loss.inbound, isPublished: loss.port.isPublished)
      let steps = guarding + [Step(.box, .setLink(Names.port(slot), .up))]
      try run(steps, in: &box, tolerating: .existing)
      do throws(Failure) {
        try facts.letIn(loss.inbound, isPublished: loss.port.isPublished, slot, of: box.name, &box.sockets)
      } catch {
        // Another has it by now.
        say("\(loss.port.occupant?.description ?? ""): \(error.sentence)\n", to: 1)
        continue
      }
      say("\(loss.port.occupant?.description ?? "") has again: \(loss.words.listed)\n", to: 1)
    }
  }

  mutating func removeAbandoned(_ ports: [AttachedPort], _ facts: BoxFacts, _ box: inout Box) throws(Failure) {
    for port in ports where port.isAbandoned { try run(facts.detachingSteps(port.slot), in: &box, tolerating: .missing) }
  }
}

extension [String] {
  /// "a, b and c".
  var listed: String {
    var text = ""
    for (i, word) in enumerated() { text += (i == 0 ? "" : i == count - 1 ? " and " : ", ") + word }
    return text
  }
}
