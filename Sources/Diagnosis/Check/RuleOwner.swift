internal import NetworkModel

/// Programs whose rules can be told by their numbers, and how each takes them away itself. `ip rule del` would take half of what belongs
/// together.
struct RuleOwner {
  var name: String
  /// The command.
  var remedy: String

  private struct Sign: Sendable {
    var name: String
    var remedy: String
    var tables: ClosedRange<Int> = 1...0x7fff_ffff
    var priorities: ClosedRange<Int> = 1...32765
    var marks: [String] = []
  }

  /// A rule is of the first whose numbers it has.
  private static let signs = [
    Sign(name: "Tailscale", remedy: "sudo tailscale down", priorities: 5210...5270, marks: ["0x80000"]),
    Sign(name: "Tailscale", remedy: "sudo tailscale down", tables: 52...52),
    Sign(name: "Mullvad", remedy: "mullvad disconnect", tables: 1_836_018_789...1_836_018_789),
    Sign(name: "Mullvad", remedy: "mullvad disconnect", marks: ["0x6d6f6c65"]),
    Sign(name: "NordVPN", remedy: "nordvpn disconnect", marks: ["0xe1f1"]),
    Sign(name: "NetBird", remedy: "netbird down", tables: 7120...7120),
    Sign(name: "strongSwan", remedy: "sudo systemctl stop strongswan", tables: 220...220, priorities: 220...220),
    Sign(name: "mwan3", remedy: "mwan3 stop", priorities: 1001...1254, marks: ["0x100", "0x200", "0x300"]),
  ]

  /// - Parameters:
  ///   - all: the rules of its family, for a program may need several.
  ///   - wireGuard: the host's WireGuard links with wg-quick's tables, by the table.
  ///   - isNetworkd: systemd-networkd runs, for which netplan writes.
  init?(of rule: RuleEntry, among all: [RuleEntry], wireGuard: [Int: String], isNetworkd: Bool) {
    let table = rule.table.flatMap { Int($0) } ?? 0
    if let sign = Self.signs.first(where: { sign in
      sign.tables.contains(table) && sign.priorities.contains(rule.priority)
        && (sign.marks.isEmpty || sign.marks.contains(rule.fwmark ?? ""))
    }) {
      (name, remedy) = (sign.name, sign.remedy)
      return
    }
    // `not fwmark 51820 lookup 51820`, and `lookup main suppress_prefixlength 0` beside it.
    let ofWGQuick = all.filter { rule in
      rule.isInverted && rule.fwmark != nil && !rule.isOurs && rule.fwmark.flatMap(Self.number) == rule.table.flatMap { Int($0) }
    }
    if ofWGQuick.contains(rule) || (table == Int(Tables.main) && rule.suppress == 0 && !ofWGQuick.isEmpty) {
      let number = ofWGQuick.first?.table.flatMap { Int($0) } ?? 51820
      name = "wg-quick"
      remedy = "sudo wg-quick down \(wireGuard[number].map { shellWord($0) } ?? "NAME")"
      return
    }
    // RTPROT_STATIC.
    guard rule.protocol == "4", isNetworkd else { return nil }
    name = "systemd-networkd (or netplan)"
    remedy = "grep -rl -e RoutingPolicyRule -e routing-policy /etc/systemd/network /run/systemd/network /etc/netplan"
  }

  private static func number(_ text: String) -> Int? { text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text) }
}
