internal import CLinux

/// What stat(2) says.
public struct FileStatus: Equatable, Sendable {
  public enum Kind: Equatable, Sendable { case file, folder, other }

  public var kind: Kind
  /// Permission bits, setuid and setgid among them: 0o710.
  public var mode: UInt32
  public var owner: UInt32
  public var group: UInt32
  public var links: UInt64
  /// Its number in its file system: of a namespace, that in `net:[…]`.
  public var inode: UInt64
  /// Seconds since 1970.
  public var modified: Int
  /// When anything of it was changed last, its place among other files included.
  public var changed: Int

  public var isRegular: Bool { kind == .file }
  /// By its group or by everybody.
  public var isWritableByOthers: Bool { mode & 0o022 != 0 }
  /// To its group or to everybody, in whatever way.
  public var isOpenToOthers: Bool { mode & 0o077 != 0 }

  init(_ s: stat) {
    kind = clinux_is_regular(s.st_mode) != 0 ? .file : clinux_is_directory(s.st_mode) != 0 ? .folder : .other
    mode = s.st_mode & 0o7777
    (owner, group) = (s.st_uid, s.st_gid)
    links = UInt64(s.st_nlink)
    inode = UInt64(s.st_ino)
    modified = s.st_mtim.tv_sec
    changed = s.st_ctim.tv_sec
  }
}

extension FileDescriptor {
  public borrowing func status() throws(SystemError) -> FileStatus {
    var s = stat()
    try SystemError.check(unsafe fstat(raw, &s), "fstat")
    return FileStatus(s)
  }

  /// A file system in user space can claim any owner it likes (CVE-2021-3995).
  public borrowing func isOnFUSE() throws(SystemError) -> Bool { try fileSystemType() == Int(fuseMagic) }

  /// flock(2), exclusively. Never waits: `LockWait` does that.
  /// - Returns: `false` if another process has it.
  public borrowing func lock() throws(SystemError) -> Bool {
    while flock(raw, LOCK_EX | LOCK_NB) != 0 {
      let code = clinux_errno()
      if code == EWOULDBLOCK { return false }
      if code != EINTR { throw SystemError("flock", errno: code) }
    }
    return true
  }

  /// Of what any user can open, and so lock: waits a second at most, and goes on without it then.
  public borrowing func lockBriefly() {
    for _ in 0..<100 {
      if (try? lock()) == true { return }
      Process.sleep(milliseconds: 10)
    }
  }

  /// It also goes with the last descriptor.
  public borrowing func unlock() { flock(raw, LOCK_UN) }
}

/// FUSE_SUPER_MAGIC; <linux/magic.h> has had it since Linux 6.0, Debian 12's not yet in all builds.
private let fuseMagic: Int64 = 0x6573_5546
