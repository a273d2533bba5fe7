/// As much of a shell's language as tells where in a text a program's name stands, and which words follow it.
enum ShellText {
  /// The words of its simple commands, without the assignments and redirections.
  static func commands(in text: [UInt8]) -> [[[UInt8]]] {
    var reading = Reading()
    var at = text.startIndex
    while at < text.endIndex {
      reading.take(text, &at)
      at += 1
    }
    reading.endCommand()
    return reading.commands
  }

  /// `NAME=…`
  static func isAssignment(_ word: [UInt8]) -> Bool {
    guard let end = word.firstIndex(of: 0x3d), end > 0 else { return false }
    return word[..<end].allSatisfy { c in c == 0x5f || (0x30...0x39).contains(c) || (0x41...0x5a).contains(c) || (0x61...0x7a).contains(c) }
  }

  /// Between two commands.
  private static let operators = Array("\n;&|()`".utf8)
  private static let keywords = ["if", "then", "else", "elif", "do", "while", "until", "!", "{", "}", "fi", "done"]

  private struct Reading {
    var commands: [[[UInt8]]] = []
    private var words: [[UInt8]] = []
    private var word: [UInt8]?
    /// The next word is a redirection's file.
    private var isFile = false

    mutating func take(_ text: [UInt8], _ at: inout Int) {
      let c = text[at]
      switch c {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): takeQuoted(text, &at)
      case UInt8(ascii: "\\") where at + 1 < text.endIndex:
        at += 1
        add(text[at])
      case 0x20, 0x09: endWord()
      case UInt8(ascii: "<"), UInt8(ascii: ">"):
        // The number before it is the descriptor's.
        if word?.allSatisfy({ (0x30...0x39).contains($0) }) == true { word = nil }
        endWord()
        isFile = true
        if at + 1 < text.endIndex, [UInt8(ascii: "&"), UInt8(ascii: ">"), UInt8(ascii: "<")].contains(text[at + 1]) { at += 1 }
      case _ where ShellText.operators.contains(c): endCommand()
      default: add(c)
      }
    }

    private mutating func takeQuoted(_ text: [UInt8], _ at: inout Int) {
      let quote = text[at]
      if word == nil { word = [] }
      at += 1
      while at < text.endIndex, text[at] != quote {
        if quote == UInt8(ascii: "\""), text[at] == UInt8(ascii: "\\"), at + 1 < text.endIndex { at += 1 }
        add(text[at])
        at += 1
      }
    }

    private mutating func add(_ c: UInt8) { word = (word ?? []) + [c] }

    private mutating func endWord() {
      guard let word else { return }
      self.word = nil
      if isFile {
        isFile = false
      } else if !words.isEmpty || !(ShellText.isAssignment(word) || ShellText.keywords.contains { word.elementsEqual($0.utf8) }) {
        words.append(word)
      }
    }

    mutating func endCommand() {
      endWord()
      if !words.isEmpty { commands.append(words) }
      (words, isFile) = ([], false)
    }
  }
}
