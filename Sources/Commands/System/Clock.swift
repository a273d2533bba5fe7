internal import Glibc

enum Clock {
  /// Seconds since 1970.
  static var now: Int {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec
  }

  static func sleep(seconds: UInt32) { _ = Glibc.sleep(seconds) }
}
