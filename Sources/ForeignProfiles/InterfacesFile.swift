internal import NetworkModel
internal import Profile

/// A stanza of ifupdown-ng's that begins with `iface NAME` and has `use wireguard`, and the file beside it that wg(8) reads: interfaces(5),
/// interfaces-wireguard(5).
public struct InterfacesFile {
  /// Of a stanza: the words behind the first one.
  private struct Line {
    var key: Word
    var words: [Word]
  }

  private let name: Word
  private let lines: [Line]
  private let carried: [CarriedLine]

  /// Whether there is one in a text that may be anything.
  public static func isOne(_ content: [UInt8]) -> Bool {
    let lines = SettingsFile.lines(of: content, file: 0).map { $0.1.split(at: Word.isBlank).map(\.text) }
    return lines.contains { $0.first == "iface" } && lines.contains(["use", "wireguard"])
  }

  /// Where the tunnel's settings are: a path, or its last part.
  public static func tunnelFile(in content: [UInt8]) -> String? {
    guard let file = try? InterfacesFile(content) else { return nil }
    return file.words("wireguard-config-path").first?.text ?? "\(file.name.text).conf"
  }

  private init(_ content: [UInt8]) throws(ForeignErrors) {
    var stanzas: [(name: Word, lines: [Line])] = []
    var carried: [CarriedLine] = []
    var isInside = false
    for (_, line) in SettingsFile.lines(of: content, file: 0) {
      let text = line.trimmed
      if text.bytes.first == UInt8(ascii: "#") {
        if let line = CarriedLine(comment: text.part(text.bytes.dropFirst())) { carried.append(line) }
        continue
      }
      let words = text.split(at: Word.isBlank)
      guard let first = words.first else { continue }
      switch first.text {
      case "iface":
        isInside = words.count > 1
        if isInside { stanzas.append((words[1], [])) }
      case "auto", "template", "source", "source-directory": isInside = false
      default: if isInside { stanzas[stanzas.count - 1].lines.append(Line(key: first, words: Array(words.dropFirst()))) }
      }
    }
    let tunnels = stanzas.filter { $0.lines.contains { $0.key.text == "use" && $0.words.first?.text == "wireguard" } }
    guard let first = tunnels.first, tunnels.count == 1 else {
      let place = tunnels.last?.name.place ?? .init(file: 0, line: 1, column: 1)
      throw ForeignErrors(place, tunnels.isEmpty ? "no iface with `use wireguard`" : "a second tunnel; give each a file of its own")
    }
    (name, lines) = first
    self.carried = carried
  }

  private func words(_ key: String) -> [Word] { lines.filter { $0.key.text == key }.compactMap(\.words.first) }

  /// - Parameters:
  ///   - content: of the stanza's file.
  ///   - tunnel: of the other one.
  public static func translation(of content: [UInt8], tunnel: [UInt8]) throws(ForeignErrors) -> Translation {
    let file = try InterfacesFile(content)
    return try file.translation(try SettingsFile(tunnel, file: 1, .glib))
  }

  private func translation(_ tunnel: SettingsFile) throws(ForeignErrors) -> Translation {
    var interface = Translation.Section(name: "Interface", place: name.place)
    for setting in tunnel.merged("Interface")?.settings ?? [] { interface.add(setting.key, setting.withoutComment) }
    interface.add("Address", words("address"))
    interface.add("MTU", words("mtu").last)
    let peers = tunnel.sections.filter { $0.name == "Peer" }.map { section in
      var peer = Translation.Section(name: "Peer", place: section.place)
      for setting in section.settings { peer.add(setting.key, setting.list) }
      return peer
    }

    var routes = RoutedNetworks(to: peers)
    for (prefix, word) in self.routes { routes.add(prefix, word) }
    for address in words("address") { routes.add(address: address) }
    let differing = routes.hasDefault ? nil : routes.differing
    var notes: [String] = []
    if differing?.isEmpty == true { notes.append(interface.turnOff(at: name)) }
    var translation = Translation(name: name.text, notes: notes, interface, networks: differing ?? [], peers: peers)
    translation.take(carried)
    return try translation.checked()
  }

  /// `up ip -6 route add NETWORK dev …`. Whatever else is run has no meaning here.
  private var routes: [(Prefix, Word)] {
    lines.filter { ["up", "post-up"].contains($0.key.text) }.compactMap { line in
      guard let verb = line.words.firstIndex(where: { ["add", "replace"].contains($0.text) }), verb > 0, verb + 1 < line.words.count,
        line.words[0].text == "ip", line.words[verb - 1].text == "route"
      else { return nil }
      let network = line.words[verb + 1]
      if network.text == "default" { return (.everything(line.words[1].text == "-6" ? .v6 : .v4), network) }
      return Prefix(network.bytes).map { ($0, network) }
    }
  }
}

extension SettingsFile.Setting {
  /// As wg(8) reads it.
  fileprivate var withoutComment: Word { word.prefix(before: "#") }
  /// Its elements, where they are a list.
  fileprivate var list: [Word] { key == "AllowedIPs" ? withoutComment.split(at: ",") : [withoutComment] }
}
