/// What a file is, by what stands in it and not by its name.
public enum ImportFormat: Equatable, Sendable {
  /// wg-quick's, and whatever is no other.
  case wgQuick
  case networkManager
  /// systemd's .netdev
  case netdev
  /// systemd's .network
  case network
  /// ifupdown-ng's
  case interfaces
  /// that of our module for NixOS
  case nix
  /// systemd's or ifupdown-ng's, of another link than a tunnel's, as `vpn export` writes it
  case link
  case picture(Picture)

  public enum Picture: String, Sendable {
    case png, jpeg, gif, webp
  }

  /// A folder's files with other names are not looked at. Those of NetworkManager have any or none when they are given alone.
  public static let suffixes = [".conf", ".nmconnection", ".netdev", ".interfaces", ".nix"] + pictureSuffixes
  public static let pictureSuffixes = [".png", ".jpg", ".jpeg", ".gif", ".webp"]

  public init(of content: [UInt8]) {
    if let picture = Picture(of: content) {
      self = .picture(picture)
    } else {
      self = Self.ofText(content)
      guard self == .wgQuick else { return }
      if InterfacesFile.isOne(content) {
        self = .interfaces
      } else if NixFile.isOne(content) {
        self = .nix
      } else if LinkFile.isOne(content) {
        self = .link
      }
    }
  }

  private static func ofText(_ content: [UInt8]) -> ImportFormat {
    var found = ImportFormat.wgQuick
    for (_, line) in SettingsFile.lines(of: content, file: 0) {
      let text = line.trimmed
      guard text.bytes.first == UInt8(ascii: "[") else { continue }
      switch text.text {
      case "[connection]", "[wireguard]": found = .networkManager
      case "[NetDev]", "[WireGuard]", "[WireGuardPeer]": return .netdev
      case "[Match]", "[Network]": if found == .wgQuick { found = .network }
      default:
        if text.bytes.filter({ !Word.isBlank($0) }).starts(with: "[interface]".utf8, by: { $0 | 0x20 == $1 | 0x20 }) { return .wgQuick }
      }
    }
    return found
  }

  /// Whether it is NetworkManager's, systemd's or another's whose files are named like that, but no tunnel of WireGuard's.
  public static func isOtherConnection(_ content: [UInt8], named name: String) -> Bool {
    let format = ImportFormat(of: content)
    if name.hasSuffix(".nix") || name.hasSuffix(".interfaces"), format == .wgQuick { return true }
    return switch format {
    case .networkManager: NetworkManagerFile.type(of: content).map { $0 != "wireguard" } ?? false
    case .netdev: NetworkdFiles.kind(of: content).map { $0 != "wireguard" } ?? false
    default: false
    }
  }
}

extension ImportFormat.Picture {
  /// By the first bytes, as file(1) has them.
  fileprivate init?(of content: [UInt8]) {
    let start = content.prefix(12)
    if start.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
      self = .png
    } else if start.starts(with: [0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if start.starts(with: "GIF87a".utf8) || start.starts(with: "GIF89a".utf8) {
      self = .gif
    } else if start.starts(with: "RIFF".utf8), start.count == 12, start.suffix(4).elementsEqual("WEBP".utf8) {
      self = .webp
    } else {
      return nil
    }
  }
}
