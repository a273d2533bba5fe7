internal import ForeignProfiles
internal import LinuxSystem
internal import NetworkModel

/// The name of a VPN made from the name of its file.
enum ProfileName {
  /// `Mullvad SE (Stockholm).conf` becomes `Mullvad-SE`: what a name cannot have becomes `-`, and what is too long ends at a whole
  /// word if that leaves half of it.
  static func derived(from file: String) throws(Failure) -> VPNName {
    var text = file.split(separator: "/").last.map(String.init) ?? ""
    if let suffix = ImportFormat.suffixes.first(where: { text.lowercased().hasSuffix($0) }) { text.removeLast(suffix.count) }
    let words = text.split { !isAllowed($0) }.joined(separator: "-").drop(while: isSeparator)
    guard let name = VPNName(shortened(words)) else {
      throw Failure("'\(printable(text))' gives no name for a VPN: add --name NAME (\(VPNName.rule))")
    }
    return name
  }

  private static func shortened(_ text: Substring) -> String {
    var cut = text.prefix(VPNName.maximumLength)
    if cut.endIndex < text.endIndex, !isSeparator(text[cut.endIndex]), let end = cut.lastIndex(where: isSeparator) {
      let words = cut[..<end]
      if words.count >= VPNName.maximumLength / 2 { cut = words }
    }
    while let last = cut.last, isSeparator(last) { cut.removeLast() }
    return String(cut)
  }

  private static func isAllowed(_ c: Character) -> Bool { c.isASCII && (c.isLetter || c.isNumber) || isSeparator(c) }
  private static func isSeparator(_ c: Character) -> Bool { c == "-" || c == "_" }
}
