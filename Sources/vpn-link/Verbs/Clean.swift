internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// `vpn clean`, for one VPN: removes its box if no command uses it, and what an accident has left. Says in a line what has been done, or why
/// nothing was; nothing where there is nothing.
func clean(_ name: VPNName, isDry: Bool, _ session: inout Session) throws(Failure) {
  let profile = try session.profiles.usable(name)
  if let refusal = refusal(name, profile) {
    // Where there is nothing, nothing stays.
    let found = profile == nil ? try find(name, &session) : ("", nil)
    return say(found.map { "\(name) stays: \($0.reason ?? refusal)\n" } ?? "", to: 1)
  }
  try session.changingRoutes(of: name, as: .user) { session throws(Failure) in
    guard let found = try find(name, &session) else { return }
    if let reason = found.reason { return say("\(name) stays: \(reason)\n", to: 1) }
    if !isDry { try session.remove(name, isForced: false) }
    say("\(isDry ? "would remove" : "removed") \(found.what)\n", to: 1)
  }
}

/// - Returns: what there is of it, and why it must stay.
private func find(_ name: VPNName, _ session: inout Session) throws(Failure) -> (what: String, reason: String?)? {
  let link = try session.hostLink(name)
  let identity = try session.identity(name, session.profiles.usable(name))
  let state = try session.state()
  guard var found = try find(name, link, identity, state, &session) else { return nil }
  if found.reason == nil, let identity { found.reason = try useOnHost(identity, link, state, &session) }
  return found
}

private func find(
  _ name: VPNName, _ link: LinkState?, _ identity: Identity?, _ state: HostState, _ session: inout Session
) throws(Failure) -> (what: String, reason: String?)? {
  if var box = try session.box(name) { return ("the box of \(name), which was not in use", try useOfBox(&box, &session)) }
  if let link, link.isHostTunnel { return ("the link \(name)", "it is this machine's, for its routes; `vpn unlink \(name)` removes it") }
  if link != nil { return ("the link \(name), whose box was gone", nil) }
  if Files.exists(Names.pin(name)) { return ("\(Names.pin(name)), which was no namespace", nil) }
  if let identity, !identity.memory[.hasNoBox] || !state.tunnels.contains(where: { $0.fwmark == identity.fwmark }),
    state.hasRemains(identity)
  {
    return ("rules of \(name), whose link was gone", nil)
  }
  return nil
}

/// Why the caller may not use it.
private func refusal(_ name: VPNName, _ profile: Profile?) -> String? {
  do throws(Failure) { return try Caller.refusal(name, profile) } catch { return error.sentence }
}

/// Who is in it, as the end of a sentence.
private func useOfBox(_ box: inout Box, _ session: inout Session) throws(Failure) -> String? {
  guard try box.isOurs() else { return "\(Names.pin(box.name)) is no box of ours" }
  let commands = try session.livingCommands(in: &box)
  return commands.first.map {
    "\($0)\(commands.count > 1 ? " and \(commands.count - 1) more run" : " runs") in it"
  }
}

/// Who goes through it, as the end of a sentence.
private func useOnHost(
  _ identity: Identity, _ link: LinkState?, _ state: HostState, _ session: inout Session
) throws(Failure) -> String? {
  var state = state
  if let inner = try session.carried(by: identity.name).first { return "it carries \(inner), whose Underlay it is" }
  if try state.carries(identity, &session.host) { return "the system goes through it, until `vpn down \(identity.name)`" }
  if let what = try session.relaying(identity, state) { return "\(what); `vpn unlink \(identity.name)` ends that" }
  let user = try attempting("look at the host's sockets") { () throws(SystemError) -> BoundSocket? in
    var diagnosis = try NetlinkSocket(.socketDiagnosis)
    return try diagnosis.firstSocket(boundTo: identity.addresses.map { $0.address }, link: link?.index)
  }
  return user.map { "a program is bound to it (\($0.transport == .tcp ? "TCP" : "UDP") port \($0.port)); `ss -anp` shows which" }
}

extension HostState {
  /// Rules that a VPN has left which is not linked.
  fileprivate func hasRemains(_ identity: Identity) -> Bool {
    let its = identity.rules
    let relayed = identity.priorities.relayed
    let table = identity.memory[.isByLink] ? identity.underlay : identity.table
    return rules.contains { found in
      found.isOurs && (its.contains(found.rule) || found.rule.priority == relayed && found.rule.table == table)
    }
  }
}
