internal import Diagnosis
internal import HelperWire

/// What `vpn status` says first: where the system's traffic and its DNS queries go. Of one VPN, when only that was asked for.
/// - Parameters:
///   - vpns: all, by ID.
///   - now: seconds since 1970.
func systemText(_ vpns: [Report.VPN], only name: String?, now: Int, _ style: Style) -> String {
  var sentences: [(String, Style.Look)] = []
  var whole: Report.VPN?
  var isSplit = false
  for vpn in vpns where vpn.takenUp {
    var way: String
    if let whole {
      way = "\(vpn.name) is up behind \(whole.name), and takes over when that goes down"
    } else if vpn.scope == .networks {
      way = "Traffic to \(Words.firsts(of: vpn.networks)) goes through \(vpn.name)"
      isSplit = true
    } else {
      way = isSplit ? "All other traffic goes through \(vpn.name)" : "The whole system goes through \(vpn.name)"
      whole = vpn
    }
    guard name == nil || name == vpn.name else { continue }
    // What it was to carry is refused, so that others do not carry it either.
    guard vpn.up else {
      sentences.append(("\(vpn.name) was taken up, and is not in force: \(vpn.broken.first ?? "`vpn up \(vpn.name)` says why")", .bad))
      continue
    }
    sentences.append(("\(way); last handshake \(Words.age(of: vpn.latestHandshake, now: now))", .good))
  }
  if sentences.isEmpty { return style(.faint, name.map { "\(printable($0)) is not up" } ?? "No VPN is up") + "\n" }

  guard vpns.contains(where: \.up) else { return lines(sentences, style) }
  if let vpn = vpns.first(where: { $0.up && $0.dnsInForce }) {
    sentences.append(("All DNS queries go to \(vpn.dns.joined(separator: ", ")), through \(vpn.name)", .good))
  } else if !vpns.contains(where: \.dnsInForce) {
    sentences.append(("DNS queries go to the same servers as without a VPN", .warning))
  }
  return lines(sentences, style)
}

private func lines(_ sentences: [(String, Style.Look)], _ style: Style) -> String {
  sentences.map { style($0.1, printable($0.0)) + "\n" }.joined()
}
