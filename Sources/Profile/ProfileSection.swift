/// A section of a profile.
public enum ProfileSection: Equatable, Sendable, CaseIterable {
  case interface, peer, vpn

  public var name: String {
    switch self {
    case .interface: "Interface"
    case .peer: "Peer"
    case .vpn: "VPN"
    }
  }

  public var keys: [ProfileKey] { ProfileKey.allCases.filter { $0.section == self } }

  /// `[Peer]`; wg(8) takes `[ Peer ]`, too.
  init?(header: Text) {
    let text = header.squeezed
    guard let found = Self.allCases.first(where: { text.matches("[\($0.name)]") }) else { return nil }
    self = found
  }
}
