internal import ArgumentParser
internal import LinuxSystem
internal import NetworkModel

/// For `vpnrun --desktop`, which could not start what was clicked on.
struct DesktopFailedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "failed", shouldDisplay: false)

  @Argument var text: String

  @Argument(parsing: .postTerminator) var words: [String] = []

  func run() throws { try FailedStart(text: text, words: words).show(on: .current()) }
}

struct FailedStart: Equatable {
  /// As it was said on standard error.
  var text: String
  /// After `vpnrun`.
  var words: [String]

  /// Without the names of the programs that said it.
  var sentence: String {
    text.split(separator: "\n").map { line in
      for program in ["vpnrun: ", "vpn: "] where line.hasPrefix(program) { return String(line.dropFirst(program.count)) }
      return String(line)
    }.joined(separator: "\n")
  }

  /// `firefox did not start in home`.
  var title: String {
    let command = words.drop { $0 != "--" }.dropFirst().first?.lastPathPart ?? "The command"
    return "\(printable(command)) did not start" + (name.map { " in \($0)" } ?? "")
  }

  private var name: VPNName? { words.prefix { $0 != "--" }.first { !$0.hasPrefix("-") }.flatMap { VPNName($0) } }

  /// What the sentence says would help, if a click can do it.
  struct Remedy: Equatable {
    /// After `vpn`.
    var words: [String]
    var needsRoot = false
    /// On a button.
    var label: String
  }

  /// The sentence names it between backticks. It is for this VPN, and links it or gives it a tunnel; other commands are for who has read.
  var remedy: Remedy? {
    guard let name else { return nil }
    let commands = sentence.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
    for command in commands.map({ $0.element.split(separator: " ") }) {
      let needsRoot = command.first == "sudo"
      let words = command.dropFirst(needsRoot ? 1 : 0).map(String.init)
      guard words.count == 3, words[0] == "vpn", words[2] == name.description else { continue }
      switch words[1] {
      case "link": return Remedy(words: ["link", words[2]], needsRoot: needsRoot, label: "Link \(name)")
      case "refresh", "reload": return Remedy(words: [words[1], words[2]], needsRoot: needsRoot, label: "Repair \(name)")
      default: continue
      }
    }
    return nil
  }

  /// Returns when the user has seen it, or becomes what was clicked on.
  func show(on installation: Installation) throws(Failure) {
    let vpn = String(installation.vpnrun.dropLast("run".count))
    let screen = ScreenMessage(desktop: installation.desktop)
    var failure = self
    while true {
      var remedy = failure.remedy
      // polkit's: asks for a password, and runs a command as root.
      let asker = installation.desktop.path(of: "pkexec")
      if remedy?.needsRoot == true, asker == nil { remedy = nil }
      guard screen.show(title: failure.title, failure.sentence, button: remedy?.label), let remedy else { return }
      let command = (remedy.needsRoot ? [asker ?? ""] : []) + [vpn] + remedy.words
      let child = Child(
        command[0], Array(command.dropFirst()), output: .capturedWithErrors, environment: installation.desktop.environment)
      let ended = try Failure.saying("cannot run \(command[0])") { () throws(SystemError) in try child.run() }
      guard ended.how != .exit(0) else { break }
      failure.text = String(decoding: ended.output, as: UTF8.self)
    }
    throw Failure("\(execute(([installation.vpnrun] + words).map { Array($0.utf8) }))")
  }
}
