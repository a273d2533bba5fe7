/// How a box's addresses are shared out. One user must not be able to keep all others from it: the last ones are left to those who have
/// only a few.
public enum Fairness {
  public static let reserved: UInt32 = 32
  public static let few = 8

  /// How many of the first addresses any user may take without being asked what they have.
  public static func ordinary(of total: UInt32) -> UInt32 { total > 2 * reserved ? total - reserved : total }

  /// Whether one of the last addresses is for this user.
  /// - Parameter owners: uids of the box's ports; one that has none counts as the user's own.
  public static func allowsLast(uid: UInt32, owners: [UInt32?]) -> Bool {
    uid == 0 || owners.count { $0 == nil || $0 == uid } < few
  }
}
