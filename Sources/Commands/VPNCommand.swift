internal import ArgumentParser
internal import NetworkModel

struct VPNCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vpn",
    abstract: "Manage the VPNs that vpnrun runs commands in.",
    discussion: """
      Without a command: `vpn status`. Commands are run in a VPN by another program: `vpnrun NAME -- COMMAND`.

      Exit status: 0, 2 for a mistake in the arguments, 125 for anything else that went wrong.
      """,
    subcommands: [ImportCommand.self, ListCommand.self, StatusCommand.self, LinkCommand.self, DownCommand.self])

  func run() throws { try StatusRequest().run() }
}

/// NAME, completed from the profiles that there are.
struct NameArgument: ParsableArguments {
  @Argument(help: "The VPN's name, as `vpn list` shows it.", completion: .vpnNames)
  var name: String
}

extension CompletionKind {
  static var vpnNames: CompletionKind {
    .custom { _, _, _ in ProfileFolder.system.names().map(\.description) }
  }
}
