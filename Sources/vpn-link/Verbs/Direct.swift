internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// `vpnrun --direct`: this process becomes a command outside all VPNs that are up, by way of vpn-launch. Its sockets have the mark of one of
/// these, whose rule and filters let a tunnel's own packets pass: nothing of the host's is changed.
/// - Returns: why not.
func goOutside(_ request: DirectRequest, _ session: inout Session, _ callers: CallersState) throws(Failure) -> Failure {
  let state = try session.state()
  let blocking = try session.blocking().filter { name in !state.up.contains { $0.name == name } }
  let names = state.up.map { $0.name } + blocking
  for name in names { try Caller.mustBeAllowedSystemWide(name, session.profiles.usable(name)) }
  // What is outside now stays so when it comes up: an administrator's VPN, up or not, must let the caller.
  for name in try session.profiles.names() where !names.contains(name) {
    guard let profile = try session.profiles.usable(name), profile.systemWide == .root else { continue }
    try Caller.mustBeAllowedSystemWide(name, profile)
  }
  let mark = way(out: state)?.fwmark ?? VPN.outsideMark
  do throws(SystemError) { try ControlGroup.own().enterInner(ControlGroup.name(Process.id), marking: mark) } catch {
    throw Failure("cannot run outside: \(error.whyNotOutside)")
  }
  let command = ByteString(String(printable: request.command[0].split(separator: 0x2f).last ?? request.command[0][...]))
  for name in names { session.record(.runOutside(command), of: name) }
  if request.isVerbose {
    let list = names.map { $0.description }.joined(separator: ", ")
    say("vpnrun: outside \(list.isEmpty ? "all VPNs, of which none is up" : list), by the mark \(mark)\n")
  }
  let prefix = try attempting("find vpn-launch") { () throws(SystemError) in try Files.prefix() }
  try attempting("give up capabilities") { () throws(SystemError) in try Capabilities.dropAll() }
  callers.restore()
  let launcher = Array("\(prefix)/\(Programs.helpers)/vpn-launch".utf8)
  return Failure("\(execute([launcher, DirectRequest.word] + request.words, environment: []))")
}

/// The first VPN that is up and is a tunnel, as whose packets are led. What one sends through another VPN is not outside: the last one's is.
private func way(out state: HostState) -> Identity? {
  var way = state.up.first { !$0.memory[.isByLink] }
  for _ in state.linked {
    guard let inner = way, inner.memory[.isThroughVPN], let outer = state.linked.first(where: { $0.table == inner.underlay }) else { break }
    way = outer
  }
  return way
}

extension SystemError {
  fileprivate var whyNotOutside: String {
    if isMissingFile { return "\(self): this system has none mounted (/sys/fs/cgroup)" }
    if isReadOnly { return "\(self): a sandbox keeps this process from it, as a container or systemd's ProtectControlGroups= does" }
    if isDenied { return "\(self): the kernel has no BPF, or another program has marked this session's sockets (`ip vrf exec` does)" }
    return "\(self)"
  }
}
