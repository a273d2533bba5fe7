internal import HelperWire
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// A port of the provider's that a command has got.
struct Forwarding {
  /// Of the box's network: the way to the gateway that no command has.
  var client: PortClient
  var port: ForwardedPort
  /// For how long it was granted.
  var seconds: UInt32
  /// The provider's address outside; 0.0.0.0 where it does not say.
  var address: IPv4Address
  /// The command's own address, of IPv4.
  var own: IPAddress
}

/// How long the first answer is waited for, in milliseconds.
private let patience = 10_000

/// Who is asked, by a socket that is opened here: of the network where this thread is, the box.
func portClient(_ name: VPNName, _ facts: BoxFacts) throws(Failure) -> PortClient {
  guard let gateway = facts.portGateway, let own = facts.gateway4 else {
    throw Failure("\(name) has no DNS server of IPv4: that is where a provider is asked for a port (--forward)")
  }
  return try attempting("ask \(gateway) for a port") { () throws(SystemError) in
    PortClient(socket: try DatagramSocket(to: gateway.bytes, port: PortMapping.port, from: own.bytes))
  }
}

extension BoxFacts {
  /// Asks for a port, which leads to the command then.
  /// - Parameter wanted: where the command listens; 0: on the port of the provider's number.
  func forward(
    _ wanted: UInt16, _ client: PortClient, _ occupant: inout Occupant, _ request: LaunchRequest, _ callers: CallersState, _ slot: UInt32,
    _ box: inout Sockets, _ own: inout Sockets
  ) throws(Failure) -> Forwarding {
    let isNew = try attempting("read the box of \(request.name)") { () throws(SystemError) in
      try box.chains(ofTable: Names.table).contains("questions")
    }
    guard isNew else { throw Failure("the box of \(request.name) cannot ask for ports yet: `vpn reload \(request.name)` fixes that") }
    let inside = try takeInside(wanted, request, slot, &box)
    let gateway = portGateway.map { $0.description } ?? ""
    let isQuiet = request.isQuiet
    // What comes from the network is read by a child that can do nothing, and that Ctrl-C ends.
    let told = try attempting("ask for a port") { () throws(SystemError) in
      try Capabilities.askChildWithout {
        callers.restore()
        return Granted.first(client, inside, gateway, isQuiet: isQuiet).bytes
      }
    }
    guard let granted = Granted(told) else { throw Failure("interrupted while \(gateway) was asked for a port", status: 130) }
    guard case .mapped(let outside, let seconds) = granted.mapping else {
      throw Failure("\(request.name) gives no port: \(granted.mapping.sentence(gateway))")
    }
    let port = ForwardedPort(
      outside: outside, inside: granted.takesNoWish ? 0 : inside, target: wanted == 0 ? outside : wanted)
    occupant.forwarded = port
    do throws(Failure) { try BoxFacts.refuseHosts(port.taken, of: request.name, &box) } catch {
      // Not one that another command has: a provider that gives each client one port would take it from that.
      _ = try? Capabilities.askChildWithout {
        callers.restore()
        client.remove(inside: port.inside)
        return []
      }
      throw error
    }
    try admit(occupant, inbound: request.inbound, slot, of: request.name, &box, &own)
    let address = addresses(slot).first { $0.address.family == .v4 }!.address
    return Forwarding(client: client, port: port, seconds: seconds, address: granted.address, own: address)
  }

  /// A port of the VPN's address that no other command of it has: the provider tells its clients by that address, and none may take or
  /// remove what was given to another.
  private func takeInside(_ wanted: UInt16, _ request: LaunchRequest, _ slot: UInt32, _ box: inout Sockets) throws(Failure) -> UInt16 {
    var last: Failure?
    for attempt in 0..<8 {
      var candidate = wanted
      if attempt > 0 || wanted == 0 {
        candidate = 49152 | (try attempting("choose a port") { () throws(SystemError) in try randomNumber() }) >> 2
      }
      let ports = TransportPort.transports.map { TransportPort($0, candidate) }
      do throws(Failure) {
        try BoxFacts.refuseHosts(ports, of: request.name, &box)
        try letIn(ports, slot, of: request.name, &box)
        return candidate
      } catch { last = error }
    }
    throw last ?? wrongUse
  }

  /// What a command has of its port now, and nothing of one that it had before. Done twice it is the same.
  func admit(
    _ occupant: Occupant, inbound: [TransportPort], _ slot: UInt32, of name: VPNName, _ box: inout Sockets, _ own: inout Sockets
  ) throws(Failure) {
    let taken = inbound + (occupant.forwarded?.taken ?? [])
    try letIn(taken, slot, of: name, &box)
    try shut(slot, but: taken, &box)
    do throws(StepFailure) { try Applier.apply(admittingSteps(slot, occupant, inbound: inbound), to: &box, &own) } catch {
      throw Failure("cannot let a port in to the command: \(error.sentence(Shell(box: Names.namespace(name), command: "COMMAND")))")
    }
  }
}

/// What the child that asks has to tell, in 12 bytes.
private struct Granted {
  var mapping: PortClient.Mapping
  var takesNoWish = false
  var address = IPv4Address(bits: 0)

  static func first(_ client: PortClient, _ inside: UInt16, _ gateway: String, isQuiet: Bool) -> Granted {
    let waiting = { if !isQuiet { say("vpnrun: waiting for \(gateway), which was asked for a port\n") } }
    var granted = Granted(mapping: client.map(inside: inside, wish: inside, milliseconds: patience, waiting: waiting))
    if case .refused = granted.mapping {
      let other = client.map(inside: 0, wish: 0, milliseconds: patience)
      if case .mapped = other { granted = Granted(mapping: other, takesNoWish: true) }
    }
    // UDP's may be there without TCP's.
    if granted.mapping == .differing || granted.mapping == .nothing { client.remove(inside: inside) }
    if case .mapped = granted.mapping, case .address(let address) = client.answer(to: .address, milliseconds: 1000) {
      granted.address = address
    }
    return granted
  }

  init(mapping: PortClient.Mapping, takesNoWish: Bool = false) { (self.mapping, self.takesNoWish) = (mapping, takesNoWish) }

  var bytes: [UInt8] {
    var (kind, port, seconds): (UInt8, UInt16, UInt32) = (0, 0, 0)
    switch mapping {
    case .mapped(let outside, let granted): (port, seconds) = (outside, granted)
    case .refused(let code): (kind, port) = (1, code)
    case .differing: kind = 2
    case .nothing: kind = 3
    }
    return [kind, takesNoWish ? 1 : 0, UInt8(port >> 8), UInt8(port & 0xff)] + IPv4Address(bits: seconds).bytes + address.bytes
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count == 12 else { return nil }
    let port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    switch bytes[0] {
    case 0: mapping = .mapped(outside: port, seconds: bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) })
    case 1: mapping = .refused(port)
    case 2: mapping = .differing
    default: mapping = .nothing
    }
    takesNoWish = bytes[1] == 1
    address = IPv4Address(bits: bytes[8..<12].reduce(0) { $0 << 8 | UInt32($1) })
  }
}

extension PortClient.Mapping {
  fileprivate func sentence(_ gateway: String) -> String {
    switch self {
    case .mapped: ""
    case .refused(let code): "\(gateway) says that \(PortMapping.meaning(code)) (NAT-PMP)"
    case .differing: "\(gateway) has another one for TCP than for UDP"
    case .nothing:
      "\(gateway) does not answer (NAT-PMP, UDP port \(PortMapping.port)): this server forwards none, or is no DNS server of the provider's"
    }
  }
}
