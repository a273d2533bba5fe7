internal import LinuxSystem

/// Exit statuses of `vpn`. Those of a command in a VPN are `vpnrun`'s affair.
typealias ExitStatus = Int32

extension ExitStatus {
  /// `vpn check` has found a problem.
  static let problem: ExitStatus = 1
  static let usage: ExitStatus = 2
  /// As with systemctl(1): what was asked about is not up.
  static let down: ExitStatus = 3
  /// Ours, as with env(1) and timeout(1): nothing that another program said.
  static let failure: ExitStatus = 125
  /// Ctrl-C. The program dies of it, as shells and scripts expect.
  static let interrupted: ExitStatus = 130
}

/// A sentence, or lines as they are, which end in a newline each: `FILE:LINE:COLUMN: …`, for editors that jump there.
extension Failure {
  init(lines: [String], status: ExitStatus = .failure) {
    if lines.count == 1, lines[0].hasPrefix("vpn: ") {
      self.init(String(lines[0].dropFirst("vpn: ".count)), status: status)
    } else {
      self.init(lines.map { $0 + "\n" }.joined(), status: status)
    }
  }

  /// For a person, on standard error.
  var lines: [String] {
    if sentence.isEmpty { return [] }
    guard sentence.last == "\n" else { return ["\(Tool.name): \(sentence)"] }
    return sentence.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// `vpn-link` wrote its sentence to standard error, which it shares with us.
  static let alreadySaid = Failure(lines: [])
  static let interrupted = Failure(lines: [], status: .interrupted)

  /// A system call's failure as a sentence: "cannot read home.conf: No such file or directory".
  static func saying<Value: ~Copyable>(_ intent: String, _ work: () throws(SystemError) -> Value) throws(Failure) -> Value {
    do throws(SystemError) { return try work() } catch { throw Failure("\(intent): \(error.reason)") }
  }
}
