internal import CLinux

/// Files below /proc/sys/net, which show the network namespace of the process that opens them.
public enum Sysctl {
  /// - Returns: the number that the file holds; `nil` for a file that is not there, or holds something else.
  public static func number(_ path: String) -> UInt32? {
    guard let file = try? FileDescriptor.open("/proc/sys/" + path, O_RDONLY), let text = try? file.readAll(limit: 64) else { return nil }
    return UInt32(String(decoding: text.prefix { $0 != 0x0a }, as: UTF8.self))
  }

  /// What is asked of a kernel that tracks connections already: it has this setting with all flowtables (CONFIG_NF_FLOW_TABLE, since 5.14).
  public static var lacksFlowtables: Bool {
    let conntrack = "/proc/sys/net/netfilter/nf_"
    return Files.exists(conntrack + "conntrack_max") && !Files.exists(conntrack + "flowtable_tcp_timeout")
  }

  /// Needs CAP_NET_ADMIN. The file must be procfs's own: /proc can be covered by another mount.
  public static func write(_ value: String, to path: String) throws(SystemError) {
    let file = try FileDescriptor.open("/proc/sys/" + path, O_WRONLY)
    guard try file.fileSystemType() == Int(PROC_SUPER_MAGIC) else { throw SystemError("/proc/sys is not procfs", errno: EINVAL) }
    try file.writeAll(Array(value.utf8))
  }
}
