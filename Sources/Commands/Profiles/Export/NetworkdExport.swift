internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// systemd.netdev(5) and systemd.network(5): routes to the peers in a table of the VPN's own, and rules as those of `vpn up`.
struct NetworkdExport {
  var view: ExportView
  /// It runs as a user of its own.
  static let group = "systemd-network"

  var exported: Exported {
    var losses = view.losses("networkd")
    if view.profile.autostart != .up {
      losses.append("Autostart = \(view.profile.autostart.name): networkd sets up the link as soon as it knows it")
    }
    return Exported(
      files: [
        ExportedFile(name: "\(view.name).netdev", lines: device, group: Self.group),
        ExportedFile(name: "\(view.name).network", lines: network, group: Self.group),
      ], losses: losses)
  }

  private var device: [String] {
    let profile = view.profile
    var lines = ["[NetDev]"] + settings(("Name", "\(view.name)"), ("Kind", "wireguard"), ("MTUBytes", profile.mtu.map { "\($0)" }))
    lines += ["", "[WireGuard]"]
    lines += settings(
      ("PrivateKey", profile.privateKey?.base64), ("ListenPort", profile.listenPort.map { "\($0)" }),
      ("FirewallMark", view.mark.map { "\($0)" }), ("RouteTable", view.isOff && view.routed.isEmpty ? "off" : "\(view.table)"))
    for peer in profile.peers {
      lines += ["", "[WireGuardPeer]"]
      lines += settings(
        ("PublicKey", peer.publicKey.base64), ("PresharedKey", peer.presharedKey?.base64), ("Endpoint", peer.endpoint?.description),
        ("PersistentKeepalive", peer.persistentKeepalive.map { "\($0)" }))
      // A line each: one may not be longer than a mebibyte.
      lines += peer.allowedIPs.map { "AllowedIPs=\($0)" }
    }
    return lines
  }

  private var network: [String] {
    let profile = view.profile
    let domains = (view.dns.isEmpty ? [] : ["~."]) + view.search.map { "\($0)" }
    var lines = ["[Match]", "Name=\(view.name)", "", "[Link]", "RequiredForOnline=no", "", "[Network]"]
    // A routing daemon's peers are found by the route to the link's own network; nothing else needs it.
    if view.isOff { lines += profile.addresses.map { "Address=\($0)" } }
    lines += view.dns.map { "DNS=\($0)" } + domains.map { "Domains=\($0)" }
    if !view.dns.isEmpty { lines.append("DNSDefaultRoute=yes") }
    if !view.isOff { for address in profile.addresses { lines += ["", "[Address]", "Address=\(address)", "AddPrefixRoute=no"] } }
    if let underlay = view.underlay, let mark = view.mark {
      lines += rule(("FirewallMark", "\(mark)"), ("Table", "\(underlay)"), ("Family", "both"))
      if let priority = view.tunnelPriority { lines.append("Priority=\(priority)") }
    }
    return lines + (view.isOff ? [] : identity + taken)
  }

  private func rule(_ pairs: (String, String)...) -> [String] { ["", "[RoutingPolicyRule]"] + pairs.map { "\($0)=\($1)" } }

  /// Programs that are bound to the VPN's address.
  private var identity: [String] {
    var lines = view.profile.addresses.flatMap { address in
      rule(
        ("From", "\(address.address)"), ("IncomingInterface", "lo"), ("Table", "\(view.table)"), ("Priority", "\(view.priorities.bound)"))
    }
    for family in IPFamily.allCases {
      lines += ["", "[Route]", "Destination=\(Prefix.everything(family))", "Type=unreachable", "Table=\(view.table)"]
      lines.append("Metric=\(UInt32.max)")
    }
    return lines
  }

  private var taken: [String] {
    let priorities = view.priorities
    var lines = view.listed.flatMap { ["", "[Route]", "Destination=\($0)", "Table=main"] }
    for prefix in view.direct { lines += rule(("To", "\(prefix)"), ("Table", "main"), ("Priority", "\(priorities.listed)")) }
    guard let mark = view.mark else { return lines }
    for family in view.whole {
      let name = family == .v4 ? "ipv4" : "ipv6"
      lines += rule(("Family", name), ("Table", "main"), ("SuppressPrefixLength", "0"), ("Priority", "\(priorities.lan)"))
      let target = view.has(family) ? ("Table", "\(view.table)") : ("Type", "unreachable")
      lines += rule(
        ("Family", name), ("FirewallMark", "\(mark)"), ("InvertRule", "yes"), target, ("Priority", "\(priorities.whole)"))
    }
    return lines
  }
}
