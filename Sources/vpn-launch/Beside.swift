internal import HelperWire
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan

extension BoxFacts {
  /// Tells the process beside the command where that is, and hands it the sockets to which the command's packets for the LAN are turned: only
  /// here they can be made, and the command gets none of them.
  /// - Parameters:
  ///   - relay: it is closed.
  ///   - events: of `LinkEvents`, in the box. It is closed.
  func tell(
    _ relay: Int32, _ events: Int32, _ request: LaunchRequest, _ slot: UInt32, _ box: inout Sockets, _ own: inout Sockets
  ) throws(Failure) {
    let port = try attempting("look at the command's port") { () throws(SystemError) in try box.index(of: Names.port(slot)) }
    let place = RelayProcess.Place(addresses: published(slot).flatMap { $0.bytes }, port: port, events: events)
    let intent = "tell the process beside the command where it is"
    let families = IPFamily.allCases.filter { family in
      gateways.contains { $0.family == family } && request.lan.contains { $0.network.family == family }
    }
    guard let first = families.first else {
      guard request.lan.isEmpty else {
        let missing = gateways.contains { $0.family == .v4 } ? "IPv6" : "IPv4"
        let lan = LANDestination.text(request.lan)
        throw Failure("\(request.name) has no \(missing), and the LAN that --lan reaches has nothing else: \(lan)")
      }
      return try attempting(intent) { () throws(SystemError) in try RelayProcess.tell(relay, place) }
    }
    let listening = "listen for what is sent to the LAN"
    let one = try attempting(listening) { () throws(SystemError) in try LoopbackListener(isIPv6: first == .v6) }
    var ports = [(family: first, port: one.port)]
    if families.count == 1 {
      try turn(request, ports, &box, &own)
      return try attempting(intent) { () throws(SystemError) in
        try RelayProcess.tell(relay, place, listeners: [one.descriptor.raw])
      }
    }
    let other = try attempting(listening) { () throws(SystemError) in try LoopbackListener(isIPv6: true) }
    ports.append((family: .v6, port: other.port))
    try turn(request, ports, &box, &own)
    try attempting(intent) { () throws(SystemError) in
      try RelayProcess.tell(relay, place, listeners: [one.descriptor.raw, other.descriptor.raw])
    }
  }

  private func turn(
    _ request: LaunchRequest, _ ports: [(family: IPFamily, port: UInt16)], _ box: inout Sockets, _ own: inout Sockets
  ) throws(Failure) {
    let vpns = resolvers.servers.map { Prefix(host: $0) } + gateways.map { $0.network }
    let step = Step(.command, .addTable(lanFilter(request.lan, ports: ports, besides: vpns)))
    do throws(StepFailure) { try Applier.apply([step], to: &box, &own) } catch {
      throw Failure(
        "cannot turn what is sent to the LAN: \(error.sentence(Shell(box: Names.namespace(request.name), command: "COMMAND")))")
    }
  }
}
