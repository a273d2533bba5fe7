internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

extension Programs {
  /// The VPN with the lowest ID of those that the caller may use.
  func defaultVPN() throws(Failure) -> VPNName {
    let (status, output) = try output(of: "vpn-link", HelperRequest(.defaultName).wordsWithoutAddresses)
    // Why not, it has said on standard error.
    guard status == 0 else { throw Failure("") }
    guard let name = VPNName(output.prefix { $0 != 0x0a }) else {
      throw Failure("there is no VPN yet: `sudo vpn import FILE` makes one")
    }
    return name
  }

  func link(_ name: VPNName) throws(Failure) {
    // What it says of success is for those who type it; why it failed it has said on standard error.
    let (status, _) = try output(of: "vpn-manage", HelperRequest(.link, name).wordsWithoutAddresses)
    guard status == 0 else { throw Failure("") }
  }

  /// Until the VPN has a session with its server.
  func wait(_ name: VPNName, seconds: UInt32, isQuiet: Bool) throws(Failure) {
    var request = HelperRequest(.wait, name)
    request.seconds = seconds
    request.isQuiet = isQuiet
    var ended = try status(of: "vpn-link", request.wordsWithoutAddresses, environment: .empty)
    if ended == HelperStatus.needsLink.rawValue {
      try link(name)
      ended = try status(of: "vpn-link", request.wordsWithoutAddresses, environment: .empty)
    }
    guard ended != HelperStatus.needsLink.rawValue else { throw Failure("\(name) has lost its tunnel again: `vpn refresh \(name)`") }
    guard ended == HelperStatus.done.rawValue else { throw Failure("") }
  }

  /// Becomes vpn-launch; returns only why not. The environment goes through memory, not through exec: a program with capabilities
  /// loses LD_LIBRARY_PATH, TMPDIR and others.
  func launch(_ name: VPNName, _ request: RunRequest, _ user: UserAccount?) throws(Failure) -> Failure {
    var variables = [(name: [UInt8], value: [UInt8])]()
    if let user { variables = user.variables }
    variables.append((Array("VPNRUN".utf8), Array(name.description.utf8)))
    let isForAnother = user.map { $0.uid != Process.userID } ?? false
    let memory = try attempting("hand over the environment") { () throws(SystemError) in
      try environmentDescriptor(setting: variables, isForAnother: isForAnother)
    }

    let command = request.commandIndex.map { Array(Arguments.words[$0...]) } ?? [shell(of: user)]
    var launch = LaunchRequest(name, environment: memory.raw, command: command)
    launch.user = user.map { Array($0.numbers.utf8) }
    (launch.isVerbose, launch.isQuiet) = (request.isVerbose, request.isQuiet)
    return become("vpn-launch", launch.words, environment: .empty)
  }

  /// Another user's own; the caller's by SHELL, as other programs choose it.
  private func shell(of user: UserAccount?) -> [UInt8] {
    if user == nil, let shell = Arguments.variable("SHELL"), shell.first == 0x2f { return shell }
    let shell = (user ?? UserAccount.of(Process.userID))?.shell ?? []
    return shell.isEmpty ? Array("/bin/sh".utf8) : shell
  }
}

extension RunRequest {
  /// - Returns: `nil` if it is the caller.
  func commandUser() throws(Failure) -> UserAccount? {
    guard let user else { return nil }
    let shown = String(printable: user.prefix(64))
    guard Process.isRoot else { throw Failure("--user is for root: `sudo vpnrun --user=\(shown) …`") }
    guard let account = UserAccount.named(user) else { throw Failure("there is no user '\(shown)': `getent passwd` lists them") }
    return account
  }
}
