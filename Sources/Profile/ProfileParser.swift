internal import NetworkModel

/// Reads a file line by line into a draft, and says all that is wrong. What concerns several lines: `ProfileChecks.swift`.
struct ProfileParser {
  private enum Position {
    case beforeSections
    case inside(ProfileSection)
    case insideUnknown
  }

  private static let missing = "the value is missing; write it, or leave the line out"

  var draft = ProfileDraft()
  var errors: [ProfileError] = []
  private var position = Position.beforeSections
  /// The line where each key stands first, by the key's number; those of a peer start again with it.
  private var firstLines = [Int?](repeating: nil, count: ProfileKey.allCases.count)
  /// Misspelt keys, which are not missing as well.
  private var misspelt = [Bool](repeating: false, count: ProfileKey.allCases.count)
  private var foreign: [ForeignKeys] = []

  mutating func parse(_ file: [UInt8]) throws(ProfileErrors) -> Profile {
    guard file.count <= Profile.maximumSize else {
      throw ProfileErrors([ProfileError(line: 1, column: 1, message: "more than \(Profile.maximumSize) bytes; this is no profile")])
    }
    if file.starts(with: [0xff, 0xfe]) || file.starts(with: [0xfe, 0xff]) || file.prefix(2).contains(0) {
      throw ProfileErrors([ProfileError(line: 1, column: 1, message: "UTF-16; save the file as UTF-8")])
    }
    for line in ProfileLines(file) where errors.count < ProfileErrors.maximumCount { read(line) }
    errors += foreign.map { $0.error }
    if errors.count < ProfileErrors.maximumCount { check() }
    if errors.isEmpty { return draft.complete }
    let order = errors.indices.sorted { (errors[$0].line, errors[$0].column, $0) < (errors[$1].line, errors[$1].column, $1) }
    throw ProfileErrors(order.prefix(ProfileErrors.maximumCount).map { errors[$0] })
  }

  func has(_ key: ProfileKey) -> Bool { firstLines[key.rawValue] != nil || misspelt[key.rawValue] }

  /// - Parameters:
  ///   - part: what is wrong, a part of `line`; the message begins with it when `key` is given.
  ///   - key: whose value it is.
  mutating func fail(_ line: ProfileLine, _ part: Text, of key: ProfileKey? = nil, _ sentence: String) {
    let subject = key.map { line.shows($0) && !part.isEmpty ? "\($0.name) = \(part.shown): " : "\($0.name): " } ?? ""
    let excerpt = key.flatMap { line.excerpt(of: $0, part) }
    errors.append(ProfileError(line: line.number, column: line.column(of: part), message: subject + sentence, excerpt: excerpt))
  }

  mutating func fail(_ place: ValuePlace, _ sentence: String) { fail(place.line, place.part, of: place.key, sentence) }

  /// Of a key in the wrong place.
  /// - Parameter meant: what `text` is or resembles. Other text may be the second half of a secret.
  private mutating func fail(_ line: ProfileLine, _ text: Text, meant: ProfileKey, _ sentence: String) {
    let excerpt = line.excerpt(of: meant, text)
    errors.append(ProfileError(line: line.number, column: line.column(of: text), message: sentence, excerpt: excerpt))
  }

  /// - Parameter text: of a section's first line, as it is known to be or nearly so.
  mutating func fail(_ line: ProfileLine, header text: Text, _ sentence: String) {
    errors.append(ProfileError(line: line.number, column: line.column(of: text), message: sentence, excerpt: line.excerpt))
  }

  private mutating func read(_ line: ProfileLine) {
    if let control = line.control, let c = control.last {
      let number = (c < 16 ? "0x0" : "0x") + String(c, radix: 16)
      fail(line, control, c == 0 ? "a NUL byte; a profile is plain text" : "a control character, \(number); remove it")
    }
    switch line.content {
    case .assignment(let text, _) where line.control != nil:
      if case .inside(let section) = position, let key = ProfileKey(text, in: section), key.section == section { note(key, line) }
    case .section(let text): enter(line, text)
    case .other(let text) where line.control == nil:
      fail(line, text, "not a [Section] or KEY = VALUE line; a comment begins with #")
    case .assignment(let text, let value):
      guard let key = key(line, text) else { return }
      if let first = firstLines[key.rawValue], !key.mayRepeat {
        fail(line, text, meant: key, "\(key.name) stands in line \(first) already; keep one of them")
        return
      }
      if let other = key.alternative, let first = firstLines[other.rawValue] {
        fail(line, text, meant: key, "\(other.name) stands in line \(first); keep one of them")
        return
      }
      note(key, line)
      take(line, key, value)
    case .blank, .other: break
    }
  }

