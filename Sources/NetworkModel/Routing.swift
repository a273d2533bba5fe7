/// A link's own address. IPv6 ones are made without duplicate address detection: a second to four seconds of waiting
/// for neighbours that cannot exist.
public struct Address: Equatable, Sendable {
  public var prefix: Prefix
  public var link: String
  public init(_ prefix: Prefix, on link: String) {
    self.prefix = prefix
    self.link = link
  }
}

/// A route of our making; all carry `Route.protocolNumber`.
public struct Route: Equatable, Sendable {
  public enum Target: Equatable, Sendable {
    /// On the link itself.
    case link(String)
    /// By a neighbour. `isOnLink`: it is believed to be there although no route says so.
    case gateway(IPAddress, link: String, isOnLink: Bool)
    /// Refused at once with EHOSTUNREACH.
    case unreachable
  }

  /// rt_protos(5): 0–4 are the kernel's, 186 and above routing daemons'.
  public static let protocolNumber: UInt8 = 86
  public static let mainTable: UInt32 = 254
  /// Asked after `main`.
  public static let defaultTable: UInt32 = 253
  /// The last choice: any other route to the same destination is preferred.
  public static let lastMetric = UInt32.max

  public var destination: Prefix
  public var target: Target
  public var table: UInt32
  /// 0: the kernel's default (0 for IPv4, 1024 for IPv6).
  public var metric: UInt32
  public var source: IPAddress?

  public init(
    _ destination: Prefix, _ target: Target, table: UInt32 = Route.mainTable, metric: UInt32 = 0, source: IPAddress? = nil
  ) {
    self.destination = destination
    self.target = target
    self.table = table
    self.metric = metric
    self.source = source
  }

  public var link: String? {
    switch target {
    case .link(let name): name
    case .gateway(_, let name, _): name
    case .unreachable: nil
    }
  }
}

/// A policy rule: which table answers for which packets. `ip rule add`.
public struct Rule: Equatable, Sendable {
  public var family: IPFamily
  public var priority: UInt32
  public var table: UInt32
  /// Only packets from here.
  public var source: IPAddress?
  /// Only packets which this machine sends itself (`iif lo`).
  public var isLocallyGenerated = false
  public var fwmark: UInt32?
  /// Only packets of a socket that is bound to this link.
  public var outputLink: String?

  public init(
    _ family: IPFamily, priority: UInt32, table: UInt32, source: IPAddress? = nil, isLocallyGenerated: Bool = false, fwmark: UInt32? = nil,
    outputLink: String? = nil
  ) {
    self.family = family
    self.priority = priority
    self.table = table
    self.source = source
    self.isLocallyGenerated = isLocallyGenerated
    self.fwmark = fwmark
    self.outputLink = outputLink
  }
}
