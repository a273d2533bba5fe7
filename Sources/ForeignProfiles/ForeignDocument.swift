/// What people have downloaded or chosen instead of a WireGuard file. Each is said in one sentence, instead of what a line of it is not.
public enum ForeignDocument: CaseIterable, Sendable {
  case empty, openVPN, page, propertyList, json, yaml, pdf, archive, keyOrCertificate, link

  /// - Returns: `nil` for all that may be meant as a profile: what has an [Interface] in it, and what is nothing known.
  public init?(of content: [UInt8]) {
    let start = content.prefix(4096)
    // A byte order mark is none of it either.
    let leading: [UInt8] = [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]
    let text = String(decoding: start.drop { leading.contains($0) }, as: UTF8.self)
    if start.starts(with: "%PDF-".utf8) {
      self = .pdf
    } else if [[0x50, 0x4b, 0x03, 0x04], [0x1f, 0x8b], [0x37, 0x7a, 0xbc, 0xaf], [0x52, 0x61, 0x72, 0x21]].contains(where: {
      start.starts(with: $0)
    }) {
      self = .archive
    } else if text.isEmpty, content.count <= start.count {
      self = .empty
    } else if Self.hasSection(content) {
      return nil
    } else if let found = Self.markup(text) ?? Self.lines(text) {
      self = found
    } else {
      return nil
    }
  }

  /// A line that begins with `[Interface]` or `[Peer]`, more or less.
  private static func hasSection(_ content: [UInt8]) -> Bool {
    SettingsFile.lines(of: content, file: 0).contains { _, line in
      let text = line.trimmed.text.lowercased()
      return text.hasPrefix("[") && (text.contains("interface") || text.contains("peer"))
    }
  }

  private static func markup(_ text: String) -> ForeignDocument? {
    let start = text.prefix(2048).lowercased()
    if start.hasPrefix("<") {
      if start.contains("<plist") { return .propertyList }
      let isPage = ["<!doctype html", "<html", "<head", "<body", "<script", "<?xml"].contains { start.contains($0) }
      if isPage { return .page }
    }
    if start.hasPrefix("{") || start.hasPrefix("[{") || start.hasPrefix("[\n") { return .json }
    if start.hasPrefix("-----begin ") { return .keyOrCertificate }
    let schemes = ["wireguard://", "wg://", "vpn://", "awg://", "vless://", "http://", "https://"]
    return schemes.contains { start.hasPrefix($0) } ? .link : nil
  }

  private static func lines(_ text: String) -> ForeignDocument? {
    let lines = text.split { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }.map { $0.split { $0 == " " || $0 == "\t" }.map(String.init) }
    let words = lines.compactMap(\.first)
    let ofOpenVPN = ["client", "dev", "proto", "remote", "auth-user-pass", "tls-client", "<ca>", "resolv-retry", "nobind", "verb"]
    if Set(words).intersection(ofOpenVPN).count >= 2 { return .openVPN }
    return words.contains { ["proxies:", "proxy-groups:", "outbounds:", "private_key:"].contains($0) } ? .yaml : nil
  }

  /// Of `FILE is …`: what it is, and what would be right.
  public var sentence: String {
    switch self {
    case .empty: "empty: download the WireGuard file again"
    case .openVPN: "a profile of OpenVPN, and vpnrun speaks WireGuard only: ask the provider for a WireGuard file"
    case .page: "a web page, not a profile: log in at the provider's, and download the WireGuard file itself"
    case .propertyList: "a configuration of Apple's, not a WireGuard file: ask the provider for one as for Linux"
    case .json: "JSON of another program, not a WireGuard file: ask the provider for one as for wg-quick, with [Interface] and [Peer]"
    case .yaml: "YAML of another program, not a WireGuard file: ask the provider for one as for wg-quick, with [Interface] and [Peer]"
    case .pdf: "a PDF: import the WireGuard file itself, or a picture of its QR code"
    case .archive: "an archive: give a .zip its name ending in .zip, or unpack it and import the folder"
    case .keyOrCertificate: "a key or a certificate, not a profile: WireGuard has none of these; ask the provider for a WireGuard file"
    case .link: "a link, not a profile: download what it leads to, or export a WireGuard file from the program that it is of"
    }
  }
}
