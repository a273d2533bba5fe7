internal import ArgumentParser
internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log", abstract: "Show who ran what, and who changed a VPN.",
    discussion: "Reads the system's log: commands by name, without arguments, and the ways opened to them; link, unlink, reload, up, down."
      + examples(
        "vpn log home", "sudo vpn log -n 20 --follow"))

  @Argument(help: "Only this VPN, which need not exist any more.", completion: .vpnNames)
  var name: String?

  @Flag(name: .shortAndLong, help: "Keep printing new entries until Ctrl-C.")
  var follow = false

  @Option(name: [.customShort("n"), .long], help: "How many of the last lines to show.")
  var lines = 50

  @Flag(help: "Print JSON: an array, or with --follow one object per line.")
  var json = false

  func validate() throws {
    if lines < 0 { throw ValidationError("--lines is a number from 0") }
    if let name, VPNName(name) == nil { throw ValidationError(VPNName.rule) }
  }

  func run() throws {
    let request = LogRequest(name: name, lines: lines, json: json)
    if follow { try request.follow() } else { try request.run() }
  }
}

struct LogRequest: CommandRequest {
  /// A log knows VPNs that are no more: any name is taken.
  var name: String?
  var lines = 50
  var json = false

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    let log = installation.log
    let source = try log.source()
    let entries = try log.entries(in: source, now: Clock.now, userName: User.name).entries.filter(isMeant).suffix(lines)
    var notes: [String] = []
    if entries.isEmpty, !json { notes.append("nothing is logged of \(name ?? "any VPN")") }
    if let caveat = log.caveat(source) { notes.append(caveat) }
    return Answer(text: json ? jsonText(Array(entries)) : text(Array(entries), style), notes: notes)
  }

  /// Ctrl-C ends it.
  func follow() throws(Failure) {
    let installation = try Installation.current()
    let style = Style.ofStandardOutput()
    let source = try installation.log.source()
    if let caveat = installation.log.caveat(source) { Output.standardError.say("vpn: " + caveat) }
    let (before, child) = try installation.log.entries(in: source, now: Clock.now, userName: User.name)
    func write(_ entry: LogEntry) {
      // When its reader is gone there is nothing to go on for.
      try? Output.standard.write(json ? jsonText(entry, inOneLine: true) : text([entry], style))
    }
    before.filter(isMeant).suffix(lines).forEach(write)
    let ended = try Failure.saying("cannot run \(child.program)") { () throws(SystemError) in
      try child.run(take: { bytes in
        let line = String(decoding: bytes, as: UTF8.self)[...]
        let entry =
          source == .journal ? LogEntry(journal: line, userName: User.name) : LogEntry(syslog: line, now: Clock.now, userName: User.name)
        if let entry, isMeant(entry) { write(entry) }
      })
    }
    if ended.how == .interrupted { throw .interrupted }
  }

  private func isMeant(_ entry: LogEntry) -> Bool { name == nil || entry.vpn == name }
  private func text(_ entries: [LogEntry], _ style: Style) -> String {
    entries.map { logText($0, userName: User.name, style) }.joined()
  }
}
