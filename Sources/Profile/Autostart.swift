/// `Autostart =`: what `vpn autostart` does with the VPN when the system starts.
public enum Autostart: Equatable, Sendable, CaseIterable {
  /// Not given, or `no`.
  case no
  case link, up

  /// As in a file.
  public var name: String {
    switch self {
    case .no: "no"
    case .link: "link"
    case .up: "up"
    }
  }
}

/// `SystemWide =`: who may take the whole system up and down.
public enum SystemWideRule: Equatable, Sendable, CaseIterable {
  /// Not given, or `group`: all users who may use the VPN.
  case group
  case root
  /// No user; what is up may be taken down by root.
  case no

  /// As in a file.
  public var name: String {
    switch self {
    case .group: "group"
    case .root: "root"
    case .no: "no"
    }
  }
}
