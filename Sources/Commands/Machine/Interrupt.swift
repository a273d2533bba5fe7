internal import Glibc

/// Written by a signal's handler, which may do nothing else.
private nonisolated(unsafe) var seen: sig_atomic_t = 0

/// Ctrl-C. As with system(3) it is for the child that we wait for, and we live to tidy up after it.
enum Interrupt {
  static func ignore() -> __sighandler_t? { signal(SIGINT, SIG_IGN) }
  static func restore(_ before: __sighandler_t?) { signal(SIGINT, before) }

  /// From now on it is remembered, and whoever is at work asks `happened` and tidies up. The same for what ends programs otherwise.
  static func remember() {
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { _ in unsafe seen = 1 } }
  }
  static var happened: Bool { unsafe seen != 0 }

  /// Dies of it, so that a script which called us ends as well.
  static func die() {
    signal(SIGINT, SIG_DFL)
    raise(SIGINT)
  }
}
