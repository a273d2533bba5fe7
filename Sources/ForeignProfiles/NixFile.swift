internal import NetworkModel
internal import Profile

/// A VPN of our own NixOS module, as `vpn export` writes it: `programs.vpnrun.vpns.NAME = { … };` with strings, numbers and lists of both.
/// It is data here: what would have to be evaluated is refused.
public struct NixFile {
  indirect enum Value {
    case text(Word)
    case list([Value])
    case set([(key: Word, value: Value)])
  }

  private enum Token {
    /// A name, a number, or a path of names with dots.
    case word(Word)
    case text(Word)
    case sign(UInt8, Word.Place)
  }

  private var tokens: [Token] = []
  private var next = 0
  private var carried: [CarriedLine] = []
  private static let path = "programs.vpnrun.vpns."

  /// Whether a text that may be anything is meant as one.
  public static func isOne(_ content: [UInt8]) -> Bool {
    SettingsFile.lines(of: content, file: 0).contains { $0.1.trimmed.text.hasPrefix(path) }
  }

  /// Secrets that stand in files beside it.
  public static func files(of content: [UInt8]) -> [String] {
    ((try? NixFile(content))?.carried ?? []).compactMap(\.file)
  }

  /// - Parameter files: what stands in each of `files(of:)`.
  public static func translation(of content: [UInt8], files: [String: [UInt8]]) throws(ForeignErrors) -> Translation {
    var file = try NixFile(content)
    let start = Word.Place(file: 0, line: 1, column: 1)
    guard case .set(let all) = try file.value(), file.next == file.tokens.count else { throw ForeignErrors(start, "no attribute set") }
    let vpns = all.filter { $0.key.text.hasPrefix(path) }
    guard vpns.count == 1, all.count == 1, case .set(let settings) = vpns[0].value else {
      throw ForeignErrors(all.last?.key.place ?? start, "not one VPN and nothing else; write \(path)NAME = { … };")
    }
    let name = vpns[0].key
    var translation = try file.translation(settings, name)
    translation.take(
      file.carried.map { line in
        guard let file = line.file, let content = files[file] else { return line }
        return line.saying(String(decoding: content, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "")
      })
    return try translation.checked()
  }

  private func translation(_ settings: [(key: Word, value: Value)], _ name: Word) throws(ForeignErrors) -> Translation {
    var vpn = Translation.Section(name: "VPN", place: name.place)
    var interface = Translation.Section(name: "Interface", place: name.place)
    var peers = [Translation.Section(name: "Peer", place: name.place)]
    for (key, value) in settings {
      switch (key.text, value) {
      case ("id", _): vpn.add("ID", try words(value, key))
      case ("priority", _): vpn.add("Priority", try words(value, key))
      case ("autostart", _): vpn.add("Autostart", try words(value, key))
      case ("settings", .set(let more)): for (key, value) in more { vpn.add(key.text, try words(value, key)) }
      case ("privateKeyFile", _): interface.add("PrivateKeyFile", try words(value, key))
      case ("addrV4", _), ("addrV6", _): interface.add("Address", try words(value, key))
      case ("dns", _): interface.add("DNS", try words(value, key))
      case ("fwmark", _): interface.add("FwMark", try words(value, key))
      case ("interface", .set(let more)): for (key, value) in more { interface.add(key.text, try words(value, key)) }
      case ("peers", .list(let others)):
        for case .set(let settings) in others {
          var peer = Translation.Section(name: "Peer", place: key.place)
          for (key, value) in settings { try take(key, value, into: &peer) }
          peers.append(peer)
        }
      default: try take(key, value, into: &peers[0])
      }
    }
    // With a link as its way out it has no other end.
    if vpn.keys.contains(where: { $0.name == "Link" }) { peers.removeAll { $0.keys.isEmpty } }
    var translation = Translation(
      name: String(name.text.dropFirst(Self.path.count)), notes: [], interface, networks: [], peers: peers)
    if !vpn.keys.isEmpty { translation.sections.insert(vpn, at: 0) }
    return translation
  }

  /// Of a peer.
  private func take(_ key: Word, _ value: Value, into peer: inout Translation.Section) throws(ForeignErrors) {
    switch (key.text, value) {
    case ("publicKey", _): peer.add("PublicKey", try words(value, key))
    case ("presharedKeyFile", _): peer.add("PresharedKeyFile", try words(value, key))
    case ("allowedIPs", _): peer.add("AllowedIPs", try words(value, key))
    case ("endpoint", _): peer.add("Endpoint", try words(value, key))
    case ("peer", .set(let more)): for (key, value) in more { peer.add(key.text, try words(value, key)) }
    default: throw ForeignErrors(key.place, "no option of programs.vpnrun.vpns that can be read here")
    }
  }

  private func words(_ value: Value, _ key: Word) throws(ForeignErrors) -> [Word] {
    switch value {
    case .text(let word): return word.text == "null" ? [] : [word]
    case .list(let all):
      var words: [Word] = []
      for one in all { words += try self.words(one, key) }
      return words
    case .set: throw ForeignErrors(key.place, "an attribute set where a value is meant")
    }
  }
}

// MARK: - The language, as far as it is data

extension NixFile {
  private init(_ content: [UInt8]) throws(ForeignErrors) {
    for (_, line) in SettingsFile.lines(of: content, file: 0) {
      var rest = line
      while let first = rest.trimmed.bytes.first {
        rest = rest.trimmed
        switch first {
        case UInt8(ascii: "#"):
          if let line = CarriedLine(comment: rest.part(rest.bytes.dropFirst())) { carried.append(line) }
          rest = rest.part(rest.bytes[rest.bytes.endIndex...])
        case UInt8(ascii: "\""):
          let inner = rest.bytes.dropFirst()
          guard let end = inner.firstIndex(of: UInt8(ascii: "\"")) else { throw ForeignErrors(rest.place, "a string without its end") }
          guard !inner[..<end].contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "$") }) else {
            throw ForeignErrors(rest.place, "a string that must be evaluated")
          }
          tokens.append(.text(rest.part(inner[..<end])))
          rest = rest.part(inner[(end + 1)...])
        case _ where "={}[];".utf8.contains(first):
          tokens.append(.sign(first, rest.place))
          rest = rest.part(rest.bytes.dropFirst())
        default:
          let word = rest.bytes.prefix { !Word.isBlank($0) && !"={}[];\"#".utf8.contains($0) }
          tokens.append(.word(rest.part(word)))
          rest = rest.part(rest.bytes[word.endIndex...])
        }
      }
    }
  }

  private var place: Word.Place {
    switch tokens.indices.contains(next) ? tokens[next] : tokens.last {
    case .word(let word), .text(let word): word.place
    case .sign(_, let place): place
    case nil: .init(file: 0, line: 1, column: 1)
    }
  }

  private mutating func takes(_ sign: Character) -> Bool {
    guard tokens.indices.contains(next), case .sign(sign.asciiValue!, _) = tokens[next] else { return false }
    next += 1
    return true
  }

  private mutating func value(depth: Int = 0) throws(ForeignErrors) -> Value {
    guard depth < 8, tokens.indices.contains(next) else { throw ForeignErrors(place, "a value is missing, or nested too deeply") }
    if takes("{") {
      var all: [(key: Word, value: Value)] = []
      while !takes("}") {
        guard tokens.indices.contains(next), case .word(let key) = tokens[next] else {
          throw ForeignErrors(place, "not an attribute's name")
        }
        next += 1
        var path = key
        if key.text.hasSuffix("."), tokens.indices.contains(next), case .text(let last) = tokens[next] {
          path = key.saying(key.text + last.text)
          next += 1
        }
        guard takes("=") else { throw ForeignErrors(place, "= is missing") }
        all.append((path, try value(depth: depth + 1)))
        guard takes(";") else { throw ForeignErrors(place, "; is missing, or an expression, which cannot be read here") }
      }
      return .set(all)
    }
    if takes("[") {
      var all: [Value] = []
      while !takes("]") { all.append(try value(depth: depth + 1)) }
      return .list(all)
    }
    switch tokens[next] {
    case .text(let word), .word(let word):
      next += 1
      return .text(word)
    case .sign: throw ForeignErrors(place, "a value is missing")
    }
  }
}
