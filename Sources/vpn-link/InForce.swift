internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan

// Whether what a VPN that was taken up should do is done: by what the kernel has now, not by what was written down when it was asked for.

extension HostState {
  /// What the host has lost of what carries the system into a VPN, as a sentence; `nil` if all of it is there.
  mutating func loss(_ identity: Identity, _ host: inout Sockets) throws(Failure) -> String? {
    let name = identity.name
    if let loss = linkLoss(name) { return loss }
    if try hasLost(identity, &host) {
      return "rules, routes or a filter of \(name) are missing: what they should carry may be refused; `vpn refresh \(name)` fixes it"
    }
    let hasFilter = try attempting("look for a filter") { () throws(SystemError) in try host.hasTable(Names.systemTable(name)) }
    guard hasFilter else {
      return "the filter \(Names.systemTable(name)) is missing, which refuses what the rules miss: `vpn refresh \(name)` fixes it"
    }
    let found = own(identity)
    let present = try routes(identity, &host)
    let isTheOneAsked = up.first { $0.memory[.takesQueries] }?.id == identity.id
    let hasLostShared = rulesOfUp().missing.contains {
      $0.isUnreachable ? identity.memory[.sealsIPv4] : isTheOneAsked
    }
    let taken = identity.taken(by: found, present, families)
    guard let taken, !hasLostShared, !SystemWide(identity, taken: taken).lacksWays(found, present, families) else {
      return "rules of \(name) are missing, or the network has changed: what they should carry is refused; `vpn refresh \(name)` fixes it"
    }
    return nil
  }

  /// The same of its link into the box alone, up or not.
  func linkLoss(_ name: VPNName) -> String? {
    guard let link = links.first(where: { $0.name == Names.hostLink(name) && $0.mac == Pair.hostEnd.bytes }) else {
      return "the link \(name) is gone: what should go through it is refused; `vpn refresh \(name)` makes a new one"
    }
    let isForCommandsOnly = linked.contains { $0.name == name && $0.memory[.isForCommandsOnly] }
    guard link.isUp || isForCommandsOnly else {
      return "the link \(name) is down: what should go through it is refused; `vpn refresh \(name)` sets it up"
    }
    return nil
  }
}

extension Report.Tunnel {
  /// - Parameter status: `nil` if its device is gone.
  init(_ status: TunnelStatus?) {
    guard let status, status.answers else {
      self = .gone
      return
    }
    self = status.isUp ? .up : .down
  }

  /// What a box without a whole tunnel needs; `nil` if it is whole.
  func loss(_ name: VPNName) -> String? {
    switch self {
    case .up: nil
    case .down: "the tunnel of \(name) is set down: all that should go through it is refused; `vpn refresh \(name)` sets it up"
    case .gone: "the tunnel of \(name) is gone: all that should go through it is refused; `vpn refresh \(name)` makes a new one"
    }
  }
}

extension Session {
  /// Why a tunnel that has no session has none, as a sentence; `nil` if it has one.
  /// - Parameter isPatient: something was sent just now, which may be answered within a second.
  mutating func silence(of name: VPNName, fwmark: UInt32, isPatient: Bool) throws(Failure) -> String? {
    guard var box = try box(name) else { return nil }
    // Milliseconds. A server that is near answers within a few, one on another continent after some hundred.
    var waited = 0
    while true {
      guard let status = try box.status(), !status.hasSession else { return nil }
      guard let endpoint = status.peers.lazy.compactMap({ $0.endpoint }).first else { return nil }
      let hasRoute = hasRoute(to: endpoint.address, fwmark)
      guard isPatient, hasRoute, waited < 1000 else { return Silence.sentence(endpoint.description, hasRoute: hasRoute, hasSent: true) }
      let pause = min(1 + waited / 4, 20)
      Process.sleep(milliseconds: pause)
      waited += pause
    }
  }

  /// That there is no way to a peer, as a sentence; `nil` if there is one.
  mutating func lostWay(of name: VPNName, fwmark: UInt32) throws(Failure) -> String? {
    guard var box = try box(name), let endpoint = try box.status()?.peers.lazy.compactMap({ $0.endpoint }).first else { return nil }
    return hasRoute(to: endpoint.address, fwmark) ? nil : Silence.sentence(endpoint.description, hasRoute: false, hasSent: true)
  }
}
