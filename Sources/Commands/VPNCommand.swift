internal import ArgumentParser
internal import NetworkModel
internal import Version

struct VPNCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vpn",
    abstract: "Put the system behind a VPN, and manage the VPNs that vpnrun runs commands in.",
    discussion: """
      Without a command: `vpn status`. To run a command in a VPN, use another program: `vpnrun NAME -- COMMAND`.

      Exit status: 0, 1 from `vpn check` when it finds a problem, 2 for a mistake in the arguments, 3 from `vpn status` when \
      no VPN is up, 125 for anything else that went wrong.
      """,
    subcommands: [KeysCommand.self, ProbeCommand.self, EngineCommand.self, FindRunningCommand.self],
    // Sources/Commands has a folder for each of these; README and vpn(1) have them in the same words.
    groupedSubcommands: [
      CommandGroup(
        name: "System",
        subcommands: [UpCommand.self, DownCommand.self, ToggleCommand.self, StatusCommand.self, PortalCommand.self]),
      CommandGroup(
        name: "Profiles",
        subcommands: [
          ListCommand.self, ImportCommand.self, NewCommand.self, ShowCommand.self, EditCommand.self, RenameCommand.self, ExportCommand.self,
          RemoveCommand.self,
        ]),
      CommandGroup(
        name: "Tunnels",
        subcommands: [
          LinkCommand.self, UnlinkCommand.self, RefreshCommand.self, ReloadCommand.self, AutostartCommand.self, AttachCommand.self,
          DetachCommand.self, PublishCommand.self,
        ]),
      CommandGroup(
        name: "Diagnosis", subcommands: [CheckCommand.self, PlanCommand.self, ExplainCommand.self, PsCommand.self, LogCommand.self]),
      CommandGroup(
        name: "Housekeeping",
        subcommands: [
          CleanCommand.self, ServiceCommand.self, ContainersCommand.self, PodmanCommand.self, DesktopCommand.self, CompletionsCommand.self,
        ]),
    ])

  @Flag(name: [.customShort("V"), .long], help: "Print the version.")
  var version = false

  func run() throws {
    if version { return print("vpn \(Version.version)") }
    try StatusRequest().run()
  }
}

/// NAME, completed from the profiles that there are.
struct NameArgument: ParsableArguments {
  @Argument(help: "The VPN's name, as `vpn list` shows it.", completion: .vpnNames)
  var name: String
}

struct DefaultNameArgument: ParsableArguments {
  @Argument(help: "The VPN's name; otherwise the VPN with the lowest ID.", completion: .vpnNames)
  var name: String?
}

struct VerboseOption: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Print each change as the command that would make it.")
  var verbose = false
}

extension CompletionKind {
  static var vpnNames: CompletionKind {
    .custom { _, _, _ in ProfileFolder.system.names().map(\.description) }
  }
}
