internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan

/// `vpn attach`: gives a network namespace that was there before a port of a VPN's box, as a command has one. Once more: nothing, or
/// what it has lost.
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
    let links = try Links(name, &target, peer: found?.peer)
    let kept = wanted.kept.map { ($0 + links.networks).map { $0.network } }
    if let kept, !kept.allSatisfy({ Beside.isNetwork($0) }) { throw Failure(Beside.networkRule) }
    if kept == nil { try links.refuseOthers() }
    let link = links.own ?? wanted.link ?? (links.others.isEmpty ? Names.commandLink : Beside.link)
    if links.own == nil, links.others.contains(where: { $0.name == link }) {
      throw Failure("that namespace has another link called \(link): name the VPN's otherwise with --link")
    }
    let owner = target.owner ?? Process.userID
    let slot: UInt32
    if let found {
      slot = found.slot
    } else {
      slot = try facts.takeSlot(of: name, &box.sockets, &target.sockets) { facts.attachedPort($0, owner: owner, link: link) }
    }
    var occupant = Occupant(uid: owner, pid: wanted.pid, command: label, isAttached: true)
    occupant.inbound = wanted.inbound
    occupant.published = found?.occupant?.published ?? []
    guard occupant.fits else { throw Failure("\(label) has too many ports: leave some of --inbound out, or `vpn publish remove` some") }
    do throws(Failure) {
      // Before routes that they would lead elsewhere.
      let before = kept == nil ? try target.rules().map { Step(.command, .deleteRule($0)) } : []
      try box.apply(before, to: &target, from: session.host.namespace, tolerating: .missing)
      try box.apply(
        // Unprivileged ping(8), as for a command.
        [Step(.command, .sysctl("net/ipv4/ping_group_range", "0 2147483647"))]
          + facts.attachingSteps(
            slot, of: name, link: link, alias: occupant.alias, kept: kept, inbound: wanted.inbound,
            published: occupant.published),
        to: &target, from: session.host.namespace, tolerating: .existing)
      // What it was attached with before, and is not any more.
      let wantedRules = kept.map { facts.besideRules($0) } ?? []
      let stale = try target.rules().filter { !wantedRules.contains($0) }.map { Step(.command, .deleteRule($0)) }
      try box.apply(
        stale + (kept == nil ? [] : facts.mainWays(link)), to: &target, from: session.host.namespace, tolerating: .missing)
      if found != nil { try facts.shut(slot, but: wanted.inbound, &box.sockets) }
      try facts.letIn(wanted.inbound, slot, of: name, &box.sockets)
      try BoxFacts.awaitPort(slot, of: name, &box.sockets)
    } catch {
      // Half a port is none.
      if found == nil { try? Applier.apply(facts.detachingSteps(slot), to: &box.sockets, tolerating: .missing) }
      throw error
    }
    if found == nil { session.record(.attach(label), of: name) }
    if !wanted.inbound.isEmpty, wanted.inbound != found?.occupant?.inbound {
      let way = LoggedWay(.inbound, ByteString(TransportPort.text(wanted.inbound)))
      session.record(.way(way, of: label, for: nil), of: name)
    }
    say(report(name, facts, slot, link, label, kept).wire + "\n", to: 1)
  }
}

private func report(
  _ name: VPNName, _ facts: BoxFacts, _ slot: UInt32, _ link: ByteString, _ label: ByteString, _ kept: [Prefix]?
) -> AttachmentReport {
  AttachmentReport(
    vpn: name.description, label: label.description, link: link.description, mac: facts.mac(slot).description, mtu: Int(facts.mtu),
    addresses: facts.addresses(slot).map { $0.description }, gateways: facts.gateways.map { $0.address.description },
    dns: facts.resolvers.servers.map { $0.description }, search: facts.resolvers.search.map { $0.description },
    resolvConf: facts.resolvers.resolvConf, port: Names.port(slot).description,
    kept: kept.map { $0.map { $0.description } })
}
