internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// `vpn plan`: prints a script that does what those actions do on this host, one after the other, whatever the VPN's own state is now.
/// Nothing is changed.
func plan(_ name: VPNName, _ actions: [PlannedAction], _ session: inout Session) throws(Failure) {
  let written = try session.numbered(name)
  try Caller.mustBeAllowed(name, written)
  let id = try written.id(of: name)
  let wantsPeers = actions.contains { $0 == .link || $0 == .launch }
  let profile = wantsPeers ? try written.withKeys() : written
  try session.refuseConflicts(name, profile, id)
  _ = try session.hostLink(name)
  if case .off = profile.table, actions.contains(.up) {
    throw Failure("\(Names.profile(name)) has `Table = off`, so no routes are wanted: leave it out, or `vpn plan \(name) link`")
  }

  if !profile.hasBox { return try planHostTunnel(name, id, profile, actions, &session) }

  // The path's MTU, which a command's link has too, is that to the endpoint.
  var vpn = VPN(name: name, id: id, profile: profile, peers: wantsPeers ? try session.resolve(profile) : [])
  vpn.permission = try Caller.permission(name, profile)
  if profile.mtu == nil { vpn.mtu = session.pathMTU(to: vpn.device.peers.compactMap { $0.endpoint }, vpn) }
  if wantsPeers { try session.refuseLink(name, profile) }
  try session.takeLink(&vpn)
  let slot = try freeSlot(name, session)
  let host = try session.state()
  let isUp = host.linked.first { $0.name == name }?.memory[.isUp]
  var script = Script(
    name, slot: slot,
    [
      "What \(actions.map { "`\($0.command(name))`" }.joined(separator: ", ")) would do here. For root, where \(name) is \(actions[0].precondition)\(isUp.map { $0 ? " (it is up now)" : " (it is linked now)" } ?? "").",
      actions.contains(.launch) ? "Its arguments are the command." : "",
    ].filter { !$0.isEmpty })
  script.families = session.host.families
  script.switchesOnIPv6 = Sysctl.number("net/ipv6/conf/default/disable_ipv6") == 1

  var planned = try PlannedHost(host, vpn, profile, &session)
  // What is there already, where the script does not begin with it.
  let linking = try planned.link(profile, &session)
  let isBlocked = profile.block && actions.contains(.up)
  if isBlocked { script.block(Block.filter(name, marks: try session.unusualMarks())) }
  for action in PlannedAction.allCases where actions.contains(action) || action == .up && actions.contains(.down) {
    switch action {
    case .link: script.link(vpn, planned.identity, more: linking)
    case .up:
      let steps = try planned.up(vpn, &session)
      if actions.contains(.up) { script.up(steps) }
      if isBlocked { script.unblock() }
    case .launch: script.launch(BoxFacts(vpn), slot: slot, hosts: try hostsLine())
    case .down: script.down(try planned.down(&session))
    case .unlink: script.unlink(planned.identity, more: try planned.unlink(profile, &session))
    }
  }
  say(script.text, to: 1)
}

/// Of one without a box: it is linked and unlinked.
private func planHostTunnel(
  _ name: VPNName, _ id: UInt8, _ profile: Profile, _ actions: [PlannedAction], _ session: inout Session
) throws(Failure) {
  let actions = actions.count == 1 ? actions : [.link, .unlink]
  guard actions.allSatisfy({ $0 == .link || $0 == .unlink }) else {
    throw Failure("\(Names.profile(name)) has `Box = no`: it is linked and unlinked, and nothing else")
  }
  var vpn = VPN(name: name, id: id, profile: profile, peers: try session.resolve(profile))
  if profile.mtu == nil { vpn.mtu = session.pathMTU(to: vpn.device.peers.compactMap { $0.endpoint }, vpn) }
  var identity = vpn.identityWithoutBox(underlay: try session.underlayTable(profile))
  var state = try session.state()
  let known = state.tunnels.first { $0.name == name }
  identity.memory[.changedUnboundInVRF] =
    known?.memory[.changedUnboundInVRF] ?? false
    || state.hasVRF(identity.underlay) && HostSetting.unboundInVRF.isOff
  let changesSetting = identity.memory[.changedUnboundInVRF]
  let whatFor = actions.map { "`\($0.command(name))`" }.joined(separator: ", ")
  var script = Script(
    name, slot: 2,
    ["What \(whatFor) would do here. For root, where \(name) is \(actions[0].precondition)\(known != nil ? " (it is linked now)" : "")."])
  script.families = session.host.families
  for action in actions {
    if action == .link {
      script.linkHostTunnel(vpn, identity, more: changesSetting ? [HostSetting.unboundInVRF.turnedOn] : [])
    } else {
      let keepsRules = state.tunnels.contains { $0.name != name && $0.fwmark == identity.fwmark }
      let more = changesSetting ? [HostSetting.unboundInVRF.putBack(by: identity, &state)] : []
      script.unlinkHostTunnel(identity, keepsRules: keepsRules, more: more)
    }
  }
  say(script.text, to: 1)
}

