internal import NetworkModel
internal import Profile

/// A profile's text line by line, for what is done to the text and not to its meaning. It may be one that does not parse.
struct ProfileSource {
  struct Line {
    enum Content: Equatable {
      /// Nothing, or a comment.
      case empty
      case header
      /// `nil`: a key that there is not. The value is trimmed, and without comment.
      case key(ProfileKey?, value: ArraySlice<UInt8>)
      case other
    }
    /// Without its end (LF or CRLF).
    var text: ArraySlice<UInt8>
    /// The section in which it stands, its header included; `nil` before the first one, and in an unknown one.
    var section: ProfileSection?
    var content: Content
  }

  var lines: [Line] = []

  init(_ file: [UInt8]) {
    var section: ProfileSection?
    for (_, text) in FileLines(file) {
      let content = Self.content(of: text, in: section)
      if content == .header {
        let name = Self.squeezed(text.prefix { $0 != UInt8(ascii: "#") })
        section = ProfileSection.allCases.first { "[\($0.name.lowercased())]" == name }
      }
      lines.append(Line(text: text, section: section, content: content))
    }
  }

  private static func content(of line: ArraySlice<UInt8>, in section: ProfileSection?) -> Line.Content {
    let text = trimmed(line.prefix { $0 != UInt8(ascii: "#") })
    guard let first = text.first else { return .empty }
    if first == UInt8(ascii: "[") { return .header }
    guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return .other }
    let name = squeezed(text[..<equals])
    let named = ProfileKey.allCases.filter { $0.name.lowercased() == name }
    return .key(named.first { $0.section == section } ?? named.first, value: trimmed(text[(equals + 1)...]))
  }

  private static func isBlank(_ c: UInt8) -> Bool { c == 0x20 || c == 0x09 }

  static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let text = text.drop(while: isBlank)
    return text[..<(text.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? text.startIndex)]
  }

  /// Case and blanks do not matter in sections and keys.
  private static func squeezed(_ text: ArraySlice<UInt8>) -> String {
    String(decoding: text.filter { !isBlank($0) }, as: UTF8.self).lowercased()
  }
}

extension ProfileSource {
  /// For a person. Without `secrets`, what is a key or could be one is hidden: the value of a secret key and what stands behind it as a
  /// comment, a line of an unknown key or without any, and long words of base64 but for public keys.
  func text(secrets: Bool) -> String {
    lines.map { line in
      let text = secrets ? Array(line.text) : Self.hiding(line)
      // Tabs are as good as spaces; other control characters stand only in files that are refused.
      return String(decoding: text, as: UTF8.self).split(separator: "\t", omittingEmptySubsequences: false)
        .map { printable(String($0)) }.joined(separator: "\t") + "\n"
    }.joined()
  }

  private static let hidden = Array("(hidden)".utf8)

  private static func hiding(_ line: Line) -> [UInt8] {
    switch line.content {
    case .key(.publicKey, let value):
      return line.text[..<value.endIndex] + hidingKeys(in: line.text[value.endIndex...])
    case .key(let key?, let value) where key.isKeyFile:
      // What is no path is perhaps a key.
      return line.text[..<value.startIndex] + (KeyFile(value) == nil ? hidden : Array(value)) + hidingKeys(in: line.text[value.endIndex...])
    case .key(let key?, _) where !key.isSecret: return hidingKeys(in: line.text)
    case .key(_?, let value): return line.text[..<value.startIndex] + (value.isEmpty ? [] : hidden)
    case .key(nil, _), .other: return hidden
    case .header, .empty: return hidingKeys(in: line.text)
    }
  }

  /// A key has 44 characters of base64; one that was copied badly may lack a few.
  private static func hidingKeys(in text: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var rest = text
    while !rest.isEmpty {
      let word = rest.prefix(while: isBase64)
      out += word.count >= 40 ? hidden : Array(word)
      rest = rest.dropFirst(word.count)
      let between = rest.prefix { !isBase64($0) }
      out += between
      rest = rest.dropFirst(between.count)
    }
    return out
  }

  private static func isBase64(_ c: UInt8) -> Bool {
    (0x30...0x39).contains(c) || (0x41...0x5a).contains(c) || (0x61...0x7a).contains(c) || c == 0x2b || c == 0x2f || c == 0x3d
  }

  /// As wg-quick takes it: without `[VPN]`. Comments behind the last key of that section stay, for they may be about what follows.
  var forWGQuick: [UInt8] {
    var kept: [Line] = []
    var isBehindLastKey = true
    for line in lines.reversed() {
      if line.section == .vpn {
        isBehindLastKey = isBehindLastKey && line.content == .empty
        if isBehindLastKey { kept.append(line) }
        if line.content == .header { isBehindLastKey = true }
      } else {
        kept.append(line)
      }
    }
    var out: [UInt8] = []
    var isAfterBlank = true
    for line in kept.reversed() {
      let isBlank = line.text.allSatisfy(Self.isBlank)
      if isBlank, isAfterBlank { continue }
      out += line.text + [0x0a]
      isAfterBlank = isBlank
    }
    return out
  }
}
