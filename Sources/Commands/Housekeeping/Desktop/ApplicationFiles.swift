internal import Applications
internal import LinuxSystem
internal import NetworkModel

/// Where the user's desktop looks for applications (XDG Base Directory Specification).
struct ApplicationFiles {
  /// XDG_DATA_HOME.
  var home: String
  /// XDG_DATA_DIRS, the first one first.
  var system: [String]

  struct Application: Equatable {
    var id: String
    var path: String
  }

  var ownFolder: String { "\(home)/applications" }

  /// Every application once: the first folder's file counts, also if that says it is hidden.
  func all() -> [Application] {
    var files: [Application] = []
    var known: Set<String> = []
    for folder in [home] + system {
      for file in Self.files(in: "\(folder)/applications", prefix: "", depth: 0) {
        // One that starts it always stands before the application's own.
        if folder == home, Self.isAlways(file.path) { continue }
        if known.insert(file.id).inserted { files.append(file) }
      }
    }
    return files
  }

  private static func isAlways(_ path: String) -> Bool { (try? read(path))?.entry?.isTrue(Launcher.alwaysKey) == true }

  /// `kde/konsole.desktop` has the id `kde-konsole`.
  private static func files(in folder: String, prefix: String, depth: Int) -> [Application] {
    // A link may lead back.
    guard depth < 5, let names = try? Files.list(folder) else { return [] }
    return names.sorted().flatMap { name -> [Application] in
      let path = "\(folder)/\(name)"
      if FileStatus.of(path, following: true)?.kind == .folder { return files(in: path, prefix: "\(prefix)\(name)-", depth: depth + 1) }
      return name.hasSuffix(".desktop") ? [Application(id: prefix + String(name.dropLast(8)), path: path)] : []
    }
  }

  static func read(_ path: String) throws(Failure) -> DesktopFile {
    let bytes = try Failure.saying("cannot read \(printable(path))") { () throws(SystemError) in
      try FileDescriptor(reading: path).readAll(limit: 1 << 20)
    }
    return DesktopFile(String(decoding: bytes, as: UTF8.self))
  }

  /// - Parameter typed: a path, an id, or the name of a program that just one application runs.
  func find(_ typed: String) throws(Failure) -> Application {
    let id = typed.hasSuffix(".desktop") ? String(typed.dropLast(8)) : typed
    let all = all()
    if typed.contains("/") { return all.first { $0.path == typed } ?? Application(id: id.lastPathPart, path: typed) }
    // A hidden one is there to say that there is none.
    let visible = all.filter { file in (try? Self.read(file.path))?.entry?.isTrue("Hidden") == false }
    if let file = visible.first(where: { $0.id == id }) { return file }
    let commands = visible.compactMap { file -> (file: Application, line: DesktopCommandLine, isHidden: Bool)? in
      guard let entry = (try? Self.read(file.path))?.entry, entry[Launcher.vpnKey] == nil else { return nil }
      return entry["Exec"].flatMap { DesktopCommandLine($0) }.map { (file, $0, entry.isTrue("NoDisplay")) }
    }
    var running = commands.filter { $0.line.program == typed }
    if running.isEmpty, let meant = SharedInstance.started(by: typed.utf8) {
      // Debian's firefox is firefox-esr.
      running = commands.filter { SharedInstance.started(by: $0.line.program.utf8)?.name == meant.name }
    }
    // Rather one that the menu shows, and the program as such than one of its parts.
    let shown = running.filter { !$0.isHidden }
    if !shown.isEmpty { running = shown }
    let plain = running.filter { $0.line.arguments.allSatisfy { $0.hasPrefix("%") } }
    if plain.count == 1 { running = plain }
    if running.count == 1 { return running[0].file }
    guard running.isEmpty else {
      throw Failure(
        "several applications run \(printable(typed)): choose one of \(running.map { printable($0.file.id) }.joined(separator: ", "))")
    }
    let meant = Suggestion.nearest(to: id, among: visible.map(\.id)).map { "did you mean '\(printable($0))'?" }
    throw Failure("there is no application '\(printable(typed))'; \(meant ?? "give the path of its .desktop file")")
  }
}

/// The launchers that were made here, which are all the record there is of them.
extension ApplicationFiles {
  struct Made: Codable, Equatable {
    var vpn: String
    var application: String
    var name: String
    var file: String
    var source: String
    var state: State
    /// In the place of the application's own.
    var always: Bool
    /// Besides.
    var files: [String]
  }

  enum State: String, Codable {
    case ready
    case noVPN = "no VPN"
    case noApplication = "no application"
    /// A part of what was made is missing, or another's now.
    case incomplete
  }

  func made(on installation: Installation) -> [Made] {
    let vpns = installation.profiles.names()
    return Self.files(in: ownFolder, prefix: "", depth: 4).compactMap { file in
      guard let entry = (try? Self.read(file.path))?.entry, let vpn = entry[Launcher.vpnKey] else { return nil }
      let source = entry[Launcher.sourceKey] ?? ""
      let isThere = VPNName(vpn).map { vpns.contains($0) || installation.pins.contains($0) } == true
      let application = entry[Launcher.applicationKey] ?? ""
      let record = LauncherRecord(entry)
      let isWhole = record.files.allSatisfy { $0.hasSuffix("/") || OwnFile.isOurs($0, vpn: vpn, application: application) == true }
      let state: State =
        !isThere ? .noVPN : !hasApplication(source, application, installation) ? .noApplication : isWhole ? .ready : .incomplete
      return Made(
        vpn: vpn, application: application, name: entry["Name"] ?? "", file: file.path, source: source, state: state,
        always: entry.isTrue(Launcher.alwaysKey), files: record.files.filter { !$0.hasSuffix("/") })
    }
  }

  /// Its file, and the program which that names.
  private func hasApplication(_ source: String, _ application: String, _ installation: Installation) -> Bool {
    guard let line = (try? Self.read(source))?.entry?["Exec"].flatMap({ DesktopCommandLine($0) }) else { return false }
    return ApplicationStarts(desktop: installation.desktop, files: self, application: application, line: line).hasProgram
  }
}
