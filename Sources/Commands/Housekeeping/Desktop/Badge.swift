internal import FoundationEssentials
internal import LinuxSystem
internal import NetworkModel

/// The application's icon with the VPN's letter at the lower right, on a disc in the VPN's colour: so launchers differ in a dock.
enum Badge {
  /// More is no icon that is shown small.
  static let limit = 1 << 20

  /// An SVG with the whole icon in it, and with the mark of our own files in its second line.
  /// - Returns: `nil` if the icon is neither PNG nor SVG.
  static func text(_ icon: [UInt8], vpn: String, application: String) -> String? {
    let isPNG = icon.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    guard isPNG || String(decoding: icon, as: UTF8.self).contains("<svg") else { return nil }
    // QtSvg knows no href but XLink's, and no baseline but the usual one.
    return """
      <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="256" height="256" viewBox="0 0 64 64"><desc>
      \(OwnFile.mark(vpn, application).inXML)
      </desc>
      <image width="64" height="64" xlink:href="data:image/\(isPNG ? "png" : "svg+xml");base64,\(Data(icon).base64EncodedString())"/>
      <circle cx="47" cy="47" r="15.5" fill="\(colour(of: vpn))" stroke="#ffffff" stroke-width="3"/>
      <text x="47" y="54.5" font-family="sans-serif" font-size="21" font-weight="bold" text-anchor="middle" fill="#ffffff">\
      \(vpn.prefix(1).uppercased().inXML)</text>
      </svg>

      """
  }

  /// Always the same of a name (FNV-1a).
  static func colour(of vpn: String) -> String {
    let hash = vpn.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    return colours[Int(hash % UInt32(colours.count))]
  }

  /// Dark enough for a white letter.
  static let colours = [
    "#b71c1c", "#ad1457", "#6a1b9a", "#4527a0", "#283593", "#1565c0", "#00695c", "#2e7d32", "#5d6b00", "#9a5200", "#5d4037", "#37474f",
  ]
}

extension ApplicationFiles {
  /// A launcher's icon with a badge; `nil`: it keeps the application's own.
  func badge(_ launcher: Launcher, from original: DesktopFile) -> OwnFile? {
    guard let value = original.entry?["Icon"], let icon = icon(DesktopCommandLine.unescaped(value)),
      let bytes = try? FileDescriptor(readingWithoutWaiting: icon).readAll(limit: Badge.limit),
      let text = Badge.text(bytes, vpn: launcher.vpn.description, application: launcher.application)
    else { return nil }
    return OwnFile(path: "\(home)/icons/hicolor/scalable/apps/vpnrun-\(launcher.vpn)-\(launcher.application).svg", text: text)
  }

  /// The file of an icon, which is named by its path or looked up in the theme that every application is in (Icon Theme Specification).
  /// The size that is best for a badge is taken, not the one that comes first there.
  func icon(_ name: String) -> String? {
    if name.hasPrefix("/") { return name }
    guard !name.contains("/") else { return nil }
    let folders = ["256x256", "128x128", "scalable", "64x64", "48x48"].map { "icons/hicolor/\($0)/apps" } + ["pixmaps"]
    let paths = folders.flatMap { folder in
      ([home] + system).flatMap { data in ["png", "svg"].map { "\(data)/\(folder)/\(name).\($0)" } }
    }
    return paths.first { Files.exists($0) }
  }
}

extension String {
  /// In a line of XML. It allows no control characters, not even escaped.
  fileprivate var inXML: String {
    let escapes: [Character: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;"]
    return printable(self).map { escapes[$0] ?? String($0) }.joined()
  }

  /// Of XML, or as it is.
  func isLine(of mark: String) -> Bool { self == mark || self == mark.inXML }
}
