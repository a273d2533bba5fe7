// vpn-launch: plugs one command into a VPN's box, and becomes it.
//
// It has cap_net_admin and cap_sys_admin in its permitted set and nothing effective; each is raised around one operation. It takes a
// VPN's name and a command: no address, path or rule comes from the caller. It runs as stages, from top to bottom, in one thread.
// Whatever fails, the kernel removes what was made when this process ends: there is no clean-up to get wrong.

internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Privilege

do throws(Failure) {
  if let first = Arguments.words.first, DirectRequest.isAsked(first) { throw try runOutside(Arguments.words.dropFirst()) }

  // Or one other thing, which needs no launch.
  if let port = try forwardedPort(Arguments.words) {
    try changeForwarded(to: port)
    Companion.end()
  }
  // What is asked. Reads the command line and the descriptor with the environment; must not touch anything else.
  let request = try asked(Arguments.words)
  let errors = try request.errorDescriptor()
  do throws(Failure) {
    let user = try request.commandUser()
    var environment = try request.readEnvironment()

    // Who we are. Must not raise anything before this is known.
    guard user == nil || Process.isRoot else { throw wrongUse }
    let others: [Capability] = user == nil ? [] : [.setGID, .setUID]
    try establishIdentity(keeping: [.netAdmin, .sysAdmin] + others, program: "vpn-launch")
    let callers = try attempting("prepare") { () throws(SystemError) in try CallersState.putAside() }

    // The network: a port of the box whose other end is in a new namespace. Must not use a link, an address or a route of the host's.
    guard case (let facts, var forwarding)? = try plug(request, for: user, callers) else {
      throw try askForTunnel(request, environment, callers)
    }
    if let port = forwarding?.port { environment = environment.setting("VPNRUN_PORT", to: Array("\(port.outside)".utf8)) }

    // The view of files by which names are resolved. For comfort: what counts is that packets have no other way. Who keeps a port has the same
    // view, unless it is strict: from there it could not reach the box again.
    if request.isStrict, let forwarding { try PortKeeper.start(forwarding, request, environment, callers) }
    try hideResolvers(request, facts)
    if !request.isStrict, let forwarding { try PortKeeper.start(forwarding, request, environment, callers) }
    // The box's socket is closed here.
    forwarding = nil

    // Ways back that the caller left open.
    if request.isStrict { try closeDoors(errors) }
    try closeWaysBack(request)

    // Three processes from here on, if it is to be strict.
    let role = request.isStrict ? try part() : .command

    // From here on nothing is possible that the command's user could not do.
    if let user { try change(to: user) }
    if request.isStrict { try attempting("refuse ways out") { () throws(SystemError) in try refuseWaysOut() } }
    try attempting("give up capabilities") { () throws(SystemError) in try Capabilities.dropAll() }
    role.serve(errors)
    callers.restore()
    let command = StringVector(request.command)
    let variables = StringVector(block: environment)
    throw Failure(of: unsafe execute(command.pointers, environment: variables.pointers))
  } catch {
    error.end(as: "vpnrun", to: errors)
  }
} catch {
  error.end(as: "vpnrun")
}
