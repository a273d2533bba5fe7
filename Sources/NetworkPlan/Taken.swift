public import NetworkModel
public import Profile

extension VPN {
  /// What goes into a VPN while it is up, for each family by itself.
  public struct Taken: Equatable, Sendable {
    /// Families of which everything does, apart from the LAN.
    public var whole: [IPFamily]
    /// Networks that do whatever else there is: the LAN, too, if it is not smaller than they are.
    public var listed: [Prefix]

    public init(whole: [IPFamily], listed: [Prefix] = []) {
      self.whole = whole
      self.listed = listed
    }

    public static let everything = Taken(whole: IPFamily.allCases)

    public func has(whole family: IPFamily) -> Bool { whole.contains(family) }

    /// Whether a packet to there goes into the VPN, as far as only this decides.
    public func contains(_ address: IPAddress) -> Bool { has(whole: address.family) || listed.contains { $0.contains(address) } }

    /// All of it as networks.
    public var networks: [Prefix] { whole.map { Prefix.everything($0) } + listed }

    /// What stays outside holds all that lies in it.
    public func without(_ direct: [Prefix]) -> Taken {
      guard !direct.isEmpty else { return self }
      let outside = PrefixSearch(direct)
      return Taken(whole: whole.filter { !outside.holds(.everything($0)) }, listed: listed.filter { !outside.holds($0) })
    }
  }

  /// The same in short.
  public var scope: Scope { taken.whole.isEmpty && !profile.networks.isEmpty ? .networks(profile.networks) : Scope(taken) }
}

extension VPN.Scope {
  public init(_ taken: VPN.Taken) {
    self = taken.whole.count == IPFamily.allCases.count ? .all : .networks(FilterSet.apart(taken.networks))
  }
}

extension VPN.Taken {
  /// `Networks =` says it; otherwise what the peers are allowed. Where that is all of IPv4, nothing of IPv6 leaves by another way: a program
  /// that prefers it would not be behind the VPN. The other way round would cut off all that an IPv6 tunnel leaves alone.
  public init(_ profile: Profile) {
    let isSaid = !profile.networks.isEmpty
    // The last of several peers with one network has it; here it is one network.
    let given = isSaid ? profile.networks : profile.allowedIPs
    whole = IPFamily.allCases.filter { family in
      // Some write it in two halves, 0.0.0.0/1 and 128.0.0.0/1.
      let own = given.filter { $0.family == family && $0.length <= 1 }
      return own.contains { $0.length == 0 } || own.reduce(0) { $0 | ($1.network == $1.lowerHalf ? 1 : 2) } == 3
    }
    let families = whole
    listed = Prefix.inOrder(given.map { $0.network }.filter { !families.contains($0.family) || $0.length > 1 })
    if !isSaid, whole == [.v4] { whole = IPFamily.allCases }
  }
}

extension Prefix {
  /// Each once, one that holds others before them.
  static func inOrder(_ prefixes: [Prefix]) -> [Prefix] {
    var kept: [Prefix] = []
    for prefix in prefixes.sorted(by: precedes) where kept.last != prefix { kept.append(prefix) }
    return kept
  }

  /// Each once, in their order.
  public static func once(_ prefixes: [Prefix]) -> [Prefix] {
    // Equal ones stand together, the first of them first.
    let sorted = prefixes.indices.sorted { prefixes[$0] == prefixes[$1] ? $0 < $1 : precedes(prefixes[$0], prefixes[$1]) }
    var isKept = prefixes.map { _ in true }
    for (before, at) in zip(sorted, sorted.dropFirst()) where prefixes[before] == prefixes[at] { isKept[at] = false }
    return prefixes.indices.filter { isKept[$0] }.map { prefixes[$0] }
  }

  static func precedes(_ a: Prefix, _ b: Prefix) -> Bool { a.address == b.address ? a.length < b.length : a.address < b.address }

  /// The first half of the family: 0.0.0.0/1 or ::/1.
  fileprivate var lowerHalf: Prefix { Prefix(Prefix.everything(family).address, length: 1) }
}

extension [Prefix] {
  /// Those that are not among the others; both lists are in order.
  func without(_ others: [Prefix]) -> [Prefix] {
    var rest = others[...]
    return filter { prefix in
      while let first = rest.first, Prefix.precedes(first, prefix) { rest = rest.dropFirst() }
      return rest.first != prefix
    }
  }
}

/// Networks to be asked for by others, however many there are.
struct PrefixSearch {
  /// In order, none in another.
  let apart: [Prefix]

  init(_ prefixes: [Prefix]) { apart = FilterSet.apart(prefixes) }

  /// The one that holds that network, or is the same.
  func holder(of prefix: Prefix) -> Prefix? {
    let end = beginning(upTo: prefix.network.address)
    guard end > 0, apart[end - 1].length <= prefix.length, apart[end - 1].overlaps(prefix) else { return nil }
    return apart[end - 1]
  }

  func holds(_ prefix: Prefix) -> Bool { holder(of: prefix) != nil }

  /// That network without what is here, in as few as are needed.
  func remainder(of prefix: Prefix) -> [Prefix] {
    if holds(prefix) { return [] }
    guard touches(prefix), let (lower, upper) = prefix.halves else { return [prefix] }
    return remainder(of: lower) + remainder(of: upper)
  }

  /// Whether one of them has an address of that network.
  func touches(_ prefix: Prefix) -> Bool {
    let end = beginning(upTo: prefix.network.address)
    return [end - 1, end].contains { apart.indices.contains($0) && apart[$0].overlaps(prefix) }
  }

  /// How many begin at that address or before.
  private func beginning(upTo address: IPAddress) -> Int {
    var (low, high) = (0, apart.count)
    while low < high {
      let middle = (low + high) / 2
      if address < apart[middle].address { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