/// The host as it will be when the script is run, without that VPN at first.
private struct PlannedHost {
  var state: HostState
  var identity: Identity

  init(_ found: HostState, _ vpn: VPN, _ profile: Profile, _ session: inout Session) throws(Failure) {
    state = found
    identity = vpn.identity(underlay: try session.underlayTable(profile))
    identity.remembersMarks = state.hasStrictReversePath
    try identity.use(profile)
    let memory = state.linked.first { $0.name == vpn.name }?.memory ?? Identity.Memory()
    let underlay = identity.underlay
    if state.hasVRF(underlay) {
      identity.memory[.changedUnboundInVRF] = memory[.changedUnboundInVRF] || HostSetting.unboundInVRF.isOff
    }
    identity.memory[.changedSourceValidMark] = memory[.changedSourceValidMark]
    // What it has now, and what it has for all, which the next one would take over.
    state.linked.removeAll { $0.name == vpn.name }
    let own = identity
    state.rules.removeAll { $0.isOurs && own.isOwn($0.rule) }
    state.remember([], of: own)
    let (missing, superfluous) = state.rulesOfUp()
    state.follow(missing.map { Step(.host, .addRule($0)) } + superfluous.map { Step(.host, .deleteRule($0)) })
    state.follow(state.sharedSteps(without: identity))
    _ = try session.relaySteps(identity, [], &state)
    state.linked.append(identity)
    state.linked.sort { $0.id < $1.id }
  }

  /// - Returns: what more there is to do than the identity's own steps.
  mutating func link(_ profile: Profile, _ session: inout Session) throws(Failure) -> [Step] {
    var steps = state.sharedSteps(with: identity)
    state.follow(steps)
    steps = try session.relaySteps(identity, profile.relayed, &state) + steps
    if identity.memory[.changedUnboundInVRF] { steps.append(HostSetting.unboundInVRF.turnedOn) }
    // Others let its packets pass by their marks, and must learn of one which is not among the usual.
    if !VPN.isUsual(identity.fwmark) {
      for (other, vpn) in try session.vpnsUp(state) where other.id != identity.id {
        steps += try session.carrying(other, vpn, &state).steps
      }
    }
    return steps
  }

  mutating func up(_ vpn: VPN, _ session: inout Session) throws(Failure) -> [Step] {
    let steps: [Step]
    (identity, steps) = try session.carrying(identity, vpn, &state)
    state.follow(steps)
    return steps
  }

  mutating func down(_ session: inout Session) throws(Failure) -> [Step] {
    let steps = try session.leaving(identity, &state)
    state.follow(steps)
    return steps
  }

  mutating func unlink(_ profile: Profile, _ session: inout Session) throws(Failure) -> [Step] {
    var steps = identity.memory[.changedUnboundInVRF] ? [HostSetting.unboundInVRF.putBack(by: identity, &state)] : []
    steps += try state.sharedSteps(without: identity) + session.relaySteps(identity, [], &state)
    // Nor may these.
    for route in try session.relay(identity, profile.relayed, profile).routes { steps.append(Step(.host, .deleteRoute(route))) }
    // It may not be there yet.
    let filter = Step(.host, .deleteTable(Names.relayTable(identity.name)))
    return steps + (profile.relayed.isEmpty || steps.contains(filter) ? [] : [filter])
  }
}

extension BoxFacts {
  /// What a box says that was made from the profile as it is.
  fileprivate init(_ vpn: VPN) {
    self.init(
      bridge: Link.Master(Names.bridge(vpn.name), index: 0), mtu: vpn.mtu,
      gateways: vpn.families.map { Prefix(vpn.subnet($0).gateway, length: vpn.subnet($0).length) }, resolvers: vpn.resolvers)
  }
}

/// Of the box's, if there is one: the first that no command has.
private func freeSlot(_ name: VPNName, _ session: borrowing Session) throws(Failure) -> UInt32 {
  guard var box = try session.box(name) else { return 2 }
  let taken = try attempting("list the commands of \(name)") { () throws(SystemError) -> [UInt32] in
    guard let bridge = try box.sockets.route.link(Names.bridge(name)) else { return [] }
    return try box.sockets.route.links(master: bridge.index).compactMap { Names.slot(ofPort: $0.name) }
  }
  return (2...UInt32.max).first { !taken.contains($0) } ?? 2
}

private func hostsLine() throws(Failure) -> String? {
  try attempting("read /etc/nsswitch.conf") { () throws(SystemError) in
    try Files.content(of: "/etc/nsswitch.conf", limit: 65536).flatMap { hostsLineWithoutForeignResolvers($0) }
  }
}
