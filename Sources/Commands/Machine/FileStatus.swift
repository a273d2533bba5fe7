internal import Glibc

/// What stat(2) says of a path, links not followed.
struct FileStatus: Equatable {
  var kind: File.Kind
  /// Permission bits, setuid and setgid among them: 0o710.
  var mode: UInt32
  var owner: UInt32
  var group: UInt32
  /// Seconds since 1970.
  var modified: Int

  var isRootsAlone: Bool { owner == 0 && mode & 0o022 == 0 }

  /// `nil`: nothing there, or nothing that can be seen.
  static func of(_ path: String) -> FileStatus? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return nil }
    let kind: File.Kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      default: .other
      }
    return FileStatus(
      kind: kind, mode: status.st_mode & 0o7777, owner: status.st_uid, group: status.st_gid, modified: status.st_mtim.tv_sec)
  }
}
