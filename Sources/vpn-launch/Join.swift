internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

extension BoxFacts {
  /// Leaves this process in the network of a command, or of an attached namespace, that runs in this box. What counts is which of the box's
  /// ports leads to the descriptor, and whose that port is: only this program and vpn-link write it. So neither the host's network nor a
  /// box can be meant, and a number that another process has by now changes nothing. The namespace and its port stay as long as the
  /// descriptor is open.
  /// - Parameter given: what the caller has opened, with their own rights. It is closed.
  /// - Returns: its slot.
  func join(_ given: Int32, of name: VPNName, _ box: inout Sockets) throws(Failure) -> UInt32 {
    let intent = "look at the network to join"
    let namespace = try attempting(intent) { () throws(SystemError) in try NetworkNamespace.given(given) }
    let port = try attempting(intent) { () throws(SystemError) -> LinkState? in
      // To list them is what gives each namespace behind one its number.
      let ports = try box.route.links(master: bridge.index)
      guard let number = try box.route.number(ofNamespace: namespace.descriptor.raw) else { return nil }
      return ports.first { $0.peerNamespace == number }
    }
    guard let port = port, let slot = Names.slot(ofPort: port.name), let occupant = Occupant(alias: port.alias, owner: port.queueLength)
    else { throw Failure("what was to be joined is no command of \(name): `vpn ps \(name)` lists them") }
    guard Process.isRoot || occupant.uid == Process.userID else {
      throw Failure("\(occupant) is another user's (uid \(occupant.uid)): only they or root may join it")
    }
    try attempting("join \(occupant)") { () throws(SystemError) in
      try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try namespace.enter() }
    }
    return slot
  }
}
