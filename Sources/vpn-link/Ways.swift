internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// By which ways packets go through linked VPNs, as JSON: what only their boxes know, for `vpn explain`. No secret is in it.
func sayWays() throws(Failure) {
  let host = try attempting("look at this network namespace") { () throws(SystemError) in try NetworkNamespace.current() }
  var kernel = try hostKernel()
  let state = try HostState(&kernel)
  var objects: [String] = []
  for found in state.linked where try hasBox(found.name) {
    guard let identity = try identity(found.name, nil, &kernel) else { continue }
    let past = try past(identity, state, &kernel)
    do throws(SystemError) {
      let hasFilter = try kernel.host!.hasTable(Names.systemTable(found.name))
      objects.append(try ways(identity, past, hasFilter: hasFilter, host))
    } catch {
      throw Failure("cannot read the box of \(found.name): \(error)")
    }
  }
  say(JSON.array(objects) + "\n", to: 1)
}

/// What its filter lets past it while it is up, and of what, `nil` for everything.
private func past(_ identity: Identity, _ state: HostState, _ kernel: inout Applier) throws(Failure) -> (
  direct: [Prefix], networks: [Prefix]?
) {
  guard identity.memory.isUp, let profile = try? ProfileStore.read(identity.name), let id = profile.id else { return ([], []) }
  let vpn = VPN(name: identity.name, id: id, profile: profile, peers: [])
  let direct = try state.systemWide(identity, vpn, &kernel).past
  if case .networks(let networks) = vpn.scope { return (direct, networks) }
  return (direct, nil)
}

private func ways(
  _ identity: Identity, _ past: (direct: [Prefix], networks: [Prefix]?), hasFilter: Bool, _ host: borrowing NetworkNamespace
) throws(SystemError) -> String {
  let name = identity.name
  let box = try NetworkNamespace.pinned(at: Names.pin(name))
  try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try box.enter() }
  var sockets = try Sockets()
  let links = try sockets.route.links()
  let bridge = links.first { $0.name.utf8.elementsEqual(Names.bridge(name).utf8) }
  var routes: [String] = []
  for table in [Route.mainTable, Route.defaultTable] {
    for route in try sockets.route.routes(inTable: table) {
      guard let link = links.first(where: { $0.index == route.link }) else { continue }
      routes.append(
        JSON.object([
          ("destination", JSON.string(route.destination.description)), ("link", JSON.string(link.name)), ("table", "\(table)"),
        ]))
    }
  }
  let gateways = try bridge.map { bridge throws(SystemError) in try sockets.route.addresses(ofLink: bridge.index) } ?? []
  let isUp = links.contains { $0.name.utf8.elementsEqual(Names.tunnel.utf8) && $0.isUp }
  let peers = try tunnelStatus(name, &sockets)?.peers ?? []
  try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try host.enter() }
  return JSON.object([
    ("name", JSON.string(name.description)), ("fwmark", "\(identity.fwmark)"), ("table", "\(identity.table)"),
    ("addresses", JSON.array(identity.addresses.map { JSON.string($0.address.description) })),
    ("gateways", JSON.array(gateways.map { JSON.string($0.description) })),
    ("dns", JSON.array((bridge?.alias ?? "").utf8.split(separator: 0x20).map { JSON.string(String(decoding: Array($0), as: UTF8.self)) })),
    ("tunnel", isUp ? "true" : "false"), ("routes", JSON.array(routes)),
    ("peers", JSON.array(peers.map { JSON.way($0) })), ("up", identity.memory.isUp ? "true" : "false"),
    ("filter", hasFilter ? "true" : "false"), ("takes_queries", identity.memory.takesQueries ? "true" : "false"),
    ("networks", past.networks.map { JSON.array($0.map { JSON.string($0.description) }) } ?? "null"),
    ("direct", JSON.array(past.direct.map { JSON.string($0.description) })),
  ])
}

extension JSON {
  fileprivate static func way(_ peer: WireGuardPeerStatus) -> String {
    object([
      ("public_key", string(peer.publicKey.base64)), ("endpoint", peer.endpoint.map { string($0.description) } ?? "null"),
      ("allowed_ips", array(peer.allowedIPs.map { string($0.description) })),
    ])
  }
}
