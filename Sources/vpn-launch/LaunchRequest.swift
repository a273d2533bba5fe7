internal import LinuxSystem
internal import NetworkModel
internal import Privilege

/// What the caller asks: `vpn-launch --environment=FD [--user=UID:GID:GROUPS] [--verbose] [--quiet] NAME -- COMMAND [ARGUMENT…]`
///
/// glibc takes LD_*, TMPDIR and others out of the environment of a program with capabilities, so the caller's environment comes
/// through a descriptor, as NUL-terminated strings, and is given to execve only.
struct LaunchRequest {
  let name: VPNName
  /// Its descriptor, 3 or higher.
  let environment: Int32
  let isVerbose: Bool
  let isQuiet: Bool
  /// Instead of the caller, who must be root then.
  let user: CommandUser?
  /// At least one word.
  let command: [[UInt8]]

  static var wrongUse: Failure { Failure("this program is not for use by hand: type `vpnrun NAME -- COMMAND`") }

  /// - Parameter words: all that was given to the program.
  init(_ words: [[UInt8]]) throws(Failure) {
    var next = 0
    var descriptor: Int32?
    var verbose = false
    var quiet = false
    var user: CommandUser?
    while next < words.count {
      let word = words[next]
      if word.begins(with: "--environment=") {
        descriptor = Int32(decimal: word.dropFirst(14))
      } else if word.equals("--verbose") {
        verbose = true
      } else if word.equals("--quiet") {
        quiet = true
      } else if word.begins(with: "--user=") {
        guard let given = CommandUser(word.dropFirst(7)) else { throw Self.wrongUse }
        user = given
      } else {
        break
      }
      next += 1
    }
    guard let descriptor, descriptor > 2, next + 2 < words.count, words[next + 1].equals("--") else { throw Self.wrongUse }
    guard let name = VPNName(words[next]) else { throw Failure("'\(String(printable: words[next].prefix(64)))': \(VPNName.rule)") }
    self.name = name
    environment = descriptor
    isVerbose = verbose
    isQuiet = quiet
    self.user = user
    command = Array(words[(next + 2)...])
  }

  /// Execve's own limit is a quarter of the stack, at most 6 MiB.
  private static let environmentLimit = 8 << 20

  /// The caller's environment. Its descriptor is closed: this can be done once.
  func readEnvironment() throws(Failure) -> StringVector {
    let given = FileDescriptor(owning: environment)
    return StringVector(
      block: try attempting("read the environment") { () throws(SystemError) in try given.readAll(limit: Self.environmentLimit) })
  }
}
