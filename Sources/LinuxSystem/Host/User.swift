// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// Who a user is.
public enum User {
  public static var current: UInt32 { getuid() }
  public static var effective: UInt32 { geteuid() }
  public static var isRoot: Bool { effective == 0 }

  public static func name(of uid: UInt32) -> String? {
    var buffer = [CChar](repeating: 0, count: 16384)
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    guard unsafe getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil else { return nil }
    return unsafe String(cString: entry.pw_name)
  }

  /// For a program that is to be alone: a number that is no user's, no group's and no process's, of those that systemd lends to services
  /// (DynamicUser= in systemd.exec(5)).
  /// - Parameter taken: by processes.
  public static func unused(besides taken: Set<UInt32>) -> UInt32? {
    let range = 61184...65519 as ClosedRange<UInt32>
    // Two that look at once find two.
    let first = range.lowerBound + UInt32(getpid()) % UInt32(range.count)
    return ([first...range.upperBound, range.lowerBound...first] as [ClosedRange]).joined()
      .first { !taken.contains($0) && name(of: $0) == nil && groupName(of: $0) == nil }
  }

  public static func groupNumber(of name: String) -> UInt32? {
    var buffer = [CChar](repeating: 0, count: 65536)
    var entry = unsafe group()
    var found: UnsafeMutablePointer<group>?
    guard unsafe getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil else { return nil }
    return unsafe entry.gr_gid
  }

  public static func groupName(of gid: UInt32) -> String? {
    var buffer = [CChar](repeating: 0, count: 65536)
    var entry = unsafe group()
    var found: UnsafeMutablePointer<group>?
    guard unsafe getgrgid_r(gid, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil else { return nil }
    return unsafe String(cString: entry.gr_name)
  }
}
#endif
