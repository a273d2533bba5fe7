/// One nftables table of family `inet`, as much of the language as is used here. It is made or replaced whole, in one
/// batch: atomic and repeatable.
public struct FilterTable: Equatable, Sendable {
  public var name: ByteString
  /// Whose it is, where others have tables, too: at most 127 bytes, and no quotation mark in it.
  public var comment: ByteString?
  public var sets: [FilterSet]
  public var chains: [FilterChain]
  public init(_ name: ByteString, comment: ByteString? = nil, sets: [FilterSet] = [], _ chains: [FilterChain]) {
    self.name = name
    self.comment = comment
    self.sets = sets
    self.chains = chains
  }
}

/// Addresses of one family by name, to be looked up however many they are.
public struct FilterSet: Equatable, Sendable {
  public var name: ByteString
  public var family: IPFamily
  /// In order, apart from one another: none lies in another.
  public private(set) var prefixes: [Prefix]

  /// - Parameter prefixes: any; those of the other family are left out.
  public init(_ name: ByteString, _ family: IPFamily, _ prefixes: [Prefix]) {
    self.name = name
    self.family = family
    self.prefixes = Self.apart(prefixes.filter { $0.family == family })
  }

  /// The same addresses in as few prefixes as are needed of these, in their order, IPv4 first: none lies in another.
  public static func apart(_ prefixes: [Prefix]) -> [Prefix] {
    // One that holds others comes before them, and nothing that it does not hold in between.
    let sorted = prefixes.map { $0.network }.sorted { a, b in
      a.address == b.address ? a.length < b.length : a.address < b.address
    }
    var kept: [Prefix] = []
    for prefix in sorted {
      if let last = kept.last, last.overlaps(prefix) { continue }
      kept.append(prefix)
    }
    return kept
  }
}

public struct FilterChain: Equatable, Sendable {
  /// `route`: a packet that this machine sends is routed again when its mark has changed.
  public enum Kind: Equatable, Sendable {
    case filter, nat, route
    /// As nftables calls it.
    public var name: ByteString {
      switch self {
      case .filter: "filter"
      case .nat: "nat"
      case .route: "route"
      }
    }
  }
  public enum Hook: UInt32, Equatable, Sendable {
    case prerouting = 0
    case input, forward, output, postrouting
  }

  /// Where the kernel calls it.
  public struct Base: Equatable, Sendable {
    public var kind: Kind
    public var hook: Hook
    public var priority: Int32
    public var dropsByDefault: Bool
  }

  public var name: ByteString
  /// `nil`: called by `jump` only.
  public var base: Base?
  public var rules: [FilterRule]

  public init(_ name: ByteString, _ rules: [FilterRule]) {
    self.name = name
    self.rules = rules
  }

  public init(_ name: ByteString, _ kind: Kind, _ hook: Hook, priority: Int32, dropsByDefault: Bool = false, _ rules: [FilterRule]) {
    self.name = name
    self.rules = rules
    base = Base(kind: kind, hook: hook, priority: priority, dropsByDefault: dropsByDefault)
  }
}

/// Statements from left to right: each match that fails ends the rule.
public struct FilterRule: Equatable, Sendable, ExpressibleByArrayLiteral {
  public var statements: [FilterStatement]
  public init(_ statements: [FilterStatement]) { self.statements = statements }
  public init(arrayLiteral elements: FilterStatement...) { statements = elements }
}

public enum FilterStatement: Equatable, Sendable {
  case inputLink(ByteString)
  case notInputLink(ByteString)
  case outputLink(ByteString)
  case notOutputLink(ByteString)
  /// A link of that group: `ip link set … group`.
  case outputGroup(UInt32)
  case notOutputGroup(UInt32)
  case mark(UInt32)
  /// The bits of the mask are those of the mark.
  case markWithin(UInt32, mask: UInt32)
  case family(IPFamily)
  case transport(Transport)
  case source(Prefix)
  case notSource(Prefix)
  case destination(Prefix)
  /// One of the addresses of a set of this table.
  case destinationIn(ByteString, IPFamily)
  case destinationPort(UInt16)
  /// Belongs to a connection that was let through before, or is an error message about one.
  case established
  /// First segment of a connection: SYN without RST.
  case connecting
  case clampSegmentSizeToRoute
  /// The connection has this mark.
  case connectionMark(UInt32)
  case setMark(UInt32)
  /// The packet's mark becomes its connection's as well.
  case markConnection
  /// And back.
  case markFromConnection
  case counter
  case jump(ByteString)
  case accept, drop, leave
  case rejectWithReset
  /// ICMP or ICMPv6 "administratively prohibited".
  case reject
  case sourceNAT(IPAddress)
  case destinationNAT(IPAddress)
  case masquerade
}

public enum Transport: UInt8, Equatable, Sendable, CaseIterable {
  case icmp = 1
  case tcp = 6
  case udp = 17
  case icmpv6 = 58
  public var name: String {
    switch self {
    case .icmp: "icmp"
    case .tcp: "tcp"
    case .udp: "udp"
    case .icmpv6: "ipv6-icmp"
    }
  }
}
