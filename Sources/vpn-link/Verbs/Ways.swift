internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// By which ways packets go through linked VPNs, as JSON: what only their boxes know, for `vpn explain`. No secret is in it, but which
/// networks lie behind a VPN is for those who may use it.
func sayWays(_ session: inout Session) throws(Failure) {
  let state = try session.state()
  var all: [Ways] = []
  for found in state.linked {
    if !Process.isRoot {
      guard let profile = try session.profiles.usable(found.name), try Caller.mayUse(profile) else { continue }
    }
    guard var box = try session.box(found.name), let identity = try session.identity(found.name, nil) else {
      continue
    }
    var ways = Ways(identity.name, fwmark: identity.fwmark, table: identity.table)
    (ways.direct, ways.networks) = try bypass(identity, state, &session)
    ways.filter = try attempting("look for a filter") { () throws(SystemError) in
      try session.host.hasTable(Names.systemTable(found.name))
    }
    ways.up = identity.memory[.isUp]
    ways.takesQueries = identity.memory[.takesQueries]
    ways.addresses = identity.addresses.map { $0.address }
    let made = try box.made()
    (ways.relay, ways.relayTranslated) = (made.relayed, made.translatesRelayed)
    ways.inbound = made.inbound.map { $0.description }
    if let profile = try session.profiles.usable(found.name), let link = profile.link {
      (ways.link, ways.linkAddresses) = (link.description, profile.linkAddresses.map { $0.address })
      (ways.relay, ways.relayTranslated) = (state.relayedByRules(identity), profile.translatesRelayed)
    }
    try attempting("read the box of \(found.name)") { () throws(SystemError) in try ways.tell(&box) }
    all.append(ways)
  }
  for identity in state.tunnels {
    if !Process.isRoot {
      guard let profile = try session.profiles.usable(identity.name), try Caller.mayUse(profile) else { continue }
    }
    all.append(try waysWithoutBox(identity, &session))
  }
  say(Ways.wire(all) + "\n", to: 1)
}

private func waysWithoutBox(_ identity: Identity, _ session: inout Session) throws(Failure) -> Ways {
  var ways = Ways(identity.name, fwmark: identity.fwmark, table: identity.table)
  ways.box = false
  let status = try session.hostTunnel(identity.name)
  ways.tunnel = status?.isUp ?? false
  ways.peers = (status?.peers ?? []).map { Ways.Peer($0) }
  return ways
}

/// What may bypass it while it is up, and of what, `nil` for everything.
private func bypass(
  _ identity: Identity, _ state: HostState, _ session: inout Session
) throws(Failure) -> (direct: [Prefix], networks: [Prefix]?) {
  guard identity.memory[.isUp], let profile = try session.profiles.usable(identity.name), let id = profile.id else { return ([], []) }
  let vpn = VPN(name: identity.name, id: id, profile: profile, peers: [])
  let wide = try state.systemWide(identity, vpn, &session.host)
  return (wide.bypass, wide.taken == .everything ? nil : wide.taken.networks)
}

extension Ways {
  /// What the box says.
  fileprivate mutating func tell(_ box: inout Box) throws(SystemError) {
    let links = try box.sockets.route.links()
    for table in [Tables.main, Tables.default] {
      for found in try box.sockets.route.routes(inTable: table) {
        guard let link = links.first(where: { $0.index == found.link }) else { continue }
        routes.append(Route(found.destination, by: link.name.description, table: table))
      }
    }
    let bridge = links.first { $0.name == Names.bridge(box.name) }
    if let bridge { gateways = try box.sockets.route.addresses(ofLink: bridge.index) }
    dns = CommandResolvers(bridge: bridge?.alias, uplink: nil).servers
    let status = try box.tunnel()
    tunnel = status?.isUp ?? false
    peers = (status?.peers ?? []).map { Peer($0) }
  }
}

extension Ways.Peer {
  fileprivate init(_ peer: WireGuardPeerStatus) {
    self.init(peer.publicKey.base64, peer.endpoint.map { $0.description }, allowedIPs: peer.allowedIPs)
  }
}
