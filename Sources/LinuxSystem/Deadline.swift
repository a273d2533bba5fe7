internal import CLinux

/// Until when an answer is waited for. On a clock that is never set.
public struct Deadline: Sendable {
  private let end: Int

  public init(milliseconds: Int) { end = Self.now + milliseconds }

  public var isOver: Bool { Self.now >= end }

  /// Milliseconds until then; 0 if it is over.
  public var remaining: Int32 { Int32(clamping: max(end - Self.now, 0)) }

  private static var now: Int {
    var time = timespec()
    unsafe _ = clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}

extension FileDescriptor {
  /// No single wait on this socket, to receive, to send or to connect, takes longer: the call then fails with EAGAIN.
  public borrowing func limitWaiting(milliseconds: Int) throws(SystemError) {
    try SystemError.check(clinux_limit_waiting(raw, milliseconds), "limit the waiting on a socket")
  }
}
