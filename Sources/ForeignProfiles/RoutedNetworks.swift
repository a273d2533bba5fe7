internal import NetworkModel

/// What the system sends through a tunnel by its routes, which need not be what the peers' AllowedIPs say.
struct RoutedNetworks {
  /// What the peers take. Whatever else is routed to them goes nowhere.
  private let allowed: [Prefix]
  private let isAllowed: Set<Prefix>
  /// In order, with the words that say it.
  private var routed: [Prefix] = []
  private var words: [Prefix: Word] = [:]

  init(to peers: [Translation.Section]) {
    allowed = peers.flatMap(\.allowedIPs).map(\.0)
    isAllowed = Set(allowed)
  }

  /// A route.
  mutating func add(_ prefix: Prefix, _ word: Word) {
    let prefix = prefix.network
    let isCovered = (0...prefix.length).contains { isAllowed.contains(Prefix(prefix.address, length: $0).network) }
    for network in isCovered ? [prefix] : allowed.filter({ prefix.covers($0) }) {
      routed.append(network)
      words[network] = words[network] ?? word
    }
  }

  /// The kernel's own route to the network of an address.
  mutating func add(address: Word) { if let prefix = Prefix(address.bytes), !prefix.isHost { add(prefix, address) } }

  /// What stands in `Networks =` of a profile; `nil`: nothing, for it is what AllowedIPs say.
  var differing: [Word]? {
    let routed = Self.outermost(routed)
    return routed == Self.outermost(allowed) ? nil : routed.compactMap { network in words[network]?.saying(network.description) }
  }

  /// Whether a default route is among them.
  var hasDefault: Bool { routed.contains { $0.length == 0 } }

  /// Sorted, without those that lie in another.
  private static func outermost(_ all: [Prefix]) -> [Prefix] {
    let sorted = all.sorted { a, b in
      if a.family != b.family { return a.family == .v4 }
      if a.address != b.address { return a.address.bytes.lexicographicallyPrecedes(b.address.bytes) }
      return a.length < b.length
    }
    var kept: [Prefix] = []
    // What lies in a network comes right behind it.
    for prefix in sorted where kept.last?.covers(prefix) != true { kept.append(prefix) }
    return kept
  }
}

extension Translation.Section {
  /// Of a peer, as far as they can be read.
  var allowedIPs: [(Prefix, Word)] {
    keys.filter { $0.name == "AllowedIPs" }.flatMap(\.words).compactMap { word in Prefix(word.bytes).map { ($0.network, word) } }
  }
}

extension Prefix {
  /// Whether all of the other one is in it.
  func covers(_ other: Prefix) -> Bool { family == other.family && length <= other.length && contains(other.address) }
}
