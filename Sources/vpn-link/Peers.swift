internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

// Where the tunnel's other ends are.

extension Profile {
  /// Of the tunnel's encrypted packets; 0 of one that has no ID yet.
  var tunnelMark: UInt32 { fwmark ?? id.map { VPN.defaultMark($0) } ?? 0 }
}

extension Session {
  /// A profile's peers, their endpoints' names replaced by the addresses that came along: of several the first that has a route.
  mutating func resolve(_ profile: Profile) throws(Failure) -> [WireGuardPeer] {
    let mark = profile.tunnelMark
    var peers: [WireGuardPeer] = []
    for peer in profile.peers {
      var endpoint: Endpoint?
      switch peer.endpoint {
      case .address(let given, nil): endpoint = given
      case .address(let given, .some): throw Failure("the endpoint \(given) is a link-local address: it needs a global one")
      case .name(let host, let port):
        let known = resolved.filter { ByteString($0.host) == ByteString(host.description) }.map { $0.address }
        // `vpn` resolves names, and calls again.
        guard let first = known.first else { throw Failure(asking: .needsAddresses) }
        endpoint = Endpoint(address: known.first { hasRoute(to: $0, mark) } ?? first, port: port)
      case nil: break
      }
      peers.append(
        WireGuardPeer(
          publicKey: peer.publicKey, presharedKey: peer.presharedKey, endpoint: endpoint, persistentKeepalive: peer.persistentKeepalive,
          allowedIPs: peer.allowedIPs))
    }
    return peers
  }

  /// Whether the tunnel's packets have a way there: their mark keeps them out of the VPNs.
  mutating func hasRoute(to address: IPAddress, _ mark: UInt32) -> Bool { (try? host.route.route(to: address, fwmark: mark)) != nil }

  /// Whether there is a network at all, in either family: some way to an address of documentation (RFC 5737, RFC 3849).
  mutating func hasNetwork(_ mark: UInt32) -> Bool {
    hasRoute(to: .v4(IPv4Address(192, 0, 2, 1)), mark) || hasRoute(to: .v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)), mark)
  }

  /// The tunnel's MTU as wg-quick(8) has it: that of the path to the endpoint, by the widest of several, less 80 for IPv6, UDP and
  /// WireGuard's own header.
  mutating func pathMTU(to endpoints: [Endpoint], _ vpn: VPN) -> UInt32 {
    if let below = try? linkBelow(vpn.profile) { return below.mtu }
    var widest: UInt32 = 0
    for endpoint in endpoints {
      guard var route = way(to: endpoint.address, vpn) else { continue }
      var link = route.link.flatMap { try? host.route.link(index: $0) }
      // A VRF leads on by its own table.
      if let table = link?.vrfTable, let further = way(to: endpoint.address, in: table) {
        (route, link) = (further, further.link.flatMap { try? host.route.link(index: $0) })
      }
      // What a relay on this machine takes is no path's.
      if link?.name == "lo" { continue }
      widest = max(widest, route.mtu ?? link?.mtu ?? 0)
    }
    // 65456 is the most that a TUN or WireGuard device takes.
    return min(max((widest == 0 ? 1500 : widest) - 80, vpn.address(.v6) == nil ? 576 : 1280), 65456)
  }

  /// By which way the tunnel's packets go. Before the VPN is linked no rule says so, and others may lead into another VPN: then it is
  /// looked for in the table itself.
  private mutating func way(to address: IPAddress, _ vpn: VPN) -> (link: Int32?, mtu: UInt32?)? {
    let underlay = (try? underlayTable(vpn.profile)) ?? Tables.main
    let rule = Rule(address.family, priority: vpn.identity.priorities.tunnel, table: underlay, fwmark: vpn.device.fwmark)
    let isKnown = ((try? host.route.rules()) ?? []).contains { $0.isOurs && $0.rule == rule }
    if !isKnown, let way = way(to: address, in: underlay) { return way }
    guard let answer = try? host.route.route(to: address, fwmark: vpn.device.fwmark) else { return nil }
    return (answer.link, answer.mtu)
  }

  private mutating func way(to address: IPAddress, in table: UInt32) -> (link: Int32?, mtu: UInt32?)? {
    let best = try? host.route.allRoutes(inTable: table).filter { $0.destination.contains(address) }.max { a, b in
      a.destination.length == b.destination.length ? a.metric > b.metric : a.destination.length < b.destination.length
    }
    guard let best, best.kind == .ordinary, best.link != nil else { return nil }
    return (best.link, best.mtu)
  }
}
