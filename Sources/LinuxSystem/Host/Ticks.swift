// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

extension Process {
  /// In which /proc/PID/stat has times.
  public static var ticksPerSecond: Int { sysconf(Int32(_SC_CLK_TCK)) }
}
#endif
