internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

// What the host has of one VPN.

extension Session {
  /// The host's link into the box; `nil` if there is none. A foreign one may have its name, wg-quick(8) makes such: that is refused.
  mutating func hostLink(_ name: VPNName) throws(Failure) -> LinkState? {
    let link = try attempting("look for the link \(name)") { () throws(SystemError) in try host.route.link(Names.hostLink(name)) }
    guard let link, link.mac != Pair.hostEnd.bytes, !link.isHostTunnel else { return link }
    throw Failure("there is a link '\(name)' which is not ours: remove it, or give the VPN another name (`vpn import --name`)")
  }

  /// The number of the table that `Underlay =` names.
  mutating func underlayTable(_ profile: Profile) throws(Failure) -> UInt32 {
    // The way by a link is in the VPN's own table.
    if profile.link != nil { if case .number(let number) = profile.table { return number } else { return UInt32(profile.id ?? 0) } }
    switch profile.underlay {
    case nil: return try tableOfOthers(profile) ?? Tables.main
    case .table(let number): return number
    case .named(let name):
      guard let table = TableNameFiles.search({ routingTable(named: name, in: $0) }) else {
        throw Failure("there is no routing table '\(name)', which the profile has as Underlay: /etc/iproute2/rt_tables lists names")
      }
      return table
    case .vpn(let name): return try table(ofVPN: name)
    case .vrf(let name):
      let link = try attempting("look for the VRF \(name)") { () throws(SystemError) in try host.route.link(name) }
      guard let table = link?.vrfTable else {
        throw Failure("there is no VRF '\(name)', which the profile has as Underlay: `ip link show type vrf` lists those that there are")
      }
      return table
    }
  }

  /// By which packets go into a VPN: as it is linked, or else as its profile has it.
  mutating func table(ofVPN name: VPNName) throws(Failure) -> UInt32 {
    if let linked = try linkedIdentity(name) { return linked.table }
    if let profile = try profiles.usable(name), let id = profile.id { return VPN(name: name, id: id, profile: profile, peers: []).table }
    throw Failure("\(name), which the profile has as Underlay, is not linked: `vpn link \(name)`")
  }

  /// `nil` where it is not linked; of its addresses nothing is said.
  mutating func linkedIdentity(_ name: VPNName) throws(Failure) -> Identity? {
    guard let alias = try hostLink(name)?.alias else { return nil }
    return Identity(name: name, alias: alias, addresses: [])
  }

  /// Where a rule of the administrator's leads the mark that the profile gives its packets.
  private mutating func tableOfOthers(_ profile: Profile) throws(Failure) -> UInt32? {
    guard let mark = profile.fwmark else { return nil }
    let rules = try attempting("look at the host's rules") { () throws(SystemError) in try host.route.rules(host.families) }
    let tables = rules.filter { $0.leads(mark) }.map { $0.rule.table }
    return tables.allSatisfy { $0 == tables.first } ? tables.first : nil
  }

  /// What the host has of a linked VPN, as the link remembers it, for the profile may have changed since; where the link is gone, as the
  /// profile has it now. The profile's addresses count in any case: a process that was killed may have come as far as their rules.
  /// - Parameter profile: `nil` if it cannot be read.
  mutating func identity(_ name: VPNName, _ profile: Profile?) throws(Failure) -> Identity? {
    var identity = try identityWithoutPermission(name, profile)
    try identity?.use(profile)
    return identity
  }

  /// Those of its link into the box; none if it has none.
  mutating func addressesOnHost(_ name: VPNName) throws(Failure) -> [Prefix] {
    guard let link = try state().links.first(where: { $0.name == Names.hostLink(name) }), link.alias != nil else { return [] }
    return try attempting("look at the link \(name)") { () throws(SystemError) in try host.route.addresses(ofLink: link.index) }
  }

  private mutating func identityWithoutPermission(_ name: VPNName, _ profile: Profile?) throws(Failure) -> Identity? {
    let found = try attempting("look at the link \(name)") { () throws(SystemError) -> Identity? in
      guard let link = try host.route.link(Names.hostLink(name)), let alias = link.alias else { return nil }
      return Identity(name: name, alias: alias, addresses: try host.route.addresses(ofLink: link.index))
    }
    guard let profile, let id = profile.id else { return found }
    guard var identity = found else {
      let underlay = (try? underlayTable(profile)) ?? Tables.main
      var identity = VPN(name: name, id: id, profile: profile, peers: []).identity(underlay: underlay)
      identity.memory[.hasNoBox] = !profile.hasBox
      identity.addresses = try unheld(identity.addresses, besides: name)
      return identity
    }
    guard !identity.memory[.isForCommandsOnly], !identity.memory[.hasNoBox] else { return identity }
    let missing = profile.addresses.filter { own in !identity.addresses.contains { $0.address == own.address } }
    identity.addresses += try unheld(missing, besides: name)
    return identity
  }
}

extension Identity {
  /// Who may send by the link, and whether that is to answer what comes in.
  /// - Parameter profile: `nil` if it cannot be read.
  mutating func use(_ profile: Profile?) throws(Failure) {
    permission = try Caller.permissionOnHost(profile)
    isReachable = profile.map { !$0.inbound.isEmpty } ?? false
  }
}

extension RuleState {
  /// Another program's, for all packets with that mark and no others, to a table.
  func leads(_ mark: UInt32) -> Bool {
    !isOurs && isPlain && rule == Rule(rule.family, priority: rule.priority, table: rule.table, fwmark: mark)
  }
}