  private mutating func note(_ key: ProfileKey, _ line: ProfileLine) {
    firstLines[key.rawValue] = firstLines[key.rawValue] ?? line.number
    if key == .publicKey { draft.peers[draft.peers.count - 1].hasPublicKey = true }
  }

  private mutating func note(_ key: String, of owner: ForeignKeyOwner, _ line: ProfileLine, _ text: Text) {
    guard let known = foreign.firstIndex(where: { $0.owner == owner }) else {
      foreign.append(ForeignKeys(owner: owner, names: [key], line: line.number, column: line.column(of: text)))
      return
    }
    guard !foreign[known].names.contains(where: { $0.utf8.elementsEqual(key.utf8) }) else { return }
    foreign[known].names.append(key)
  }

  private mutating func enter(_ line: ProfileLine, _ text: Text) {
    var section = ProfileSection(header: text)
    if section == nil {
      section = nearest(to: text, of: ProfileSection.allCases) { "[\($0.name)]" }
      if let section, line.control == nil { fail(line, header: text, "not a section; did you mean [\(section.name)]?") }
      if section == nil, line.control == nil { fail(line, text, "not a section; there are [Interface], [Peer] and [VPN]") }
    }
    guard let section else {
      position = .insideUnknown
      return
    }
    position = .inside(section)
    let header = Header(line: line, part: text)
    switch section {
    case .interface: draft.header = draft.header ?? header
    case .peer:
      draft.peers.append(PeerDraft(header: header))
      for key in section.keys { firstLines[key.rawValue] = nil }
    case .vpn: break
    }
  }

  /// The key of that name, if it may stand here.
  private mutating func key(_ line: ProfileLine, _ text: Text) -> ProfileKey? {
    switch position {
    case .insideUnknown: return nil
    case .beforeSections:
      if let found = ProfileKey(text, in: nil) {
        fail(line, text, meant: found, "\(found.name) before any section; write [\(found.section.name)] above it")
      } else {
        fail(line, text, "a key before any section; write [Interface] above it")
      }
      return nil
    case .inside(let section):
      let found = ProfileKey(text, in: section)
      if let found, found.section == section { return found }
      if let found {
        fail(line, text, meant: found, "\(found.name) in [\(section.name)]; it belongs in [\(found.section.name)]")
        return nil
      }
      if found == nil, let (owner, key) = ForeignKeyOwner.find(text) {
        note(key, of: owner, line, text)
        return nil
      }
      // Text that resembles no key is not repeated: it may be the second half of a secret.
      let here = section.keys
      if let meant = nearest(to: text.squeezed, of: here + ProfileKey.allCases, name: { $0.name }) {
        fail(line, text, meant: meant, "unknown key \(text.shown); did you mean \(meant.name)?")
        misspelt[meant.rawValue] = true
        if meant == .publicKey, section == .peer { draft.peers[draft.peers.count - 1].hasPublicKey = true }
      } else {
        fail(line, text, "unknown key; [\(section.name)] has \(here.map { $0.name }.joined(separator: ", "))")
      }
      return nil
    }
  }

  private mutating func take(_ line: ProfileLine, _ key: ProfileKey, _ value: Text) {
    let row = key.row
    if value.isEmpty, row.emptiness == .needsValue { fail(line, value, of: key, Self.missing) }
    guard !value.isEmpty || row.emptiness == .mayBeEmpty && row.isHook else { return }
    // What is wrong replaces the provider's, too.
    if case .resolvers(.vpn) = row.destination { draft.ownDNS = draft.ownDNS ?? Resolvers() }
    let parts = row.lines.parts(of: value)
    if parts.isEmpty, row.emptiness == .needsValue { fail(line, value, of: key, Self.missing) }
    for part in parts {
      guard errors.count < ProfileErrors.maximumCount else { return }
      take(ValuePlace(key: key, line: line, part: part), row)
    }
  }

  private mutating func take(_ place: ValuePlace, _ row: ProfileKeyRow) {
    let text = row.isDense ? place.part.squeezed[...] : place.part
    do throws(Refusal) {
      switch row.destination {
      case .interface(let take), .vpn(let take):
        try take(&draft.profile, text)
        draft.places.append(place)
      case .peer(let take):
        try take(&draft.peers[draft.peers.count - 1].profile, text)
        draft.peers[draft.peers.count - 1].places.append(place)
      case .resolvers(.vpn): try draft.ownDNS?.take(text, at: place)
      case .resolvers: try draft.providersDNS.take(text, at: place)
      case .hook(let check):
        try check(text)
        draft.profile.hooks.append(Hook(place.key, ByteString(text), line: place.line.number))
      }
    } catch { fail(place, error.sentence) }
  }
}
