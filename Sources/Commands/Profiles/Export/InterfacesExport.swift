internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// A stanza of ifupdown-ng's, interfaces(5), and the file that wg(8) reads for it. Routes and rules are commands of ip(8).
struct InterfacesExport {
  var view: ExportView

  var exported: Exported {
    var losses = view.losses("ifupdown-ng")
    if !view.dns.isEmpty { losses.append("DNS: the system's resolver stays as it is") }
    if view.profile.autostart == .link { losses.append("Autostart = link: it starts with the system, or not at all") }
    let tunnel = ["# Read by wg(8), for \(view.name).interfaces."] + tunnel
    return Exported(
      files: [
        ExportedFile(name: "\(view.name).interfaces", lines: stanza), ExportedFile(name: "\(view.name).conf", lines: tunnel),
      ], losses: losses)
  }

  private var tunnel: [String] {
    func settings(_ pairs: (String, String?)...) -> [String] { pairs.compactMap { key, value in value.map { "\(key) = \($0)" } } }
    let profile = view.profile
    var lines = ["[Interface]"]
    lines += settings(
      ("PrivateKey", profile.privateKey?.base64), ("ListenPort", profile.listenPort.map { "\($0)" }),
      ("FwMark", view.mark.map { "0x\(String($0, radix: 16))" }))
    for peer in profile.peers {
      lines += ["", "[Peer]"]
      lines += settings(
        ("PublicKey", peer.publicKey.base64), ("PresharedKey", peer.presharedKey?.base64), ("Endpoint", peer.endpoint?.description),
        ("PersistentKeepalive", peer.persistentKeepalive.map { "\($0)" }))
      lines += peer.allowedIPs.map { "AllowedIPs = \($0)" }
    }
    return lines
  }

  private var stanza: [String] {
    var lines = view.profile.autostart == .up ? ["auto \(view.name)"] : []
    lines += ["iface \(view.name)", "use wireguard"]
    if let mtu = view.profile.mtu { lines.append("mtu \(mtu)") }
    lines += view.profile.addresses.map { "address \($0)" }
    if let underlay = view.underlay, let mark = view.mark {
      let priority = view.tunnelPriority.map { " priority \($0)" } ?? ""
      for family in IPFamily.allCases { lines += rule(family, "fwmark 0x\(String(mark, radix: 16)) table \(underlay)" + priority) }
    }
    // WireGuard's links make themselves no link-local address, which routing daemons need.
    if view.isOff { lines.append("up echo 0 > /proc/sys/net/ipv6/conf/$IFACE/addr_gen_mode") }
    lines += view.routed.map { "up \(ip($0.family)) route replace \($0) dev $IFACE table \(view.table)" }
    return (lines + (view.isOff ? [] : identity + taken)).map { $0.hasPrefix("auto") || $0.hasPrefix("iface") ? $0 : "\t" + $0 }
  }

  private func ip(_ family: IPFamily) -> String { family == .v4 ? "ip" : "ip -6" }

  /// A rule outlives its link.
  private func rule(_ family: IPFamily, _ text: String) -> [String] {
    ["up \(ip(family)) rule add \(text)", "down \(ip(family)) rule del \(text)"]
  }

  /// Programs that are bound to the VPN's address.
  private var identity: [String] {
    let (table, metric) = (view.table, UInt32.max)
    var lines = view.profile.addresses.flatMap { address in
      rule(address.family, "from \(address.address) iif lo table \(table) priority \(view.priorities.bound)")
    }
    for family in IPFamily.allCases {
      lines += view.profile.peers.flatMap(\.allowedIPs).filter { $0.family == family && view.has(family) }.map {
        "up \(ip(family)) route replace \($0) dev $IFACE table \(table)"
      }
      let refused = "unreachable default metric \(metric) table \(table)"
      lines += ["up \(ip(family)) route replace \(refused)", "down \(ip(family)) route del \(refused)"]
    }
    return lines
  }

  private var taken: [String] {
    let priorities = view.priorities
    var lines = view.listed.map { "up \(ip($0.family)) route replace \($0) dev $IFACE" }
    for prefix in view.direct { lines += rule(prefix.family, "to \(prefix) table main priority \(priorities.listed)") }
    guard let mark = view.mark else { return lines }
    for family in view.whole {
      lines += rule(family, "table main suppress_prefixlength 0 priority \(priorities.lan)")
      lines += rule(family, "not fwmark 0x\(String(mark, radix: 16)) table \(view.table) priority \(priorities.whole)")
    }
    return lines
  }
}
