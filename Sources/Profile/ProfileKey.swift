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

/// Every key that a profile may have. Case does not matter in a file; `name` is the manual's spelling. `DNS` is a key of two sections.
public enum ProfileKey: Int, Equatable, Sendable, CaseIterable {
  case privateKey, privateKeyFile, address, dns, mtu, listenPort, fwMark, table, preUp, postUp, preDown, postDown, saveConfig
  case publicKey, presharedKey, presharedKeyFile, allowedIPs, endpoint, persistentKeepalive
  case id, allowUsers, allowGroups, systemWide, autostart, ownDNS, subnet, subnet6, networks, direct, outsideIdentity, underlay, priority

  public var name: String {
    switch self {
    case .privateKey: "PrivateKey"
    case .privateKeyFile: "PrivateKeyFile"
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
    case .presharedKeyFile: "PresharedKeyFile"
    case .allowedIPs: "AllowedIPs"
    case .endpoint: "Endpoint"
    case .persistentKeepalive: "PersistentKeepalive"
    case .id: "ID"
    case .allowUsers: "AllowUsers"
    case .allowGroups: "AllowGroups"
    case .systemWide: "SystemWide"
    case .autostart: "Autostart"
    case .ownDNS: "DNS"
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
  /// - Parameter section: where it stands; a key of that name in another section is better than none.
  init?(_ text: Text, in section: ProfileSection?) {
    let dense = text.squeezed
    var found: ProfileKey?
    for key in Self.allCases where dense.matches(key.name) && (key.isOfWireGuard || dense.count == text.count) {
      if found == nil || key.section == section { found = key }
    }
    guard let found else { return nil }
    self = found
  }

  /// wg(8) reads it, not wg-quick, and nobody else.
  private var isOfWireGuard: Bool {
    section == .peer && self != .presharedKeyFile || self == .privateKey || self == .listenPort || self == .fwMark
  }

  public var section: ProfileSection {
    switch self {
    case .publicKey, .presharedKey, .presharedKeyFile, .allowedIPs, .endpoint, .persistentKeepalive: .peer
    case .id, .allowUsers, .allowGroups, .systemWide, .autostart, .ownDNS, .subnet, .subnet6, .networks, .direct, .outsideIdentity,
      .underlay, .priority:
      .vpn
    default: .interface
    }
  }

  /// Its value never stands in a message.
  public var isSecret: Bool { self == .privateKey || self == .presharedKey }

  /// The path of a file that has a key in it.
  public var isKeyFile: Bool { self == .privateKeyFile || self == .presharedKeyFile }

  /// Which says the same in another way, so that only one of them may stand in a section.
  public var alternative: ProfileKey? {
    switch self {
    case .privateKey: .privateKeyFile
    case .privateKeyFile: .privateKey
    case .presharedKey: .presharedKeyFile
    case .presharedKeyFile: .presharedKey
    default: nil
    }
  }

  /// A message may repeat its value. A public key is not worth repeating, and could be the private one in the wrong place, as a path
  /// could.
  var isShown: Bool { !isSecret && self != .publicKey && !isKeyFile }

  /// Recognised, shown, never acted on.
  public var isHook: Bool {
    switch self {
    case .preUp, .postUp, .preDown, .postDown, .saveConfig: true
    default: false
    }
  }

  /// Several lines add up. wg and wg-quick take the last of several lines of any other key; a profile with two is refused,
  /// because one of them is not what its author believes.
  public var mayRepeat: Bool {
    switch self {
    case .address, .dns, .ownDNS, .allowUsers, .allowGroups: true
    default: isHook || isListOfNetworks
    }
  }

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
