/// How long WireGuard holds on to a session, in seconds (its white paper, section 6.1; drivers/net/wireguard/messages.h).
public enum WireGuardTimers {
  /// A session in use is renewed: REKEY_AFTER_TIME.
  public static let rekeyAfter: UInt64 = 120
  /// It is not used any more: REJECT_AFTER_TIME.
  public static let rejectAfter: UInt64 = 180
  /// A handshake that gets no answer is tried again: REKEY_TIMEOUT.
  public static let retryAfter: UInt64 = 5
  /// A peer that is being talked to has answered within this time, or it is lost: time for three tries after a session should have been
  /// renewed.
  public static let lostAfter: UInt64 = rekeyAfter + 3 * retryAfter
}
