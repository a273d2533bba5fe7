internal import LinuxSystem
internal import NetworkModel

/// A program where the VPN's name belongs: what is typed wrong most often.
enum Slip {
  /// - Parameter word: no VPN's name.
  /// - Returns: what would be right, if there is a program of that name.
  static func sentence(_ word: [UInt8]) -> Failure? {
    guard isProgram(word) else { return nil }
    let shown = String(printable: word.prefix(64))
    let name = (try? Programs(isVPNRuns: true).defaultVPN())?.description ?? "NAME"
    return Failure("'\(shown)' is a program, not a VPN: vpnrun \(name) -- \(shown)", status: 2)
  }

  /// As execvp(3) finds it.
  private static func isProgram(_ word: [UInt8]) -> Bool {
    if word.contains(0x2f) { return Files.isProgram(String(decoding: word, as: UTF8.self)) }
    let path = Arguments.variable("PATH") ?? Array("/usr/local/bin:/usr/bin:/bin".utf8)
    return path.split(separator: 0x3a).contains { Files.isProgram(String(decoding: $0 + [0x2f] + word, as: UTF8.self)) }
  }
}
