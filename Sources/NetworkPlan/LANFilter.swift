public import NetworkModel

/// In the namespace of a command that may reach the LAN: what goes there by TCP gets to a socket that a process outside has, which asks where it
/// was to go. A table of its own: the other one is replaced when the command's port of the provider changes.
/// - Parameters:
///   - ports: where that socket listens on loopback, by family.
///   - own: what is the VPN's in any case, as its name servers and commands, if the LAN has the same addresses.
public func lanFilter(_ destinations: [LANDestination], ports: [(family: IPFamily, port: UInt16)], besides own: [Prefix]) -> FilterTable {
  var rules = LANDestination.portsForNames.map { [.transport(.tcp), .destinationPort($0), .leave] as FilterRule }
  for prefix in own where destinations.contains(where: { $0.network.overlaps(prefix) }) { rules.append([.destination(prefix), .leave]) }
  for destination in destinations {
    guard let (family, port) = ports.first(where: { $0.family == destination.network.family }) else { continue }
    let loopback = family == .v4 ? IPAddress.v4(IPv4Address(127, 0, 0, 1)) : .v6(IPv6Address(high: 0, low: 1))
    var rule: [FilterStatement] = [.destination(destination.network), .transport(.tcp)]
    if let wanted = destination.port { rule.append(.destinationPort(wanted)) }
    rules.append(FilterRule(rule + [.destinationNATToPort(loopback, port)]))
  }
  return FilterTable(Names.lanTable, [FilterChain("lan", .nat, .output, priority: -99, rules)])
}
