internal import ArgumentParser
internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

struct PsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "Show the commands that run in VPNs.",
    discussion: """
      Shows each command's user, start time, bytes received and sent, and open ports. Of your own commands (for root, of all) it \
      shows every process that has the command's network, and says how many it has started that have not, as a browser's sandboxes; \
      of other users' commands the first one, with the name as it was started.
      """
        + examples(
          "vpn ps", "vpn ps home --json"))

  @Argument(help: "Only in this VPN.", completion: .vpnNames)
  var name: String?

  @Flag(help: "Print JSON: an array with an object for each command.")
  var json = false

  func run() throws { try PsRequest(name: name, json: json).run() }
}

struct PsRequest: CommandRequest {
  var name: String?
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let commands = try CommandReport.all(on: installation, in: name)
    if json { return Answer(text: jsonText(commands)) }
    guard !commands.isEmpty else { return Answer(notes: ["no command runs in \(name?.description ?? "a VPN")"]) }
    return Answer(text: psText(commands, now: Clock.now, width: installation.width, style))
  }
}
