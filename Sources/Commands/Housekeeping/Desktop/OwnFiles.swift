internal import LinuxSystem
internal import NetworkModel

/// A script or a service that starts an application in a VPN. It says so in its second line or its first.
struct OwnFile: Equatable {
  var path: String
  var text: String
  var mode: UInt32 = 0o644

  static func mark(_ vpn: String, _ application: String) -> String { "# vpnrun: \(vpn) \(application)" }

  /// Whether a file was made here for that; `nil`: there is none.
  static func isOurs(_ path: String, vpn: String, application: String) -> Bool? {
    guard FileStatus.of(path) != nil else { return nil }
    let bytes = (try? FileDescriptor(readingWithoutWaiting: path).readAll(limit: 65536)) ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix(2).contains(mark(vpn, application)[...])
  }

  static func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws(Failure) {
    let (folder, name) = (path.folderPart, path.lastPathPart)
    try Failure.saying("cannot write \(printable(path))") { () throws(SystemError) in
      try Files.makeFolders(folder)
      let folder = try FileDescriptor(reading: folder)
      try folder.lock()
      try folder.replace(name, with: Array(text.utf8), mode: mode)
    }
  }
}

/// What was made for a launcher, written in its own file: that is all the record there is.
struct LauncherRecord: Equatable {
  /// In the order in which it was made; folders end in a slash.
  var files: [String] = []
  var associations = Associations.Record()

  private static let filesKey = "X-Vpnrun-Files", typesKey = "X-Vpnrun-Types", linesKey = "X-Vpnrun-Lines"

  init() {}

  init(_ entry: DesktopFile.Group?) {
    files = entry?.list(Self.filesKey) ?? []
    associations = .init(types: entry?.list(Self.typesKey) ?? [], lines: entry?.list(Self.linesKey) ?? [])
  }

  func write(to entry: inout DesktopFile.Group) {
    entry.set(Self.filesKey, list: files)
    entry.set(Self.typesKey, list: associations.types)
    entry.set(Self.linesKey, list: associations.lines)
  }

  /// - Parameter kept: files that are needed again.
  /// - Returns: the ones that another has changed, which stay.
  func removeFiles(vpn: String, application: String, except kept: [String] = []) throws(Failure) -> [String] {
    var foreign: [String] = []
    for path in files.reversed() where !path.hasSuffix("/") && !kept.contains(path) {
      guard let isOurs = OwnFile.isOurs(path, vpn: vpn, application: application) else { continue }
      guard isOurs else {
        foreign.append(path)
        continue
      }
      try Failure.saying("cannot remove \(printable(path))") { () throws(SystemError) in try Files.remove(path) }
    }
    return foreign
  }

  /// Those in which nothing is left.
  func removeFolders() { for path in files.reversed() where path.hasSuffix("/") { Files.removeEmptyFolder(path) } }
}

extension String {
  /// What is before the last slash.
  var folderPart: String { lastIndex(of: "/").map { String(self[..<$0]) } ?? "" }

  /// The folders of a path that are not there, the outermost first, each with a slash at its end.
  var missingFolders: [String] { isEmpty || Files.exists(self) ? [] : folderPart.missingFolders + [self + "/"] }
}
