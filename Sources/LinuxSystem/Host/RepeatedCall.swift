// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

extension SystemError {
  /// The call again for as long as a signal interrupts it.
  @discardableResult
  public static func repeating<T: SignedInteger>(
    _ call: @autoclosure () -> String, _ body: () -> T
  ) throws(SystemError) -> T {
    while true {
      let result = body()
      if result >= 0 { return result }
      let code = clinux_errno()
      if code != EINTR { throw SystemError(call(), errno: code) }
    }
  }

  /// The C library's words alone, for a sentence that says itself what was tried.
  public var reason: String { unsafe String(cString: strerror(errno)) }

  public static let tooBig = SystemError("read", errno: EFBIG)
}
#endif
