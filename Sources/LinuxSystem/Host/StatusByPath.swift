// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

extension FileStatus {
  /// What stands there, a link as such unless it is followed; `nil`: nothing, or nothing that can be seen.
  public static func of(_ path: String, following: Bool = false) -> FileStatus? {
    var s = stat()
    guard unsafe fstatat(AT_FDCWD, path, &s, following ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    return FileStatus(s)
  }
}
#endif
