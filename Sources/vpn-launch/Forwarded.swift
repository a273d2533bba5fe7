internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// The other thing that vpn-launch is asked: `--forwarded=OUTSIDE:INSIDE:TARGET`, by the process that keeps a command's port, when that has
/// changed.
/// - Returns: `nil` if it is asked for a launch.
func forwardedPort(_ words: [[UInt8]]) throws(Failure) -> ForwardedPort? {
  guard let word = words.first, word.begins(with: "--forwarded=") else { return nil }
  guard words.count == 1, let port = ForwardedPort(word.dropFirst(12)) else { throw wrongUse }
  return port
}

/// The command is the one whose network this process is in; of which VPN that is, its own links say, which only this program writes. It must
/// have been started with a forwarded port, by the same user: it gets another one instead.
func changeForwarded(to port: ForwardedPort) throws(Failure) {
  try establishIdentity(keeping: [.netAdmin, .sysAdmin], program: "vpn-launch")
  _ = try attempting("prepare") { () throws(SystemError) in try CallersState.putAside() }
  let isRoots = try attempting("look at this network") { () throws(SystemError) in try NetworkNamespace.current().owner() == nil }
  var own = try attempting("open netlink") { () throws(SystemError) in try Sockets(.command, .filters) }
  let (lo, link) = try attempting("look at this network") { () throws(SystemError) in
    (try own.route.link("lo"), try own.route.link(Names.commandLink))
  }
  guard isRoots, let name = lo?.alias.flatMap({ Names.vpn(ofCommandAlias: $0) }), let link, let peer = link.peer else { throw wrongUse }
  var box = try openBox(name, .filters)
  try refuseOthers(name, &box)
  // `vpn publish` changes the same alias and filter.
  let lock = try attempting("wait for another change of the box's ports") { () throws(SystemError) in try NetworkLock.take(Names.portLock) }
  defer { _ = lock.raw }
  guard let facts = try BoxFacts.read(name, &box) else { throw Failure("\(name) has lost its tunnel: `vpn refresh \(name)`") }
  let state = try attempting("look at the command's port") { () throws(SystemError) in try box.route.link(index: peer) }
  guard let state, state.peer == link.index, let slot = Names.slot(ofPort: state.name),
    var occupant = Occupant(alias: state.alias, owner: state.queueLength), let before = occupant.forwarded, !occupant.isAttached,
    Process.isRoot || occupant.uid == Process.userID
  else { throw wrongUse }
  if !facts.gateways.contains(where: { $0.family == .v6 }) {
    own.families = try attempting("look at this network") { () throws(SystemError) in try own.route.families() }
  }
  let inbound = try attempting("look what is let in") { () throws(SystemError) in
    try box.route.routes(inTable: Tables.main).filter { $0.link == state.index }.compactMap { PortAddress.port($0.destination) }
  }
  occupant.forwarded = port
  let kept = inbound.filter { !before.taken.contains($0) }
  // One that was killed half way may have left its port: not more of them than a command may have by --inbound.
  guard kept.count + port.taken.count <= LaunchRequest.maximumOfPorts else { throw wrongUse }
  try BoxFacts.refuseHosts(port.taken, of: name, &box)
  try facts.admit(occupant, inbound: kept.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }, slot, of: name, &box, &own)
  guard port != before else { return }
  log(LoggedAction.way(.forwarded(port), of: occupant.command, for: nil).line(of: name, by: Process.userID), as: "vpnrun")
}
