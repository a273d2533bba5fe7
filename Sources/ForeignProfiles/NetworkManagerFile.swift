internal import NetworkModel

/// A connection of NetworkManager's: nm-settings-keyfile(5), and for the settings nm-settings(5).
public struct NetworkManagerFile {
  private let file: SettingsFile
  private var problems: [ForeignErrors.Problem] = []
  private var notes: [String] = []
  /// `[wireguard-peer.PUBLICKEY]`
  private static let peerPrefix = "wireguard-peer."

  /// What it is, as NetworkManager says; `nil` if it says nothing.
  static func type(of content: [UInt8]) -> String? {
    (try? SettingsFile(content, .glib))?.merged("connection")?.last("type")?.text
  }

  /// - Parameter content: of one file.
  public static func translation(of content: [UInt8]) throws(ForeignErrors) -> Translation {
    var reader = NetworkManagerFile(file: try SettingsFile(content, .glib))
    return try reader.translation()
  }

  private init(file: SettingsFile) { self.file = file }

  private mutating func fail(_ place: Word.Place, _ sentence: String) { problems.append(.init(place: place, sentence: sentence)) }

  private mutating func translation() throws(ForeignErrors) -> Translation {
    let start = Word.Place(file: 0, line: 1, column: 1)
    let connection = file.merged("connection")
    guard let type = connection?.last("type"), type.text == "wireguard" else {
      let place = connection?.last("type")?.place ?? connection?.place ?? start
      throw ForeignErrors(place, "no connection of type=wireguard; only those can be imported")
    }
    let device = file.merged("wireguard") ?? .init(name: "wireguard", place: type.place)
    var interface = Translation.Section(name: "Interface", place: device.place)
    interface.add("PrivateKey", secret("private-key", of: device))
    interface.add("ListenPort", device.last("listen-port"))
    interface.add("FwMark", device.last("fwmark"))
    interface.add("MTU", device.last("mtu").flatMap { $0.text == "0" ? nil : $0 })

    let families = IPFamily.allCases.compactMap { family in family.section(in: file).map { (family, $0) } }
    interface.add("Address", families.flatMap { addresses($0.1) })
    interface.add("DNS", families.flatMap { resolvers($0.1) })
    let tables = Set(families.compactMap { $0.1.last("route-table")?.text }).subtracting(["0", "\(Tables.main)"])
    if tables.count == 1 {
      interface.add("Table", families.lazy.compactMap { $0.1.last("route-table") }.first { tables.contains($0.text) })
    }

    let peers = self.peers()
    let routes = networks(through: peers, families, isAutomatic: device.boolean("peer-routes") ?? true)
    if let routes, routes.isEmpty { notes.append(interface.turnOff(at: type)) }
    noteUnknown()

    guard problems.isEmpty else { throw ForeignErrors(problems) }
    var translation = Translation(
      name: connection?.last("id").map { unescaped($0.text) }, notes: notes, interface, networks: routes ?? [], peers: peers)
    translation.take(carried)
    return try translation.checked()
  }

  /// NetworkManager drops comments when it writes a file again, but keeps the section `[user]`, sorted by key.
  private var carried: [CarriedLine] {
    let settings = (file.merged("user")?.settings ?? []).filter { $0.key.hasPrefix(Self.carriedPrefix) }
    return file.carried
      + settings.sorted { $0.key < $1.key }.compactMap { setting in
        let text = unescaped(setting.word.text)
        return CarriedLine(text == setting.word.text ? setting.word : setting.word.saying(text))
      }
  }

  public static let carriedPrefix = "vpnrun."

  /// nm-settings(5), "Secret flag types". `nil`: none, which is what the next one to read it complains about, if it must.
  private mutating func secret(_ key: String, of section: SettingsFile.Section) -> Word? {
    if let value = section.last(key) { return value }
    guard let flags = section.last("\(key)-flags"), let bits = UInt32(flags.text) else { return nil }
    if bits & 1 != 0 {
      fail(flags.place, "the key is not in this file but in a user's keyring; write \(key)=KEY here, and \(key)-flags=0")
    } else if bits & 2 != 0 {
      fail(flags.place, "the key is not in this file: NetworkManager asks for it each time; write \(key)=KEY here, and \(key)-flags=0")
    }
    return nil
  }

  private mutating func peers() -> [Translation.Section] {
    var names: [String] = []
    for section in file.sections where section.name.hasPrefix(Self.peerPrefix) && !names.contains(section.name) {
      names.append(section.name)
    }
    return names.compactMap { name in
      guard let section = file.merged(name) else { return nil }
      var place = section.place
      place.column += 1 + Self.peerPrefix.utf8.count
      var peer = Translation.Section(name: "Peer", place: section.place)
      peer.add("PublicKey", Word(bytes: Array(name.utf8.dropFirst(Self.peerPrefix.utf8.count))[...], place: place).trimmed)
      peer.add("PresharedKey", secret("preshared-key", of: section))
      peer.add("Endpoint", section.last("endpoint"))
      peer.add("PersistentKeepalive", section.last("persistent-keepalive"))
      peer.add("AllowedIPs", section.last("allowed-ips")?.split(at: Self.isSeparator) ?? [])
      return peer
    }
  }

  /// `address1=ADDRESS/LENGTH,GATEWAY`; the gateway is a default route.
  private mutating func addresses(_ section: SettingsFile.Section) -> [Word] {
    let settings = section.settings.filter { $0.key.isNumbered("address") && !$0.isEmpty }
    if let method = section.last("method"), ["disabled", "ignore"].contains(method.text), let first = settings.first {
      fail(first.place, "an address although \(section.name).method is \(method.text), which NetworkManager refuses; write method=manual")
    }
    return settings.compactMap { $0.word.split(at: ",").first }
  }

