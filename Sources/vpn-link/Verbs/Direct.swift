internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// `vpnrun --direct`: this process becomes a command outside all VPNs that are up, by way of vpn-launch. Its sockets have the mark of the first of
/// these, whose rule and filters let a tunnel's own packets pass: nothing of the host's is changed.
/// - Returns: why not.
func goOutside(_ request: DirectRequest, _ session: inout Session, _ callers: CallersState) throws(Failure) -> Failure {
  let state = try session.state()
  let up = state.up
  let blocking = try session.blocking().filter { name in !up.contains { $0.name == name } }
  let names = up.map { $0.name } + blocking
  for name in names { try Caller.mustBeAllowedSystemWide(name, session.profiles.usable(name)) }
  // What one sends through another VPN is not outside: the last one's is.
  var way = up.first
  for _ in state.linked {
    guard let inner = way, inner.memory[.isThroughVPN], let outer = state.linked.first(where: { $0.table == inner.underlay }) else { break }
    way = outer
  }
  let mark = way?.fwmark ?? VPN.outsideMark
  let group: ControlGroup
  do throws(SystemError) {
    group = try ControlGroup.own().outside(Process.id)
    try group.enter(marking: mark)
  } catch {
    throw Failure("cannot run outside: \(error); it needs cgroups of version 2 and BPF, as systemd does")
  }
  let command = ByteString(String(printable: request.command[0].split(separator: 0x2f).last ?? request.command[0][...]))
  for name in names { session.record(.runOutside(command), of: name) }
  if request.isVerbose {
    let list = names.map { $0.description }.joined(separator: ", ")
    say("vpnrun: outside \(list.isEmpty ? "all VPNs, of which none is up" : list), by the mark \(mark)\n")
  }
  try attempting("give up capabilities") { () throws(SystemError) in try Capabilities.dropAll() }
  callers.restore()
  return try Programs(isVPNRuns: true).become("vpn-launch", [DirectRequest.word] + request.words, environment: .empty)
}

/// What commands that ran outside have left of the caller's cgroup.
func removeEmptyGroups() {
  for group in (try? ControlGroup.own().allOutside()) ?? [] { try? group.remove() }
}
