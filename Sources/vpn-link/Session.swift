internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// One run of this program: what is asked, the host's network, and the profiles. Verbs get it, and pass it down.
struct Session: ~Copyable {
  private let request: HelperRequest
  /// Whether each change is shown as the line that would do the same.
  private var isVerbose: Bool
  /// What the caller has handed over, taken before this program opens anything: no number can be that of a descriptor of its own.
  private var given: NetworkNamespace?
  private var relay: Int32?
  var host: Sockets
  private var seen: (state: HostState, changes: Int)?
  var profiles: Profiles

  init(_ request: HelperRequest) throws(Failure) {
    var given: NetworkNamespace?
    if let raw = request.attachment.namespace {
      given = try attempting("use what was named as a network namespace") { () throws(SystemError) in try NetworkNamespace.given(raw) }
    }
    let relay = request.publication.relay
    if let relay {
      try attempting("use what was named as a socket") { () throws(SystemError) in try FileDescriptor.closeOnExec(relay) }
    }
    var host = try attempting("open netlink") { () throws(SystemError) in try Sockets(.host, .filters) }
    host.families = try attempting("ask the kernel for its families") { () throws(SystemError) in try host.route.families() }
    switch request.verb {
    // An attached namespace is not attached from within alone, but may be.
    case .show, .wait, .lookUp, .defaultName, .attach, .detach, .examine: break
    default: try Self.refuseInsideCommand(&host)
    }
    self.request = request
    resolved = Process.isRoot || request.verb == .plan ? request.resolved : []
    isVerbose = request.isVerbose
    profiles = Profiles(host.families)
    self.host = host
    self.given = given
    self.relay = relay
  }

  /// Once.
  mutating func takeGiven() -> NetworkNamespace? { given.take() }
  mutating func takeRelay() -> Int32? { relay.take() }

  /// A box built from inside a command would send its encrypted packets through that command's VPN.
  private static func refuseInsideCommand(_ host: inout Sockets) throws(Failure) {
    let own = try attempting("look at the links") { () throws(SystemError) in try host.route.link("lo") }
    guard let alias = own?.alias, alias.utf8.begins(with: "vpnrun ") else { return }
    throw Failure("this runs inside a VPN (\(alias)): do it outside")
  }

  /// The VPN that the request names; the table of verbs says where it must.
  func subject() throws(Failure) -> VPNName {
    guard let name = request.name else { throw Failure("vpn-link is asked for no VPN") }
    return name
  }

  /// The addresses of endpoints' host names. From root they come along. Another caller's word counts for nothing but a script; this program
  /// has found them itself then: `Turns`.
  var resolved: [HelperRequest.HostAddress]

  // MARK: Steps

  /// Applies steps of the host's, and shows them as the lines that would do the same.
  mutating func run(_ steps: [Step], tolerating tolerance: Tolerance = .none) throws(Failure) {
    let shell = Shell(box: "BOX", command: "COMMAND")
    display(steps, shell)
    do throws(StepFailure) { try Applier.apply(steps, to: &host, tolerating: tolerance) } catch { throw Failure(error.sentence(shell)) }
  }

  /// Of steps that are applied otherwise.
  func display(_ steps: [Step], _ shell: Shell) {
    guard isVerbose else { return }
    for step in steps.within(host.families) {
      for line in step.commandLines(shell) { say(line + "\n", to: 1) }
    }
  }

  /// Of what is no step.
  func display(_ line: String) { if isVerbose { say(line + "\n", to: 1) } }

  /// Without showing what is done: it concerns another VPN, or was not asked for.
  mutating func quietly<T>(if isQuiet: Bool = true, _ work: (inout Session) throws(Failure) -> T) throws(Failure) -> T {
    let before = isVerbose
    if isQuiet { isVerbose = false }
    defer { isVerbose = before }
    return try work(&self)
  }

  /// For `vpn log`.
  func record(_ action: LoggedAction, of name: VPNName) { log(action.line(of: name, by: Process.userID), as: "vpn-link") }

  // MARK: What the host has

  /// Asked again when this program may have changed it, when it has got a lock, and after `forgetState`.
  mutating func state() throws(Failure) -> HostState {
    if let seen, seen.changes == host.changes { return seen.state }
    let state = try HostState(&host)
    seen = (state, host.changes)
    return state
  }

  /// What was read may have changed: a process that has waited for a lock reads again.
  mutating func forget() {
    profiles.forget()
    forgetState()
  }

  /// For one who has waited for something else.
  mutating func forgetState() { seen = nil }
}
