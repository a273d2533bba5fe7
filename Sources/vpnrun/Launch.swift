internal import LinuxSystem
internal import NetworkModel

extension Programs {
  /// The VPN with the lowest ID of those that the caller may use.
  func defaultVPN() throws(Failure) -> VPNName {
    let (status, output) = try output(of: "vpn-link", [Array("default".utf8)])
    // Why not, it has said on standard error.
    guard status == 0 else { throw Failure("") }
    guard let name = VPNName(output.prefix { $0 != 0x0a }) else {
      throw Failure("there is no VPN yet: `sudo vpn import FILE` makes one")
    }
    return name
  }

  func link(_ name: VPNName) throws(Failure) {
    // What it says of success is for those who type it; why it failed it has said on standard error.
    let (status, _) = try output(of: "vpn-manage", [Array("link".utf8), Array(name.description.utf8)])
    guard status == 0 else { throw Failure("") }
  }

  /// Until the VPN has a session with its server.
  func wait(_ name: VPNName, seconds: UInt32, isQuiet: Bool) throws(Failure) {
    var words = ["wait", name.description, "--seconds=\(seconds)"]
    if isQuiet { words.append("--quiet") }
    guard try status(of: "vpn-link", words.map { Array($0.utf8) }, environment: .empty) == 0 else { throw Failure("") }
  }

  /// Becomes vpn-launch; returns only why not. The environment goes through memory, not through exec: a program with capabilities
  /// loses LD_LIBRARY_PATH, TMPDIR and others.
  func launch(_ name: VPNName, _ request: RunRequest, _ user: Account?) throws(Failure) -> Failure {
    var variables = [(name: [UInt8], value: [UInt8])]()
    if let user { variables = user.variables }
    variables.append((Array("VPNRUN".utf8), Array(name.description.utf8)))
    let isForAnother = user.map { $0.uid != Process.userID } ?? false
    let memory = try attempting("hand over the environment") { () throws(SystemError) in
      try environmentDescriptor(setting: variables, isForAnother: isForAnother)
    }

    var words = [Array("--environment=\(memory.raw)".utf8)]
    if let user { words.append(Array("--user=\(user.numbers)".utf8)) }
    if request.isVerbose { words.append(Array("--verbose".utf8)) }
    if request.isQuiet { words.append(Array("--quiet".utf8)) }
    words += [Array(name.description.utf8), Array("--".utf8)]
    if let index = request.commandIndex { words += Arguments.words[index...] } else { words.append(shell(of: user)) }
    return become("vpn-launch", words, environment: .empty)
  }

  /// Another user's own; the caller's by SHELL, as other programs choose it.
  private func shell(of user: Account?) -> [UInt8] {
    if user == nil, let shell = Arguments.variable("SHELL"), shell.first == 0x2f { return shell }
    let shell = (user ?? Account.of(Process.userID))?.shell ?? []
    return shell.isEmpty ? Array("/bin/sh".utf8) : shell
  }
}

extension RunRequest {
  /// - Returns: `nil` if it is the caller.
  func commandUser() throws(Failure) -> Account? {
    guard let user else { return nil }
    let shown = String(printable: user.prefix(64))
    guard Process.isRoot else { throw Failure("--user is for root: `sudo vpnrun --user=\(shown) …`") }
    guard let account = Account.named(user) else { throw Failure("there is no user '\(shown)': `getent passwd` lists them") }
    return account
  }
}
