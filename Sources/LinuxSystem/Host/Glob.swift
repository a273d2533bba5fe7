// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// fnmatch(3).
public enum Glob {
  public static func matches(_ pattern: String, _ text: String) -> Bool { unsafe fnmatch(pattern, text, 0) == 0 }
}
#endif
