internal import ArgumentParser
internal import LinuxSystem

/// The program `vpn`.
public enum Tool {
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
      guard code == .validationFailure else { VPNCommand.exit(withError: error) }
      // It begins with a word that says nothing, where all other sentences have the program's name.
      let message = VPNCommand.fullMessage(for: error)
      Output.standardError.say(message.hasPrefix("Error: ") ? "vpn: " + message.dropFirst(7) : message)
      VPNCommand.exit(withError: ExitCode(ExitStatus.usage))
    }
  }

  /// ArgumentParser has suggestions for options but not for commands.
  static func refuseUnknownCommand(_ arguments: [String]) throws(Failure) {
    let commands = VPNCommand.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    let asked = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    guard let word = asked.first, !word.hasPrefix("-"), !commands.contains(word) else { return }
    let hint = Suggestion.nearest(to: word, among: commands).map { "did you mean '\($0)'?" } ?? "see `vpn --help`"
    throw Failure("there is no command '\(printable(word))'; \(hint)", status: .usage)
  }
}
