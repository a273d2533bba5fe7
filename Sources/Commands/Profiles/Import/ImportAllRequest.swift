internal import ForeignProfiles
internal import LinuxSystem
internal import NetworkModel
internal import Profile

/// `vpn import` of a folder or a .zip: every file in it that may be a VPN's. One that is refused does not keep the others from being taken.
struct ImportAllRequest: CommandRequest {
  /// A folder, or a .zip.
  var path: String
  var force = false
  /// Where progress is shown.
  var output = Output.standardError

  /// Of how many refused files it is said what is wrong with each.
  private static let mostExplained = 10

  static func isMeant(by file: String) -> Bool {
    file != "-" && (FileStatus.of(file, following: true)?.kind == .folder || file.lowercased().hasSuffix(".zip"))
  }

  func perform(on installation: Installation, style: Style) throws(Failure) -> Answer {
    try installation.requireRoot("importing", "import \(path)")
    let archive = FileStatus.of(path, following: true)?.kind == .folder ? nil : ZipArchive(path: path, program: installation.unzip)
    let all = if let archive { try archive.names() } else { try namesInFolder() }
    let members = Self.profiles(in: all)
    var outcomes: [ImportRequest.Outcome] = []
    var notes: [String] = []
    var problems: [String] = []
    var refused = 0
    func attempt(_ file: String, _ work: () throws(Failure) -> Void) throws(Failure) {
      do throws(Failure) { try work() } catch {
        guard error.status == .failure else { throw error }
        guard ![QRReader.nothing(in: printable(file)), QRReader.nothingOfWireGuard(in: printable(file))].contains(error) else { return }
        refused += 1
        guard refused <= Self.mostExplained else { return }
        // What has no place in a file says at least which file.
        problems += error.lines.map { $0.hasPrefix("vpn: ") ? "vpn: \(printable(file)): " + $0.dropFirst(5) : $0 }
      }
    }

    var found: [(member: String, file: String, source: ImportSource)] = []
    for (n, member) in members.enumerated() {
      if output.isTerminal { try? output.write("\r\u{1b}[Kreading \(n + 1) of \(members.count) …") }
      let file = path.hasSuffix("/") ? path + member : "\(path)/\(member)"
      try attempt(file) { () throws(Failure) in
        let folder = archive.map { .archive($0, folder: Self.folder(of: member), members: all) } ?? ImportFolder.of(file)
        let content = try folder.original(Self.lastPart(of: member), limit: ImportSource.maximumSize).content
        // Beside a tunnel's there are those of other networks.
        guard !ImportFormat.isOtherConnection(content, named: member.lowercased()) else { return }
        found.append((member, file, try ImportSource(file, content: content, in: folder, installation, style)))
      }
    }
    let names = ProfileName.derived(from: found.map { $0.source.ownName(of: $0.file) })
    for (n, (member, file, source)) in found.enumerated() {
      if output.isTerminal { try? output.write("\r\u{1b}[Kimporting \(n + 1) of \(found.count) …") }
      try attempt(file) { () throws(Failure) in
        let name = if let name = names[n] { name } else { try source.derivedName(of: file) }
        var outcome = try ImportRequest(file: file, name: name, force: force, source: source).outcome(on: installation, style)
        if source.ownName(of: file) == file, Self.stem(Self.lastPart(of: member)) != name.description {
          outcome.origin = Self.lastPart(of: member)
        }
        outcomes.append(outcome)
        for note in outcome.notes where !notes.contains(note) { notes.append(note) }
      }
    }
    if output.isTerminal { try? output.write("\r\u{1b}[K") }
    guard !outcomes.isEmpty || refused > 0 else {
      throw Failure("there is no \(ImportFormat.suffixes[..<3].joined(separator: ", ")) or picture of a VPN in \(printable(path))")
    }
    if refused > Self.mostExplained {
      problems.append("vpn: \(refused - Self.mostExplained) more are refused as well: import one of them by itself to see why")
    }
    let text = importAllText(outcomes, refused: refused, style)
    return Answer(text: text, notes: notes, failure: problems.isEmpty ? nil : Failure(lines: problems))
  }

  /// Sorted. Hidden ones are not meant: macOS puts `._NAME.conf` beside each. Nor is a picture of what is there as a file.
  private static func profiles(in all: [String]) -> [String] {
    let members = all.filter { member in
      !lastPart(of: member).hasPrefix(".") && ImportFormat.suffixes.contains { member.lowercased().hasSuffix($0) }
    }
    let stems = Set(members.filter { !isPicture($0) }.map(stem))
    // ifupdown-ng's tunnels have their settings in a .conf of their own.
    let tunnels = Set(members.filter { $0.hasSuffix(".interfaces") }.map { stem($0) + ".conf" })
    return members.filter { (!isPicture($0) || !stems.contains(stem($0))) && !tunnels.contains($0[...]) }.sorted()
  }

  private static func isPicture(_ member: String) -> Bool { ImportFormat.pictureSuffixes.contains { member.lowercased().hasSuffix($0) } }
  private static func stem(_ member: String) -> Substring { member[..<(member.lastIndex(of: ".") ?? member.endIndex)] }
  private static func folder(of member: String) -> String { member.lastIndex(of: "/").map { String(member[...$0]) } ?? "" }
  private static func lastPart(of member: String) -> String { String(member.dropFirst(folder(of: member).count)) }

  private func namesInFolder() throws(Failure) -> [String] {
    let names = try Failure.saying("cannot read \(printable(path))") { () throws(SystemError) in try Files.list(path) }
    return names.filter { FileStatus.of("\(path)/\($0)", following: true)?.kind == .file }
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

  func contents(of member: String, limit: Int = Profile.maximumSize) throws(Failure) -> [UInt8] {
    try output(of: ["-p", file, Self.pattern(member)], limit: limit, "cannot unpack it")
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
      ended = try Child(program, words, output: .capturedWithoutErrors, environment: ["LC_ALL=C.UTF-8"], limit: limit).run()
    } catch {
      guard error.isMissingFile else { throw Failure("\(intent): \(error.reason)") }
      throw Failure("unzip is not installed: run `sudo apt install unzip`, or unpack \(printable(path)) and import the folder")
    }
    switch ended.how {
    case .exit(0), .exit(1): return ended.output
    case .interrupted: throw .interrupted
    default: throw Failure("\(intent): unzip failed; `unzip -t \(printable(path))` says why")
    }
  }
}
