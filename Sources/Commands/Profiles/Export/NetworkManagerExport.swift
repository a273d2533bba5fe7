internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// A connection of NetworkManager's: nm-settings-keyfile(5). It has its own rules for a tunnel that takes everything.
struct NetworkManagerExport {
  var view: ExportView

  /// Of a family that is not taken whole, the peers' networks are routed unless others are.
  private var hasPeerRoutes: Bool {
    if view.isOff { return false }
    let allowed = Set(view.profile.peers.flatMap(\.allowedIPs).filter { $0.length > 0 })
    return !view.whole.isEmpty || allowed == Set(view.listed)
  }

  var exported: Exported {
    let profile = view.profile
    var losses = view.losses("NetworkManager")
    if profile.autostart == .link { losses.append("Autostart = link: it starts with the system, or not at all") }
    if !view.isOff {
      losses.append("programs bound to the VPN's address, while only some networks go through it: they follow the system's routes")
    }
    for family in view.whole where !view.has(family) {
      losses.append("refusing \(family == .v4 ? "IPv4" : "IPv6"), which the VPN does not have")
    }
    for family in IPFamily.allCases where !view.has(family) && view.routed.contains(where: { $0.family == family }) {
      losses.append("\(family == .v4 ? "IPv4" : "IPv6") routes in table \(view.table): it has none of a family without an address")
    }
    if let underlay = view.underlay {
      for family in IPFamily.allCases where !view.has(family) {
        losses.append(
          "encrypted \(family == .v4 ? "IPv4" : "IPv6") packets by table \(underlay): it has no rules of a family without an address")
      }
    }

    var lines = ["[connection]"]
    lines += settings(
      ("id", "\(view.name)"), ("uuid", uuid), ("type", "wireguard"), ("interface-name", "\(view.name)"),
      ("autoconnect", profile.autostart == .up ? nil : "false"))
    lines += ["", "[wireguard]"]
    lines += settings(
      ("private-key", profile.privateKey?.base64), ("listen-port", profile.listenPort.map { "\($0)" }),
      ("fwmark", (profile.fwmark ?? (view.underlay == nil ? nil : view.mark)).map { "\($0)" }), ("mtu", profile.mtu.map { "\($0)" }),
      ("peer-routes", hasPeerRoutes ? nil : "false"))
    for peer in profile.peers {
      lines += ["", "[wireguard-peer.\(peer.publicKey.base64)]"]
      lines += settings(
        ("endpoint", peer.endpoint?.description), ("preshared-key", peer.presharedKey?.base64),
        ("preshared-key-flags", peer.presharedKey == nil ? nil : "0"),
        ("persistent-keepalive", peer.persistentKeepalive.map { "\($0)" }), ("allowed-ips", list(peer.allowedIPs)))
    }
    for family in IPFamily.allCases { lines += addressing(family) }
    return Exported(files: [ExportedFile(name: "\(view.name).nmconnection", lines: lines)], losses: losses)
  }

  private func list(_ values: [some CustomStringConvertible]) -> String? { values.isEmpty ? nil : values.map { "\($0);" }.joined() }

  private func addressing(_ family: IPFamily) -> [String] {
    var lines = ["", "[ipv\(family == .v4 ? 4 : 6)]"]
    guard view.has(family) else { return lines + ["method=disabled"] }
    lines.append("method=manual")
    for (n, address) in view.profile.addresses.filter({ $0.family == family }).enumerated() { lines.append("address\(n + 1)=\(address)") }
    lines += settings(("dns", list(view.dns.filter { $0.family == family })))
    // The way it imports a wg-quick file itself: all names are asked of these servers.
    if view.dns.contains(where: { $0.family == family }) { lines += ["dns-priority=-50", "dns-search=~;" + (list(view.search) ?? "")] }
    if !view.whole.contains(family) { lines.append("never-default=true") }
    if !hasPeerRoutes {
      for (n, route) in view.listed.filter({ $0.family == family }).enumerated() { lines.append("route\(n + 1)=\(route)") }
    }
    // never-default may be meant for all tables.
    let routed = view.routed.filter { $0.family == family }.flatMap { route in
      route.length == 0 ? route.halves.map { [$0.0, $0.1] } ?? [] : [route]
    }
    for (n, route) in routed.enumerated() {
      lines += ["route\(n + 1)=\(route)", "route\(n + 1)_options=table=\(view.table)"]
    }
    var rules = view.direct.filter { $0.family == family }.map { "priority \(view.priorities.listed) to \($0) table \(Tables.main)" }
    if let underlay = view.underlay, let mark = view.mark {
      rules.append("priority \(view.priorities.tunnel) from \(Prefix.everything(family)) fwmark \(mark) table \(underlay)")
    }
    return lines + rules.enumerated().map { "routing-rule\($0 + 1)=\($1)" }
  }

  /// The same for the same VPN, so that a second export replaces the first. FNV-1a, twice.
  private var uuid: String {
    let text = "vpnrun \(view.name) " + view.profile.peers.map(\.publicKey.base64).joined(separator: " ")
    let halves = [UInt64(0xcbf2_9ce4_8422_2325), 0x8422_2325_cbf2_9ce4].map { start in
      text.utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
    // RFC 9562: version 8, of no other meaning.
    let high = halves[0] & ~0xf000 | 0x8000
    let low = halves[1] & ~(0xc000 << 48) | 0x8000 << 48
    let digits = [high, low].map { number in
      let text = String(number, radix: 16)
      return String(repeating: "0", count: 16 - text.utf8.count) + text
    }.joined()
    var parts: [Substring] = []
    var rest = digits[...]
    for length in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return parts.joined(separator: "-")
  }
}
