internal import CLinux
public import LinuxSystem

/// What a program with capabilities must know of itself before it does anything.
extension Process {
  /// capset(2), unshare(2) and prctl(2) act on one thread: with a second one a dropped capability would live on.
  public static func isSingleThreaded() throws(SystemError) -> Bool {
    try numericNames(in: "/proc/self/task").count == 1
  }

  /// The caller's ids are the program's own.
  public static var hasItsCallersIdentity: Bool { getuid() == geteuid() && getgid() == getegid() }

  /// The kernel has told the loader not to obey a caller who has fewer rights (root excepted). It does so for capabilities of the file, not for
  /// ambient ones that a wrapper has handed over: then LD_PRELOAD counts, and what it names has run before this.
  public static var isGuardedFromItsCaller: Bool { isRoot || clinux_at_secure() == 1 }

  /// The initial user namespace maps everything to itself.
  public static func isInInitialUserNamespace() throws(SystemError) -> Bool {
    let map = try FileDescriptor.open("/proc/self/uid_map", O_RDONLY).readAll(limit: 4096)
    return map.split(whereSeparator: { $0 == 0x20 || $0 == 0x0a }).map { Array($0) } == [[0x30], [0x30], Array("4294967295".utf8)]
  }

  /// Why file capabilities did not come with the program, as far as it can be known.
  public static var whyCapabilitiesAreMissing: String {
    if clinux_prctl(PR_GET_NO_NEW_PRIVS, 0) == 1 { return "the caller has set no_new_privs (a sandbox or a service manager does that)" }
    if (try? isInInitialUserNamespace()) == false { return "this is a user namespace: file capabilities count for nothing here" }
    if isTraced { return "the program is being traced" }
    return "its file has lost them (copying does that) or lies on a file system mounted nosuid; installing vpnrun again sets them"
  }

  private static var isTraced: Bool {
    guard let status = try? FileDescriptor.open("/proc/self/status", O_RDONLY).readAll(limit: 65536) else { return false }
    return status.split(separator: 0x0a).contains { $0.begins(with: "TracerPid:") && !$0.equals("TracerPid:\t0") }
  }
}
