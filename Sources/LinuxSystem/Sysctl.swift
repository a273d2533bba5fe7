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
