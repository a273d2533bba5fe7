internal import CLinux

/// What fstat(2) says, as far as it matters for trust.
public struct FileStatus: Equatable, Sendable {
  public var owner: UInt32
  public var links: UInt64
  public var isRegular: Bool
  /// By its group or by everybody.
  public var isWritableByOthers: Bool
  /// To its group or to everybody, in whatever way.
  public var isOpenToOthers: Bool
}

extension FileDescriptor {
  public borrowing func status() throws(SystemError) -> FileStatus {
    var s = stat()
    try SystemError.check(unsafe fstat(raw, &s), "fstat")
    return FileStatus(
      owner: s.st_uid, links: UInt64(s.st_nlink), isRegular: clinux_is_regular(s.st_mode) != 0, isWritableByOthers: s.st_mode & 0o022 != 0,
      isOpenToOthers: s.st_mode & 0o077 != 0)
  }

  /// A file system in user space can claim any owner it likes (CVE-2021-3995).
  public borrowing func isOnFUSE() throws(SystemError) -> Bool { try fileSystemType() == Int(fuseMagic) }

  /// flock(2), exclusively.
  /// - Returns: `false` if another process has it and this is not to wait.
  public borrowing func lock(waiting: Bool) throws(SystemError) -> Bool {
    while flock(raw, LOCK_EX | (waiting ? 0 : LOCK_NB)) != 0 {
      let code = clinux_errno()
      if code == EWOULDBLOCK { return false }
      if code != EINTR { throw SystemError("flock", errno: code) }
    }
    return true
  }
}

/// FUSE_SUPER_MAGIC; <linux/magic.h> has had it since Linux 6.0, Debian 12's not yet in all builds.
private let fuseMagic: Int64 = 0x6573_5546
