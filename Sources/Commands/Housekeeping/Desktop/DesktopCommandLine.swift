internal import ForeignProfiles

/// The value of `Exec`: words, each as it was quoted. What is kept stays as its author wrote it, field codes included.
struct DesktopCommandLine: Equatable {
  private(set) var words: [Word]

  struct Word: Equatable {
    /// With its quotes.
    var raw: String
    /// Without.
    var text: String
  }

  /// - Parameter value: as in the file: escaped as every string is, under the quotes of words.
  /// - Returns: `nil` if a quote is not closed, or there is no word.
  init?(_ value: String) {
    guard let words = Self.split(Self.unescaped(value)), !words.isEmpty else { return nil }
    self.words = words
  }

  var value: String { Self.escaped(words.map(\.raw).joined(separator: " ")) }

  /// Which word is the program: not `env` and its variables, which stand before it.
  var programIndex: Int {
    guard words[0].text.lastPathPart == "env" else { return 0 }
    return words.indices.dropFirst().first { !words[$0].text.contains("=") && !words[$0].text.hasPrefix("-") } ?? 0
  }

  var program: String { words[programIndex].text.lastPathPart }
  var arguments: [String] { words.dropFirst(programIndex + 1).map(\.text) }

  mutating func insert(_ texts: [String], at index: Int) {
    words.insert(contentsOf: texts.map { Word(raw: Self.quoted($0), text: $0) }, at: index)
  }

  // MARK: Quotes

  /// As the specification has it, and as GLib and KDE read what is not quite so: single quotes, and backslashes outside of quotes.
  private static func split(_ text: String) -> [Word]? {
    var words: [Word] = []
    var word: Word?
    var quote: Character?
    var isEscaped = false
    for c in text {
      if isEscaped {
        // Between double quotes a backslash counts before some characters only.
        if quote == "\"", !#""\`$"#.contains(c) { word?.text.append("\\") }
        word?.raw.append(c)
        word?.text.append(c)
        isEscaped = false
      } else if quote == nil, c == " " || c == "\t" || c == "\n" {
        if let word { words.append(word) }
        word = nil
      } else {
        if word == nil { word = Word(raw: "", text: "") }
        word?.raw.append(c)
        if c == "\\", quote != "'" {
          isEscaped = true
        } else if c == quote {
          quote = nil
        } else if quote == nil, c == "\"" || c == "'" {
          quote = c
        } else {
          word?.text.append(c)
        }
      }
    }
    guard quote == nil, !isEscaped else { return nil }
    if let word { words.append(word) }
    return words
  }

  /// A word of ours: a percent sign begins a field code otherwise.
  static func quoted(_ text: String) -> String {
    let text = text.map { $0 == "%" ? "%%" : String($0) }.joined()
    let isPlain = !text.isEmpty && text.unicodeScalars.allSatisfy { !" \t\n\"'\\><~|&;$*?#()`".unicodeScalars.contains($0) }
    if isPlain { return text }
    return "\"" + text.map { #""\`$"#.contains($0) ? "\\\($0)" : String($0) }.joined() + "\""
  }

  // MARK: Escapes of the type "string"

  private static let escapes: [(Character, Character)] = [("s", " "), ("n", "\n"), ("t", "\t"), ("r", "\r"), ("\\", "\\")]

  static func unescaped(_ value: String) -> String {
    var out = ""
    var isEscaped = false
    for c in value {
      if isEscaped {
        if let meant = escapes.first(where: { $0.0 == c })?.1 { out.append(meant) } else { out += "\\\(c)" }
        isEscaped = false
      } else if c == "\\" {
        isEscaped = true
      } else {
        out.append(c)
      }
    }
    return isEscaped ? out + "\\" : out
  }

  /// A blank is a blank: words are joined by one, and none begins the value.
  static func escaped(_ text: String) -> String {
    text.map { c in escapes.first { $0.1 == c && c != " " }.map { "\\\($0.0)" } ?? String(c) }.joined()
  }
}

extension String {
  /// What is after the last slash.
  var lastPathPart: String { String(self[(lastIndex(of: "/").map { index(after: $0) } ?? startIndex)...]) }
}
