/// A program whose WireGuard files have keys that neither wg(8) nor wg-quick(8) knows. One sentence is enough for all of its keys in a file.
public enum ForeignKeyOwner: Equatable, Sendable, CaseIterable {
  case amneziaWG, androidApplications, windowsApplications, wireSock, reserved, wireproxy

  /// As they are spelt there. Case does not matter here.
  public var keys: [String] {
    switch self {
    case .amneziaWG:
      [
        "Jc", "Jmin", "Jmax", "S1", "S2", "S3", "S4", "H1", "H2", "H3", "H4", "I1", "I2", "I3", "I4", "I5", "J1", "J2", "J3", "Itime",
        "AdvancedSecurity",
      ]
    case .androidApplications: ["ExcludedApplications", "IncludedApplications"]
    case .windowsApplications: ["AllowedApps", "DisallowedApps"]
    case .wireSock:
      [
        "DisallowedIPs", "Socks5Proxy", "Socks5ProxyUsername", "Socks5ProxyPassword", "Socks5ProxyAllTraffic", "BypassLanTraffic",
        "VirtualAdapterMode",
      ]
    case .reserved: ["Reserved", "ClientID"]
    case .wireproxy: ["CheckAlive", "CheckAliveInterval", "BindAddress", "Target", "WGConfig"]
    }
  }

  /// Of `KEYS: …`: whose they are, and what would be right.
  var sentence: String {
    switch self {
    case .amneziaWG: "of AmneziaWG, whose packets are no plain WireGuard; ask the provider for a plain WireGuard file"
    case .androidApplications: "of WireGuard for Android; leave it out, here `vpnrun NAME -- COMMAND` says which programs use the VPN"
    case .windowsApplications: "of WireSock for Windows; leave it out, here `vpnrun NAME -- COMMAND` says which programs use the VPN"
    case .wireSock: "of WireSock for Windows, not of WireGuard; leave it out (Direct in [VPN] has the networks that stay outside)"
    case .reserved: "of Cloudflare WARP's other programs (sing-box, Xray), not of WireGuard; leave it out"
    case .wireproxy: "of wireproxy, not of WireGuard; leave it out"
    }
  }

  /// With the name as it is spelt there: a file's text is not repeated.
  static func find(_ text: Text) -> (owner: ForeignKeyOwner, key: String)? {
    let dense = text.squeezed
    for owner in allCases {
      if let key = owner.keys.first(where: { dense.matches($0) }) { return (owner, key) }
    }
    return nil
  }
}

/// All keys of one program's in a file.
struct ForeignKeys {
  let owner: ForeignKeyOwner
  /// Each once, in order.
  var names: [String]
  /// Where the first one stands.
  let line: Int
  let column: Int

  var error: ProfileError {
    var list = ""
    for (n, name) in names.enumerated() { list += (n == 0 ? "" : n == names.count - 1 ? " and " : ", ") + name }
    let what = names.count == 1 ? "a key" : "keys"
    return ProfileError(line: line, column: column, message: "\(list): \(what) \(owner.sentence)")
  }
}
