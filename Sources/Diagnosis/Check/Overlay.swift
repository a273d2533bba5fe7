public import NetworkModel

/// Routes of another program's, in a table of its own, to which packets go by a VPN while that is up.
public struct Overlay: Equatable, Sendable {
  /// The VPN that takes them.
  public var vpn: String
  public var table: String
  /// Of the rule that asks that table, after the VPN's.
  public var priority: Int
  /// Their links.
  public var links: [String]
  public var networks: [Prefix]

  public init(vpn: String, table: String, priority: Int, links: [String], networks: [Prefix]) {
    self.vpn = vpn
    self.table = table
    self.priority = priority
    self.links = links
    self.networks = networks
  }

  /// What to except for it: the whole of the addresses that carriers and overlays share (RFC 6598), of which an overlay's machines have
  /// some each; otherwise what the table has.
  var direct: [Prefix] {
    let shared = Prefix(.v4(IPv4Address(100, 64, 0, 0)), length: 10)
    return FilterSet.apart(networks.map { shared.contains($0.address) && $0.length >= shared.length ? shared : $0 })
  }
}

extension HostFacts {
  func judgeOverlays(_ found: inout Findings) {
    for overlay in overlays {
      let direct = overlay.direct.map(\.description)
      found.warning(
        "overlays",
        "\(overlay.vpn) takes what table \(overlay.table) of another program has routes for, by \(overlay.links.joined(separator: ", ")): "
          + Words.firsts(of: overlay.networks.map(\.description)),
        why:
          "its rule \(overlay.priority) is asked after the VPN's; `Direct = \(direct.prefix(4).joined(separator: ", "))` in [VPN] leaves it alone, "
          + "and both work",
        fix: "sudo vpn edit \(overlay.vpn) Direct=\(direct.prefix(16).joined(separator: ",")) && sudo vpn refresh \(overlay.vpn)")
    }
  }
}
