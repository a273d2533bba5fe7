internal import ArgumentParser
internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show where traffic goes, tunnels and commands.",
    discussion: "Exit status: 0 if that VPN is up (without a name, any VPN) and all of it is in force, 3 if not."
      + examples(
        "vpn status home", "vpn status --exit home", "vpn status --json --watch"))

  @Argument(help: "Only this VPN.", completion: .vpnNames)
  var name: String?

  @Flag(help: "Print JSON: an array with an object for each VPN.")
  var json = false

  @Flag(help: "Print it again whenever it has changed, until Ctrl-C; JSON on one line each time.")
  var watch = false

  @Flag(help: "Ask through the tunnel as which address it is seen.")
  var exit = false

  func validate() throws {
    if exit, watch { throw ValidationError("--exit asks once: not with --watch") }
  }

  func run() throws {
    if exit { return try ExitRequest(name: name, json: json).run() }
    let request = StatusRequest(name: name, json: json)
    if watch { try request.watch() } else { try request.run() }
  }
}

struct StatusRequest: CommandRequest {
  /// All of them without a name.
  var name: String?
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let (all, chosen) = try look(on: installation)
    let notes = all.isEmpty && !json ? [ProfileFolder.noneYet] : []
    let taken = chosen.compactMap(\.vpn).filter(\.takenUp)
    let isUp = !taken.isEmpty && taken.allSatisfy(\.up)
    return Answer(
      text: text(all, chosen, installation, style), notes: notes, failure: isUp ? nil : Failure(lines: [], status: .down))
  }

  /// Ctrl-C ends it, or that no process reads any more.
  func watch() throws(Failure) {
    let installation = try Installation.current()
    let changes = Changes(on: installation, reader: .standard)
    let style = Style.ofStandardOutput()
    let between = json ? "" : Output.standard.isTerminal ? "\u{1b}[H\u{1b}[2J" : "\n"
    var known = Handshakes()
    var lead = Output.standard.isTerminal ? between : ""
    var last = ""
    var all: [Report]
    repeat {
      let chosen: [Report]
      (all, chosen) = try look(on: installation, since: known)
      let text = json ? jsonText(chosen, inOneLine: true) : text(all, chosen, installation, style)
      if text != last {
        try Failure.saying("cannot write") { () throws(SystemError) in try Output.standard.write(lead + text) }
        (last, lead) = (text, between)
      }
      known.note(all)
    } while try changes.wait(after: all)
  }

  /// All VPNs, for one alone does not know whether another comes first; and those that were asked for.
  private func look(on installation: Installation, since known: Handshakes = Handshakes()) throws(Failure) -> (
    all: [Report], chosen: [Report]
  ) {
    let name = try installation.profiles.find(name)
    let all = try installation.helper.show().map { $0.withWarnings(now: Clock.now, since: known) }
    guard let name else { return (all, all) }
    switch all.first(where: { $0.name == name.description }) {
    case .vpn(let vpn): return (all, [.vpn(vpn)])
    case .unreadable(_, let error, _): throw Failure(printable(error))
    case nil: throw Failure("\(installation.helper.path) says nothing about '\(name)'")
    }
  }

  private func text(_ all: [Report], _ chosen: [Report], _ installation: Installation, _ style: Style) -> String {
    if json { return jsonText(chosen) }
    let now = Clock.now
    let system = systemText(all.compactMap(\.vpn), only: name, outside: installation.processes.outside(), now: now, style)
    return system + (chosen.isEmpty ? "" : "\n") + statusText(chosen, now: now, width: installation.width, userName: User.name, style)
  }
}
