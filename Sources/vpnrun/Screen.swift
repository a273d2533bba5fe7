internal import LinuxSystem

/// For commands that are started by a click: no user reads standard error, so a failure is shown on the screen, by `vpn-manage`. The
/// command has this process's number all the same.
struct Screen: ~Copyable {
  private let onlooker: Onlooker

  /// - Returns: `nil` where standard error is a terminal.
  static func watching(_ request: RunRequest, _ programs: Programs) throws(Failure) -> Screen? {
    guard request.isForDesktop, !Process.hasTerminal else { return nil }
    return try attempting("watch the start") { () throws(SystemError) in
      Screen(
        onlooker: try Onlooker.start { text in
          let words = [Array("desktop".utf8), Array("failed".utf8), text, Array("--".utf8)] + Arguments.words
          programs.become("vpn-manage", words, environment: .own).end(as: "vpnrun")
        })
    }
  }

  /// vpn-launch has come back to this program, and had been told where to say why not.
  static func watchedAlready(_ errors: Int32) throws(Failure) -> Screen {
    try attempting("watch the start") { () throws(SystemError) in Screen(onlooker: try Onlooker.resume(errors)) }
  }

  /// Nothing but vpn-launch can fail now.
  /// - Returns: where it is to say that.
  consuming func handOver() throws(Failure) -> Int32 {
    do throws(SystemError) { return try onlooker.handOver() } catch { throw Failure("cannot watch the start: \(error)") }
  }
}
