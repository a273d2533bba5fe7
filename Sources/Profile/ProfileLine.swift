/// One line of a file.
struct ProfileLine {
  enum Content {
    case blank
    /// With its brackets, or what is there of them.
    case section(Text)
    /// Both trimmed.
    case assignment(key: Text, value: Text)
    case other(Text)
  }

  /// From 1.
  let number: Int
  /// Without its end (LF or CRLF).
  let whole: Text
  /// Without its comment, which goes from `#` to the end, whatever stands around it.
  let text: Text
  /// The first byte that no text file has: anything below a space but a tab, DEL, and C1 controls in UTF-8.
  let control: Text?

  init(number: Int, whole: Text) {
    self.number = number
    self.whole = whole
    text = whole.prefix { $0 != UInt8(ascii: "#") }
    control = Self.control(in: whole)
  }

  var content: Content {
    let text = text.trimmed
    guard let first = text.first else { return .blank }
    if first == UInt8(ascii: "[") { return .section(text) }
    guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return .other(text) }
    return .assignment(key: text[..<equals].trimmed, value: text[(equals + 1)...].trimmed)
  }

  /// Of a part of this line, bytes from 1.
  func column(of part: Text) -> Int { part.startIndex - whole.startIndex + 1 }

  /// Whether a message may repeat the value. A second `=` in a line: two lines may have become one, the second with a secret.
  func shows(_ key: ProfileKey) -> Bool { key.isShown && control == nil && text.count(where: { $0 == UInt8(ascii: "=") }) == 1 }

  /// The line without its comment; `nil` if it is long or no text.
  var excerpt: String? { shown(text[..<text.trimmed.endIndex]) }

  /// The same with … for a value that is not shown; `nil` also if `part` is within that.
  /// - Parameter key: what stands before `=`, or nearly so.
  func excerpt(of key: ProfileKey, _ part: Text) -> String? {
    if shows(key) { return excerpt }
    guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    let value = text[(equals + 1)...].trimmed
    guard part.startIndex <= value.startIndex else { return nil }
    return shown(text[..<value.startIndex]).map { $0 + (value.isEmpty ? "" : "…") }
  }

  private func shown(_ part: Text) -> String? { control == nil && part.count <= 200 ? String(decoding: part, as: UTF8.self) : nil }

  private static func control(in whole: Text) -> Text? {
    var previous: UInt8 = 0
    for i in whole.indices {
      let c = whole[i]
      if (c < 0x20 && c != 0x09) || c == 0x7f { return whole[i...i] }
      if previous == 0xc2, (0x80...0x9f).contains(c) { return whole[(i - 1)...i] }
      previous = c
    }
    return nil
  }
}

/// The lines of a profile.
struct ProfileLines: Sequence, IteratorProtocol {
  private var lines: FileLines

  init(_ file: [UInt8]) { lines = FileLines(file) }

  mutating func next() -> ProfileLine? { lines.next().map { ProfileLine(number: $0.number, whole: $0.text) } }
}
