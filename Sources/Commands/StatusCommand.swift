internal import ArgumentParser

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show tunnels, traffic, and the commands in each VPN.")

  @Argument(help: "Only this VPN.", completion: .vpnNames)
  var name: String?

  @Flag(help: "Print JSON: an array with an object for each VPN.")
  var json = false

  func run() throws { try StatusRequest(name: name, json: json).run() }
}

struct StatusRequest: Request {
  /// All of them without a name.
  var name: String?
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let reports = try installation.helper.show(name.map { name throws(Failure) in try installation.profiles.find(name) })
    if json { return Answer(text: Report.json(reports)) }
    let text = statusText(reports, now: Clock.now, userName: User.name, style)
    return Answer(text: text, notes: reports.isEmpty ? [ProfileFolder.noneYet] : [])
  }
}
