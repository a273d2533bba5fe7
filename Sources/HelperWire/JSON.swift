/// As much of RFC 8259 as is written here. Values are texts that are JSON already.
enum JSON {
  static func string(_ text: String) -> String {
    var s = "\""
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
    return s + "\""
  }

  static func strings(_ texts: [String]) -> String { array(texts.map { string($0) }) }
  static func boolean(_ value: Bool) -> String { value ? "true" : "false" }
  static func array(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }
  static func object(_ members: [(String, String)]) -> String {
    "{" + members.map { string($0.0) + ":" + $0.1 }.joined(separator: ",") + "}"
  }
}
