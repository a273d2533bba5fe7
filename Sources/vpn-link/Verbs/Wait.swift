internal import HelperWire
internal import KernelNetwork
internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Privilege
internal import Profile

/// `vpnrun --wait`: waits until a VPN has a session with one of its peers. WireGuard makes none before there is something to send, so
/// something is sent: an empty datagram by the VPN's link, to its first DNS server or else to an address that goes through it.
func wait(_ name: VPNName, seconds: UInt32, isQuiet: Bool, _ session: inout Session) throws(Failure) {
  let profile = try session.profiles.usable(name)
  try Caller.mustBeAllowed(name, profile)
  let socket = profile.flatMap { $0.nudge(name) }
  var box = try session.linkedBox(name)
  // There is no other end to wait for.
  if let profile, profile.link != nil {
    guard let loss = try session.linkLoss(name, profile) else { return }
    throw Failure(loss)
  }

  var hasSaid = false
  defer { if hasSaid { say("\r\u{1b}[K") } }
  for tenth in 0..<(10 * seconds) {
    if try hasSession(&box) { return }
    // WireGuard tries again every five seconds, for a minute and a half.
    if tenth % 50 == 0 { try? socket?.send([]) }
    if tenth == 10, !isQuiet, Process.hasTerminal {
      say("waiting for a handshake with \(name) …")
      hasSaid = true
    }
    Process.sleep(milliseconds: 100)
  }
  if let fwmark = try session.identity(name, nil)?.fwmark, let way = try session.lostWay(of: name, fwmark: fwmark) { throw Failure(way) }
  let endpoints = (profile?.peers ?? []).compactMap { $0.endpoint.map { " at \($0)" } }
  throw Failure(
    "no handshake with \(name) within \(seconds) second\(seconds == 1 ? "" : "s"): does its server\(endpoints.first ?? "") answer, and know this machine's key? `vpn status \(name)` shows the tunnel"
  )
}

private func hasSession(_ box: inout Box) throws(Failure) -> Bool {
  // `vpnrun` has it repaired, and asks again.
  guard let status = try box.status(), status.isWhole else { throw Failure(asking: .needsLink) }
  return status.hasSession
}

extension Profile {
  /// A socket whose datagrams go into the tunnel: on the host, and without a capability. Without it a peer may still come to us.
  func nudge(_ name: VPNName) -> DatagramSocket? {
    // The port of the discard service.
    anyAddress.flatMap { try? DatagramSocket(to: $0.bytes, port: 9, link: Names.hostLink(name).description) }
  }

  /// To whom a packet by the tunnel may go: where AllowedIPs take everything, an address of documentation (RFC 5737, RFC 3849).
  fileprivate var anyAddress: IPAddress? {
    func isReachable(_ address: IPAddress) -> Bool { addresses.contains { $0.family == address.family } }
    let allowed = peers.flatMap { $0.allowedIPs }.map { $0.network }
    let first = dns.first { server in allowed.contains { $0.overlaps(Prefix(host: server)) } }
    let others = allowed.map { $0.length == 0 ? Self.unused($0.family) : $0.isHost ? $0.address : $0.address.advanced(by: 1) }
    return ([first].compactMap { $0 } + others).first(where: isReachable)
  }

  private static func unused(_ family: IPFamily) -> IPAddress {
    family == .v4 ? .v4(IPv4Address(192, 0, 2, 1)) : .v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: 1))
  }
}
