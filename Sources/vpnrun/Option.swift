internal import LinuxSystem
internal import NetworkModel

/// What may be typed before the VPN's name, and after it. This table is all that the parser and the help know; shells complete by the help, and a test
/// compares the manual with it.
struct Option {
  enum Kind {
    case wait, folder, user, guarding, separate, strict, allow, inbound, publish, lan, forward, forwardRun, join, direct
    case desktop, verbose, quiet, help, version
  }
  /// What may follow the long name. The word is the help's; shells complete DIR and USER, alternatives between `|`, and of LIST the text's last word.
  enum Value {
    case none
    /// `--wait=5` only: a word of its own could be the VPN's name.
    case optional(StaticString)
    /// `--cwd=/` or `--cwd /`.
    case required(StaticString)
  }

  var kind: Kind
  var short: UInt8?
  var long: StaticString
  var value: Value
  /// At most 48 characters, for a terminal of 80 columns.
  var help: StaticString

  private init(_ kind: Kind, _ short: Unicode.Scalar?, _ long: StaticString, _ value: Value, _ help: StaticString) {
    self.kind = kind
    self.short = short.map { UInt8(truncatingIfNeeded: $0.value) }
    self.long = long
    self.value = value
    self.help = help
  }

  static var all: [Option] {
    [
      Option(.wait, nil, "wait", .optional("SECONDS"), "wait for a handshake first, at most 15 seconds"),
      Option(.folder, nil, "cwd", .required("DIR"), "run the command in this folder"),
      Option(.user, nil, "user", .required("USER"), "run it as this user; for root"),
      Option(.separate, nil, "separate", .optional("FOLDER"), "with a profile of its own (firefox and others)"),
      Option(.guarding, nil, "guard", .required("refuse|warn|off"), "if it is already running outside the VPN"),
      Option(.strict, nil, "strict", .none, "leave no way out to a program that wants one"),
      Option(.allow, nil, "allow", .required("LIST"), "only x11,wayland,pulse,pipewire,dbus,system,ssh"),
      Option(.inbound, nil, "inbound", .required("PORTS"), "from the VPN: tcp/22, or tcp/6881,udp/6881"),
      Option(.publish, "p", "publish", .required("PORTS"), "hand on [ADDRESS:]PORT[:PORT][/udp] to it"),
      Option(.lan, nil, "lan", .optional("NETWORKS"), "reach the LAN too, by TCP: 192.168.1.7:445"),
      Option(.forward, nil, "forward", .optional("PORT"), "ask the provider for a port: VPNRUN_PORT"),
      Option(.forwardRun, nil, "forward-run", .required("COMMAND"), "when it changes; {port} is the new one"),
      Option(.join, nil, "join", .required("PID|LABEL"), "in the network of one that runs: `vpn ps`"),
      Option(.direct, nil, "direct", .none, "outside, though the system is in a VPN; no NAME"),
      Option(.desktop, nil, "desktop", .optional("always"), "for launchers: say on the screen why it fails"),
      Option(.verbose, "v", "verbose", .none, "say which address the command has"),
      Option(.quiet, "q", "quiet", .none, "say nothing but errors"),
      Option(.help, "h", "help", .none, "this text"),
      Option(.version, "V", "version", .none, "the version"),
    ]
  }

  static func named(_ long: some Sequence<UInt8>) -> Option? { all.first { long.equals($0.long) } }
  static func named(short: UInt8) -> Option? { all.first { $0.short == short } }

  /// The one that begins so, or else is nearly the same.
  static func meant(by word: [UInt8]) -> Option? {
    guard word.begins(with: "--") else { return nil }
    let typed = word.dropFirst(2).prefix { $0 != 0x3d }
    return all.first { typed.count > 2 && "\($0.long)".utf8.starts(with: typed) } ?? nearest(to: typed, of: all) { "\($0.long)" }
  }
}

extension Option {
  /// `  -v, --verbose             say which address …`
  var helpLine: String {
    var line = short.map { "  -" + String(Unicode.Scalar($0)) + ", " } ?? "      "
    line += "--\(long)"
    switch value {
    case .none: break
    case .optional(let word): line += "[=\(word)]"
    case .required(let word): line += "=\(word)"
    }
    repeat { line += " " } while line.utf8.count < 32
    return line + "\(help)\n"
  }

  static var helpText: String {
    let before = """
      usage: vpnrun [OPTION...] [NAME] [OPTION...] [--] [COMMAND [ARGUMENT...]]

      Runs COMMAND with the VPN NAME as its only network: same process, user,
      environment, folder and terminal. Without NAME (before --), it is the VPN with
      the lowest ID. Without COMMAND, it is your shell, with VPNRUN=NAME.

        vpnrun home -- firefox
        vpnrun --separate home -- firefox


      """
    let after = """

      Exit status: the command's own; 125 vpnrun failed, 126 the command cannot be
      executed, 127 there is no such command, 2 wrong use. `vpn list` shows the VPNs.

      """
    return all.reduce(before) { $0 + $1.helpLine } + after
  }
}
