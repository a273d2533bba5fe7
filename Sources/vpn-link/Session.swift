internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkApply
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// One run of this program: what is asked, the host's network, and the profiles. Verbs get it, and pass it down.
struct Session: ~Copyable {
  private let request: HelperRequest
  /// Whether each change is shown as the line that would do the same.
  private var isVerbose: Bool
  var host: Sockets
  var profiles: Profiles

  init(_ request: HelperRequest) throws(Failure) {
    var host = try attempting("open netlink") { () throws(SystemError) in try Sockets(.host, .filters) }
    host.families = try attempting("ask the kernel for its families") { () throws(SystemError) in try host.route.families() }
    switch request.verb {
    case .show, .wait, .lookUp, .defaultName: break
    default: try Self.refuseInsideCommand(&host)
    }
    self.request = request
    isVerbose = request.isVerbose
    profiles = Profiles(host.families)
    self.host = host
  }

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

  /// The addresses of endpoints' host names that came along.
  var resolved: [HelperRequest.HostAddress] { request.resolved }

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

  // MARK: One change at a time

  /// One change of the system's routes at a time, for VPNs hand them to one another: a process that changes them holds the lock of the
  /// first profile and of its own. Profiles are read again then, and the caller's permission is asked of what they say now.
  mutating func changingRoutes(
    of name: VPNName, as who: Verb.Who, _ change: (inout Session) throws(Failure) -> Void
  ) throws(Failure) {
    // Also before: a caller who may not use the VPN does not get so far as to hold a lock.
    if let profile = try profiles.usable(name) { try Caller.mustBeAllowed(name, profile) }
    let first = try profiles.names().first
    let turn = try Self.lock(first == name ? nil : first)
    defer { _ = turn }
    try changing(name, as: who, change)
  }

  /// One change of a VPN at a time.
  mutating func changing(_ name: VPNName, as who: Verb.Who, _ change: (inout Session) throws(Failure) -> Void) throws(Failure) {
    if let profile = try profiles.usable(name) { try Caller.mustBeAllowed(name, profile) }
    let own = try Self.lock(name)
    defer { _ = own }
    profiles.forget()
    switch own {
    case .some(let file): try profiles.take(file, of: name)
    case nil: break
    }
    switch who {
    case .member: break
    case .user: try Caller.mustBeAllowed(name, profiles.usable(name))
    case .carrier: try Caller.mustBeAllowedSystemWide(name, profiles.usable(name))
    }
    try change(&self)
  }

  /// The lock is on the profile's file, which only root and this program can open. `vpn edit` has it, too, when it puts another file in its
  /// place; a process that has waited meanwhile takes that one.
  /// - Returns: `nil` if there is no profile of that name, or it cannot be opened: a VPN outlives it.
  private static func lock(_ name: VPNName?) throws(Failure) -> FileDescriptor? {
    guard let name else { return nil }
    while let file = try? Profiles.open(name) {
      let isThere = try attempting("lock \(name)") { () throws(SystemError) -> Bool in
        if try !file.lock(waiting: false) {
          say("vpn: waiting for another change to end\n")
          _ = try file.lock(waiting: true)
        }
        return try file.status().links > 0
      }
      if isThere { return file }
    }
    return nil
  }

  // MARK: What the host has

  mutating func state() throws(Failure) -> HostState { try HostState(&host) }
}
