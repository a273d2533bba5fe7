internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import Privilege

var wrongUse: Failure { Failure("this program is not for use by hand: type `vpnrun NAME -- COMMAND`") }

/// - Parameter words: all that was given to the program.
func asked(_ words: [[UInt8]]) throws(Failure) -> LaunchRequest {
  do throws(RequestRefusal) { return try LaunchRequest(words) } catch {
    switch error {
    case .wrongUse: throw wrongUse
    case .badName(let word): throw Failure("'\(String(printable: word.prefix(64)))': \(VPNName.rule)")
    }
  }
}

/// A program with capabilities runs no other: this process gives them up, and becomes vpnrun, which asks vpn-link for a tunnel.
/// - Returns: why not.
func askForTunnel(
  _ request: LaunchRequest, _ environment: [UInt8], _ callers: CallersState
) throws(Failure) -> Failure {
  let name = request.name
  guard !request.isAgain else { return Failure("\(name) has lost its tunnel: `vpn refresh \(name)` gives it a new one") }
  let prefix = try attempting("find vpnrun") { () throws(SystemError) in try Files.prefix() }
  try attempting("give up capabilities") { () throws(SystemError) in try Capabilities.dropAll() }
  callers.restore()
  var again = request
  again.isAgain = true
  if let relay = request.relay {
    try attempting("hand over a descriptor") { () throws(SystemError) in try FileDescriptor.keepAcrossExec(relay) }
  }
  if let errors = request.errors {
    try attempting("hand over a descriptor") { () throws(SystemError) in try FileDescriptor.keepAcrossExec(errors) }
  }
  if let joined = request.joined {
    try attempting("hand over a descriptor") { () throws(SystemError) in try FileDescriptor.keepAcrossExec(joined) }
  }
  return Failure("\(execute([Array("\(prefix)/bin/vpnrun".utf8)] + again.words, environment: environment))")
}

extension LaunchRequest {
  /// Where to say why the command was not started. The command does not get it.
  func errorDescriptor() throws(Failure) -> Int32 {
    // One that is not open now would be one of ours later.
    for given in [relay, joined] {
      guard let given else { continue }
      do throws(SystemError) { try FileDescriptor.closeOnExec(given) } catch { throw wrongUse }
    }
    guard let errors else { return 2 }
    do throws(SystemError) { try FileDescriptor.closeOnExec(errors) } catch { throw wrongUse }
    return errors
  }

  /// Instead of the caller, who must be root then.
  func commandUser() throws(Failure) -> CommandUser? {
    guard let user else { return nil }
    guard let known = CommandUser(user) else { throw wrongUse }
    return known
  }

  func readEnvironment() throws(Failure) -> [UInt8] { try environmentBlock(environment) }
}

/// The caller's environment. Its descriptor is closed: this can be done once.
func environmentBlock(_ descriptor: Int32) throws(Failure) -> [UInt8] {
  let given = FileDescriptor(owning: descriptor)
  // Execve's own limit is a quarter of the stack, at most 6 MiB.
  return try attempting("read the environment") { () throws(SystemError) in try given.readAll(limit: 8 << 20) }
}
