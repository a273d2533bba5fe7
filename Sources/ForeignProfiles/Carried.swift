internal import NetworkModel
internal import Profile

/// A line of a profile that another program's file cannot say, as `vpn export` has put it there: in a comment `# vpnrun: [VPN] ID = 1`, or in
/// NetworkManager's settings for other programs. It replaces whatever the file itself says of that key; without a value the key is not there.
/// A peer is named by its public key: `[Peer KEY]`.
struct CarriedLine {
  private enum Owner: Equatable {
    case section(ProfileSection)
    case peer(publicKey: String)
  }

  static let mark = "vpnrun:"
  private let owner: Owner
  private let key: Word
  private let value: Word

  /// - Parameter comment: behind its `#`.
  init?(comment: Word) {
    let text = comment.trimmed
    guard text.text.hasPrefix(Self.mark) else { return nil }
    self.init(text.part(text.bytes.dropFirst(Self.mark.utf8.count)).trimmed)
  }

  /// - Parameter line: `[SECTION] KEY = VALUE`.
  init?(_ line: Word) {
    guard line.bytes.first == UInt8(ascii: "["), let end = line.bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
    let rest = line.part(line.bytes[(end + 1)...])
    guard let equals = rest.bytes.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    let words = line.part(line.bytes[..<end].dropFirst()).split(at: " ").map(\.text)
    if let name = words.first, words.count == 1, let section = ProfileSection.allCases.first(where: { $0.name == name && $0 != .peer }) {
      owner = .section(section)
    } else if words.count == 2, words[0] == ProfileSection.peer.name {
      owner = .peer(publicKey: words[1])
    } else {
      return nil
    }
    key = rest.part(rest.bytes[..<equals]).trimmed
    value = rest.part(rest.bytes[(equals + 1)...]).trimmed
  }

  /// Where the value is a secret that stands in a file of its own: `@NAME`.
  var file: String? { value.bytes.first == UInt8(ascii: "@") ? String(value.text.dropFirst()) : nil }

  func saying(_ value: String) -> CarriedLine { CarriedLine(owner: owner, key: key, value: self.value.saying(value)) }

  private init(owner: Owner, key: Word, value: Word) {
    self.owner = owner
    self.key = key
    self.value = value
  }

  /// For a person.
  fileprivate var name: String {
    switch owner {
    case .section(let section): "[\(section.name)] \(key.text)"
    case .peer: "[Peer] \(key.text)"
    }
  }

  /// Several lines of one add up.
  fileprivate var identity: String {
    if case .peer(let publicKey) = owner { return "\(publicKey) \(key.text.lowercased())" }
    return name.lowercased()
  }

  fileprivate func isOf(_ section: Translation.Section) -> Bool {
    switch owner {
    case .section(let owner): section.name == owner.name
    case .peer(let publicKey):
      section.name == ProfileSection.peer.name
        && section.keys.contains { $0.name == "PublicKey" && $0.words.first?.text == publicKey }
    }
  }

  fileprivate var addsTo: (name: String, place: Word.Place)? {
    guard case .section(let section) = owner else { return nil }
    return (section.name, key.place)
  }

  fileprivate var entry: (name: String, words: [Word]) { (key.text, value.bytes.isEmpty ? [] : [value]) }
}

extension Translation {
  /// With what stands in such lines; several of one key add up.
  mutating func take(_ lines: [CarriedLine]) {
    var names: [String] = []
    var begun: Set<String> = []
    for line in lines {
      var index = sections.firstIndex { line.isOf($0) }
      if index == nil, let (name, place) = line.addsTo {
        sections.insert(Section(name: name, place: place), at: 0)
        index = 0
      }
      guard let index else { continue }
      let (key, words) = line.entry
      if begun.insert(line.identity).inserted {
        sections[index].keys.removeAll { $0.name.lowercased() == key.lowercased() }
      }
      sections[index].add(key, words)
      if !names.contains(line.name), !words.isEmpty { names.append(line.name) }
    }
    sections.removeAll { $0.name == ProfileSection.vpn.name && $0.keys.isEmpty }
    if !names.isEmpty { notes.append("from what vpn export has written beside: " + names.joined(separator: ", ")) }
  }
}
