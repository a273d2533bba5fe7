internal import KernelNetwork
internal import NetworkModel
internal import NetworkPlan

/// A command that runs in a box.
struct CommandInside {
  var address: IPAddress
  var occupant: Occupant
  /// By its link, since it started; the port's counters are the other way round.
  var receivedBytes: UInt64
  var sentBytes: UInt64

  /// What is let in to it from the VPN.
  var inbound: [TransportPort]

  /// - Parameter routes: of the box's main table.
  init?(port: LinkState, subnet: Prefix, routes: [RouteState]) {
    guard let slot = Names.slot(ofPort: port.name), let occupant = Occupant(alias: port.alias, owner: port.queueLength) else { return nil }
    address = subnet.network.address.advanced(by: slot)
    self.occupant = occupant
    inbound = routes.letIn(by: port.index)
    receivedBytes = port.sentBytes ?? 0
    sentBytes = port.receivedBytes ?? 0
  }
}

extension [RouteState] {
  /// What is let in from the VPN by one of the box's links: each port has a route of each family.
  func letIn(by link: Int32) -> [TransportPort] {
    var ports: [TransportPort] = []
    for route in self where route.link == link {
      if let port = PortAddress.port(route.destination), !ports.contains(port) { ports.append(port) }
    }
    return ports
  }
}
