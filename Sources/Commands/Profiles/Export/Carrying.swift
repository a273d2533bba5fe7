internal import NetworkModel
internal import Profile

/// Keys of a profile by section, each with the values of its lines, as text: also those that nothing else here knows.
struct KeyedProfile {
  typealias Entry = (key: ProfileKey, values: [String])
  var interface: [Entry] = []
  var vpn: [Entry] = []
  var peers: [[Entry]] = []

  /// - Parameter text: of a profile without hooks in which nothing is wrong.
  init(_ text: [UInt8]) {
    func add(_ key: ProfileKey, _ value: String, to entries: inout [Entry]) {
      if let known = entries.firstIndex(where: { $0.key == key }) {
        entries[known].values.append(value)
      } else {
        entries.append((key, [value]))
      }
    }
    for line in ProfileSource(text).lines {
      switch (line.content, line.section) {
      case (.header, .peer): peers.append([])
      case (.key(let key?, let value), let section?) where !value.isEmpty:
        let value = String(decoding: value, as: UTF8.self)
        switch section {
        case .interface: add(key, value, to: &interface)
        case .vpn: add(key, value, to: &vpn)
        case .peer: add(key, value, to: &peers[peers.count - 1])
        }
      default: break
      }
    }
  }

  fileprivate static func text(_ name: String, _ entries: [Entry]) -> String {
    "[\(name)]\n" + entries.flatMap { key, values in values.map { "\(key.name) = \($0)\n" } }.joined()
  }
}

/// What another program's file does not say of a profile, found by reading it again: whatever that gives back differently is carried along in
/// lines of our own, be it a key that the program has no counterpart for, or one that no writer has heard of.
struct Carrying {
  struct Line {
    /// `[VPN]`, `[Interface]` or `[Peer PUBLICKEY]`.
    var section: String
    var key: ProfileKey
    /// `nil`: the key is not there.
    var value: String?
    var text: String { "\(section) \(key.name) =" + (value.map { " \($0)" } ?? "") }
  }

  var lines: [Line] = []

  /// - Parameters:
  ///   - text: of a profile, without hooks.
  ///   - translated: what the reader of the other program's files makes of them.
  /// - Returns: `nil` if that has other peers.
  init?(_ text: [UInt8], _ profile: Profile, translated: [UInt8]) {
    let original = KeyedProfile(text)
    let keys = profile.peers.map(\.publicKey.base64)
    /// With only one of the peers: what is said of each is compared by itself.
    func isSame(
      _ number: Int, vpn: [KeyedProfile.Entry]? = nil, interface: [KeyedProfile.Entry]? = nil, peer: [KeyedProfile.Entry]? = nil
    ) -> Bool {
      var text = KeyedProfile.text("VPN", vpn ?? original.vpn) + KeyedProfile.text("Interface", interface ?? original.interface)
      if !keys.isEmpty { text += KeyedProfile.text("Peer", peer ?? original.peers[number]) }
      guard let other = try? Profile.parse(Array(text.utf8)) else { return false }
      var expected = profile
      // With a link as its way out it has none.
      if !keys.isEmpty { expected.peers = [profile.peers[number]] }
      return other == expected
    }
    let other = KeyedProfile(translated)
    let others = other.peers.map { $0.first { $0.key == .publicKey }?.values.first }
    guard others == keys, original.peers.count == keys.count else { return nil }
    compare(original.vpn, other.vpn, "[VPN]") { isSame(0, vpn: $0) }
    compare(original.interface, other.interface, "[Interface]") { isSame(0, interface: $0) }
    for n in keys.indices {
      compare(original.peers[n], other.peers[n], "[Peer \(keys[n])]") { isSame(n, peer: $0) }
    }
  }

  private mutating func compare(
    _ mine: [KeyedProfile.Entry], _ theirs: [KeyedProfile.Entry], _ section: String, _ isSame: ([KeyedProfile.Entry]) -> Bool
  ) {
    // Of a key that both have, the value may be spelt in several ways.
    for (key, values) in mine {
      let other = theirs.first { $0.key == key }?.values ?? []
      if other == values { continue }
      let substituted = mine.compactMap { entry -> KeyedProfile.Entry? in
        entry.key != key ? entry : other.isEmpty ? nil : (key, other)
      }
      if isSame(substituted) { continue }
      for value in Self.parts(values, of: key) { lines.append(Line(section: section, key: key, value: value)) }
    }
    for (key, values) in theirs where !mine.contains(where: { $0.key == key }) && !isSame(mine + [(key, values)]) {
      lines.append(Line(section: section, key: key))
    }
  }

  /// NetworkManager takes 8 KiB in a value.
  private static func parts(_ values: [String], of key: ProfileKey) -> [String] {
    guard key.mayRepeat else { return values }
    return values.flatMap { value in
      var parts: [String] = []
      for word in value.split(separator: ",").map({ $0.drop { $0 == " " } }) {
        if let last = parts.last, last.utf8.count + word.utf8.count < 7000 {
          parts[parts.count - 1] = "\(last), \(word)"
        } else {
          parts.append(String(word))
        }
      }
      return parts
    }
  }
}
