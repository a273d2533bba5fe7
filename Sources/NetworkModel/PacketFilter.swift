/// One nftables table of family `inet`, as much of the language as is used here. It is made or replaced whole, in one
/// batch: atomic and repeatable.
public struct FilterTable: Equatable, Sendable {
  public var name: ByteString
  /// Whose it is, where others have tables, too: at most 127 bytes, and no quotation mark in it.
  public var comment: ByteString?
  public var sets: [FilterSet]
  public var flowtable: Flowtable?
  public var chains: [FilterChain]
  public init(
    _ name: ByteString, comment: ByteString? = nil, sets: [FilterSet] = [], flowtable: Flowtable? = nil, _ chains: [FilterChain]
  ) {
    self.name = name
    self.comment = comment
    self.sets = sets
    self.flowtable = flowtable
    self.chains = chains
  }
}

extension FilterTable {
  /// The same for a kernel that cannot count connections in a set (nft_connlimit); `nil` if this one does not ask for it.
  public var withoutCounting: FilterTable? {
    func counts(_ statement: FilterStatement) -> Bool { if case .connectionsOver = statement { true } else { false } }
    func isCount(_ set: FilterSet) -> Bool { if case .connections = set.content { true } else { false } }
    var table = self
    table.sets.removeAll(where: isCount)
    for i in table.chains.indices { table.chains[i].rules.removeAll { $0.statements.contains(where: counts) } }
    return table.sets.count < sets.count ? table : nil
  }
}

/// What is looked up by name, however many there are.
public struct FilterSet: Equatable, Sendable {
  public enum Content: Equatable, Sendable {
    /// In order, apart from one another: none lies in another.
    case addresses(IPFamily, [Prefix])
    case users([UInt32])
    case groups([UInt32])
    /// Filled by the kernel: how many connections each source has, or each has with one port of one destination.
    case connections(IPFamily, ConnectionKey)
  }
  public enum ConnectionKey: Equatable, Sendable { case source, sourceAndServer }

  public var name: ByteString
  public private(set) var content: Content

  public init(_ name: ByteString, _ content: Content) {
    self.name = name
    self.content = content
  }

  /// - Parameter prefixes: any; those of the other family are left out.
  public init(_ name: ByteString, _ family: IPFamily, _ prefixes: [Prefix]) {
    self.init(name, .addresses(family, Self.apart(prefixes.filter { $0.family == family })))
  }

  /// None of a set of other things.
  public var prefixes: [Prefix] { if case .addresses(_, let prefixes) = content { prefixes } else { [] } }

  /// Elements of one that the kernel fills: more than it keeps connections on machines with the usual settings (nf_conntrack_max).
  public static let maximumOfConnections: UInt32 = 1 << 20

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
  /// Of IPv6, which must stand before it: its header is followed by this one, without any between.
  case nextHeader(Transport)
  case source(Prefix)
  case notSource(Prefix)
  case destination(Prefix)
  /// One of the addresses of a set of this table.
  case destinationIn(ByteString, IPFamily)
  /// Sent by a process of one of the users, or of the groups, of a set of this table.
  case userIn(ByteString)
  case groupIn(ByteString)
  /// Sent by a process: not by the kernel itself.
  case sentByProcess
  case destinationPort(UInt16)
  case destinationPorts(ClosedRange<UInt16>)
  case sourcePort(UInt16)
  /// Of ICMPv6 over IPv6, which must both stand before it.
  case icmpv6Type(UInt8)
  /// Of an ICMP error, whose transport must stand before it: it is about a packet to there, which it repeats behind eight bytes.
  case quoting(Prefix)
  /// The first packet of a connection, or one like it that has had no answer.
  case new
  /// Its source has more than that many connections, or has with that server. The set counts them.
  case connectionsOver(UInt32, in: ByteString, IPFamily, FilterSet.ConnectionKey)
  /// More than that many packets in a second have come so far, after a number at once.
  case rateOver(UInt32, burst: UInt32)
  /// Belongs to a connection that was let through before, or is an error message about one.
  case established
  /// An answer: it goes the other way than the first packet of its connection.
  case answering
  /// It goes the same way as that.
  case asking
  /// First segment of a connection: SYN without RST.
  case connecting
  case clampSegmentSizeToRoute
  /// The connection has this mark.
  case connectionMark(UInt32)
  case setMark(UInt32)
  case setConnectionMark(UInt32)
  /// The packet's mark becomes its connection's as well.
  case markConnection
  /// And back.
  case markFromConnection
  case counter
  /// The connection's next packets, of either way, pass by the flowtable of that name. Of TCP or UDP.
  case offload(ByteString)
  case jump(ByteString)
  case accept, drop, leave
  case rejectWithReset
  /// ICMP or ICMPv6 "administratively prohibited".
  case reject
  case sourceNAT(IPAddress)
  case destinationNAT(IPAddress)
  /// To that port of it, too. Of TCP or UDP, which must stand before it.
  case destinationNATToPort(IPAddress, UInt16)
  /// To that address, with the packet's destination port in its last two bytes, or of IPv6 in the 11th and 12th. Of TCP or UDP, which must
  /// stand before it, and of IPv6 at once behind its header: `nextHeader`.
  case destinationNATByPort(IPAddress)
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

extension FilterStatement {
  /// What is in a set counts for it.
  public var looksUp: Bool {
    switch self {
    case .destinationIn, .userIn, .groupIn, .connectionsOver: true
    default: false
    }
  }
}
