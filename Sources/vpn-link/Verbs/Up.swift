internal import HelperWire
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// `vpn up`: puts the whole system behind a VPN, the default one without a name. Links it first if it is not.
func up(_ given: VPNName?, _ session: inout Session) throws(Failure) {
  var name = given
  if name == nil { name = try session.defaultName() }
  guard let name else { throw Failure("there is no VPN yet: `sudo vpn import FILE` makes one") }
  _ = try session.profiles.profile(name)
  var hasSession = false
  try session.changingRoutes(of: name, as: .carrier) { session throws(Failure) in hasSession = try goUp(name, &session) }
  // It is up, whatever comes of this.
  if !hasSession { try? sayWhetherItAnswers(name, &session) }
}

/// Nothing is wrong with a server that takes its time: it is said, and no failure.
private func sayWhetherItAnswers(_ name: VPNName, _ session: inout Session) throws(Failure) {
  guard let profile = try session.profiles.usable(name), let identity = try session.identity(name, nil) else { return }
  guard try session.silence(of: name, fwmark: identity.fwmark, isPatient: false) != nil else { return }
  let socket = profile.nudge(name)
  try? socket?.send([])
  if let sentence = try session.silence(of: name, fwmark: identity.fwmark, isPatient: true) { say("vpn: \(sentence)\n") }
}

/// - Returns: whether its tunnel is known to have a session.
private func goUp(_ name: VPNName, _ session: inout Session) throws(Failure) -> Bool {
  let profile = try session.numbered(name)
  let id = try profile.id(of: name)
  try refuseUnwanted(name, profile)
  try session.requireOuter(of: name, profile)

  // A link without an alias is all that a `vpn link` has made which was killed.
  let (hasBox, link) = (try Box.exists(name), try session.hostLink(name))
  let wasLinked = hasBox && (link == nil || link?.alias != nil)
  let before = wasLinked ? try session.identity(name, profile) : nil
  var state = try session.state()
  let wasUp = before.map { $0.memory[.isUp] || (link == nil && !state.own($0).isEmpty) } ?? false
  if before?.memory[.isForCommandsOnly] ?? true {
    if let holder = try session.holder(of: profile.addresses, besides: name, state) { throw Failure(holder.refusal(name)) }
  }
  do throws(Failure) {
    // What was not there before is gone again if anything fails.
    var (hasUnusualMark, hasSession) = (false, false)
    var found: Identity?
    var vpn = VPN(name: name, id: id, profile: profile, peers: [])
    if wasLinked, before?.memory[.isForCommandsOnly] == false, var box = try session.box(name) {
      let repaired = try session.repair(name, profile, known: before, &box)
      found = repaired.identity
      vpn.use(repaired.resolvers)
      hasSession = repaired.tunnel.hasSession
    } else {
      hasUnusualMark = try session.establish(name)
      found = try session.identity(name, profile)
      if var box = try session.box(name) { vpn.use(try box.resolvers()) }
    }
    guard var identity = found else { throw Failure("\(name) is not linked: `vpn link \(name)`") }
    identity.memory[.isMadeByUp] = identity.memory[.isMadeByUp] || !wasLinked
    state = try session.state()
    try session.carry(identity, vpn, &state)
    if hasUnusualMark { try session.carryAgain() }
    state = try session.state()
    if let loss = try state.loss(identity, &session.host) { throw Failure("\(name) cannot be taken up: \(loss)") }
    // What refuses the rest is there.
    _ = try session.unblock(name)
    if !wasUp { session.record(.up, of: name) }
    say(upText(vpn, state, wasUp: wasUp), to: 1)
    return hasSession
  } catch {
    // One that was up stays so: what is missing is refused, and `vpn status` says it.
    if !wasUp, !error.isQuestion { session.undoUp(name, hadBox: hasBox) }
    throw error
  }
}

private func refuseUnwanted(_ name: VPNName, _ profile: Profile) throws(Failure) {
  guard profile.hasBox else {
    throw Failure("\(Names.profile(name)) has `Box = no`: which packets go through it is for this machine's routes to say")
  }
  guard profile.link == nil || !profile.addresses.isEmpty else {
    let link = profile.link ?? ""
    throw Failure("\(Names.profile(name)) has no Address on \(link), so it is only for what it relays: write one that is free there")
  }
  let remedy = "leave it out, or use `vpnrun \(name) -- COMMAND`"
  if profile.systemWide == .no { throw Failure("\(Names.profile(name)) has `SystemWide = no`: \(remedy)") }
  if case .off = profile.table { throw Failure("\(Names.profile(name)) has `Table = off`, so no routes are wanted: \(remedy)") }
}

private func upText(_ vpn: VPN, _ state: HostState, wasUp: Bool) -> String {
  var text = "\(vpn.name) is up\(wasUp ? " already" : "")"
  switch vpn.scope {
  case .all: text += ": everything goes through it"
  case .networks(let networks):
    text += ": traffic to " + networks.prefix(4).map { $0.description }.joined(separator: ", ")
    if networks.count > 4 { text += " and \(networks.count - 4) more networks" }
    text += " goes through it"
  }
  if let first = state.up.first, first.id < vpn.id { text += ", after \(first.name), which comes first" }
  if state.up.first(where: { $0.memory[.takesQueries] })?.id == vpn.id {
    text += vpn.dns.isEmpty ? "" : "; names are resolved by " + vpn.dns.map { $0.description }.joined(separator: ", ")
  }
  if vpn.scope == .all, vpn.dns.isEmpty {
    text += "\nIt has no DNS servers: queries go through it to those that the system asks, and those of the LAN cannot be reached"
  }
  return text + "\n"
}

extension Session {
  /// After a failure: whatever can be undone is, step by step.
  fileprivate mutating func undoUp(_ name: VPNName, hadBox: Bool) {
    try? quietly { session throws(Failure) in
      guard let identity = try session.identity(name, session.profiles.usable(name)) else { return }
      var state = try session.state()
      for step in try session.leaving(identity, &state) { try? session.run([step], tolerating: .missing) }
    }
    guard !hadBox else { return }
    try? quietly { session throws(Failure) in try session.remove(name, isForced: true) }
  }
}
