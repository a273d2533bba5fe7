internal import NetworkModel

/// A tunnel of systemd-networkd's: systemd.netdev(5) says what it is, and systemd.network(5) what its link has.
public struct NetworkdFiles {
  private let device: SettingsFile
  private let network: SettingsFile
  private var problems: [ForeignErrors.Problem] = []
  private var notes: [String] = []

  /// - Parameter content: of a .netdev.
  public static func kind(of content: [UInt8]) -> String? { (try? SettingsFile(content, .systemd))?.merged("NetDev")?.last("Kind")?.text }

  /// `Name=` of a .netdev.
  public static func linkName(in content: [UInt8]) -> String? {
    (try? SettingsFile(content, .systemd))?.merged("NetDev")?.last("Name")?.text
  }

  /// - Parameters: contents of files and of their drop-ins in systemd's order; the places' `file` counts through both.
  public static func translation(device: [[UInt8]], network: [[UInt8]]) throws(ForeignErrors) -> Translation {
    var reader = NetworkdFiles(
      device: try joined(device, from: 0), network: try joined(network, from: device.count))
    return try reader.translation()
  }

  private init(device: SettingsFile, network: SettingsFile) {
    self.device = device
    self.network = network
  }

  private static func joined(_ contents: [[UInt8]], from first: Int) throws(ForeignErrors) -> SettingsFile {
    var all = try SettingsFile([], .systemd)
    for (n, content) in contents.enumerated() {
      let one = try SettingsFile(content, file: first + n, .systemd)
      all.sections += one.sections
      all.carried += one.carried
    }
    return all
  }

  private mutating func fail(_ place: Word.Place, _ sentence: String) { problems.append(.init(place: place, sentence: sentence)) }

  private mutating func translation() throws(ForeignErrors) -> Translation {
    let netdev = device.merged("NetDev")
    guard let netdev, let kind = netdev.last("Kind"), kind.text == "wireguard" else {
      let place = netdev?.last("Kind")?.place ?? netdev?.place ?? .init(file: 0, line: 1, column: 1)
      throw ForeignErrors(place, "no device of Kind=wireguard; only those can be imported")
    }
    let tunnel = device.merged("WireGuard") ?? .init(name: "WireGuard", place: kind.place)
    var interface = Translation.Section(name: "Interface", place: tunnel.place)
    addKey("PrivateKey", of: tunnel, to: &interface)
    interface.add("ListenPort", tunnel.last("ListenPort").flatMap { $0.text == "auto" ? nil : $0 })
    interface.add("FwMark", tunnel.last("FirewallMark"))
    interface.add("MTU", (network.merged("Link")?.last("MTUBytes") ?? netdev.last("MTUBytes")).map(bytes))

    let link = network.merged("Network")
    interface.add("Address", addresses(link))
    interface.add("DNS", resolvers(link))
    let peers = self.peers()
    let table = tunnel.last("RouteTable")
    if let table, UInt32(table.text).map({ $0 > 0 && !Tables.areTheSystems($0) }) == true { interface.add("Table", table) }
    let routes = networks(through: peers, link, table: table)
    if let routes, routes.isEmpty { notes.append(interface.turnOff(at: kind)) }
    noteUnknown()

    guard problems.isEmpty else { throw ForeignErrors(problems) }
    var translation = Translation(
      name: netdev.last("Name")?.text, notes: notes, interface, networks: routes ?? [], peers: peers.map(\.section))
    translation.take(device.carried + network.carried)
    return try translation.checked()
  }

  /// The file's comes first, as in systemd.
  private mutating func addKey(_ key: String, of section: SettingsFile.Section, to made: inout Translation.Section) {
    if let path = section.last("\(key)File") {
      made.add("\(key)File", path)
    } else if let value = section.last(key) {
      guard value.bytes.first != UInt8(ascii: "@") else {
        fail(value.place, "a credential of systemd's, which only its services can read; write \(key)File=PATH")
        return
      }
      made.add(key, value)
    }
  }

  private mutating func peers() -> [(section: Translation.Section, table: Word?)] {
    device.sections.filter { $0.name == "WireGuardPeer" }.map { section in
      var peer = Translation.Section(name: "Peer", place: section.place)
      peer.add("PublicKey", section.last("PublicKey"))
      addKey("PresharedKey", of: section, to: &peer)
      peer.add("Endpoint", section.last("Endpoint"))
      peer.add("PersistentKeepalive", section.last("PersistentKeepalive"))
      peer.add("AllowedIPs", section.list("AllowedIPs") { $0 == UInt8(ascii: ",") })
      return (peer, section.last("RouteTable"))
    }
  }

  private func addresses(_ link: SettingsFile.Section?) -> [Word] {
    (link?.list("Address", separator: Word.isBlank) ?? [])
      + network.sections.filter { $0.name == "Address" }.compactMap { $0.last("Address") }
  }

  private func isWithoutRoute(_ address: Word) -> Bool {
    network.sections.contains { section in
      section.name == "Address" && section.last("Address") == address && section.last("AddPrefixRoute").map(isNo) == true
    }
  }

  private func isNo(_ word: Word) -> Bool { ["no", "false", "n", "f", "off", "0"].contains(word.text.lowercased()) }

  /// `DNS=ADDRESS[:PORT][%LINK][#NAME]`, `[ADDRESS]:PORT`
  private mutating func resolvers(_ link: SettingsFile.Section?) -> [Word] {
    let given = link?.list("DNS", separator: Word.isBlank) ?? []
    let servers: [Word] = given.compactMap { given in
      let word = given.prefix(before: "#%")
      let usual = ":53"
      guard IPAddress(word.bytes) == nil, word.text.hasSuffix(usual) else { return word }
      let address = word.text.dropLast(usual.count)
      return word.saying(address.hasPrefix("[") && address.hasSuffix("]") ? String(address.dropFirst().dropLast()) : String(address))
    }
    return servers + searchDomains(link?.list("Domains", separator: Word.isBlank) ?? [], notes: &notes)
  }

