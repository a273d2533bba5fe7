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

  /// One that another program has opened: it is what it is, whatever path led to it.
  /// - Throws: EINVAL if it is something else, EBADF if it is only a place (O_PATH), or nothing.
  public static func given(_ raw: Int32) throws(SystemError) -> NetworkNamespace {
    try FileDescriptor.closeOnExec(raw)
    let file = FileDescriptor(owning: raw)
    guard try file.fileSystemType() == Int(NSFS_MAGIC) else { throw SystemError("that is no namespace", errno: EINVAL) }
    let kind = try SystemError.check(clinux_namespace_kind(raw), "ask for a namespace's kind")
    guard kind == CLONE_NEWNET else { throw SystemError("that is no network namespace", errno: EINVAL) }
    return NetworkNamespace(descriptor: file)
  }

  /// The same, held once more.
  public borrowing func copy() throws(SystemError) -> NetworkNamespace {
    NetworkNamespace(descriptor: FileDescriptor(owning: try descriptor.duplicate()))
  }

  /// Who has made the user namespace to which it belongs, and so may do everything in it. Neither ever changes.
  /// - Returns: `nil` for the initial user namespace: it is root's.
  public borrowing func owner() throws(SystemError) -> UInt32? {
    let users = FileDescriptor(owning: try SystemError.check(clinux_owning_namespace(descriptor.raw), "ask for a namespace's owner"))
    let own = try FileDescriptor.open("/proc/thread-self/ns/user", O_RDONLY)
    if clinux_is_same_file(users.raw, own.raw) != 0 { return nil }
    var uid: uid_t = 0
    try SystemError.check(unsafe clinux_namespace_owner(users.raw, &uid), "ask for a namespace's owner")
    return uid
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
