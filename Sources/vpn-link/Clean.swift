internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// `vpn clean`, for one VPN: removes its box if nobody uses it, and what an accident has left. Says in a line what has been done, or why
/// nothing was; nothing where there is nothing.
func clean(_ name: VPNName, isDry: Bool) throws(Failure) {
  if let profile = try? ProfileStore.read(name), let refusal = refusal(name, profile) { return say("\(name) stays: \(refusal)\n", to: 1) }
  let turn = try Turn.take(name)
  let profile = try? ProfileStore.read(name)
  var kernel = try hostKernel()
  let link = try hostLink(name, &kernel)
  let hasBox = try hasBox(name)
  let identity = try identity(name, profile, &kernel)
  let state = try HostState(&kernel)
  let what: String
  if hasBox {
    what = "the box of \(name), which nobody used"
  } else if link != nil {
    what = "the link \(name), whose box was gone"
  } else if Files.exists(Names.pin(name)) {
    what = "\(Names.pin(name)), which was no namespace"
  } else if let identity, state.hasRemains(identity) {
    what = "rules of \(name), whose link was gone"
  } else {
    return
  }
  var reason = hasBox ? try useOfBox(name, &kernel) : nil
  if reason == nil, let identity { reason = try useOnHost(identity, link, state, &kernel) }
  if let reason = reason ?? refusal(name, profile) { return say("\(name) stays: \(reason)\n", to: 1) }
  if !isDry { try removeBox(name, profile, isForced: false, isVerbose: false) }
  say("\(isDry ? "would remove" : "removed") \(what)\n", to: 1)
  _ = turn
}

/// Why the caller may not use it.
private func refusal(_ name: VPNName, _ profile: Profile?) -> String? {
  do throws(Failure) { try Caller.mustBeAllowed(name, profile) } catch { return error.sentence }
  return nil
}

/// Who is in it, as the end of a sentence.
private func useOfBox(_ name: VPNName, _ kernel: inout Applier) throws(Failure) -> String? {
  let host = try attempting("look at this network namespace") { () throws(SystemError) in try NetworkNamespace.current() }
  kernel.box = try attempting("enter the box") { () throws(SystemError) in try boxSockets(name, host) }
  let bridge = try attempting("look at the box") { () throws(SystemError) in try kernel.box!.route.link(Names.bridge(name)) }
  guard bridge != nil else { return "\(Names.pin(name)) is no box of ours" }
  let commands = try livingCommands(name, &kernel).map { $0.occupant }
  return commands.first.map {
    "\($0.command) (pid \($0.pid))\(commands.count > 1 ? " and \(commands.count - 1) more run" : " runs") in it"
  }
}

/// Who goes through it, as the end of a sentence.
private func useOnHost(
  _ identity: Identity, _ link: LinkState?, _ state: HostState, _ kernel: inout Applier
) throws(Failure) -> String? {
  if try state.carries(identity, &kernel) { return "the system goes through it, until `vpn down \(identity.name)`" }
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
    return rules.contains { found in found.isOurs && its.contains(found.rule) }
  }
}
