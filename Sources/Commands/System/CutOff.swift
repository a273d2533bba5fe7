internal import Diagnosis
internal import HelperWire
internal import LinuxSystem
internal import NetworkModel

extension Installation {
  /// Refuses what would cut off the SSH session in which it is typed: answers to a client elsewhere on the internet would leave through
  /// the VPN. Clients nearby are reached directly, also when a VPN is up.
  func refuseToCutOff(_ verb: Verb, _ name: VPNName?) throws(Failure) {
    guard let client = sshClient, !client.isPrivate else { return }
    let vpns = try helper.show().compactMap(\.vpn)
    // Without a name, toggle takes down what is up.
    if verb == .toggle, name == nil, vpns.contains(where: \.takenUp) { return }
    guard let vpn = name == nil ? vpns.first(where: \.allowed) : vpns.first(where: { $0.name == name?.description }) else { return }
    guard !vpn.takenUp, !vpn.outsideIdentity, vpn.takes(client) else { return }
    throw Failure(
      """
      this would cut off your SSH session from \(client): `OutsideIdentity = yes` in [VPN] of \(vpn.name).conf keeps it, \
      and `vpn \(verb.row.word) --force` does it anyway
      """)
  }
}

extension Report.VPN {
  /// What is sent there goes through it while it is up.
  fileprivate func takes(_ address: IPAddress) -> Bool {
    scope != .networks || networks.contains { Prefix($0)?.contains(address) == true }
  }
}

extension IPAddress {
  /// Of this machine, of the same link, or of a network that the internet has no route to (RFC 1918, RFC 4193).
  var isPrivate: Bool {
    isLoopback || isLinkLocal || Self.privateNetworks.contains { $0.contains(self) }
  }

  private static let privateNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"].compactMap { Prefix($0) }
}
