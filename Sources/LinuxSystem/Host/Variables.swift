// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

public enum Environment {
  /// As it was when the program started, repaired where it is not UTF-8.
  public static func variable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }
}
#endif
