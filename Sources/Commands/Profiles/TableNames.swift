internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// Names of the VPNs' routing tables for ip(8), so that `ip rule` says `lookup home`: a file of rt_tables.d, which iproute2 reads.
struct TableNames {
  var folder = "/etc/iproute2/rt_tables.d"
  private static let file = "vpnrun.conf"

  /// Names that say something else to ip: tables of its own, and numbers.
  private static func isTaken(_ name: String) -> Bool {
    ["local", "main", "default", "all", "cache", "unspec"].contains(name) || name.allSatisfy(\.isNumber) || name.hasPrefix("0x")
  }

  static func text(_ vpns: [ProfileNeighbour]) -> String {
    // Without a box a table is the administrator's, and may have a name already.
    let lines = vpns.filter(\.profile.hasBox).compactMap { vpn -> (number: UInt32, name: String)? in
      guard let id = vpn.profile.id, !isTaken(vpn.name.description) else { return nil }
      if case .number(let number) = vpn.profile.table { return (number, vpn.name.description) }
      return (UInt32(id), vpn.name.description)
    }
    return "# The tables of the VPNs in /etc/vpnrun; written by `vpn import`.\n"
      + lines.sorted { $0.number < $1.number }.map { "\($0.number)\t\($0.name)\n" }.joined()
  }

  /// For comfort only: where it cannot be written, numbers do as well.
  func write(_ vpns: [ProfileNeighbour]) {
    guard let folder = try? FileDescriptor(reading: folder) else { return }
    try? folder.replace(Self.file, with: Array(Self.text(vpns).utf8), mode: 0o644)
  }
}
