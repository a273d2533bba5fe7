internal import LinuxSystem

/// A file of the Desktop Entry Specification, line by line: what is not changed is written as it was read.
struct DesktopFile: Equatable {
  /// Of `[Desktop Entry]` first, then those of its actions. Lines before the first group are in a group without a name.
  private(set) var groups: [Group]

  struct Group: Equatable {
    /// Without brackets.
    var name: String
    var lines: [Line]
  }

  enum Line: Equatable {
    /// `locale` is "de_AT" of `Name[de_AT]`; `value` as in the file, with its escapes. Blanks around "=" are lost.
    case entry(key: String, locale: String?, value: String)
    /// A comment, an empty line, or something else.
    case other(String)
  }

  static let main = "Desktop Entry"
  static let actionPrefix = "Desktop Action "

  init(_ text: String) {
    groups = [Group(name: "", lines: [])]
    // By scalars: a carriage return and a newline are one Character.
    var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    if lines.last == "" { lines.removeLast() }
    for line in lines {
      if let name = Self.header(line) {
        groups.append(Group(name: name, lines: []))
      } else {
        groups[groups.count - 1].lines.append(Line(line))
      }
    }
  }

  var text: String {
    groups.enumerated().map { number, group in
      (number == 0 ? "" : "[\(group.name)]\n") + group.lines.map { $0.text + "\n" }.joined()
    }.joined()
  }

  private static func header(_ line: String) -> String? {
    let line = line.trimmed
    guard line.hasPrefix("["), line.hasSuffix("]"), line.count > 2 else { return nil }
    return String(line.dropFirst().dropLast())
  }
}

extension DesktopFile.Line {
  init(_ line: String) {
    guard !line.trimmed.hasPrefix("#"), let equals = line.firstIndex(of: "=") else {
      self = .other(line)
      return
    }
    var key = String(line[..<equals]).trimmed
    var locale: String?
    if key.hasSuffix("]"), let bracket = key.firstIndex(of: "[") {
      locale = String(key[key.index(after: bracket)...].dropLast())
      key = String(key[..<bracket])
    }
    self = .entry(key: key, locale: locale, value: String(line[line.index(after: equals)...]).trimmed)
  }

  var text: String {
    switch self {
    case .entry(let key, let locale, let value): key + (locale.map { "[\($0)]" } ?? "") + "=" + value
    case .other(let line): line
    }
  }
}

extension DesktopFile.Group {
  /// As in the file, without a translation.
  subscript(key: String) -> String? {
    for case .entry(key, nil, let value) in lines { return value }
    return nil
  }

  var keys: [String] { lines.compactMap { if case .entry(let key, nil, _) = $0 { key } else { nil } } }

  /// `false` for whatever is not `true`.
  func isTrue(_ key: String) -> Bool { self[key] == "true" }

  /// The parts of a list, each ended by a semicolon.
  func list(_ key: String) -> [String] {
    var parts: [String] = []
    var part = ""
    var isEscaped = false
    for c in self[key] ?? "" {
      if isEscaped || (c != "\\" && c != ";") {
        part.append(c)
      } else if c == ";" {
        parts.append(part)
        part = ""
      }
      isEscaped = !isEscaped && c == "\\"
    }
    return (part.isEmpty ? parts : parts + [part]).filter { !$0.isEmpty }
  }

  /// Nothing is left of an empty one.
  mutating func set(_ key: String, list: [String]) {
    if list.isEmpty { return remove([key]) }
    set(key, list.map { $0.map { $0 == ";" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + ";" }.joined())
  }

  mutating func remove(_ keys: Set<String>) {
    lines.removeAll { if case .entry(let key, _, _) = $0 { keys.contains(key) } else { false } }
  }

  /// After the group's other keys, or in the place of what was there.
  mutating func set(_ key: String, _ value: String) {
    let entry = DesktopFile.Line.entry(key: key, locale: nil, value: value)
    if let at = lines.firstIndex(where: { if case .entry(key, nil, _) = $0 { true } else { false } }) {
      lines[at] = entry
    } else {
      let last = lines.lastIndex { if case .entry = $0 { true } else { false } }
      lines.insert(entry, at: last.map { $0 + 1 } ?? 0)
    }
  }

  /// Translations too.
  mutating func change(_ key: String, _ change: (String) -> String) {
    lines = lines.map { line in
      guard case .entry(key, let locale, let value) = line else { return line }
      return .entry(key: key, locale: locale, value: change(value))
    }
  }
}

extension DesktopFile {
  subscript(group name: String) -> Group? { groups.first { $0.name == name } }
  var entry: Group? { self[group: Self.main] }

  /// The first of that name, or a new one.
  mutating func change(group name: String, _ change: (inout Group) -> Void) {
    let place = groups.firstIndex { $0.name == name } ?? groups.endIndex
    if place == groups.endIndex { groups.append(Group(name: name, lines: [])) }
    change(&groups[place])
  }

  mutating func remove(group name: String) { groups.removeAll { $0.name == name } }

  mutating func changeGroups(_ change: (inout Group) throws(Failure) -> Void) throws(Failure) {
    for i in groups.indices { try change(&groups[i]) }
  }
}

extension String {
  /// Without blanks, tabs and carriage returns at both ends.
  var trimmed: String {
    func isBlank(_ c: Unicode.Scalar) -> Bool { c == " " || c == "\t" || c == "\r" }
    var rest = unicodeScalars[...]
    while let first = rest.first, isBlank(first) { rest.removeFirst() }
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(rest)
  }
}
