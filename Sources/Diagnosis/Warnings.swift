public import HelperWire
internal import NetworkModel

/// What has been seen before, when a status is shown again and again: each VPN as it was when its last handshake was new.
public struct Handshakes {
  private var first: [String: Report.VPN] = [:]

  public init() {}

  public mutating func note(_ reports: [Report]) {
    for vpn in reports.compactMap(\.vpn) where first[vpn.name]?.latestHandshake != vpn.latestHandshake { first[vpn.name] = vpn }
  }

  /// Whether more was sent after that handshake than is known to be answered; `nil` if it has not been watched.
  public func hasSent(_ vpn: Report.VPN) -> Bool? {
    guard let before = first[vpn.name], before.latestHandshake == vpn.latestHandshake else { return nil }
    return vpn.sentBytes > before.sentBytes
  }

  /// Whether more than one request for a handshake was sent since: the next one is sent after five seconds without an answer.
  fileprivate func hasAskedAgain(_ vpn: Report.VPN) -> Bool {
    guard let before = first[vpn.name], before.latestHandshake == vpn.latestHandshake else { return false }
    return vpn.sentBytes > before.sentBytes + 148
  }
}

extension Report {
  /// With what can be told from the numbers, beside what `vpn-link` has found.
  public func withWarnings(now: Int, since known: Handshakes = Handshakes()) -> Report {
    guard case .vpn(var vpn) = self else { return self }
    vpn.warnings += vpn.handshakeWarning(now: now, since: known).map { [$0] } ?? []
    vpn.lost = vpn.hasLostTunnel(now: now, since: known)
    return .vpn(vpn)
  }
}

extension Report.VPN {
  /// Seconds since 1970, of whichever peer; 0: never.
  public var latestHandshake: Int { peers.map(\.latestHandshake).max() ?? 0 }

  /// Something was to be sent, and its server has never answered.
  public var isUnanswered: Bool {
    latestHandshake == 0 && peers.contains { $0.endpoint != nil && ($0.txBytes > 0 || !$0.hasRoute) }
  }
  fileprivate var sentBytes: UInt64 { peers.reduce(0) { $0 &+ $1.txBytes } }

  fileprivate func hasLostTunnel(now: Int, since known: Handshakes) -> Bool {
    guard linked else { return false }
    if device == nil || tunnel == .gone || tunnel == .down { return true }
    if latestHandshake == 0 { return known.hasAskedAgain(self) }
    return now - latestHandshake >= Int(WireGuardTimers.rejectAfter) && known.hasSent(self) == true
  }

  /// WireGuard makes a new handshake every two minutes as long as something is sent, and after three a session is dead. Nothing is wrong
  /// where nothing was sent.
  fileprivate func handshakeWarning(now: Int, since known: Handshakes) -> String? {
    if peers.contains(where: { $0.latestHandshake > now }) { return "the last handshake is in the future: is the clock right?" }
    guard !peers.isEmpty else { return nil }
    let silent = peers.first { $0.endpoint != nil }
    if latestHandshake == 0 {
      guard let silent, let endpoint = silent.endpoint else { return takenUp ? "no handshake yet: no peer has an endpoint" : nil }
      // Before anything is sent, one that is only linked has no reason for a handshake.
      guard takenUp || sentBytes > 0 || !silent.hasRoute else { return nil }
      return Silence.sentence(endpoint, hasRoute: silent.hasRoute, hasSent: sentBytes > 0)
    }
    guard now - latestHandshake >= Int(WireGuardTimers.rejectAfter) else {
      // A session outlives the way to its peer.
      guard let endpoint = silent?.endpoint, !peers.contains(where: { $0.endpoint != nil && $0.hasRoute }) else { return nil }
      return "nothing passes: there is no route to \(endpoint) (this machine is offline?)"
    }
    let silence = "no handshake \(silent?.endpoint.map { "with \($0) " } ?? "")for \(Words.duration(now - latestHandshake))"
    if let silent, !silent.hasRoute { return "\(silence): \(Silence.cause(hasRoute: false, hasSent: true))" }
    guard takenUp || known.hasSent(self) == true else { return nil }
    return switch known.hasSent(self) {
    case true: "\(silence), though packets are sent: the server does not answer"
    case false: nil
    case nil: "\(silence): nothing was sent since, or the server does not answer"
    }
  }
}
