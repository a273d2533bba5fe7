internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// Prints a script that does what those actions do on this host, one after the other, whatever the VPN's own state is now. Nothing is
/// changed.
func plan(_ name: VPNName, _ actions: [PlannedAction], resolved: [LinkRequest.Resolved]) throws(Failure) {
  let written = try ProfileStore.read(name)
  try Caller.mustBeAllowed(name, written)
  let id = try ProfileStore.id(written, of: name)
  let wantsPeers = actions.contains { $0 == .link || $0 == .launch }
  let profile = wantsPeers ? try written.withKeys() : written
  try refuseConflicts(name, profile, id)
  var kernel = try hostKernel()
  _ = try hostLink(name, &kernel)
  if case .off = profile.table, actions.contains(.up) {
    throw Failure("\(ProfileStore.path(name)) has `Table = off`, so no routes are wanted: leave it out, or `vpn plan \(name) link`")
  }

  // The path's MTU, which a command's link has too, is that to the endpoint.
  var vpn = VPN(name: name, id: id, profile: profile, peers: wantsPeers ? try resolve(profile, resolved) : [])
  vpn.permission = try Caller.permission(name, profile)
  if profile.mtu == nil { vpn.mtu = pathMTU(to: vpn.device.peers.compactMap { $0.endpoint }, vpn, &kernel) }
  let (slot, host) = (try freeSlot(name), try HostState(&kernel))
  let isUp = host.linked.first { $0.name == name }?.memory.isUp
  var script = Script(
    name, slot: slot,
    [
      "What \(listed(actions.map { "`\($0.command(name))`" })) would do here. For root, where \(name) is \(actions[0].precondition)\(isUp.map { $0 ? " (it is up now)" : " (it is linked now)" } ?? "").",
      actions.contains(.launch) ? "Its arguments are the command." : "",
    ].filter { !$0.isEmpty })

  var planned = try PlannedHost(host, vpn, profile, &kernel)
  for action in PlannedAction.allCases where actions.contains(action) || action == .up && actions.contains(.down) {
    switch action {
    case .link: script.link(vpn, planned.identity, more: try planned.link(&kernel))
    case .up:
      let steps = try planned.up(vpn, &kernel)
      if actions.contains(.up) { script.up(steps) }
    case .launch: script.launch(BoxFacts(vpn), slot: slot, hosts: hostsLine())
    case .down: script.down(planned.down())
    case .unlink: script.unlink(planned.identity, more: planned.unlink())
    }
  }
  say(script.text, to: 1)
}

/// The host as it will be when the script is run, without that VPN at first.
private struct PlannedHost {
  var state: HostState
  var identity: Identity

  init(_ found: HostState, _ vpn: VPN, _ profile: Profile, _ kernel: inout Applier) throws(Failure) {
    state = found
    identity = vpn.identity(underlay: try underlayTable(profile, &kernel))
    identity.remembersMarks = state.hasStrictReversePath
    let memory = state.linked.first { $0.name == vpn.name }?.memory ?? Identity.Memory()
    if case .vrf = profile.underlay { identity.memory.changedUnboundInVRF = memory.changedUnboundInVRF || HostSetting.unboundInVRF.isOff }
    identity.memory.changedSourceValidMark = memory.changedSourceValidMark
    // What it has now, and what it has for all, which the next one would take over.
    state.linked.removeAll { $0.name == vpn.name }
    let own = identity
    state.rules.removeAll { $0.isOurs && own.isOwn($0.rule) }
    change(state.sharedRules())
    state.linked.append(identity)
    state.linked.sort { $0.id < $1.id }
  }

  private mutating func change(_ rules: (missing: [Rule], superfluous: [Rule])) {
    state.rules.removeAll { $0.isOurs && rules.superfluous.contains($0.rule) }
    state.rules += rules.missing.map { RuleState(ours: $0) }
  }

  /// - Returns: what more there is to do than the identity's own steps.
  mutating func link(_ kernel: inout Applier) throws(Failure) -> [Step] {
    var steps = identity.memory.changedUnboundInVRF ? [HostSetting.unboundInVRF.turnedOn] : []
    // Others let its packets pass by their marks, and must learn of one which is not among the usual.
    if !VPN.isUsual(identity.fwmark) {
      for (other, vpn) in try vpnsUp(state, &kernel) where other.id != identity.id {
        steps += try carrying(other, vpn, &state, &kernel).steps
      }
    }
    return steps
  }

  mutating func up(_ vpn: VPN, _ kernel: inout Applier) throws(Failure) -> [Step] {
    let steps: [Step]
    (identity, steps) = try carrying(identity, vpn, &state, &kernel)
    for step in steps {
      switch step.change {
      case .addRule(let rule): change((missing: [rule], superfluous: []))
      case .deleteRule(let rule): change((missing: [], superfluous: [rule]))
      default: break
      }
    }
    return steps
  }

  mutating func down() -> [Step] { leaving(identity, &state) }

  mutating func unlink() -> [Step] {
    identity.memory.changedUnboundInVRF ? [HostSetting.unboundInVRF.putBack(by: identity, &state)] : []
  }
}

extension BoxFacts {
  /// What a box says that was made from the profile as it is.
  fileprivate init(_ vpn: VPN) {
    self.init(
      bridge: Link.Master(Names.bridge(vpn.name), index: 0), mtu: vpn.mtu,
      gateways: vpn.families.map { Prefix(vpn.subnet($0).gateway, length: vpn.subnet($0).length) }, dns: vpn.dns,
      search: listed(vpn.search, " "))
  }
}

/// Of the box's, if there is one: the first that no command has.
private func freeSlot(_ name: VPNName) throws(Failure) -> UInt32 {
  guard try hasBox(name) else { return 2 }
  let taken = try attempting("list the commands of \(name)") { () throws(SystemError) -> [UInt32] in
    var box = try boxSockets(name, try NetworkNamespace.current())
    guard let bridge = try box.route.link(Names.bridge(name)) else { return [] }
    return try box.route.links(master: bridge.index).compactMap { slot(ofPort: $0.name) }
  }
  return (2...UInt32.max).first { !taken.contains($0) } ?? 2
}

private func hostsLine() -> String? {
  (try? FileDescriptor.open("/etc/nsswitch.conf", FileDescriptor.readOnly).readAll(limit: 65536)).flatMap {
    hostsLineWithoutForeignResolvers($0)
  }
}

private func listed(_ words: [String], _ separator: String = ", ") -> String { words.reduce("") { $0.isEmpty ? $1 : $0 + separator + $1 } }
