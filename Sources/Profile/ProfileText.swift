extension UInt8 {
  /// Within a line; the other characters of isspace(3) are control characters, which no line has.
  var isBlank: Bool { self == 0x20 || self == 0x09 }
  var isDigit: Bool { (0x30...0x39).contains(self) }
  var isLetter: Bool { (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self) }
  /// ASCII only.
  var lowercase: UInt8 { (0x41...0x5a).contains(self) ? self + 0x20 : self }
}

/// A part of a file. Slices keep their indices, so that every part knows where it stands.
typealias Text = ArraySlice<UInt8>

extension ArraySlice<UInt8> {
  var trimmed: Text {
    let rest = drop(while: { $0.isBlank })
    guard let last = rest.lastIndex(where: { !$0.isBlank }) else { return rest }
    return rest[...last]
  }

  /// Without any space, as wg(8) reads its lines.
  var squeezed: [UInt8] { filter { !$0.isBlank } }

  /// For a message.
  var shown: String {
    String(decoding: prefix(ProfileError.shownLength), as: UTF8.self) + (count > ProfileError.shownLength ? "…" : "")
  }
}

extension Collection<UInt8> {
  /// Equal but for the case of ASCII letters.
  func matches(_ name: String) -> Bool { count == name.utf8.count && elementsEqual(name.utf8) { $0.lowercase == $1.lowercase } }
}
