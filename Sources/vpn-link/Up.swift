internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// Puts the whole system behind a VPN, the default one without a name. Links it first if it is not.
func up(_ given: VPNName?, resolved: [LinkRequest.Resolved], isVerbose: Bool) throws(Failure) {
  var name = given
  if name == nil { name = try ProfileStore.defaultName() }
  guard let name else { throw Failure("there is no VPN yet: `sudo vpn import FILE` makes one") }
  let turn = try Turn.take(name)
  let (profile, id) = try turn.profile(name)
  try Caller.mustBeAllowedSystemWide(name, profile)
  if profile.systemWide == .no {
    throw Failure("\(ProfileStore.path(name)) has `SystemWide = no`: leave it out, or use `vpnrun \(name) -- COMMAND`")
  }
  if case .off = profile.table {
    throw Failure("\(ProfileStore.path(name)) has `Table = off`, so no routes are wanted: leave it out, or use `vpnrun \(name) -- COMMAND`")
  }

  var kernel = try hostKernel()
  let hasBox = try hasBox(name)
  // A link without an alias is all that a `vpn link` has made which was killed.
  let hasLink = try hostLink(name, &kernel)?.alias != nil
  let wasLinked = hasBox && hasLink
  var found = wasLinked ? try identity(name, profile, &kernel) : nil
  var isStrange = false
  if found?.memory.isForCommandsOnly ?? true {
    if let holder = try AddressHolder.of(profile.addresses, besides: name, HostState(&kernel), &kernel) {
      throw Failure(holder.refusal(name))
    }
    isStrange = try link(name, profile, resolved: resolved, isVerbose: isVerbose)
    found = try identity(name, profile, &kernel)
  }
  guard var identity = found else { throw Failure("\(name) is not linked: `vpn link \(name)`") }
  let wasUp = identity.memory.isUp
  identity.memory.isMadeByUp = identity.memory.isMadeByUp || !wasLinked
  let vpn = VPN(name: name, id: id, profile: profile, peers: [])
  var state = try HostState(&kernel)
  try carry(identity, vpn, &state, &kernel, Shell(box: Names.namespace(name), command: "COMMAND"), isVerbose: isVerbose)
  if isStrange { try carryAgain(&kernel) }
  if !wasUp { record(.up, of: name) }
  say(upText(vpn, state, wasUp: wasUp), to: 1)
  kernel.closeInBackground()
}

/// Makes the kernel's state that of a VPN which is up; what is so already stays.
func carry(
  _ before: Identity, _ vpn: VPN, _ state: inout HostState, _ kernel: inout Applier, _ shell: Shell, isVerbose: Bool
) throws(Failure) {
  let (identity, steps) = try carrying(before, vpn, &state, &kernel)
  if try state.hasLost(identity, &kernel) { try run(identity.steps, shell, &kernel, tolerating: .existing, isVerbose: isVerbose) }
  try run(steps, shell, &kernel, isVerbose: isVerbose)
}

/// What is missing on a host until that VPN is up.
func carrying(
  _ before: Identity, _ vpn: VPN, _ state: inout HostState, _ kernel: inout Applier
) throws(Failure) -> (identity: Identity, steps: [Step]) {
  var wide = try state.systemWide(before, vpn, &kernel)
  wide.identity.memory.isUp = true
  wide.identity.memory.takesAll = vpn.scope == .all
  wide.identity.memory.takesQueries = vpn.takesQueries
  if wide.isStrict, HostSetting.sourceValidMark.isOff { wide.identity.memory.changedSourceValidMark = true }
  let identity = wide.identity
  state.remember(identity)

  // What must be undone is remembered before it is done.
  var steps = [identity.remembering]
  if wide.isStrict, identity.memory.changedSourceValidMark { steps.append(HostSetting.sourceValidMark.turnedOn) }
  let (missing, superfluous) = state.sharedRules()
  steps += missing.map { Step(.host, .addRule($0)) }
  steps += wide.steps(found: state.own(identity))
  return (identity, steps + superfluous.map { Step(.host, .deleteRule($0)) })
}

/// Every VPN that is up once more, after something which concerns all of them.
func carryAgain(_ kernel: inout Applier) throws(Failure) {
  var state = try HostState(&kernel)
  for (identity, vpn) in try vpnsUp(state, &kernel) {
    try carry(identity, vpn, &state, &kernel, Shell(box: Names.namespace(vpn.name), command: "COMMAND"), isVerbose: false)
  }
}

/// Those whose profiles can be read.
func vpnsUp(_ state: HostState, _ kernel: inout Applier) throws(Failure) -> [(Identity, VPN)] {
  var found: [(Identity, VPN)] = []
  for name in state.up.map({ $0.name }) {
    guard let profile = try? ProfileStore.read(name), let id = profile.id, let identity = try identity(name, profile, &kernel) else {
      continue
    }
    found.append((identity, VPN(name: name, id: id, profile: profile, peers: [])))
  }
  return found
}

