/// The kernel's own routing tables (rt_tables, include/uapi/linux/rtnetlink.h): the whole machine's, so none of a VPN's.
public enum Tables {
  /// Asked after `main`.
  public static let `default`: UInt32 = 253
  public static let main: UInt32 = 254
  public static let local: UInt32 = 255

  /// Of a VPN that is up, besides its own: the networks that it takes, each with what stays outside of it. Far away from the numbers that
  /// other programs and administrators choose.
  public static func listed(_ id: UInt8) -> UInt32 { 7_676_100 + UInt32(id) }
  /// And a default route, for a family which it takes whole.
  public static func whole(_ id: UInt8) -> UInt32 { 7_676_200 + UInt32(id) }

  /// Of a VPN by a link, whose own table has the way by that: what is bound to the host's addresses of it, by the box.
  public static func bound(_ id: UInt8) -> UInt32 { 7_676_300 + UInt32(id) }

  public static func areTheSystems(_ table: UInt32) -> Bool { (`default`...local).contains(table) }
}
