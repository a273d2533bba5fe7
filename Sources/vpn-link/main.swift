// vpn-link: builds and removes the boxes of VPNs, and tells of them.
//
// It has cap_net_admin, cap_sys_admin and cap_dac_override in its permitted set and nothing effective; each is raised around one
// operation. It takes the name of a VPN whose profile is root's. Root gives it the address of an endpoint's host name as well: resolving
// names needs plug-ins and the network, which have no place here. For others a child without capabilities asks the name servers.

internal import HelperWire
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import Privilege

do throws(Failure) {
  // What is asked. Must not touch anything.
  let request = try asked(Arguments.words)

  // Who we are. Must not raise anything before this is known.
  try establishIdentity(keeping: [.netAdmin, .sysAdmin, .dacOverride], program: "vpn-link")
  // Killing it at any time leaves nothing, or something that the next `vpn link` completes and `vpn down` removes: signals stay as they
  // are.
  let callers = try attempting("prepare") { () throws(SystemError) in try CallersState.putAside(blockingSignals: false) }

  // What is there, and what is done about it.
  var session = try Session(request)
  if let direct = request.direct { throw try goOutside(direct, &session, callers) }
  try perform(request.verb == .toggle ? toggled(request, &session) : request, &session)
  session.host.closeInBackground()
} catch {
  error.end(as: Arguments.isForVPNRun || Arguments.words.first.flatMap { Verb($0) } == .direct ? "vpnrun" : "vpn")
}

private func asked(_ words: [[UInt8]]) throws(Failure) -> HelperRequest {
  do throws(RequestRefusal) { return try HelperRequest(words) } catch {
    switch error {
    case .wrongUse: throw Failure("vpn-link is not for use by hand: `vpn --help` lists what there is")
    case .badName(let word): throw Failure("'\(String(printable: word.prefix(64)))' cannot be a VPN: \(VPNName.rule)")
    }
  }
}

/// The table of verbs; `Verb.row` says what belongs to each.
private func perform(_ request: HelperRequest, _ session: inout Session) throws(Failure) {
  switch request.verb {
  case .link: try link(try session.subject(), &session)
  case .unlink: try unlink(try session.subject(), isForced: request.isForced, &session)
  case .attach: try attach(try session.subject(), request.attachment, &session)
  case .detach: try detach(try session.subject(), request.attachment, &session)
  case .publish: try publish(try session.subject(), request.publication, &session)
  case .examine: try examine(try session.subject(), request.attachment, &session)
  case .up: try up(request.name, &session)
  case .down, .toggle: try down(request.name, &session)
  case .refresh: try refresh(request.name, &session)
  case .reload: try reload(try session.subject(), &session)
  case .block: try block(&session)
  case .wait: try wait(try session.subject(), seconds: request.seconds ?? 0, isQuiet: request.isQuiet, &session)
  case .clean: try clean(try session.subject(), isDry: request.isDry, &session)
  case .plan: try plan(try session.subject(), request.action.map { [$0] } ?? PlannedAction.usual, &session)
  case .show: try show(request.name, isForLinked: request.isForLinked, &session)
  case .lookUp: try lookUp(try session.subject(), &session)
  case .ways: try sayWays(&session)
  case .defaultName: try sayDefault(&session)
  case .direct: break
  case .directEnd: try? ControlGroup.own().removeInner(ControlGroup.name(request.pid ?? 0))
  }
}
