/// Exit statuses of `vpn`. Those of a command in a VPN are `vpnrun`'s affair.
enum ExitStatus: Int32, Sendable {
  /// `vpn check` has found a problem.
  case problem = 1
  case usage = 2
  /// As with systemctl(1): what was asked about is not up.
  case down = 3
  /// Ours, as with env(1) and timeout(1): nothing that another program said.
  case failure = 125
  /// Ctrl-C. The program dies of it, as shells and scripts expect.
  case interrupted = 130
}

/// Why a request was not carried out: lines for a person, on standard error.
struct Failure: Error, Equatable {
  var lines: [String]
  var status: ExitStatus

  init(_ sentence: String, status: ExitStatus = .failure) { self.init(lines: ["vpn: " + sentence], status: status) }

  /// Lines as they are: `FILE:LINE:COLUMN: …`, for editors that jump there.
  init(lines: [String], status: ExitStatus = .failure) {
    self.lines = lines
    self.status = status
  }

  /// `vpn-link` wrote its sentence to standard error, which it shares with us.
  static let alreadySaid = Failure(lines: [])
  static let interrupted = Failure(lines: [], status: .interrupted)

  /// A system call's failure as a sentence: "cannot read home.conf: No such file or directory".
  static func saying<Value: ~Copyable>(_ intent: String, _ work: () throws(SystemError) -> Value) throws(Failure) -> Value {
    do throws(SystemError) { return try work() } catch { throw Failure("\(intent): \(error)") }
  }
}
