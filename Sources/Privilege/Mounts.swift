internal import CLinux
public import LinuxSystem

/// Mounts of this process. Everything here needs CAP_SYS_ADMIN.
public enum Mounts {
  /// A mount namespace of our own into which the host's later mounts come, and from which none goes back.
  public static func unshare() throws(SystemError) {
    try SystemError.check(clinux_unshare(CLONE_NEWNS), "unshare the mount namespace")
    try SystemError.check(unsafe mount(nil, "/", nil, UInt(MS_REC | MS_SLAVE), nil), "make mounts private")
  }

  /// An empty file system in memory; `source` is shown by findmnt(8).
  public static func tmpfs(on path: String, source: String, options: String, isExecutable: Bool = false) throws(SystemError) {
    let flags = UInt(MS_NOSUID | MS_NODEV) | (isExecutable ? 0 : UInt(MS_NOEXEC))
    try SystemError.check(unsafe mount(source, path, "tmpfs", flags, options), "mount \(path)")
  }

  /// The processes of this one's PID namespace, and no others.
  public static func processes() throws(SystemError) {
    try SystemError.check(unsafe mount("proc", "/proc", "proc", UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC), nil), "mount /proc")
  }

  public static func bind(_ source: String, on path: String) throws(SystemError) {
    try SystemError.check(unsafe mount(source, path, nil, UInt(MS_BIND), nil), "bind \(path)")
  }

  /// With what is mounted below.
  public static func bindTree(_ source: String, on path: String) throws(SystemError) {
    try SystemError.check(unsafe mount(source, path, nil, UInt(MS_BIND | MS_REC), nil), "bind \(path)")
  }

  /// A file system made by `tmpfs`, at all places where it is bound.
  public static func makeReadOnly(_ path: String) throws(SystemError) {
    let flags = UInt(MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
    try SystemError.check(unsafe mount(nil, path, nil, flags, nil), "remount \(path)")
  }

  /// Unmounts now for everybody who looks; what is in use goes with its last user.
  public static func detach(_ path: String) throws(SystemError) {
    try SystemError.check(unsafe umount2(path, Int32(MNT_DETACH) | Int32(UMOUNT_NOFOLLOW)), "umount \(path)")
  }
}
