internal import LinuxSystem
internal import NetworkPlan

/// Where the system keeps what vpn-launch and vpn-link have told it: the journal, or a file of syslog's.
struct SystemLog {
  var journalctl = "journalctl"
  var journals = ["/var/log/journal", "/run/log/journal"]
  var files = ["/var/log/auth.log", "/var/log/secure", "/var/log/syslog", "/var/log/messages"]

  enum Source: Equatable {
    case journal
    case file(String)
  }

  /// - Throws: a sentence where there is none that the caller may read.
  func source() throws(Failure) -> Source {
    if journals.contains(where: { (try? Files.list($0))?.isEmpty == false }) { return .journal }
    let there = files.filter { Files.exists($0) }
    guard let first = there.first else {
      throw Failure("this system keeps no log: there is neither a journal nor \(files[0]); install systemd-journald or rsyslog")
    }
    guard let readable = there.first(where: { Files.isReadable($0) }) else {
      throw Failure("you may not read \(first): `sudo vpn log`, or join the group that may (`ls -l \(first)`)")
    }
    return .file(readable)
  }

  /// All that there is, oldest first; and the program that tells what comes after it.
  func entries(in source: Source, now: Int, userName: (UInt32) -> String?) throws(Failure) -> (entries: [LogEntry], follow: Child) {
    switch source {
    case .journal:
      // A cursor says where it goes on; with none it goes on from now.
      let words = ["-q", "--no-pager", "-o", "json"] + LoggedAction.programs.flatMap { ["-t", $0] }
      let ended = try run(Child(journalctl, words + ["--output-fields=MESSAGE,_UID"], output: .captured))
      let lines = String(decoding: ended, as: UTF8.self).split(separator: "\n")
      let last = lines.last.flatMap { Self.cursor(in: $0) }
      let rest = last.map { ["--no-tail", "--after-cursor=\($0)"] } ?? ["-n", "0"]
      return (
        lines.compactMap { LogEntry(journal: $0, userName: userName) }, Child(journalctl, words + ["-f"] + rest, output: .captured)
      )
    case .file(let path):
      let bytes = try Failure.saying("cannot read \(path)") { () throws(SystemError) in
        try FileDescriptor(reading: path).readAll(limit: .max)
      }
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      return (
        lines.compactMap { LogEntry(syslog: $0, now: now, userName: userName) },
        Child("tail", ["-c", "+\(bytes.count + 1)", "-F", path], output: .captured)
      )
    }
  }

  /// What its reader must know of it.
  func caveat(_ source: Source) -> String? {
    switch source {
    case .file(let path): "not verified: \(path) does not say who wrote a line, and any user can write one like these with logger(1)"
    case .journal where isPartial(source): "you see your own lines only: `sudo vpn log`, or join the group systemd-journal, shows all"
    case .journal: nil
    }
  }

  /// Whether there may be more than the caller sees: members of some groups see all, others what they have done themselves.
  func isPartial(_ source: Source) -> Bool {
    guard source == .journal else { return false }
    let folders = journals.flatMap { folder in ((try? Files.list(folder)) ?? []).map { "\(folder)/\($0)" } }
    return !folders.contains { Files.isReadable("\($0)/system.journal") }
  }

  private static func cursor(in line: Substring) -> Substring? {
    guard let start = line.firstRange(of: "\"__CURSOR\":\"")?.upperBound ?? line.firstRange(of: "\"__CURSOR\" : \"")?.upperBound else {
      return nil
    }
    return line[start...].prefix { $0 != "\"" }
  }

  private func run(_ child: Child) throws(Failure) -> [UInt8] {
    let ended = try Failure.saying("cannot run \(child.program)") { () throws(SystemError) in try child.run() }
    switch ended.how {
    // journalctl answers 1 where there is no such line.
    case .exit: return ended.output
    case .interrupted: throw .interrupted
    case .signal(let number): throw Failure("\(child.program) was ended by signal \(number)")
    }
  }
}
