/// As much of RFC 8259 as is written here. Values are texts that are JSON already.
enum JSON {
  static func string(_ text: String) -> String {
    var s = "\""
    // Nearly all are of this kind, and it is several times faster.
    if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5c || $0 == 0x7f }) { escape(text, into: &s) } else { s += text }
    s += "\""
    return s
  }

  private static func escape(_ text: String, into s: inout String) {
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22, 0x5c:
        s += "\\"
        s.unicodeScalars.append(scalar)
      case 0x0a: s += "\\n"
      case 0..<0x20, 0x7f: s += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: s.unicodeScalars.append(scalar)
      }
    }
  }

  static func strings(_ texts: [String]) -> String { array(texts.map { string($0) }) }
  static func boolean(_ value: Bool) -> String { value ? "true" : "false" }
  static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }

  /// Names are ours: nothing in them is to be escaped.
  static func object(_ members: [(String, String)]) -> String {
    var s = "{"
    for (name, value) in members {
      s += s.utf8.count == 1 ? "\"" : ",\""
      s += name
      s += "\":"
      s += value
    }
    s += "}"
    return s
  }
}
