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
    let file: FileDescriptor
    do throws(SystemError) { file = try FileDescriptor.openStrictly(path, O_RDONLY | O_NONBLOCK) } catch {
      // A place where nothing is mounted (yet).
      throw error.errno == ENXIO ? SystemError("\(path) is no namespace", errno: EINVAL) : error
    }
    guard try file.fileSystemType() == Int(NSFS_MAGIC) else { throw SystemError("\(path) is no namespace", errno: EINVAL) }
    return NetworkNamespace(descriptor: file)
  }

  /// Needs CAP_SYS_ADMIN.
  public borrowing func enter() throws(SystemError) {
    try SystemError.check(clinux_setns(descriptor.raw, CLONE_NEWNET), "setns")
  }

  /// Runs something with this thread in that namespace, which comes back whatever happens. Raises CAP_SYS_ADMIN for the two changes alone.
  /// - Parameter home: where the thread is now.
  public borrowing func inside<T: ~Copyable>(
    from home: borrowing NetworkNamespace, _ body: () throws(SystemError) -> T
  ) throws(SystemError) -> T {
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try enter() }
    defer { home.comeBack() }
    return try body()
  }

  /// Runs something with this thread in a new, empty namespace, as `inside` does.
  public borrowing func insideNew<T: ~Copyable>(_ body: () throws(SystemError) -> T) throws(SystemError) -> T {
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try NetworkNamespace.unshare() }
    defer { comeBack() }
    return try body()
  }

  /// What cannot come back must not go on: it would change another network than it means.
  private borrowing func comeBack() {
    do throws(SystemError) { try Capabilities.raise(.sysAdmin) { () throws(SystemError) in try enter() } } catch {
      say("vpn: cannot go back to the host's network: \(error)\n")
      Speech.goOn()
      _exit(125)
    }
  }

  /// Leaves this thread in a new, empty network namespace. Needs CAP_SYS_ADMIN.
  public static func unshare() throws(SystemError) {
    try SystemError.check(clinux_unshare(CLONE_NEWNET), "unshare a network namespace")
  }
}
