internal import CLinux

/// Files below /proc/sys/net, which show the network namespace of whoever opens them.
public enum Sysctl {
  /// Needs CAP_NET_ADMIN. The file must be procfs's own: /proc can be covered by another mount.
  public static func write(_ value: String, to path: String) throws(SystemError) {
    let file = try FileDescriptor.open("/proc/sys/" + path, O_WRONLY)
    guard try file.fileSystemType() == Int(PROC_SUPER_MAGIC) else { throw SystemError("/proc/sys is not procfs", errno: EINVAL) }
    try file.writeAll(Array(value.utf8))
  }
}

/// A Landlock domain that only scopes: the command can no longer trace or read processes outside it (and so borrow their sockets),
/// and everything else works as before, sudo included. Needs CAP_SYS_ADMIN, so that no_new_privs is not needed.
/// - Throws: ENOTSUP before Linux 6.12, EOPNOTSUPP or ENOSYS where it is not enabled.
public func restrictTracingToOwnDomain() throws(SystemError) {
  try SystemError.check(clinux_landlock_scope(), "landlock")
}

/// One line for the system's log, with nothing of the caller's in it but printable text.
public func log(_ line: String, as program: StaticString) {
  program.withUTF8Buffer { name in
    unsafe name.baseAddress!.withMemoryRebound(to: CChar.self, capacity: name.count + 1) { unsafe clinux_syslog($0, line) }
  }
}
