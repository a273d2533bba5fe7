internal import LinuxSystem
internal import NetworkModel

/// What the caller asks: `vpn-launch --environment=FD [--user=UID:GID:GROUPS] [--verbose] [--quiet] NAME -- COMMAND [ARGUMENT…]`
///
/// glibc takes LD_*, TMPDIR and others out of the environment of a program with capabilities, so the caller's environment comes
/// through a descriptor, as NUL-terminated strings, and is given to execve only.
struct LaunchRequest: ~Copyable {
  let name: VPNName
  let environment: StringVector
  let isVerbose: Bool
  let isQuiet: Bool
  /// Instead of the caller, who is root then.
  let user: CommandUser?
  /// Where in the program's arguments the command begins.
  let commandIndex: Int

  /// Execve's own limit is a quarter of the stack, at most 6 MiB.
  private static let environmentLimit = 8 << 20
  private static let usage = "this program is not for use by hand: type `vpnrun NAME -- COMMAND`"

  init() throws(Failure) {
    var next = 1
    var descriptor: Int32?
    var verbose = false
    var quiet = false
    var user: CommandUser?
    while next < Arguments.count {
      let word = Arguments.bytes(next)
      if word.begins(with: "--environment=") {
        descriptor = Int32(decimal: word.dropFirst(14))
      } else if word.equals("--verbose") {
        verbose = true
      } else if word.equals("--quiet") {
        quiet = true
      } else if word.begins(with: "--user=") {
        guard Process.isRoot, let given = CommandUser(word.dropFirst(7)) else { throw Failure(Self.usage) }
        user = given
      } else {
        break
      }
      next += 1
    }
    guard let descriptor, descriptor > 2, next + 2 < Arguments.count, Arguments.bytes(next + 1).equals("--") else {
      throw Failure(Self.usage)
    }
    let word = Arguments.bytes(next)
    guard let name = VPNName(word) else { throw Failure("'\(String(printable: word.prefix(64)))': \(VPNName.rule)") }
    let given = FileDescriptor(owning: descriptor)
    let block = try attempting("read the environment") { () throws(SystemError) in try given.readAll(limit: Self.environmentLimit) }
    self.name = name
    environment = StringVector(block: block)
    isVerbose = verbose
    isQuiet = quiet
    self.user = user
    commandIndex = next + 2
  }
}
