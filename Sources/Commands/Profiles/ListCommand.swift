internal import ArgumentParser
internal import Diagnosis
internal import HelperWire
internal import LinuxSystem

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Show every VPN on a line.", discussion: examples("vpn list", "vpn list --json"))

  @Flag(help: "Print JSON, the same as `vpn status --json`.")
  var json = false

  func run() throws { try ListRequest(json: json).run() }
}

struct ListRequest: CommandRequest {
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let reports = try installation.helper.show().map { $0.withWarnings(now: Clock.now) }
    if json { return Answer(text: jsonText(reports)) }
    return Answer(text: listText(reports, width: installation.width, style), notes: reports.isEmpty ? [ProfileFolder.noneYet] : [])
  }
}
