internal import Diagnosis
internal import LinuxSystem
internal import NetworkModel
internal import Profile

/// `KEY=VALUE` of `vpn edit`; `KEY=` removes the key.
struct KeyChange: Equatable {
  var key: ProfileKey
  /// Of one line and without a comment; `nil`: the key is to go.
  var value: String?

  /// What can be set so. `DNS` is that of [VPN], which comes before the provider's; hooks are never run.
  private static let keys = ProfileKey.allCases.filter { !$0.isHook && $0 != .dns }
  /// Those that other users may see in the list of processes.
  static let names = keys.filter { !$0.isSecret }.map { $0.name + "=" }

  /// - Throws: of wrong use, what would be right.
  static func read(_ words: [String]) throws(Failure) -> [KeyChange] {
    var changes: [KeyChange] = []
    for word in words {
      let change = try KeyChange(word)
      guard !changes.contains(where: { $0.key == change.key }) else {
        throw Failure("\(change.key.name) stands twice; write the elements of a list with commas between them", status: .usage)
      }
      changes.append(change)
    }
    return changes
  }

  private init(_ word: String) throws(Failure) {
    guard let equals = word.firstIndex(of: "=") else {
      throw Failure("'\(printable(word))' has no =: write KEY=VALUE, or KEY= to remove it", status: .usage)
    }
    let name = String(word[..<equals])
    guard let key = Self.keys.first(where: { $0.name.lowercased() == name.lowercased() }) else {
      let meant = Suggestion.nearest(to: name, among: Self.keys.map(\.name)).map { "did you mean \($0)?" }
      throw Failure("no key '\(printable(name))' can be set; \(meant ?? "vpnrun.conf(5) lists them")", status: .usage)
    }
    let value = String(decoding: ProfileSource.trimmed(ArraySlice(word[word.index(after: equals)...].utf8)), as: UTF8.self)
    guard !value.unicodeScalars.contains(where: { $0 == "#" || $0.value < 0x20 || $0.value == 0x7f }) else {
      throw Failure("\(key.name): a value is one line without #, which begins a comment", status: .usage)
    }
    guard value.isEmpty || !key.isSecret else {
      throw Failure(
        "others could see the key in the list of processes: write it with `vpn edit NAME`, or use \(key.name)File", status: .usage)
    }
    self.key = key
    self.value = value.isEmpty ? nil : value
  }
}

extension ProfileSource {
  /// A file's text with other values of keys.
  static func setting(_ changes: [KeyChange], in file: [UInt8]) throws(Failure) -> [UInt8] {
    var file = file
    for change in changes { file = try ProfileSource(file).setting(change) }
    return file
  }

  /// In the first line of that key, with its comment; other lines of it go. Without one, below all that the section has.
  private func setting(_ change: KeyChange) throws(Failure) -> [UInt8] {
    let section = change.key.section
    if section == .peer, lines.count(where: { $0.section == .peer && $0.content == .header }) > 1 {
      throw Failure("there are several [Peer]: `vpn edit NAME` opens an editor")
    }
    var out: [[UInt8]] = []
    var place: Int?
    var isDone = change.value == nil
    for line in lines {
      if case .key(change.key, let value) = line.content, line.section == section {
        guard let new = change.value, !isDone else { continue }
        let before = Array(line.text[..<value.startIndex])
        out.append(
          before + Array(((value.isEmpty && before.last == UInt8(ascii: "=") ? " " : "") + new).utf8) + line.text[value.endIndex...])
        isDone = true
      } else {
        out.append(Array(line.text))
      }
      if line.section == section, line.content != .empty { place = out.count }
    }
    if let new = change.value, !isDone {
      let line = Array("\(change.key.name) = \(new)".utf8)
      if let place {
        out.insert(line, at: place)
      } else {
        guard section == .vpn else { throw Failure("the profile has no [\(section.name)]: `vpn edit NAME` opens an editor") }
        // It would become one of [VPN].
        if let loose = lines.firstIndex(where: { $0.content != .empty }), lines[loose].content != .header {
          throw Failure("line \(loose + 1) stands before the first section: `vpn edit NAME` opens an editor")
        }
        out.insert(contentsOf: [Array("[VPN]".utf8), line, []], at: 0)
      }
    }
    return out.flatMap { $0 + [0x0a] }
  }

  /// Key files' keys in place of their paths.
  func withKeys(_ read: (ProfileKey, KeyFile) throws(Failure) -> WireGuardKey) throws(Failure) -> ProfileSource {
    var source = self
    for (i, line) in lines.enumerated() {
      guard case .key(let key?, let value) = line.content, key.isKeyFile, let name = key.alternative?.name, let file = KeyFile(value) else {
        continue
      }
      source.lines[i].text = ArraySlice("\(name) = \(try read(key, file).base64)".utf8 + line.text[value.endIndex...])
    }
    return source
  }
}
