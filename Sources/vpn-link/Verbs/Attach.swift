internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan

/// `vpn attach`: gives a network namespace that was there before a port of a VPN's box, as a command has one. Once more: nothing, or what it
/// has lost.
func attach(_ name: VPNName, _ wanted: Attachment, _ session: inout Session) throws(Failure) {
  guard let given = session.takeGiven(), let label = wanted.label else { throw Failure("vpn-link is given no namespace") }
  var target = try Target.open(given, from: session.host.namespace, session.host.families)
  try session.changing(name, as: .user) { session throws(Failure) in
    var box = try session.linkedBox(name)
    guard let facts = try BoxFacts.read(name, &box.sockets) else {
      throw Failure("\(name) has lost its tunnel: `vpn refresh \(name)` gives it a new one")
    }
    if !wanted.inbound.isEmpty { try BoxFacts.refuseHosts(wanted.inbound, of: name, &box.sockets) }
    let ports = try box.ports(facts)
    let number = try box.number(of: target)
    let hostNumber = try box.numberOfHost()
    if let number, number == hostNumber { throw Failure("that is the host's own network: `vpn up \(name)` puts it behind \(name)") }
    let found = number.flatMap { number in ports.first { $0.namespace == number } }
    if let found, found.isCommand, let command = found.occupant { throw Failure("that is a command of \(name): \(command)") }
    let link = try refuseOtherLinks(name, &target, peer: found?.peer) ?? wanted.link ?? Names.commandLink
    let owner = target.owner ?? Process.userID
    let slot: UInt32
    if let found {
      slot = found.slot
    } else {
      slot = try facts.takeSlot(of: name, &box.sockets, &target.sockets) { facts.attachedPort($0, owner: owner, link: link) }
    }
    let occupant = Occupant(uid: owner, pid: wanted.pid, command: label, isAttached: true)
    do throws(Failure) {
      try box.apply(
        // Unprivileged ping(8), as for a command.
        [Step(.command, .sysctl("net/ipv4/ping_group_range", "0 2147483647"))]
          + facts.attachingSteps(slot, of: name, link: link, alias: occupant.alias, inbound: wanted.inbound),
        to: &target, from: session.host.namespace, tolerating: .existing)
      if found != nil { try facts.shut(slot, but: wanted.inbound, &box.sockets) }
      try facts.letIn(wanted.inbound, slot, of: name, &box.sockets)
    } catch {
      // Half a port is none.
      if found == nil { try? Applier.apply(facts.detachingSteps(slot), to: &box.sockets, tolerating: .missing) }
      throw error
    }
    if found == nil { session.record(.attach(label), of: name) }
    say(report(name, facts, slot, link, label).wire + "\n", to: 1)
  }
}

/// By another link its packets could leave.
/// - Parameter peer: of the port that it has already.
/// - Returns: that one's name.
private func refuseOtherLinks(_ name: VPNName, _ target: inout Target, peer: Int32?) throws(Failure) -> ByteString? {
  let links = try attempting("list the namespace's links") { () throws(SystemError) in try target.sockets.route.links() }
  let alias = links.first { $0.name == "lo" }?.alias
  if links.contains(where: { $0.name == Names.uplink }), Door(alias: alias).permission != nil { throw Failure("that is the box of a VPN") }
  let own = peer.flatMap { peer in links.first { $0.index == peer }?.name }
  if let alias, own == nil, links.count > 1, alias.utf8.starts(with: "vpnrun ".utf8), alias != Names.commandAlias(name) {
    throw Failure("that namespace is in another VPN already (\(alias))")
  }
  let others = links.filter { $0.name != "lo" && $0.index != peer && !$0.isUnusedTunnel }
  guard let first = others.first else { return own }
  let more = others.count > 1 ? " and \(others.count - 1) more" : ""
  throw Failure("that namespace has other links, by which its packets could leave: \(first.name)\(more)")
}

extension LinkState {
  /// The kernel makes some in every namespace when a module for tunnels is there.
  fileprivate var isUnusedTunnel: Bool {
    let kinds: [ByteString] = ["sit", "ipip", "ip6tnl", "gre", "gretap", "ip6gre", "ip6gretap", "erspan", "ip6erspan", "vti", "vti6"]
    return !isUp && kind.map { kinds.contains($0) } ?? false
  }
}

private func report(_ name: VPNName, _ facts: BoxFacts, _ slot: UInt32, _ link: ByteString, _ label: ByteString) -> AttachmentReport {
  AttachmentReport(
    vpn: name.description, label: label.description, link: link.description, mac: facts.mac(slot).description, mtu: Int(facts.mtu),
    addresses: facts.addresses(slot).map { $0.description }, gateways: facts.gateways.map { $0.address.description },
    dns: facts.resolvers.servers.map { $0.description }, search: facts.resolvers.search.map { $0.description },
    resolvConf: facts.resolvConf, port: Names.port(slot).description)
}
