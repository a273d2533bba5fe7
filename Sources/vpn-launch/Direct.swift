internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

/// Becomes a command that is to run outside all VPNs: vpn-link has put this process where its sockets go out by the uplink. Here it gets the
/// uplink's name servers; asked by hand, it gets nothing else.
/// - Returns: why not.
func runOutside(_ words: some Collection<[UInt8]>) throws(Failure) -> Failure {
  let request: DirectRequest
  do throws(RequestRefusal) { request = try DirectRequest(words) } catch { throw wrongUse }
  let environment = try environmentBlock(request.environment)
  try establishIdentity(keeping: [.netAdmin, .sysAdmin], program: "vpn-launch")
  let callers = try attempting("prepare") { () throws(SystemError) in try CallersState.putAside() }
  let resolv = try resolversOutside()
  if resolv == nil {
    say("vpnrun: no name server of the uplink is known, only one on this machine, which asks by the VPN: names may be resolved inside\n")
  }
  try hideResolvers(resolv: resolv, "vpnrun") { () throws(SystemError) in false }
  try attempting("give up capabilities") { () throws(SystemError) in try Capabilities.dropAll() }
  callers.restore()
  return Failure(of: execute(request.command, environment: environment))
}

/// Of the files in which programs of the system's say by whom names are resolved, the first that names a server which is neither on this
/// machine nor a VPN's.
private func resolversOutside() throws(Failure) -> [UInt8]? {
  // One that listens on an address of this machine is on this machine, too.
  let own = try attempting("read the host's addresses") { () throws(SystemError) in
    var host = try Sockets(.host, [])
    return try host.route.addresses().map { $0.address }
  }
  let servers = try serversOfVPNs() + own
  for file in CommandResolvers.files {
    let content = try attempting("read \(file)") { () throws(SystemError) in try Files.content(of: file, limit: 65536) }
    if let found = content.flatMap({ CommandResolvers.outside($0, besides: servers) }) { return found }
  }
  return nil
}

/// What the boxes say, of all VPNs that are linked. This thread is in the host's network again after that.
private func serversOfVPNs() throws(Failure) -> [IPAddress] {
  let pins = (try? Files.names(in: Names.pins)) ?? []
  let names = pins.compactMap { $0.begins(with: "vpn-") ? VPNName($0.dropFirst(4)) : nil }
  let home = try attempting("look at the host's network") { () throws(SystemError) in try NetworkNamespace.current() }
  var servers: [IPAddress] = []
  for name in names {
    guard let box = try? NetworkNamespace.pinned(at: Names.pin(name)) else { continue }
    servers += try attempting("read the box of \(name)") { () throws(SystemError) in
      try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try box.enter() }
      var sockets = try Sockets(.box, [])
      let bridge = try sockets.route.link(Names.bridge(name))?.alias
      return CommandResolvers(bridge: bridge, uplink: nil).servers
    }
    try attempting("go back to the host's network") { () throws(SystemError) in
      try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try home.enter() }
    }
  }
  return servers
}
