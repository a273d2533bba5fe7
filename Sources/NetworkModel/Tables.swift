/// The kernel's own routing tables (rt_tables, include/uapi/linux/rtnetlink.h): the whole machine's, so none of a VPN's.
public enum Tables {
  /// Asked after `main`.
  public static let `default`: UInt32 = 253
  public static let main: UInt32 = 254
  public static let local: UInt32 = 255

  public static func areTheSystems(_ table: UInt32) -> Bool { (`default`...local).contains(table) }
}
