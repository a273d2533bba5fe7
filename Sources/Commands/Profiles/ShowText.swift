internal import Diagnosis
internal import HelperWire

/// `vpn show` for those who may not read the file.
func showText(_ vpn: Report.VPN, width: Int? = nil, _ style: Style) -> String {
  var facts = Table(indent: 2, width: width, overflow: .wrap)
  func say(_ what: String, _ values: [String]) {
    if !values.isEmpty { facts.rows.append([.init(what, .faint), .init(values.joined(separator: ", "))]) }
  }
  say("ID", [vpn.id.map { "\($0)" } ?? "one that is free when it is linked"])
  say("address", vpn.addresses)
  say("commands", vpn.subnets)
  say("DNS", vpn.dns + vpn.search)
  say("endpoint", vpn.endpoints.map(\.description))
  say("takes", vpn.scope == .networks ? [Words.firsts(of: vpn.networks)] : ["everything"])
  return style(.bold, printable(vpn.name)) + "\n" + facts.text(style)
}
