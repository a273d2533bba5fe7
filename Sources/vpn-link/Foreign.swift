internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

// Names and numbers that a VPN is about to take, and other programs may have taken before: seen before anything is made.

extension Session {
  /// - Precondition: the VPN is not linked.
  mutating func refuseForeign(_ identity: Identity, _ profile: Profile) throws(Failure) {
    let name = identity.name
    for table in [Names.hostTable(name), Names.systemTable(name), Names.relayTable(name), Names.blockTable(name)] {
      let owner = try attempting("look for the filter \(table)") { () throws(SystemError) in try host.owner(ofTable: table) }
      guard owner != .others else {
        throw Failure("another program has an nftables table inet \(table): `nft delete table inet \(table)`, or give the VPN another name")
      }
    }
    let state = try self.state()
    for table in identity.memory[.isByLink] ? [identity.table, identity.underlay] : [identity.table] where !identity.memory[.hasNoBox] {
      guard let what = try foreignUse(ofTable: table, state) else { continue }
      throw Failure("\(what): \(try remedy(for: identity, profile, state))")
    }
    // A mark that the profile names is the administrator's, as may be a rule for it that leads where the tunnel goes.
    let sameWay = state.rules.filter { profile.fwmark != nil && $0.leads(identity.fwmark) && $0.rule.table == identity.underlay }
      .map { $0.rule }
    if let rule = state.foreignRules.first(where: { $0.fwmark == identity.fwmark && !sameWay.contains($0) }) {
      throw Failure(
        "another program's rule with priority \(rule.priority) has fwmark \(identity.fwmark), the mark of \(identity.name)'s tunnel: "
          + "write the table to which it leads as `Underlay =` in [VPN], set another `FwMark =`, or remove the rule")
    }
  }

  /// What another program does with a routing table, as the beginning of a sentence.
  private mutating func foreignUse(ofTable table: UInt32, _ state: HostState) throws(Failure) -> String? {
    if let rule = state.foreignRules.first(where: { $0.table == table }) {
      return "routing table \(table) is in use, by another program's rule with priority \(rule.priority)"
    }
    let hasRoutes = try attempting("look at table \(table)") { () throws(SystemError) in try host.route.hasForeignRoutes(inTable: table) }
    return hasRoutes ? "routing table \(table) is in use, by another program's routes" : nil
  }

  private mutating func remedy(for identity: Identity, _ profile: Profile, _ state: HostState) throws(Failure) -> String {
    let table = identity.memory[.isByLink] ? identity.underlay : identity.table
    if case .number = profile.table { return "set another `Table =`, or remove them (`ip route show table \(table)`)" }
    let look = "`ip rule; ip route show table \(table)` shows it"
    guard let free = try freeID(state) else { return "\(look); no other ID is free" }
    return "\(look); `sudo vpn edit \(identity.name) ID=\(free)` takes another"
  }

  /// The profile, with an ID where its file has none. That ID is the VPN's as long as it is linked, and stands in the link's alias only: who
  /// links may not write profiles.
  /// - Precondition: for one that is about to be linked: `changingRoutes`, so that no two VPNs get one ID.
  mutating func numbered(_ name: VPNName) throws(Failure) -> Profile {
    let profile = try profiles.profile(name)
    guard profile.id == nil else { return profile }
    guard let id = try freeID(state()) else { throw Failure("all IDs from 1 to 99 are taken: unlink a VPN, or remove one") }
    profiles.number(name, id)
    return try profiles.profile(name)
  }

  /// The lowest ID that no profile, no linked VPN and no other program's table has.
  mutating func freeID(_ state: HostState) throws(Failure) -> UInt8? {
    var taken = (state.linked + state.tunnels).map { $0.id }
    // The table of one that carried another, which has not learnt yet that it is gone.
    taken += (state.linked + state.tunnels).filter { $0.memory[.isThroughVPN] }.compactMap { UInt8(exactly: $0.underlay) }
    for name in try profiles.names() {
      if let id = try profiles.usable(name)?.id { taken.append(id) }
    }
    // Those that `vpn import` does not give come first, so that it has nothing to do with who is linked.
    let given = Profile.givenIdentifiers
    for id in Array((given.upperBound + 1)...Profile.identifiers.upperBound) + Array(given) where !taken.contains(id) {
      if try foreignUse(ofTable: UInt32(id), state) == nil { return id }
    }
    return nil
  }

  /// The VPN's tables had other names in older versions, and no mark; their chains tell them from others'. Nothing else could remove them
  /// any more.
  /// - Parameter alsoLinked: that of a linked VPN, too, and not only that of one which is up.
  mutating func removeOldTables(_ name: VPNName, alsoLinked: Bool) throws(Failure) {
    let forSystem: [ByteString] = ["guard", "output", "forward", "remember", "recall", "reroute", "rerouted", "queries"]
    let forLinked: [ByteString] = ["antispoof", "identity", "translated", "remember"]
    try removeOldTable("vpn-\(name)-up") { chains in
      chains.contains("guard") && chains.contains("output") && chains.allSatisfy { forSystem.contains($0) }
    }
    guard alsoLinked else { return }
    try removeOldTable("vpn-\(name)") { chains in
      chains.contains("antispoof") && chains.contains("identity") && chains.allSatisfy { forLinked.contains($0) }
    }
  }

  private mutating func removeOldTable(_ table: ByteString, if isMeant: ([ByteString]) -> Bool) throws(Failure) {
    let isGone = try attempting("remove the filter \(table) of an older version") { () throws(SystemError) in
      try host.deleteTable(table, if: isMeant)
    }
    if isGone { display("nft delete table inet \(table)") }
  }
}

extension HostState {
  fileprivate var foreignRules: [Rule] {
    rules.filter { !$0.isOurs && $0.owner != Route.kernelProtocolNumber }.map { $0.rule }
  }
}
