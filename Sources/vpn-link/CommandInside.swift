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
    inbound = []
    for route in routes where route.link == port.index {
      if let port = PortAddress.port(route.destination), !inbound.contains(port) { inbound.append(port) }
    }
    receivedBytes = port.sentBytes ?? 0
    sentBytes = port.receivedBytes ?? 0
  }
}
