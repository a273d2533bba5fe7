internal import Diagnosis
internal import HelperWire

/// `vpn status`: a paragraph for each VPN.
/// - Parameters:
///   - now: seconds since 1970.
///   - width: of the terminal.
func statusText(_ reports: [Report], now: Int, width: Int? = nil, userName: (UInt32) -> String?, _ style: Style) -> String {
  reports.map { report in
    switch report {
    case .vpn(let vpn): statusText(vpn, now: now, width: width, userName: userName, style)
    case .unreadable(let name, let error, _): heading(name, .init("error", .bad), style) + "  \(printable(error))\n"
    }
  }.joined(separator: "\n")
}

private func heading(_ name: String, _ state: Table.Cell, _ style: Style) -> String {
  Table(rows: [[.init(name, .bold), state]]).text(style)
}

private func statusText(_ vpn: Report.VPN, now: Int, width: Int?, userName: (UInt32) -> String?, _ style: Style) -> String {
  var text = heading(vpn.name, vpn.state, style)
  var facts = Table(indent: 2, width: width, overflow: .wrap)
  func say(_ what: String, _ value: Table.Cell) { facts.rows.append([.init(what, .faint), value]) }
  for warning in vpn.warnings { say("warning", .init(warning, .warning)) }
  guard vpn.linked else { return text + facts.text(style) }

  say("address", .init(vpn.hosts))
  if vpn.box {
    say("DNS", .init(vpn.dns.isEmpty ? "none" : (vpn.dns + vpn.search).joined(separator: ", "), vpn.dns.isEmpty ? .warning : nil))
  }
  if !vpn.inbound.isEmpty { say("inbound", .init(vpn.inbound.joined(separator: ", "))) }
  if !vpn.relay.isEmpty { say("relays", .init(vpn.relay.joined(separator: ", "))) }
  if let tunnel = vpn.tunnel { say(vpn.link == nil ? "tunnel" : "link", .init(tunnel)) }
  if let outer = vpn.through { say("through", .init(outer)) }
  for peer in vpn.peers {
    say("peer", .init(peer.endpoint ?? "\(peer.publicKey) (no endpoint yet)"))
    say("handshake", .init(Words.age(of: peer.latestHandshake, now: now), peer.latestHandshake == 0 ? .warning : nil))
    say("traffic", "\(Words.bytes(peer.rxBytes)) received, \(Words.bytes(peer.txBytes)) sent")
  }
  if !vpn.box { return text + facts.text(style) }
  say("commands", vpn.commands.isEmpty ? "none" : "\(vpn.commands.count)")
  text += facts.text(style)

  let commands = vpn.commands.map { command -> [Table.Cell] in
    [
      .init(command.address), .init(userName(command.uid) ?? "\(command.uid)"), command.pid == 0 ? "-" : "\(command.pid)",
      .init(command.command),
    ]
  }
  return text + Table(rows: commands, indent: 4, width: width).text(style)
}

extension Report.VPN {
  fileprivate var tunnel: String? {
    let kind =
      switch device {
      case .kernel: "kernel WireGuard"
      case .userspace: "wireguard-go"
      case .link: link
      case nil: nil as String?
      }
    let size = mtu.map { "MTU \($0)" }
    let parts = [kind, size].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
