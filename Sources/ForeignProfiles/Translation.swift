internal import NetworkModel

/// Another program's settings as a profile, which knows where each part of it comes from.
public struct Translation {
  struct Section {
    var name: String
    var place: Word.Place
    var keys: [(name: String, words: [Word])] = []

    /// Nothing for a value that is not there.
    mutating func add(_ key: String, _ words: [Word]) { if !words.isEmpty { keys.append((key, words)) } }
    mutating func add(_ key: String, _ word: Word?) { add(key, word.map { [$0] } ?? []) }

    /// For one to which nothing is routed.
    /// - Parameter reason: where that is said.
    /// - Returns: what to tell of it.
    mutating func turnOff(at reason: Word) -> String {
      keys.removeAll { $0.name == "Table" }
      add("Table", reason.saying("off"))
      return "it has no route through the tunnel, so `vpn up` will not take it (Table = off); commands can use it"
    }
  }

  /// What the VPN is called there.
  public var name: String?
  /// What was left out, for a person.
  public var notes: [String] = []
  var sections: [Section]

  /// - Parameter networks: none where the peers' AllowedIPs are what is routed.
  init(name: String?, notes: [String], _ interface: Section, networks: [Word], peers: [Section]) {
    self.name = name
    self.notes = notes
    var vpn = Section(name: "VPN", place: interface.place)
    vpn.add("Networks", networks)
    sections = (vpn.keys.isEmpty ? [] : [vpn]) + [interface] + peers
  }

  /// In the format of wg-quick(8).
  public var text: [UInt8] { rendered().text }

  /// - Parameters: a place in `text`.
  public func place(line: Int, column: Int) -> Word.Place {
    let starts = rendered().starts
    guard starts.indices.contains(line - 1), let first = starts[line - 1].first else {
      return starts.lazy.flatMap { $0 }.first?.place ?? .init(file: 0, line: 1, column: 1)
    }
    guard let start = starts[line - 1].last(where: { $0.column <= column }) else { return first.place }
    var place = start.place
    place.column += min(column - start.column, max(start.length, 0))
    return place
  }

  /// For each line, from which column on it comes from where.
  private func rendered() -> (text: [UInt8], starts: [[(column: Int, length: Int, place: Word.Place)]]) {
    var text: [UInt8] = []
    var starts: [[(column: Int, length: Int, place: Word.Place)]] = []
    for section in sections {
      if !text.isEmpty {
        text.append(0x0a)
        starts.append([])
      }
      text += "[\(section.name)]\n".utf8
      starts.append([(1, 0, section.place)])
      for (key, words) in section.keys {
        var line = Array("\(key) = ".utf8)
        starts.append([])
        for (n, word) in words.enumerated() {
          if n > 0 { line += ", ".utf8 }
          starts[starts.count - 1].append((line.count + 1, word.isMadeUp ? 0 : word.bytes.count, word.place))
          line += word.bytes
        }
        text += line + [0x0a]
      }
    }
    return (text, starts)
  }

  /// A profile's comment would begin in a value, or it would be another list.
  func checked() throws(ForeignErrors) -> Translation {
    var problems: [ForeignErrors.Problem] = []
    for word in sections.flatMap({ $0.keys.flatMap(\.words) }) {
      guard let mark = word.bytes.firstIndex(of: UInt8(ascii: "#")) else { continue }
      problems.append(.init(place: word.part(word.bytes[mark...]).place, sentence: "no comment can stand behind a value; give it a line"))
    }
    guard problems.isEmpty else { throw ForeignErrors(problems) }
    return self
  }
}
