internal import Profile

/// A file of sections with lines KEY=VALUE. Unlike in a profile, case matters, and there are no comments behind values.
public struct SettingsFile {
  enum Dialect {
    /// NetworkManager's, "Key-value file parser" of GLib: comments begin with `#`.
    case glib
    /// systemd.syntax(7): comments begin with `#` or `;`, and a line that ends in `\` goes on in the next one.
    case systemd
  }

  struct Setting {
    var key: String
    var place: Word.Place
    /// The value, trimmed: a part for each line.
    var parts: [Word]

    var isEmpty: Bool { parts.allSatisfy(\.bytes.isEmpty) }
    /// Of a value that is one thing.
    var word: Word { parts.count == 1 ? parts[0] : parts[0].saying(parts.map(\.text).joined(separator: " ")) }
  }

  struct Section {
    var name: String
    var place: Word.Place
    var settings: [Setting] = []

    /// The last one counts. None where that is empty.
    func last(_ key: String) -> Word? {
      guard let setting = settings.last(where: { $0.key == key }), !setting.isEmpty else { return nil }
      return setting.word
    }

    /// systemd's lists: lines add up, and an empty one takes back those above.
    func list(_ key: String, separator isSeparator: (UInt8) -> Bool) -> [Word] {
      var words: [Word] = []
      for setting in settings where setting.key == key {
        words = setting.isEmpty ? [] : words + setting.parts.flatMap { $0.split(at: isSeparator) }
      }
      return words
    }
  }

  var sections: [Section] = []
  /// What `vpn export` has written into comments.
  var carried: [CarriedLine] = []

  /// - Parameter file: its number, for places.
  init(_ content: [UInt8], file: Int = 0, _ dialect: Dialect) throws(ForeignErrors) {
    var problems: [ForeignErrors.Problem] = []
    /// Whether the line before said that its value goes on.
    var goesOn = false
    for (number, line) in Self.lines(of: content, file: file) {
      let place = Word.Place(file: file, line: number, column: 1)
      if let control = line.bytes.firstIndex(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7f }) {
        problems.append(.init(place: line.part(line.bytes[control...]).place, sentence: "a control character; remove it"))
        continue
      }
      var text = line.trimmed
      guard let first = text.bytes.first else {
        goesOn = false
        continue
      }
      if first == UInt8(ascii: "#") || (first == UInt8(ascii: ";") && dialect == .systemd) {
        if let line = CarriedLine(comment: text.part(text.bytes.dropFirst())) { carried.append(line) }
        continue
      }
      // Text of another encoding would have other columns.
      guard String(validating: text.bytes, as: UTF8.self) != nil else {
        problems.append(.init(place: text.place, sentence: "no UTF-8; save the file as UTF-8"))
        continue
      }
      let isContinued = dialect == .systemd && text.bytes.last == UInt8(ascii: "\\")
      if isContinued { text = text.part(text.bytes.dropLast()).trimmed }
      if goesOn, let section = sections.indices.last, let setting = sections[section].settings.indices.last {
        sections[section].settings[setting].parts.append(text)
      } else if first == UInt8(ascii: "["), text.bytes.last == UInt8(ascii: "]") {
        sections.append(Section(name: text.part(text.bytes.dropFirst().dropLast()).text, place: text.place))
      } else if first != UInt8(ascii: "["), let equals = text.bytes.firstIndex(of: UInt8(ascii: "=")), equals > text.bytes.startIndex {
        if sections.isEmpty {
          problems.append(.init(place: text.place, sentence: "a setting before any section; write [SECTION] above it"))
        } else {
          let key = text.part(text.bytes[..<equals]).trimmed
          let value = text.part(text.bytes[(equals + 1)...]).trimmed
          sections[sections.count - 1].settings.append(Setting(key: key.text, place: key.place, parts: [value]))
        }
      } else {
        problems.append(.init(place: place, sentence: "not a [Section] or KEY=VALUE line; a comment begins with #"))
      }
      goesOn = isContinued
    }
    guard problems.isEmpty else { throw ForeignErrors(Array(problems.prefix(100))) }
  }

  /// With their numbers.
  public static func lines(of content: [UInt8], file: Int) -> [(Int, Word)] {
    FileLines(content).map { number, text in (number, Word(bytes: text, place: .init(file: file, line: number, column: 1))) }
  }

  /// All of that name as one.
  func merged(_ name: String) -> Section? {
    var all = sections.filter { $0.name == name }
    guard !all.isEmpty else { return nil }
    var first = all.removeFirst()
    for other in all { first.settings += other.settings }
    return first
  }

  /// Its settings but for those that are known, in order, each once, and not more than a person reads. What looks like no name is not
  /// shown: it may be a key's.
  func unknown(_ isKnown: (_ section: String, _ key: String) -> Bool) -> [(section: String, key: String)] {
    var found: [(section: String, key: String)] = []
    for section in sections {
      for setting in section.settings where !isKnown(section.name, setting.key) {
        let name = (section: Self.shown(section.name), key: Self.shown(setting.key))
        guard !found.contains(where: { $0 == name }) else { continue }
        guard found.count < 20 else { return found + [("…", "…")] }
        found.append(name)
      }
    }
    return found
  }

  private static func shown(_ name: String) -> String {
    name.utf8.count <= 32 && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "-" || $0 == "_" } ? name : "…"
  }
}
