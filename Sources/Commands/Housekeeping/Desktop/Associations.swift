internal import LinuxSystem

/// Which application opens which files and links: MIME Applications Associations Specification. An application is named by its file,
/// `firefox.desktop`.
struct Associations {
  /// The user's own list.
  private(set) var own: DesktopFile
  let path: String
  private let listNames: [String]
  /// Those that have a list, and a table of what the applications there say of themselves; the first one counts.
  private let folders: [String]
  private let known: Set<String>

  private static let defaults = "Default Applications", added = "Added Associations", table = "MIME Cache"

  init?(_ session: DesktopSession) throws(Failure) {
    guard let files = session.files, let configuration = session.configurations.first else { return nil }
    let list = "\(configuration)/mimeapps.list"
    // A link of the user's stays one.
    path = Files.resolved(list) ?? list
    own = Files.exists(path) ? try ApplicationFiles.read(path) : DesktopFile("")
    listNames = session.names.map { "\($0)-mimeapps.list" } + ["mimeapps.list"]
    folders = session.configurations + ([files.home] + files.system).map { "\($0)/applications" }
    known = Set(files.all().map { $0.id + ".desktop" })
  }

  /// What opens a type now.
  func opener(of type: String) -> String? {
    let lists = folders.map { folder in listNames.compactMap { read("\(folder)/\($0)") } }
    func first(_ file: DesktopFile, _ group: String) -> String? { file[group: group]?.list(type).first { known.contains($0) } }
    for list in lists.joined() { if let found = first(list, Self.defaults) { return found } }
    for (folder, lists) in zip(folders, lists) {
      for list in lists { if let found = first(list, Self.added) { return found } }
      if let table = read("\(folder)/mimeinfo.cache"), let found = first(table, Self.table) { return found }
    }
    return nil
  }

  private func read(_ file: String) -> DesktopFile? {
    if (Files.resolved(file) ?? file) == path { return own }
    return Files.exists(file) ? try? ApplicationFiles.read(file) : nil
  }

  /// What was added for an application.
  struct Record: Equatable {
    var types: [String] = []
    /// Of those, the ones that had no line before.
    var lines: [String] = []
  }

  /// Offers an application behind the one that opens a type now. In a table the user's applications would come before all others, so that
  /// a new one would be taken where nothing is chosen.
  mutating func offer(_ application: String, for types: [String]) -> Record {
    var record = Record()
    for type in types {
      let old = own[group: Self.added]?.list(type) ?? []
      if old.contains(application) { continue }
      record.types.append(type)
      if old.isEmpty { record.lines.append(type) }
      let before = old.isEmpty ? [opener(of: type)].compactMap { $0 }.filter { $0 != application } : old
      own.change(group: Self.added) { $0.set(type, list: before + [application]) }
    }
    return record
  }

  /// - Parameter isGone: nothing of that name is left which might be chosen.
  mutating func withdraw(_ application: String, _ record: Record, isGone: Bool) {
    func remove(_ group: String, _ types: [String], _ lines: [String]) {
      guard own[group: group] != nil else { return }
      own.change(group: group) { group in
        for type in types {
          let rest = group.list(type).filter { $0 != application }
          group.set(type, list: lines.contains(type) && rest.count < 2 ? [] : rest)
        }
      }
      if own[group: group]?.lines.allSatisfy({ $0.text.trimmed.isEmpty }) == true { own.remove(group: group) }
    }
    remove(Self.added, record.types, record.lines)
    guard isGone, let chosen = own[group: Self.defaults] else { return }
    remove(Self.defaults, chosen.keys.filter { chosen.list($0).contains(application) }, [])
  }

  func save() throws(Failure) {
    guard own.text.isEmpty else { return try OwnFile.write(path, own.text) }
    guard Files.exists(path) else { return }
    try Failure.saying("cannot remove \(printable(path))") { () throws(SystemError) in try Files.remove(path) }
  }
}
