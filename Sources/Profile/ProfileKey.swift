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

/// Every key that a profile may have. Case does not matter in a file; `name` is the manual's spelling.
public enum ProfileKey: Int, Equatable, Sendable, CaseIterable {
  case privateKey, address, dns, mtu, listenPort, fwMark, table, preUp, postUp, preDown, postDown, saveConfig
  case publicKey, presharedKey, allowedIPs, endpoint, persistentKeepalive
  case id, subnet, subnet6, networks, direct, outsideIdentity, underlay, priority

  public var name: String {
    switch self {
    case .privateKey: "PrivateKey"
    case .address: "Address"
    case .dns: "DNS"
    case .mtu: "MTU"
    case .listenPort: "ListenPort"
    case .fwMark: "FwMark"
    case .table: "Table"
    case .preUp: "PreUp"
    case .postUp: "PostUp"
    case .preDown: "PreDown"
    case .postDown: "PostDown"
    case .saveConfig: "SaveConfig"
    case .publicKey: "PublicKey"
    case .presharedKey: "PresharedKey"
    case .allowedIPs: "AllowedIPs"
    case .endpoint: "Endpoint"
    case .persistentKeepalive: "PersistentKeepalive"
    case .id: "ID"
    case .subnet: "Subnet"
    case .subnet6: "Subnet6"
    case .networks: "Networks"
    case .direct: "Direct"
    case .outsideIdentity: "OutsideIdentity"
    case .underlay: "Underlay"
    case .priority: "Priority"
    }
  }

  /// `PublicKey`; wg(8) takes `public key`, too, and wg-quick nothing like it.
  init?(_ text: Text) {
    let dense = text.squeezed
    guard let found = Self.allCases.first(where: { dense.matches($0.name) }), found.isOfWireGuard || dense.count == text.count else {
      return nil
    }
    self = found
  }

  /// wg(8) reads it, not wg-quick, and nobody else.
  private var isOfWireGuard: Bool { section == .peer || self == .privateKey || self == .listenPort || self == .fwMark }

  public var section: ProfileSection {
    switch self {
    case .publicKey, .presharedKey, .allowedIPs, .endpoint, .persistentKeepalive: .peer
    case .id, .subnet, .subnet6, .networks, .direct, .outsideIdentity, .underlay, .priority: .vpn
    default: .interface
    }
  }

  /// Its value never stands in a message.
  public var isSecret: Bool { self == .privateKey || self == .presharedKey }

  /// A message may repeat its value. A public key is not worth repeating, and could be the private one in the wrong place.
  var isShown: Bool { !isSecret && self != .publicKey }

  /// Recognised, shown, never acted on.
  public var isHook: Bool {
    switch self {
    case .preUp, .postUp, .preDown, .postDown, .saveConfig: true
    default: false
    }
  }

  /// Several lines add up. wg and wg-quick take the last of several lines of any other key; a profile with two is refused,
  /// because one of them is not what its author believes.
  public var mayRepeat: Bool { isHook || self == .address || self == .dns || isListOfNetworks }

  /// Separated by commas only: blanks may stand within an element, as wg(8) has it.
  var isListOfNetworks: Bool { self == .allowedIPs || self == .networks || self == .direct }

  /// Without a value the same as not there, as wg-quick (and wg(8) of AllowedIPs) has it.
  var mayBeEmpty: Bool {
    switch self {
    case .dns, .mtu, .table, .allowedIPs: true
    default: isHook && self != .saveConfig
    }
  }
}
