internal import LinuxSystem
internal import NetworkModel

/// What is typed: `vpnrun [-v] [--guard=WHAT] [NAME] [--] COMMAND [ARGUMENT…]`. Options end at the first word that is none.
enum RunRequest {
  case run(name: VPNName?, isVerbose: Bool, guarding: Guard, commandIndex: Int)
  case help
  case version

  static func read() throws(Failure) -> RunRequest {
    var next = 1
    var isVerbose = false
    var guarding = Guard.warn
    while next < Arguments.count {
      let word = Arguments.bytes(next)
      guard word.begins(with: "-"), !word.equals("--") else { break }
      if word.equals("-v") || word.equals("--verbose") {
        isVerbose = true
      } else if word.equals("-h") || word.equals("--help") {
        return .help
      } else if word.equals("-V") || word.equals("--version") {
        return .version
      } else if word.begins(with: "--guard=") {
        guard let given = Guard(word.dropFirst(8)) else { throw Failure("--guard is warn, refuse or off", status: 2) }
        guarding = given
      } else {
        throw Failure("unknown option '\(String(printable: word.prefix(64)))'; `vpnrun --help` lists them", status: 2)
      }
      next += 1
    }
    guard next < Arguments.count else { throw Failure("which VPN, and which command? Type `vpnrun NAME -- COMMAND`", status: 2) }
    var name: VPNName?
    if !Arguments.bytes(next).equals("--") {
      let word = Arguments.bytes(next)
      guard let given = VPNName(word) else {
        throw Failure("'\(String(printable: word.prefix(64)))' cannot be a VPN: \(VPNName.rule)", status: 125)
      }
      name = given
      next += 1
    }
    if next < Arguments.count, Arguments.bytes(next).equals("--") { next += 1 }
    guard next < Arguments.count else { throw Failure("which command? Type `vpnrun \(name?.description ?? "NAME") -- COMMAND`", status: 2) }
    return .run(name: name, isVerbose: isVerbose, guarding: guarding, commandIndex: next)
  }

  static let helpText = """
    usage: vpnrun [-v] [--guard=WHAT] [NAME] [--] COMMAND [ARGUMENT...]

    Runs COMMAND with the VPN NAME as its only network. Without a name, before --,
    the default VPN: the one with the lowest ID. The command is started in your
    place: same process, user, environment, folder and terminal. Its names are
    resolved by the VPN's servers.

      vpnrun home -- firefox
      vpnrun work -- ssh build.corp.example
      vpnrun -- curl https://example.org

      -v, --verbose   say which address the command has
      --guard=WHAT    when the program runs outside already and would open its
                      window there: warn (as without the option), refuse, off
      -h, --help      this text
      -V, --version   the version

    Exit status: the command's own; 125 vpnrun failed, 126 the command cannot be
    executed, 127 there is no such command, 2 wrong use.
    See also vpn(1): `vpn list` shows which VPNs there are.

    """
}
