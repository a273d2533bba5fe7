/// A link's own address. IPv6 ones are made without duplicate address detection: a second to four seconds of waiting
/// for neighbours that cannot exist.
public struct Address: Equatable, Sendable {
  public var prefix: Prefix
  public var link: ByteString
  public init(_ prefix: Prefix, on link: ByteString) {
    self.prefix = prefix
    self.link = link
  }
}

/// A neighbour's link-layer address that is never asked for: `ip neighbour replace … nud permanent`.
public struct Neighbour: Equatable, Sendable {
  public var address: IPAddress
  public var mac: MACAddress
  public var link: ByteString
  public init(_ address: IPAddress, _ mac: MACAddress, on link: ByteString) {
    self.address = address
    self.mac = mac
    self.link = link
  }
}

/// A route of our making; all carry `Route.protocolNumber`.
public struct Route: Equatable, Sendable {
  public enum Target: Equatable, Sendable {
    /// On the link itself.
    case link(ByteString)
    /// By a neighbour. `isOnLink`: it is believed to be there although no route says so.
    case gateway(IPAddress, link: ByteString, isOnLink: Bool)
    /// To this machine itself, for what comes in by the link.
    case local(ByteString)
    /// Refused at once with EHOSTUNREACH.
    case unreachable
    /// As if the table had no route for it: the next rule is asked (`throw`).
    case thrown
  }

  /// rt_protos(5): 0–4 are the kernel's, 186 and above routing daemons'.
  public static let protocolNumber: UInt8 = 86
  /// What the kernel makes by itself.
  public static let kernelProtocolNumber: UInt8 = 2
  /// The last choice: any other route to the same destination is preferred.
  public static let lastMetric = UInt32.max

  public var destination: Prefix
  public var target: Target
  public var table: UInt32
  /// 0: the kernel's default (0 for IPv4, 1024 for IPv6).
  public var metric: UInt32
  public var source: IPAddress?

  public init(
    _ destination: Prefix, _ target: Target, table: UInt32 = Tables.main, metric: UInt32 = 0, source: IPAddress? = nil
  ) {
    self.destination = destination
    self.target = target
    self.table = table
    self.metric = metric
    self.source = source
  }

  public var link: ByteString? {
    switch target {
    case .link(let name), .local(let name): name
    case .gateway(_, let name, _): name
    case .unreachable, .thrown: nil
    }
  }
}

/// A policy rule: which table answers for which packets. `ip rule add`, ip-rule(8).
public struct Rule: Equatable, Sendable {
  public var family: IPFamily
  /// 0…32765; the lower, the earlier it is asked.
  public var priority: UInt32
  public var table: UInt32
  /// Only packets from here: an address, or a network.
  public var source: Prefix?
  /// Only packets to there.
  public var destination: Prefix?
  /// Only packets which this machine sends itself (`iif lo`).
  public var isLocallyGenerated = false
  public var fwmark: UInt32?
  /// The bits of the mark that count.
  public var fwmask = UInt32.max
  /// Only packets without that mark (`not fwmark`).
  public var isInverted = false
  /// Only packets of a socket that is bound to this link.
  public var outputLink: ByteString?
  /// Only packets to this port, 1…65535, of TCP or UDP.
  public var service: Service?
  /// Routes of the table that are not longer than this do not count (`suppress_prefixlength`): with 0 its default routes.
  public var suppressedLength: UInt8?
  /// The table of the VRF by which the packet comes in or goes out, instead of `table` (`l3mdev`).
  public var isOfVRF = false
  /// No table: what comes here is asked of this priority next (`goto`).
  public var target: UInt32?
  /// It does nothing, but is there for others to go to (`nop`).
  public var isNothing = false
  /// It refuses all that comes to it (`unreachable`).
  public var isUnreachable = false

  public struct Service: Hashable, Sendable {
    public var transport: Transport
    public var port: UInt16
    public init(_ transport: Transport, port: UInt16) {
      self.transport = transport
      self.port = port
    }
  }

  public init(
    _ family: IPFamily, priority: UInt32, table: UInt32, source: IPAddress? = nil, destination: Prefix? = nil,
    isLocallyGenerated: Bool = false, fwmark: UInt32? = nil, isInverted: Bool = false, outputLink: ByteString? = nil,
    service: Service? = nil, suppressedLength: UInt8? = nil, isOfVRF: Bool = false
  ) {
    self.family = family
    self.priority = priority
    self.table = table
    self.source = source.map { Prefix(host: $0) }
    // The kernel does not tell a rule for everything from one without a destination.
    self.destination = destination.flatMap { $0.length == 0 ? nil : $0 }
    self.isLocallyGenerated = isLocallyGenerated
    self.fwmark = fwmark
    self.isInverted = isInverted
    self.outputLink = outputLink
    self.service = service
    self.suppressedLength = suppressedLength
    self.isOfVRF = isOfVRF
  }

  /// One that has no table: it leads packets from that address, which this machine sends, to another priority.
  public init(_ family: IPFamily, priority: UInt32, source: IPAddress, target: UInt32) {
    self.init(family, priority: priority, table: 0, source: source, isLocallyGenerated: true)
    self.target = target
  }

  /// Where others go.
  public init(nothingOf family: IPFamily, priority: UInt32) {
    self.init(family, priority: priority, table: 0)
    isNothing = true
  }

  /// The end of all that comes so far.
  /// - Parameter fwmark: of packets with that mark alone.
  public init(unreachableOf family: IPFamily, priority: UInt32, fwmark: UInt32? = nil) {
    self.init(family, priority: priority, table: 0, fwmark: fwmark)
    isUnreachable = true
  }

  /// Of packets from a network, forwarded or sent here.
  public init(from network: Prefix, priority: UInt32, table: UInt32) {
    self.init(network.family, priority: priority, table: table)
    source = network
  }
}
