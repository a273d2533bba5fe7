internal import Diagnosis
internal import HelperWire
internal import NetworkModel

/// A port of this machine that leads to a command. `vpn publish list --json` prints an array of these. Keys are added in later versions, never
/// renamed or removed; every key is always there.
///
/// | key | value |
/// |---|---|
/// | `vpn`, `pid`, `uid`, `user`, `command`, `attached` | of the command, as `vpn ps --json` has them |
/// | `address`, `port`, `protocol` | where this machine listens |
/// | `target` | the command's port |
/// | `listening` | whether anything listens there; the process that did may have been ended |
struct PublishedReport: Codable, Equatable {
  var vpn: String
  var pid: Int32
  var uid: UInt32
  @Nullable var user: String?
  var command: String
  var attached: Bool
  var address: String
  var port: UInt16
  var `protocol`: String
  var target: UInt16
  var listening: Bool

  init(_ port: PublishedPort, _ command: CommandReport, isListening: Bool) {
    (vpn, pid, uid, user) = (command.vpn, command.pid, command.uid, command.user)
    (self.command, attached) = (command.command, command.attached)
    (address, self.port, `protocol`) = (port.address.description, port.port, port.target.transport.name)
    (target, listening) = (port.target.port, isListening)
  }

  private var place: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }

  /// Of one that is lost.
  var note: String? {
    guard !listening else { return nil }
    let spec = "\(place):\(target)\(self.protocol == "tcp" ? "" : "/\(self.protocol)")"
    let again = "vpn publish add \(vpn) \(attached ? command : "\(pid)") \(spec)"
    return "nothing listens on \(place)/\(self.protocol) any more: `\(again)` does again"
  }

  fileprivate var row: [Table.Cell] {
    [
      .init(vpn, .bold), pid == 0 ? "-" : "\(pid)", .init(user ?? "\(uid)"), .init("\(place)/\(self.protocol)"), .init("\(target)"),
      .init(command),
    ]
  }
}

/// `vpn publish list`: a line for each port.
/// - Parameter width: of the terminal.
func publishedText(_ reports: [PublishedReport], width: Int?, _ style: Style) -> String {
  var table = Table(width: width)
  table.rows.append(["VPN", "PID", "USER", "LISTENS ON", "PORT", "COMMAND"].map { .init($0, .faint) })
  table.rows += reports.map(\.row)
  return table.text(style)
}
