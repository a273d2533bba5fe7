// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// Written by a signal's handler, which may do nothing else.
private nonisolated(unsafe) var seen: sig_atomic_t = 0

/// Ctrl-C. As with system(3) it is for the child that we wait for, and we live to tidy up after it.
public enum Interrupt {
  /// What is done at the signal.
  public struct Handler {
    fileprivate let function: __sighandler_t?
  }

  public static func ignore() -> Handler { Handler(function: clinux_ignore_signal(SIGINT)) }
  public static func restore(_ before: Handler) { _ = signal(SIGINT, before.function) }

  /// From now on it is remembered, and the code at work asks `happened` and tidies up. The same for what ends programs otherwise.
  public static func remember() {
    for number in [SIGINT, SIGTERM, SIGHUP] { _ = signal(number) { _ in unsafe seen = 1 } }
  }
  public static var happened: Bool { unsafe seen != 0 }

  /// Dies of it, so that a script which called us ends as well.
  public static func die() {
    _ = signal(SIGINT, nil)
    _ = raise(SIGINT)
  }
}
#endif