  /// What the system would send through the tunnel; `nil`: what the peers' AllowedIPs say. Unlike elsewhere, those are no routes unless
  /// `RouteTable=` says so. A tunnel with one default route is meant for the whole system.
  private func networks(through peers: [(section: Translation.Section, table: Word?)], _ link: SettingsFile.Section?, table: Word?)
    -> [Word]?
  {
    var routes = RoutedNetworks(to: peers.map(\.section))
    for peer in peers {
      guard let table = peer.table ?? table, !isNo(table) else { continue }
      for (prefix, word) in peer.section.allowedIPs { routes.add(prefix, word) }
    }
    for address in addresses(link) where !isWithoutRoute(address) { routes.add(address: address) }
    for section in network.sections where section.name == "Route" {
      guard section.last("Type").map({ $0.text == "unicast" }) ?? true else { continue }
      if let destination = section.last("Destination") {
        if let prefix = Prefix(destination.bytes) { routes.add(prefix, destination) }
      } else if let gateway = section.last("Gateway"), let address = IPAddress(gateway.bytes) {
        routes.add(.everything(address.family), gateway)
      }
    }
    for gateway in link?.list("Gateway", separator: Word.isBlank) ?? [] {
      if let address = IPAddress(gateway.bytes) { routes.add(.everything(address.family), gateway) }
    }
    if let word = link?.last("DefaultRouteOnDevice"), ["yes", "true", "on", "1"].contains(word.text) { routes.add(.everything(.v4), word) }
    return routes.hasDefault ? nil : routes.differing
  }

  /// "The usual suffixes K, M, G are supported, to the base of 1024."
  private func bytes(_ word: Word) -> Word {
    let shifts: [Character: Int] = ["K": 10, "M": 20]
    guard let last = word.text.last, let shift = shifts[last], let number = UInt32(word.text.dropLast()), number < 1024 else { return word }
    return word.saying("\(number << shift)")
  }
}

// MARK: - What has no meaning here

extension NetworkdFiles {
  /// Taken over, or without a counterpart and without a loss.
  private static let known: [String: Set<String>] = [
    "NetDev": ["Name", "Kind", "Description", "MTUBytes"],
    "WireGuard": ["PrivateKey", "PrivateKeyFile", "ListenPort", "FirewallMark", "RouteTable", "RouteMetric"],
    "WireGuardPeer": [
      "PublicKey", "PresharedKey", "PresharedKeyFile", "AllowedIPs", "Endpoint", "PersistentKeepalive", "RouteTable", "RouteMetric",
    ],
    "Link": ["MTUBytes", "RequiredForOnline", "RequiredFamilyForOnline", "ActivationPolicy", "ARP", "Multicast"],
    "Network": [
      "Description", "Address", "DNS", "Domains", "Gateway", "DNSDefaultRoute", "DefaultRouteOnDevice", "DHCP", "LinkLocalAddressing",
      "IPv6AcceptRA", "LLMNR", "MulticastDNS", "DNSSEC", "DNSOverTLS", "ConfigureWithoutCarrier", "IgnoreCarrierLoss", "KeepConfiguration",
    ],
    "Address": ["Address", "AddPrefixRoute", "Scope", "Label"],
    "Route": [
      "Destination", "Gateway", "GatewayOnLink", "Scope", "Metric", "Table", "Type", "Source", "PreferredSource", "Protocol", "MTUBytes",
    ],
  ]

  private mutating func noteUnknown() {
    // Those rules say what `vpn up` does, in what vpn export has made of it.
    let isOurs = !(device.carried + network.carried).isEmpty
    let isKnown = { (section: String, key: String) in
      section == "Match" || isOurs && section == "RoutingPolicyRule" || Self.known[section]?.contains(key) == true
    }
    let names = (device.unknown(isKnown) + network.unknown(isKnown)).map { "[\($0.section)] \($0.key)" }
    if !names.isEmpty { notes.append("without a counterpart here, left out: " + names.joined(separator: ", ")) }
  }
}

// MARK: - [Match]

extension NetworkdFiles {
  /// Whether a .network with its drop-ins is that of a tunnel. What else `[Match]` may ask for is taken as given.
  /// - Parameter glob: fnmatch(3), of a pattern and a text.
  public static func matches(_ network: [[UInt8]], link name: String, by glob: (String, String) -> Bool) -> Bool {
    guard let match = (try? joined(network, from: 0))?.merged("Match") else { return true }
    let known = [("Name", name), ("Kind", "wireguard"), ("Type", "wireguard")]
    let conditions = known.compactMap { key, text in
      let patterns = match.list(key, separator: Word.isBlank).map(\.text)
      return patterns.isEmpty ? nil : matches(patterns, text, glob)
    }
    guard conditions.isEmpty else { return conditions.allSatisfy { $0 } }
    return !match.settings.contains { setting in !setting.isEmpty && !known.contains { $0.0 == setting.key } }
  }

  /// `!` before the first one: none of them.
  private static func matches(_ patterns: [String], _ text: String, _ glob: (String, String) -> Bool) -> Bool {
    guard let first = patterns.first, first.hasPrefix("!") else { return patterns.contains { glob($0, text) } }
    return !([String(first.dropFirst())] + patterns.dropFirst()).contains { glob($0, text) }
  }
}
