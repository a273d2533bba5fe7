internal import Diagnosis
internal import FoundationEssentials
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan

/// What a user did with a VPN. `vpn log --json` prints an array of these, oldest first, and with `--follow` a line for each. Keys are
/// added in later versions, never renamed or removed; every key is always there.
///
/// | key | value |
/// |---|---|
/// | `time` | seconds since 1970 |
/// | `uid`, `user` | who did it; the name is null where the system has none |
/// | `action` | `run`, `run_outside`, `link`, `unlink`, `reload`, `attach`, `detach`, `publish`, `unpublish`, `inbound`, `lan`, `forward`, \
/// `up`, `down` or `refused` |
/// | `vpn` | with which VPN |
/// | `command` | the program's name of `run`, the label of `attach`, what a way was opened to, or null |
/// | `run_as` | the command's uid where root has started it for another user, or null |
/// | `ways` | of `publish`, `unpublish`, `inbound`, `lan` and `forward`: which, an array; otherwise null |
struct LogEntry: Codable, Equatable {
  var time: Int
  var uid: UInt32
  @Nullable var user: String?
  var action: String
  var vpn: String
  @Nullable var command: String?
  @Nullable var runAs: UInt32?
  @Nullable var ways: [String]?

  enum CodingKeys: String, CodingKey {
    case time, uid, user, action, vpn, command, ways
    case runAs = "run_as"
  }

  /// - Parameter line: what `LoggedAction` writes.
  init?(time: Int, line: some StringProtocol, userName: (UInt32) -> String?) {
    guard let (done, name, uid) = LoggedAction.read(Array(line.utf8)) else { return nil }
    (self.time, self.uid, vpn) = (time, uid, name.description)
    user = userName(uid)
    switch done {
    case .run(let command, let user):
      action = "run"
      self.command = command.description
      runAs = user
    case .runOutside(let command):
      action = "run_outside"
      self.command = command.description
    case .attach(let label):
      action = "attach"
      command = label.description
    case .detach(let label):
      action = "detach"
      command = label.description
    case .way(let way, let command, let user):
      action = way.kind.action
      self.command = command.description
      runAs = user
      ways = way.what.description.split(separator: ",").map(String.init)
    case .link: action = "link"
    case .unlink: action = "unlink"
    case .reload: action = "reload"
    case .up: action = "up"
    case .down: action = "down"
    case .refused: action = "refused"
    }
  }
}

extension LoggedWay.Kind {
  fileprivate var action: String {
    switch self {
    case .publish: "publish"
    case .unpublish: "unpublish"
    case .inbound: "inbound"
    case .lan: "lan"
    case .forward: "forward"
    }
  }
}

extension LogEntry {
  /// A line of `journalctl -o json`. Who it was is what the kernel has told the journal: anybody can write a line that says otherwise.
  init?(journal line: Substring, userName: (UInt32) -> String?) {
    struct Line: Decodable {
      var time: String
      var uid: String?
      var message: String?

      enum CodingKeys: String, CodingKey {
        case time = "__REALTIME_TIMESTAMP"
        case uid = "_UID"
        case message = "MESSAGE"
      }
    }
    guard let fields = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)), let micros = Int(fields.time),
      let message = fields.message
    else { return nil }
    self.init(time: micros / 1_000_000, line: message, userName: userName)
    guard fields.uid == "\(uid)" else { return nil }
  }

  /// A line of a file of syslog's: the time, the host, `vpnrun[4242]:` and the rest.
  init?(syslog line: Substring, now: Int, userName: (UInt32) -> String?) {
    // Nothing else is parsed: such files are long.
    guard LoggedAction.programs.contains(where: { line.contains(" \($0)[") }), let (time, rest) = LogTime.read(line, now: now) else {
      return nil
    }
    let words = rest.split(separator: " ", maxSplits: 2)
    guard words.count == 3, LoggedAction.programs.contains(where: { words[1].hasPrefix("\($0)[") }), words[1].hasSuffix("]:") else {
      return nil
    }
    self.init(time: time, line: words[2], userName: userName)
  }
}

/// `vpn log`: a line each, of the same shape whenever it is written.
func logText(_ entry: LogEntry, userName: (UInt32) -> String?, _ style: Style) -> String {
  func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(width - text.count, 0)) }
  let asUser = entry.runAs.map { " as \(userName($0) ?? "\($0)")" } ?? ""
  let ways = (entry.ways ?? []).joined(separator: ",")
  // One of several words could be taken for our own.
  let command = shellWord(entry.command ?? "")
  let what =
    switch entry.action {
    case "run": "runs \(command)\(asUser)"
    case "publish": "published \(ways) of \(command)\(asUser)"
    case "unpublish": "published \(ways) of \(command) no more"
    case "inbound": "let \(ways) in to \(command)\(asUser)"
    case "lan": "opened \(ways) to \(command)\(asUser)"
    case "forward": "forwarded \(ways) to \(command)\(asUser)"
    case "run_outside": "runs \(command) outside"
    case "attach": "attached \(command)"
    case "detach": "detached \(command)"
    case "link": "linked"
    case "unlink": "unlinked"
    case "reload": "reloaded"
    default: entry.action
    }
  let user = padded(printable(entry.user ?? "\(entry.uid)"), 8)
  return style(.faint, LogTime.text(entry.time)) + "  \(user)  " + style(.bold, padded(entry.vpn, 12)) + "  \(printable(what))\n"
}
