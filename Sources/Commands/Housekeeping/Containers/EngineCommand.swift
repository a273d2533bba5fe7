internal import ArgumentParser
internal import LinuxSystem
internal import NetworkModel

/// What container engines call, by the files that `vpn containers enable` writes; not for use by hand.
struct EngineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine", abstract: "Not for use by hand: what container engines call.", shouldDisplay: false,
    subcommands: [HookCommand.self, CNICommand.self, NetavarkCommand.self, RuntimeCommand.self])
}

struct HookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "hook", abstract: "A createRuntime hook of OCI.", shouldDisplay: false)
  @Argument var vpn: String

  func run() throws {
    do throws(Failure) { try HookRequest(vpn: vpn, state: standardInput()).run() } catch {
      // crun throws away what a hook says.
      log("a container for \(printable(vpn)) does not start: \(error.inOneLine)", as: "vpnrun")
      throw error
    }
  }
}

struct CNICommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "cni", abstract: "A plugin of CNI.", shouldDisplay: false)

  func run() throws { try CNIRequest(variable: { Environment.variable($0) }, input: standardInput()).run() }
}

struct NetavarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "netavark", abstract: "A plugin of netavark.", shouldDisplay: false)
  @Argument(parsing: .captureForPassthrough) var words: [String] = []

  func run() throws { try NetavarkRequest(words: words, input: words.first == "info" ? [] : standardInput()).run() }
}

struct RuntimeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "runtime", abstract: "runc(8) with a hook.", shouldDisplay: false)
  @Argument var vpn: String
  @Argument(parsing: .captureForPassthrough) var words: [String] = []

  func run() throws { try RuntimeRequest(vpn: vpn, words: words).become(on: .current()) }
}

/// What an engine has to say; more than that is none of its.
private func standardInput() throws(Failure) -> [UInt8] {
  try Failure.saying("cannot read standard input") { () throws(SystemError) in
    try FileDescriptor.standardInput().readAll(limit: 16 << 20)
  }
}

extension Installation {
  /// What an engine asks for: its answer is JSON on standard output, or the status, and nothing is said beside it.
  var forEngines: Installation {
    var installation = self
    installation.helper.isQuiet = true
    return installation
  }

  /// The VPN that an engine's configuration names.
  func vpnOfEngine(_ typed: String) throws(Failure) -> VPNName {
    guard let name = VPNName(typed) else { throw Failure("'\(printable(typed))' is no VPN's name: \(VPNName.rule)") }
    return try linkedOrKnown("\(name)")
  }
}
