internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

// The whole system's routes: into a VPN, out of it, and from one to the next.

extension Session {
  /// Makes the kernel's state that of a VPN which is up; what is so already stays.
  mutating func carry(_ before: Identity, _ vpn: VPN, _ state: inout HostState) throws(Failure) {
    let (identity, steps) = try carrying(before, vpn, &state)
    if try state.hasLost(identity, &host) { try run(identity.steps, tolerating: .existing) }
    // What all that are linked have together may be made by another process in this moment.
    try run(steps, tolerating: .existing)
    state.follow(steps)
    try removeOldTables(identity.name, alsoLinked: true)
  }

  /// What is missing on a host until that VPN is up.
  mutating func carrying(
    _ before: Identity, _ vpn: VPN, _ state: inout HostState
  ) throws(Failure) -> (identity: Identity, steps: [Step]) {
    var wide = try state.systemWide(before, vpn, &host)
    wide.identity.memory[.isUp] = true
    wide.identity.memory[.takesAll] = vpn.scope == .all
    wide.identity.memory[.takesQueries] = vpn.takesQueries
    wide.identity.memory[.sealsIPv4] = wide.sealsIPv4
    if wide.isStrict, HostSetting.sourceValidMark.isOff { wide.identity.memory[.changedSourceValidMark] = true }
    wide.identity.remembersMarks = wide.isStrict
    let identity = wide.identity
    state.remember(identity)

    // What must be undone is remembered before it is done.
    var steps = [identity.remembering]
    // While it is up it is for everybody.
    if !before.memory[.isUp] { steps.append(Step(.host, .replaceTable(identity.filter))) }
    if wide.isStrict, identity.memory[.changedSourceValidMark] { steps.append(HostSetting.sourceValidMark.turnedOn) }
    let (missing, superfluous) = state.rulesOfUp()
    steps += (state.rulesOfLinked().missing + missing.filter { !$0.isUnreachable }).map { Step(.host, .addRule($0)) }
    steps += wide.steps(found: state.own(identity), routes: try state.routes(identity, &host))
    state.remember(wide.routes, of: identity)
    // What comes by all of them is refused when all of them are there.
    steps += missing.filter { $0.isUnreachable }.map { Step(.host, .addRule($0)) }
    return (identity, steps + superfluous.map { Step(.host, .deleteRule($0)) })
  }

  /// Every VPN that is up once more, after something which concerns all of them.
  mutating func carryAgain() throws(Failure) {
    var state = try self.state()
    for (identity, vpn) in try vpnsUp(state) {
      try quietly { session throws(Failure) in try session.carry(identity, vpn, &state) }
    }
  }

  /// Those whose profiles can be read.
  mutating func vpnsUp(_ state: HostState) throws(Failure) -> [(Identity, VPN)] {
    var found: [(Identity, VPN)] = []
    for name in state.up.map({ $0.name }) {
      guard let profile = try profiles.usable(name), let id = profile.id, let identity = try identity(name, profile) else { continue }
      var vpn = VPN(name: name, id: id, profile: profile, peers: [])
      if var box = try box(name) { vpn.use(try box.resolvers()) }
      found.append((identity, vpn))
    }
    return found
  }

  /// Takes the system out of a VPN.
  /// - Returns: whether there was anything to do.
  @discardableResult
  mutating func leave(_ before: Identity, _ state: inout HostState) throws(Failure) -> Bool {
    // Where the link is gone, rules are left that go by the profile's numbers.
    let routes = try state.routes(before, &host)
    guard before.memory[.isUp] || !state.own(before).isEmpty || !routes.isEmpty else { return false }
    let steps = try leaving(before, &state)
    try run(steps, tolerating: .missing)
    state.follow(steps)
    try removeOldTables(before.name, alsoLinked: false)
    return true
  }

  /// What a host has to lose until that VPN is down.
  mutating func leaving(_ before: Identity, _ state: inout HostState) throws(Failure) -> [Step] {
    let (own, routes) = (state.own(before), try state.routes(before, &host))
    var identity = before
    identity.memory[.isUp] = false
    identity.memory[.takesAll] = false
    identity.memory[.takesQueries] = false
    identity.memory[.sealsIPv4] = false
    state.remember(identity)
    let (missing, superfluous) = state.rulesOfUp()
    var steps = missing.map { Step(.host, .addRule($0)) }
    steps += superfluous.map { Step(.host, .deleteRule($0)) }
    steps += identity.downSteps(found: own, routes: routes)
    state.remember([], of: identity)
    if identity.memory[.changedSourceValidMark] {
      steps.append(HostSetting.sourceValidMark.putBack(by: identity, &state))
      identity.memory[.changedSourceValidMark] = false
    }
    identity.memory[.isMadeByUp] = false
    identity.remembersMarks = state.hasStrictReversePath
    steps.append(Step(.host, .replaceTable(identity.filter)))
    // A link without an alias stays so: the box's end may be half made, and `repair` goes by it.
    let isWhole = state.links.contains { $0.name == Names.hostLink(before.name) && $0.alias != nil }
    return isWhole ? steps + [identity.remembering] : steps
  }
}
