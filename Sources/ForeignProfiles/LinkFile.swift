internal import NetworkModel

/// A way out by another link of the machine, without a tunnel, as `vpn export` writes it: a drop-in of systemd-networkd's for that link,
/// systemd.network(5), or a stanza of ifupdown-ng's, interfaces(5). Which link it is stands in a line of our own: a drop-in does not say it.
public struct LinkFile {
  private var gateways: [Word] = []
  private var relayed: [Word] = []
  private var table: Word?

  /// Whether a text that may be anything is meant as one.
  public static func isOne(_ content: [UInt8]) -> Bool {
    let lines = SettingsFile.lines(of: content, file: 0).map { $0.1.trimmed.text }
    return lines.contains { $0.hasPrefix("# \(CarriedLine.mark) [VPN] Link = ") }
      && lines.contains { $0 == "[RoutingPolicyRule]" || $0.hasPrefix("iface ") }
  }

  public static func translation(of content: [UInt8]) throws(ForeignErrors) -> Translation {
    let lines = SettingsFile.lines(of: content, file: 0).map { $0.1.trimmed }
    var file = LinkFile()
    let carried: [CarriedLine]
    if lines.contains(where: { $0.text.hasPrefix("iface ") }) {
      file.takeCommands(lines.map { $0.split(at: Word.isBlank) })
      carried = lines.filter { $0.bytes.first == UInt8(ascii: "#") }.compactMap { CarriedLine(comment: $0.part($0.bytes.dropFirst())) }
    } else {
      let settings = try SettingsFile(content, .systemd)
      file.take(settings)
      carried = settings.carried
    }
    let start = Word.Place(file: 0, line: 1, column: 1)
    var interface = Translation.Section(name: "Interface", place: file.table?.place ?? start)
    interface.add("Table", file.table)
    var vpn = Translation.Section(name: "VPN", place: start)
    vpn.add("Gateway", file.gateways)
    vpn.add("Relay", file.relayed)
    var translation = Translation(name: nil, notes: [], interface, networks: [], peers: [])
    if !vpn.keys.isEmpty { translation.sections.insert(vpn, at: 0) }
    translation.take(carried)
    return try translation.checked()
  }

  private mutating func take(_ settings: SettingsFile) {
    for section in settings.sections {
      switch section.name {
      case "Route":
        guard let gateway = section.last("Gateway") else { continue }
        gateways.append(gateway)
        table = table ?? section.last("Table")
      case "RoutingPolicyRule": if let from = section.last("From") { relayed.append(from) }
      default: break
      }
    }
  }

  /// `up ip route replace default via ROUTER dev … table N`, `up ip rule add from NETWORK table N …`
  private mutating func takeCommands(_ lines: [[Word]]) {
    for words in lines where ["up", "post-up"].contains(words.first?.text) {
      func word(after key: String) -> Word? {
        words.firstIndex { $0.text == key }.flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
      }
      if let gateway = word(after: "via") {
        gateways.append(gateway)
        table = table ?? word(after: "table")
      } else if words.contains(where: { $0.text == "rule" }), let from = word(after: "from") {
        relayed.append(from)
      }
    }
  }
}
