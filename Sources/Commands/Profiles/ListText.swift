internal import Diagnosis
internal import HelperWire

/// `vpn list`: one line for each VPN.
/// - Parameter width: of the terminal.
func listText(_ reports: [Report], width: Int? = nil, _ style: Style) -> String {
  guard !reports.isEmpty else { return "" }
  var table = Table(width: width)
  table.rows.append(["NAME", "ID", "STATE", "ADDRESS", "ENDPOINT"].map { .init($0, .faint) })
  for report in reports {
    switch report {
    case .vpn(let vpn):
      let endpoints = vpn.endpoints.map(\.description).joined(separator: ", ")
      table.rows.append([
        .init(vpn.name, .bold), .init(vpn.id.map { "\($0)" } ?? "-"), vpn.state, .init(vpn.hosts),
        .init(endpoints.isEmpty ? "-" : endpoints),
      ])
    case .unreadable(let name, let error, _):
      table.rows.append([.init(name, .bold), "-", .init("error", .bad), .init(error)])
    }
  }
  return table.text(style)
}

extension Report.VPN {
  var state: Table.Cell {
    guard linked else { return .init("not linked", .faint) }
    if tunnel == .gone || tunnel == .down { return .init("no tunnel", .bad) }
    if !broken.isEmpty { return .init(takenUp ? "up, broken" : "linked, broken", .bad) }
    return .init(up ? "linked, up" : "linked", .good)
  }

  /// Its own addresses without the prefix lengths, which mean nothing inside the tunnel.
  var hosts: String { addresses.map { $0.prefix { $0 != "/" } }.joined(separator: ", ") }
}

extension Report.Endpoint: CustomStringConvertible {
  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
