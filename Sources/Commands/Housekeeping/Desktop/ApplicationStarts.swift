internal import Applications
internal import LinuxSystem

/// How an application is started besides by its launcher: by names in PATH, and by D-Bus.
struct ApplicationStarts {
  var desktop: DesktopSession
  var files: ApplicationFiles
  var application: String
  var line: DesktopCommandLine

  struct Name: Equatable {
    var name: String
    /// What it starts now.
    var path: String
  }

  // MARK: Names

  /// Those under which a shell finds it, by whatever link.
  func names() -> [Name] {
    let instance = SharedInstance.started(by: Array(line.program.utf8))
    // `python3 main.py`: the name stands for more than the application.
    guard line.arguments.allSatisfy({ $0.hasPrefix("%") || (instance != nil && $0.hasPrefix("-")) }) else { return [] }
    guard let program = resolved(line.words[line.programIndex].text) else { return [] }
    let others = instance == nil ? [] : programsOfOthers()
    var found: [Name] = []
    var known: Set<String> = []
    for folder in desktop.programFolders {
      for name in ((try? Files.list(folder)) ?? []).sorted() where !known.contains(name) {
        let path = "\(folder)/\(name)"
        guard let file = Files.resolved(path), !isOwn(path) else { continue }
        known.insert(name)
        let isAlias = instance?.commands.contains(name) == true && !others.contains(file)
        if file == program || isAlias { found.append(Name(name: name, path: path)) }
      }
    }
    return found
  }

  /// What it runs can be found.
  var hasProgram: Bool { resolved(line.words[line.programIndex].text) != nil }

  /// The file of a command's first word.
  private func resolved(_ word: String) -> String? {
    if word.contains("/") { return Files.resolved(word) }
    return desktop.programFolders.lazy.map { "\($0)/\(word)" }.first { Files.exists($0) && !isOwn($0) }.flatMap { Files.resolved($0) }
  }

  private func programsOfOthers() -> Set<String> {
    Set(
      files.all().filter { $0.id != application }.compactMap { file in
        guard let entry = (try? ApplicationFiles.read(file.path))?.entry, entry[Launcher.vpnKey] == nil else { return nil }
        return entry["Exec"].flatMap { DesktopCommandLine($0) }.flatMap { resolved($0.words[$0.programIndex].text) }
      })
  }

  /// A script of ours, for whatever VPN.
  private func isOwn(_ path: String) -> Bool {
    guard isUsers(path), let status = FileStatus.of(path), status.isRegular else { return false }
    let bytes = (try? FileDescriptor(readingWithoutWaiting: path).readAll(limit: 65536)) ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix(2).contains { $0.hasPrefix("# vpnrun: ") }
  }

  private func isUsers(_ path: String) -> Bool { desktop.home.map { path.hasPrefix($0 + "/") } ?? false }

  /// Where a script of that name is found before the application.
  /// - Returns: a folder of the user's, and whether PATH has it in the right place.
  func scripts(before names: [Name]) -> (folder: String, isFirst: Bool)? {
    guard let home = desktop.home else { return nil }
    let first = desktop.programFolders.firstIndex { folder in names.contains { $0.path.folderPart == folder } } ?? 0
    let before = desktop.programFolders[..<first].filter { isUsers($0) }
    let usual = "\(home)/.local/bin"
    if before.contains(usual) { return (usual, true) }
    return before.first.map { ($0, true) } ?? (usual, false)
  }

  // MARK: D-Bus

  struct Service: Equatable {
    var name: String
    var exec: String
  }

  /// Those by which D-Bus starts it: of its name, or with its program.
  func services() -> [Service] {
    let program = resolved(line.words[line.programIndex].text)
    var known: Set<String> = []
    return files.system.flatMap { folder -> [Service] in
      let folder = "\(folder)/dbus-1/services"
      return ((try? Files.list(folder)) ?? []).sorted().compactMap { name in
        guard name.hasSuffix(".service"), let group = (try? ApplicationFiles.read("\(folder)/\(name)"))?[group: "D-BUS Service"],
          let name = group["Name"], let exec = group["Exec"], known.insert(name).inserted
        else { return nil }
        let first = DesktopCommandLine(exec).map { $0.words[0].text } ?? exec
        return name == application || (program != nil && resolved(first) == program) ? Service(name: name, exec: exec) : nil
      }
    }
  }
}
