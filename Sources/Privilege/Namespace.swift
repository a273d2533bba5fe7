internal import CLinux
public import LinuxSystem

/// A network namespace, held by a descriptor of its file in nsfs.
public struct NetworkNamespace: ~Copyable {
  public let descriptor: FileDescriptor

  /// The one this thread is in.
  public static func current() throws(SystemError) -> NetworkNamespace {
    NetworkNamespace(descriptor: try FileDescriptor.open("/proc/thread-self/ns/net", O_RDONLY))
  }

  /// A pinned one. No link in the path is followed, and the file must be a namespace's: anybody may put a plain file there.
  /// - Throws: ENOENT if there is none; EINVAL if it is something else.
  public static func pinned(at path: String) throws(SystemError) -> NetworkNamespace {
    let file = try FileDescriptor.openStrictly(path, O_RDONLY | O_NONBLOCK)
    guard try file.fileSystemType() == Int(NSFS_MAGIC) else { throw SystemError("\(path) is no namespace", errno: EINVAL) }
    return NetworkNamespace(descriptor: file)
  }

  /// Needs CAP_SYS_ADMIN.
  public borrowing func enter() throws(SystemError) {
    try SystemError.check(clinux_setns(descriptor.raw, CLONE_NEWNET), "setns")
  }

  /// Leaves this thread in a new, empty network namespace. Needs CAP_SYS_ADMIN.
  public static func unshare() throws(SystemError) -> NetworkNamespace {
    try SystemError.check(clinux_unshare(CLONE_NEWNET), "unshare a network namespace")
    return try current()
  }
}
