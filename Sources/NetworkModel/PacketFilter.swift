/// One nftables table of family `inet`, as much of the language as is used here. It is made or replaced whole, in one
/// batch: atomic and repeatable.
public struct FilterTable: Equatable, Sendable {
  public var name: String
  public var chains: [FilterChain]
  public init(_ name: String, _ chains: [FilterChain]) {
    self.name = name
    self.chains = chains
  }
}

public struct FilterChain: Equatable, Sendable {
  public enum Kind: Equatable, Sendable { case filter, nat }
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

  public var name: String
  /// `nil`: called by `jump` only.
  public var base: Base?
  public var rules: [FilterRule]

  public init(_ name: String, _ rules: [FilterRule]) {
    self.name = name
    self.rules = rules
  }

  public init(_ name: String, _ kind: Kind, _ hook: Hook, priority: Int32, dropsByDefault: Bool = false, _ rules: [FilterRule]) {
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
  case inputLink(String)
  case notInputLink(String)
  case outputLink(String)
  case notOutputLink(String)
  case family(IPFamily)
  case transport(Transport)
  case source(Prefix)
  case notSource(Prefix)
  case destination(Prefix)
  case destinationPort(UInt16)
  /// Belongs to a connection that was let through before, or is an error message about one.
  case established
  /// First segment of a connection: SYN without RST.
  case connecting
  case clampSegmentSizeToRoute
  case counter
  case jump(String)
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
