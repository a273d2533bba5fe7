internal import NetworkModel
internal import Profile

/// `vpn import` of a folder or a .zip: every .conf in it. One that is refused does not keep the others from being taken.
struct ImportAllRequest: Request {
  /// A folder, or a .zip.
  var path: String
  var force = false
  /// Where progress is shown.
  var output = Output.standardError

  static func isMeant(by file: String) -> Bool {
    file != "-" && (File.kind(of: file, following: true) == .folder || file.lowercased().hasSuffix(".zip"))
  }

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    try installation.requireRoot("importing", "import \(path)")
    let archive = File.kind(of: path, following: true) == .folder ? nil : ZipArchive(path: path, program: installation.unzip)
    let names = if let archive { try archive.names() } else { try namesInFolder() }
    let members = names.filter(Self.isProfile).sorted()
    guard !members.isEmpty else { throw Failure("there is no .conf in \(printable(path))") }

    var outcomes: [ImportRequest.Outcome] = []
    var origins: [String: String] = [:]
    var notes: [String] = []
    var problems: [String] = []
    for (n, member) in members.enumerated() {
      if output.isTerminal { try? output.write("\r\u{1b}[Kimporting \(n + 1) of \(members.count) …") }
      let file = path.hasSuffix("/") ? path + member : "\(path)/\(member)"
      do throws(Failure) {
        let name = try ProfileName.derived(from: file)
        if let other = origins[name.description] {
          throw Failure("it would be '\(name)', as \(printable(other)) is: import it by itself, with --name")
        }
        origins[name.description] = member
        let content = try archive.map { archive throws(Failure) in try archive.contents(of: member) }
        let outcome = try ImportRequest(file: file, name: name, force: force, content: content).outcome(on: installation, style)
        outcomes.append(outcome)
        for note in outcome.notes where !notes.contains(note) { notes.append(note) }
      } catch {
        guard error.status == .failure else { throw error }
        // What has no place in a file says at least which file.
        problems += error.lines.map { $0.hasPrefix("vpn: ") ? "vpn: \(printable(file)): " + $0.dropFirst(5) : $0 }
      }
    }
    if output.isTerminal { try? output.write("\r\u{1b}[K") }
    let text = importAllText(outcomes, refused: members.count - outcomes.count, style)
    return Answer(text: text, notes: notes, failure: problems.isEmpty ? nil : Failure(lines: problems))
  }

  /// Hidden ones are not meant: macOS puts `._NAME.conf` beside each.
  private static func isProfile(_ member: String) -> Bool {
    member.lowercased().hasSuffix(".conf") && member.split(separator: "/").last?.hasPrefix(".") == false
  }

  private func namesInFolder() throws(Failure) -> [String] {
    let names = try Failure.saying("cannot read \(printable(path))") { () throws(SystemError) in try File.names(in: path) }
    return names.filter { File.kind(of: "\(path)/\($0)", following: true) == .file }
  }
}

/// A .zip, read by unzip(1). Nothing of it is written anywhere.
struct ZipArchive {
  var path: String
  var program: String

  func names() throws(Failure) -> [String] {
    let limit = 1 << 20
    return String(decoding: try output(of: ["-Z1", file], limit: limit, "cannot list \(printable(path))"), as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  func contents(of member: String) throws(Failure) -> [UInt8] {
    try output(of: ["-p", file, Self.pattern(member)], limit: Profile.maximumSize, "cannot unpack it")
  }

  /// What matches only that name: unzip takes members as patterns, and one with a dash as an option.
  static func pattern(_ member: String) -> String {
    var pattern = ""
    for (n, c) in member.enumerated() {
      switch c {
      case "[": pattern += "[[]"
      case "*", "?", "\\": pattern += "\\\(c)"
      case "-" where n == 0: pattern += "[-]"
      default: pattern.append(c)
      }
    }
    return pattern
  }

  private var file: String { path.hasPrefix("-") ? "./" + path : path }

  private func output(of words: [String], limit: Int, _ intent: String) throws(Failure) -> [UInt8] {
    let ended: Child.Ended
    do throws(SystemError) {
      ended = try Child(program, words, output: .captured, environment: ["LC_ALL=C.UTF-8"], limit: limit).run()
    } catch {
      guard error == .notFound else { throw Failure("\(intent): \(error)") }
      throw Failure("unzip is not installed: run `sudo apt install unzip`, or unpack \(printable(path)) and import the folder")
    }
    switch ended.how {
    case .exit(0), .exit(1): return ended.output
    case .interrupted: throw .interrupted
    default: throw Failure("\(intent): unzip failed")
    }
  }
}
