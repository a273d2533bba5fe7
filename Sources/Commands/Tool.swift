internal import ArgumentParser
internal import LinuxSystem
internal import NetworkModel

/// The program `vpn`.
public enum Tool {
  /// What sentences on standard error begin with.
  static let name = Arguments.isForVPNRun ? "vpnrun" : "vpn"

  public static func main() -> Never {
    Child.keepEnded()
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      try refuseUnknownCommand(arguments)
      var command = try VPNCommand.parseAsRoot(arguments)
      try command.run()
      VPNCommand.exit()
    } catch let failure as Failure {
      for line in failure.lines { Output.standardError.say(line) }
      if failure.status == .interrupted { Interrupt.die() }
      VPNCommand.exit(withError: ExitCode(failure.status))
    } catch {
      // Help and completions arrive here too, as errors which exit with 0.
      let code = VPNCommand.exitCode(for: error)
      let message = HelpText.read(VPNCommand.fullMessage(for: error))
      guard code == .validationFailure else {
        if !message.isEmpty { code.isSuccess ? print(message) : Output.standardError.say(message) }
        VPNCommand.exit(withError: ExitCode(code.rawValue))
      }
      // It begins with a word that says nothing, where all other sentences have the program's name.
      Output.standardError.say(message.hasPrefix("Error: ") ? "\(name): \(message.dropFirst(7))" : message)
      VPNCommand.exit(withError: ExitCode(ExitStatus.usage))
    }
  }

  /// ArgumentParser has suggestions for options but not for commands.
  static func refuseUnknownCommand(_ arguments: [String], vpns: [VPNName] = ProfileFolder.system.names()) throws(Failure) {
    let commands = VPNCommand.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    let asked = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    guard let word = asked.first, !word.hasPrefix("-"), !commands.contains(word) else { return }
    if VPNName(word).map({ vpns.contains($0) }) == true {
      throw Failure(
        "'\(word)' is a VPN: `vpnrun \(word) -- COMMAND` runs a command in it, `vpn up \(word)` takes the whole system into it",
        status: .usage)
    }
    let name = asked.dropFirst().first.flatMap { VPNName($0) }.flatMap { vpns.contains($0) ? $0.description : nil }
    let other = Synonyms.commands[word.lowercased()].map { "type `\(name.map($0.with) ?? $0.text)`" }
    let hint = other ?? Suggestion.nearest(to: word, among: commands).map { "did you mean '\($0)'?" } ?? "see `vpn --help`"
    throw Failure("there is no command '\(printable(word))'; \(hint)", status: .usage)
  }
}

/// What commands are called elsewhere, and tried here.
enum Synonyms {
  struct Command {
    var text: String
    func with(_ vpn: String) -> String { text.contains("NAME") ? text.replacing("NAME", with: vpn) : "\(text) \(vpn)" }
  }

  static let commands: [String: Command] = {
    var commands: [String: Command] = [:]
    for (text, words) in rows { for word in words { commands[word] = Command(text: text) } }
    return commands
  }()

  private static let rows = [
    ("vpn up", ["connect", "on", "start", "enable"]), ("vpn down", ["disconnect", "off", "stop", "disable"]),
    ("vpn import", ["add"]), ("vpn remove", ["rm", "delete", "del"]), ("vpn list", ["ls"]), ("vpn rename", ["mv"]),
    ("vpn --version", ["version"]), ("vpn reload", ["restart"]), ("vpn status --exit", ["ip"]),
    ("vpnrun NAME -- COMMAND", ["run", "exec"]),
  ]
}
