internal import Diagnosis
internal import HelperWire
internal import NetworkModel

/// What a user is told who does not look at `vpn status`: a VPN in which commands of theirs run has lost its tunnel, or has it again.
struct TunnelNotices {
  private var handshakes = Handshakes()
  private var lost: Set<String> = []

  struct Notice: Equatable {
    var title: String
    var text: String
    var isUrgent: Bool
  }

  /// From one look to the next.
  /// - Parameter now: seconds since 1970.
  mutating func notices(of reports: [Report], now: Int, user: UInt32) -> [Notice] {
    defer { handshakes.note(reports) }
    return reports.map { $0.withWarnings(now: now, since: handshakes) }.compactMap(\.vpn).compactMap { vpn in
      let commands = vpn.commands.filter { $0.uid == user }.map { printable($0.command) }
      guard vpn.linked, !commands.isEmpty else {
        lost.remove(vpn.name)
        return nil
      }
      if vpn.lost {
        guard lost.insert(vpn.name).inserted else { return nil }
        let names = Set(commands).sorted().joined(separator: ", ")
        return Notice(title: "\(vpn.name) has lost its tunnel", text: "Without a network: \(names)", isUrgent: true)
      }
      guard vpn.latestHandshake > 0, now - vpn.latestHandshake < Self.session, lost.remove(vpn.name) != nil else { return nil }
      return Notice(
        title: "\(vpn.name) has its tunnel again", text: "Last handshake \(Words.age(of: vpn.latestHandshake, now: now))", isUrgent: false)
    }
  }

  /// WireGuard gives a session up after that many seconds, and has tried to make a new one before if anything was sent.
  private static let session = Int(WireGuardTimers.rejectAfter)
}