/// Takes the system out of a VPN, without a name out of the one with the lowest ID of those that the caller may take down. The box goes
/// as well if `vpn up` has made it and nobody uses it.
func down(_ given: VPNName?, isVerbose: Bool) throws(Failure) {
  var kernel = try hostKernel()
  var name = given
  if name == nil {
    let up = try HostState(&kernel).up.map { $0.name }
    name = up.first { mayTakeDown($0) } ?? up.first
  }
  guard let name else {
    say("no VPN is up\n", to: 1)
    return
  }
  let turn = try Turn.take(name)
  // A VPN that is up outlives its profile.
  if turn.own == nil, try hostLink(name, &kernel) == nil { _ = try ProfileStore.open(name) }
  let profile = try? ProfileStore.read(name)
  try Caller.mustBeAllowedSystemWide(name, profile)
  var state = try HostState(&kernel)
  let shell = Shell(box: Names.namespace(name), command: "COMMAND")
  guard let identity = try identity(name, profile, &kernel),
    try leave(identity, &state, &kernel, shell, isVerbose: isVerbose)
  else {
    say("\(name) is not up\n", to: 1)
    return
  }
  record(.down, of: name)
  var text = "\(name) is down"
  if let next = state.up.first { text += ": \(next.name) carries the system now" }
  if identity.memory.isMadeByUp, try !isInUse(name) {
    try removeBox(name, profile, isForced: false, isVerbose: isVerbose)
  } else if identity.memory.isMadeByUp {
    text += "; commands still run in it, so it stays linked"
  }
  say(text + "\n", to: 1)
  kernel.closeInBackground()
}

private func mayTakeDown(_ name: VPNName) -> Bool {
  do throws(Failure) {
    try Caller.mustBeAllowedSystemWide(name, try? ProfileStore.read(name))
    return true
  } catch { return false }
}

/// - Returns: whether there was anything to do.
@discardableResult
func leave(
  _ before: Identity, _ state: inout HostState, _ kernel: inout Applier, _ shell: Shell, isVerbose: Bool
) throws(Failure) -> Bool {
  // Where the link is gone, rules are left that go by the profile's numbers.
  guard before.memory.isUp || !state.own(before).isEmpty else { return false }
  try run(leaving(before, &state), shell, &kernel, tolerating: .missing, isVerbose: isVerbose)
  return true
}

/// What a host has to lose until that VPN is down.
func leaving(_ before: Identity, _ state: inout HostState) -> [Step] {
  let own = state.own(before)
  var identity = before
  identity.memory.isUp = false
  identity.memory.takesAll = false
  identity.memory.takesQueries = false
  state.remember(identity)
  let (missing, superfluous) = state.sharedRules()
  var steps = missing.map { Step(.host, .addRule($0)) }
  steps += superfluous.map { Step(.host, .deleteRule($0)) }
  steps += identity.downSteps(found: own)
  if identity.memory.changedSourceValidMark {
    steps.append(HostSetting.sourceValidMark.putBack(by: identity, &state))
    identity.memory.changedSourceValidMark = false
  }
  identity.memory.isMadeByUp = false
  return steps + [identity.remembering]
}

/// Takes down what is up, or puts the system behind the VPN. Without a name only what the caller may take down counts.
func toggle(_ given: VPNName?, resolved: [LinkRequest.Resolved], isVerbose: Bool) throws(Failure) {
  var kernel = try hostKernel()
  let running = try HostState(&kernel).up
  let isUp = given.map { name in running.contains { $0.name == name } } ?? running.contains { mayTakeDown($0.name) }
  if isUp { try down(given, isVerbose: isVerbose) } else { try up(given, resolved: resolved, isVerbose: isVerbose) }
}

private func upText(_ vpn: VPN, _ state: HostState, wasUp: Bool) -> String {
  var text = "\(vpn.name) is up\(wasUp ? " already" : "")"
  switch vpn.scope {
  case .all: text += ": everything goes through it"
  case .networks(let networks):
    text += ": traffic to " + listed(networks.prefix(4).map { $0.description })
    if networks.count > 4 { text += " and \(networks.count - 4) more networks" }
    text += " goes through it"
  }
  if let first = state.up.first, first.id < vpn.id { text += ", after \(first.name), which comes first" }
  if state.up.first(where: { $0.memory.takesQueries })?.id == vpn.id {
    text += vpn.dns.isEmpty ? "" : "; names are resolved by " + listed(vpn.dns.map { $0.description })
  }
  if vpn.scope == .all, vpn.dns.isEmpty {
    text += "\nIt has no DNS servers: queries go through it to those that the system asks, and those of the LAN cannot be reached"
  }
  return text + "\n"
}

private func listed(_ words: [String]) -> String { words.reduce("") { $0.isEmpty ? $1 : $0 + ", " + $1 } }
