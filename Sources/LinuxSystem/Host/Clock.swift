// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

public enum Clock {
  /// Seconds since 1970.
  public static var now: Int {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec
  }

  /// Of a clock that is never set.
  public static var milliseconds: Int {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  public static func sleep(milliseconds: UInt32) { _ = usleep(milliseconds * 1000) }

  public static func sleep(seconds: UInt32) { _ = CLinux.sleep(seconds) }
}
#endif
