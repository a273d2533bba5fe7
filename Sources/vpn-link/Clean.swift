internal import KernelNetwork
internal import LinuxSystem
internal import Netlink
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// `vpn clean`, for one VPN: removes its box if nobody uses it, and what an accident has left. Says in a line what has been done, or why
/// nothing was; nothing where there is nothing.
func clean(_ name: VPNName, isDry: Bool) throws(Failure) {
  let turn = try Turn.take(name)
  var kernel = try hostKernel()
  let link = try hostLink(name, &kernel)
  let hasBox = try hasBox(name)
  let hasPin = Files.exists(Names.pin(name))
  let what: String
  let isOnHost = link != nil
  let profile = try? ProfileStore.read(name)
  if hasBox || isOnHost {
    if let use = try use(of: name, link, hasBox: hasBox, &kernel) {
      say("\(name) stays: \(use)\n", to: 1)
      return
    }
    if hasBox {
      what = "the box of \(name), which nobody used"
    } else {
      what = "the link \(name), whose box was gone"
    }
  } else if hasPin {
    what = "\(Names.pin(name)), which was no namespace"
  } else if let identity = try identity(name, profile, &kernel), try HostState(&kernel).hasRemains(identity) {
    guard try !HostState(&kernel).carries(identity, &kernel) else {
      return say("\(name) stays: the system goes through it, although its link is gone: `vpn down \(name)`\n", to: 1)
    }
    what = "rules of \(name), whose link was gone"
  } else {
    return
  }
  do throws(Failure) { try Caller.mustBeAllowed(name, profile) } catch { return say("\(name) stays: \(error.sentence)\n", to: 1) }
  if !isDry { try removeBox(name, isForced: false, isVerbose: false) }
  say("\(isDry ? "would remove" : "removed") \(what)\n", to: 1)
  _ = turn
}

/// Who uses it, as the end of a sentence.
private func use(of name: VPNName, _ link: LinkState?, hasBox: Bool, _ kernel: inout Applier) throws(Failure) -> String? {
  if hasBox {
    let host = try attempting("look at this network namespace") { () throws(SystemError) in try NetworkNamespace.current() }
    kernel.box = try attempting("enter the box") { () throws(SystemError) in try boxSockets(name, host) }
    let bridge = try attempting("look at the box") { () throws(SystemError) in try kernel.box!.route.link(Names.bridge(name)) }
    guard bridge != nil else { return "\(Names.pin(name)) is no box of ours" }
    let commands = try livingCommands(name, &kernel).map { $0.occupant }
    if let first = commands.first {
      return "\(first.command) (pid \(first.pid))\(commands.count > 1 ? " and \(commands.count - 1) more run" : " runs") in it"
    }
  }
  guard let identity = try identity(name, try? ProfileStore.read(name), &kernel) else { return nil }
  if try HostState(&kernel).carries(identity, &kernel) { return "the system goes through it, until `vpn down \(name)`" }
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
