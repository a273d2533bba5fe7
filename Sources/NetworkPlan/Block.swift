public import NetworkModel

/// Before a VPN is up that is to be up when the system starts (`Block = yes`): nothing leaves this machine but what a network needs to be
/// there at all, and tunnels' packets. Each such VPN has a table of its own, so that nothing is let out before all of them are up.
public enum Block {
  /// - Parameter marks: of tunnels, besides the usual ones.
  public static func filter(_ name: VPNName, marks: [UInt32]) -> FilterTable {
    let chain: ByteString = "block"
    let refused: [FilterRule] = [[.transport(.tcp), .rejectWithReset], [.reject]]
    return FilterTable(
      Names.blockTable(name), comment: Names.tableMark(name),
      [
        FilterChain(chain, FilterRule.wellGuided(marks: marks) + network + refused),
        FilterChain("output", .filter, .output, priority: 0, [[.jump(chain)]]),
        FilterChain("forward", .filter, .forward, priority: 0, [[.jump(chain)]]),
      ])
  }

  /// DHCP of both families; neighbours and routers of IPv6, and the reports by which a switch knows who wants to hear of them. (ARP and DHCP's
  /// first packets do not come by a filter of IP.)
  private static var network: [FilterRule] {
    let reports: [UInt8] = [131, 132, 143]
    let neighbours: [UInt8] = [133, 135, 136]
    return [
      [.family(.v4), .transport(.udp), .sourcePort(68), .destinationPort(67), .leave],
      [.family(.v6), .transport(.udp), .sourcePort(546), .destinationPort(547), .leave],
    ] + (reports + neighbours).map { [.family(.v6), .transport(.icmpv6), .icmpv6Type($0), .leave] }
  }
}
