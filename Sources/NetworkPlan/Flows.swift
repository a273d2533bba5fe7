public import NetworkModel
internal import Profile

// Connections that commands begin pass the box without its chains, once the filter has let both ways through. Filter and translation have
// decided by then, and nothing changes their mind but what makes the kernel forget them, too: the table is made anew with the filter.

extension VPN {
  /// It decides after the filter (priority 0), of what that has accepted. Not of what comes from the host or goes to it, nor of what a
  /// command has let in: who may answer there is looked at with each packet. None for a tunnel that is a link of another kind.
  var flows: [FilterTable] {
    guard profile.link == nil else { return [] }
    let bridge = Names.bridge(name)
    let rules = [Transport.tcp, .udp].map { transport -> FilterRule in
      [.inputLink(bridge), .outputLink(Names.tunnel), .transport(transport), .established, .asking, .offload("commands")]
    }
    return [
      FilterTable(
        Names.flowTable, flowtable: Flowtable("commands", [Names.tunnel, bridge]),
        [FilterChain("forward", .filter, .forward, priority: 10, rules)])
    ]
  }

  /// When the tunnel or the filter is new: the kernel forgets the connections that it has learnt, and learns again.
  public var newFlows: [Step] { flows.map { Step(.box, .replaceTable($0)) } }
}
