internal import Glibc

/// Ctrl-C. As with system(3) it is for the child that we wait for, and we live to tidy up after it.
enum Interrupt {
  static func ignore() -> __sighandler_t? { signal(SIGINT, SIG_IGN) }
  static func restore(_ before: __sighandler_t?) { signal(SIGINT, before) }

  /// Dies of it, so that a script which called us ends as well.
  static func die() {
    signal(SIGINT, SIG_DFL)
    raise(SIGINT)
  }
}
