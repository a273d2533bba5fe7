internal import Glibc

enum Clock {
  /// Seconds since 1970.
  static var now: Int {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec
  }

  /// Of a clock that nobody sets.
  static var milliseconds: Int {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  static func sleep(milliseconds: UInt32) { _ = usleep(milliseconds * 1000) }

  static func sleep(seconds: UInt32) { _ = Glibc.sleep(seconds) }
}