  private mutating func resolvers(_ section: SettingsFile.Section) -> [Word] {
    // `1.1.1.1#one.one.one.one`: a name for DNS over TLS.
    let servers = section.list("dns", separator: Self.isSeparator).map { $0.prefix(before: "#") }
    return servers + searchDomains(section.list("dns-search", separator: Self.isSeparator), notes: &notes)
  }

  /// What the system would send through the tunnel; `nil`: what the peers' AllowedIPs say.
  private func networks(
    through peers: [Translation.Section], _ families: [(IPFamily, SettingsFile.Section)], isAutomatic: Bool
  ) -> [Word]? {
    var routes = RoutedNetworks(to: peers)
    let neverDefault = families.filter { $0.1.boolean("never-default") == true }.map(\.0)
    if isAutomatic {
      for (prefix, word) in peers.flatMap(\.allowedIPs) where prefix.length > 0 || !neverDefault.contains(prefix.family) {
        routes.add(prefix, word)
      }
    }
    for (family, section) in families {
      var gateways = section.last("gateway").map { [$0] } ?? []
      for setting in section.settings where setting.key.isNumbered("address") {
        let words = setting.word.split(at: ",")
        if let address = words.first { routes.add(address: address) }
        gateways += words.dropFirst()
      }
      if !neverDefault.contains(family) { for gateway in gateways { routes.add(.everything(family), gateway) } }
      for setting in section.settings where setting.key.isNumbered("route") && !isRefusal(setting.key, in: section) {
        guard let word = setting.word.split(at: ",").first, let prefix = Prefix(word.bytes) else { continue }
        routes.add(prefix, word)
      }
    }
    return routes.differing
  }

  /// `route1_options=type=blackhole`
  private func isRefusal(_ route: String, in section: SettingsFile.Section) -> Bool {
    section.last("\(route)_options")?.split(at: ",").contains { $0.text.hasPrefix("type=") && $0.text != "type=unicast" } == true
  }

  /// GLib's `g_key_file_get_string`.
  private func unescaped(_ text: String) -> String {
    text.replacing("\\s", with: " ").replacing("\\t", with: " ").replacing("\\;", with: ";").replacing("\\\\", with: "\\")
  }

  private static func isSeparator(_ c: UInt8) -> Bool { c == UInt8(ascii: ";") || c == UInt8(ascii: ",") || Word.isBlank(c) }
}

// MARK: - What has no meaning here

extension NetworkManagerFile {
  /// Taken over, or without a counterpart and without a loss.
  private static let known: [String: Set<String>] = [
    "connection": [
      "id", "uuid", "type", "interface-name", "timestamp", "autoconnect", "autoconnect-priority", "autoconnect-retries", "read-only",
    ],
    "wireguard": [
      "private-key", "private-key-flags", "listen-port", "fwmark", "mtu", "peer-routes", "ip4-auto-default-route", "ip6-auto-default-route",
    ],
    "ipv4": addressing, "ipv6": addressing,
  ]
  private static let addressing: Set<String> = [
    "method", "gateway", "dns", "dns-search", "dns-priority", "never-default", "route-table", "route-metric", "may-fail", "addr-gen-mode",
    "ip6-privacy", "ignore-auto-dns", "ignore-auto-routes",
  ]
  private static let ofPeer: Set<String> = ["endpoint", "preshared-key", "preshared-key-flags", "persistent-keepalive", "allowed-ips"]

  private mutating func noteUnknown() {
    let isOurs = !carried.isEmpty
    let names = file.unknown { section, key in
      if section.hasPrefix(Self.peerPrefix) { return Self.ofPeer.contains(key) }
      if key.isNumbered("address") || key.isNumbered("route"), section.hasPrefix("ipv") { return true }
      // Those say what `vpn up` does, or `Table`, in what vpn export has made of it.
      let isRule = key.isNumbered("routing-rule") || key.hasPrefix("route") && key.hasSuffix("_options")
      if isOurs, isRule, section.hasPrefix("ipv") { return true }
      if section == "user", key.hasPrefix(Self.carriedPrefix) { return true }
      return Self.known[section]?.contains(key) == true
    }.map { "\($0.section).\($0.key)" }
    if !names.isEmpty { notes.append("without a counterpart here, left out: " + names.joined(separator: ", ")) }
  }
}

extension IPFamily {
  fileprivate func section(in file: SettingsFile) -> SettingsFile.Section? { file.merged(self == .v4 ? "ipv4" : "ipv6") }
}

extension SettingsFile.Section {
  fileprivate func boolean(_ key: String) -> Bool? {
    switch last(key)?.text {
    case "true", "yes", "on", "1": true
    case "false", "no", "off", "0": false
    default: nil
    }
  }
}

extension String {
  /// `route`, `route1`, `routes1`
  fileprivate func isNumbered(_ name: String) -> Bool {
    guard hasPrefix(name) else { return false }
    var rest = dropFirst(name.count)
    for plural in ["es", "s"] where rest.hasPrefix(plural) { rest = rest.dropFirst(plural.count) }
    return rest.allSatisfy { $0.isASCII && $0.isNumber }
  }
}

/// Domains that are searched. `~DOMAIN` says only which servers are asked for it, and `~.` (`~` in what NetworkManager makes of a
/// wg-quick file) that these are asked for all names, which those of a VPN are.
func searchDomains(_ words: [Word], notes: inout [String]) -> [Word] {
  let routing = words.filter { $0.bytes.first == UInt8(ascii: "~") && !["~", "~."].contains($0.text) }.map(\.text)
  if !routing.isEmpty { notes.append("all names are asked of the VPN's servers, not only \(routing.joined(separator: ", "))") }
  return words.filter { $0.bytes.first != UInt8(ascii: "~") }
}
