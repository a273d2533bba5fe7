internal import ArgumentParser
internal import NetworkModel

struct PublishCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish", abstract: "Hand ports of this machine on to a command that runs in a VPN.",
    subcommands: [PublishAddCommand.self, PublishListCommand.self, PublishRemoveCommand.self])
}

/// `[NAME] PID|LABEL [BIND:]PORT[:PORT][/udp]...`, as it is typed.
struct PublishArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      """
      [NAME] PID|LABEL PORT...: the VPN's name may be left out; a command's pid, or the label of what is attached, as `vpn ps` shows \
      them; and as [ADDRESS:]PORT[:PORT][/udp] this machine's address (127.0.0.1 if it is left out) and port, and the command's.
      """,
      valueName: "name|pid|label|port"))
  var words: [String]

  func validate() throws {
    guard words.count > 1 else { throw ValidationError("Which port? Type PID 8080, or PID 8080:80.") }
  }
}

struct PublishAddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Hand ports on, until the command ends.", usage: "vpn publish add [<name>] <pid|label> <port> ...",
    discussion: """
      As -p of vpnrun does for a command that it starts. A process of your own listens, on 127.0.0.1 unless you name another address, and \
      ends with the command, or with the namespace that is attached. Only its owner or root may do this.
      """
        + examples("vpn publish add 4242 8080", "vpn publish add 4242 0.0.0.0:8080:80 5353:53/udp", "sudo vpn publish add home web 8080:80")
  )

  @OptionGroup var arguments: PublishArguments

  func run() throws { try PublishAddRequest(words: arguments.words).run() }
}

struct PublishRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Hand ports on no more; also those of vpnrun -p.",
    usage: "vpn publish remove [<name>] <pid|label> <port> ...",
    discussion: "Connections by them are ended." + examples("vpn publish remove 4242 8080", "vpn publish remove web 0.0.0.0:8080"))

  @OptionGroup var arguments: PublishArguments

  func run() throws { try PublishRemoveRequest(words: arguments.words).run() }
}

struct PublishListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Show all ports of this machine that are handed on to commands.",
    discussion: "Those of vpnrun -p, too." + examples("vpn publish list", "vpn publish list home --json"))

  @Argument(help: "Only in this VPN.", completion: .vpnNames)
  var name: String?

  @Flag(help: "Print JSON: an array with an object for each port.")
  var json = false

  func run() throws { try PublishListRequest(name: name, json: json).run() }
}
