internal import ArgumentParser
internal import LinuxSystem

struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Print the completions of a shell, for its start file.",
    discussion: """
      They are installed where shells look for them; this is for shells that do not look there: `eval "$(vpn completions bash)"`, the \
      same with zsh after compinit, and `vpn completions fish | source`.
      """
        + examples(
          "eval \"$(vpn completions bash)\"", "vpn completions fish | source"))

  @Argument(help: "bash, zsh or fish.") var shell: CompletedShell

  func run() throws { try CompletionsRequest(shell: shell).run() }
}

enum CompletedShell: String, ExpressibleByArgument, CaseIterable {
  case bash, zsh, fish

  /// Where each has the file of a command, below PREFIX/share.
  func file(of command: String) -> String {
    switch self {
    case .bash: "bash-completion/completions/\(command)"
    case .zsh: "zsh/site-functions/_\(command)"
    case .fish: "fish/vendor_completions.d/\(command).fish"
    }
  }
}

struct CompletionsRequest: CommandRequest {
  var shell: CompletedShell

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    var text = ""
    for command in ["vpn", "vpnrun"] {
      let file = "\(installation.prefix)/share/\(shell.file(of: command))"
      let content = try Failure.saying("cannot read \(file), which comes with vpnrun") { () throws(SystemError) in
        String(decoding: try FileDescriptor(reading: file).readAll(limit: 1 << 20), as: UTF8.self)
      }
      text += shell == .zsh ? Self.sourced(content, of: command) : content
    }
    return Answer(text: text)
  }

  /// A file that zsh loads by itself ends with a call of its function. One that is read at the start says what the function is for.
  static func sourced(_ content: String, of command: String) -> String {
    let call = "_\(command) \"$@\"\n"
    return (content.hasSuffix(call) ? String(content.dropLast(call.count)) : content) + "compdef _\(command) \(command)\n"
  }
}
