public import NetworkModel

/// What `vpn-link ways` tells of one linked VPN, for `vpn explain`: where packets go in its box, which only vpn-link can see. No secret is
/// in it.
public struct Ways: Sendable {
  public struct Route: Sendable {
    public var destination: Prefix
    public var link: String
    /// 254, or 253, which is asked after it.
    public var table: Int

    public init(_ destination: Prefix, by link: String, table: UInt32) {
      self.destination = destination
      self.link = link
      self.table = Int(table)
    }

    enum CodingKeys: String { case destination, link, table }
  }

  public struct Peer: Sendable {
    public var publicKey: String
    public var endpoint: String?
    public var allowedIPs: [Prefix]

    public init(_ publicKey: String, _ endpoint: String?, allowedIPs: [Prefix]) {
      self.publicKey = publicKey
      self.endpoint = endpoint
      self.allowedIPs = allowedIPs
    }

    enum CodingKeys: String {
      case publicKey = "public_key"
      case endpoint
      case allowedIPs = "allowed_ips"
    }
  }

  public var name: String
  public var fwmark: UInt32
  public var table: Int
  /// The VPN's own.
  public var addresses: [IPAddress] = []
  /// The box's, as its commands have it, with the subnets' lengths.
  public var gateways: [Prefix] = []
  /// What is forwarded into it.
  public var relay: [Prefix] = []
  /// That leaves as the VPN's own address.
  public var relayTranslated = false
  public var dns: [IPAddress] = []
  /// What may come in from it to the host, besides answers: words of `Inbound`.
  public var inbound: [String] = []
  /// Otherwise the tunnel is a link of the host.
  public var box = true
  /// The host's link that is its way out instead of a tunnel.
  public var link: String?
  /// With that, the box's addresses there.
  public var linkAddresses: [IPAddress] = []
  /// The tunnel is there and up.
  public var tunnel = false
  public var routes: [Route] = []
  public var peers: [Peer] = []
  public var up = false
  /// The filter is there that refuses what bypasses it then.
  public var filter = false
  public var takesQueries = false
  /// What goes through it while it is up; `nil` is everything.
  public var networks: [Prefix]?
  /// Of that, what may bypass it.
  public var direct: [Prefix] = []

  enum CodingKeys: String {
    case box, link
    case linkAddresses = "link_addresses"
    case name, fwmark, table, addresses, gateways, dns, tunnel, routes, peers, up, filter, networks, direct, relay, inbound
    case relayTranslated = "relay_translated"
    case takesQueries = "takes_queries"
  }
}

extension Ways {
  public init(_ name: VPNName, fwmark: UInt32, table: UInt32) {
    self.name = name.description
    self.fwmark = fwmark
    self.table = Int(table)
  }

  public func address(_ family: IPFamily) -> IPAddress? { addresses.first { $0.family == family } }

  public static func wire(_ ways: [Ways]) -> String { JSON.array(ways.map { $0.json }) }

  private var json: String {
    func key(_ key: CodingKeys) -> String { key.rawValue }
    return JSON.object([
      (key(.name), JSON.string(name)), (key(.fwmark), "\(fwmark)"), (key(.table), "\(table)"),
      (key(.addresses), JSON.strings(addresses.map { $0.description })), (key(.gateways), JSON.strings(gateways.map { $0.description })),
      (key(.dns), JSON.strings(dns.map { $0.description })), (key(.tunnel), JSON.boolean(tunnel)),
      (key(.box), JSON.boolean(box)), (key(.inbound), JSON.strings(inbound)), (key(.link), link.map { JSON.string($0) } ?? "null"),
      (key(.linkAddresses), JSON.strings(linkAddresses.map { $0.description })),
      (key(.routes), JSON.array(routes.map { $0.json })), (key(.peers), JSON.array(peers.map { $0.json })),
      (key(.up), JSON.boolean(up)), (key(.filter), JSON.boolean(filter)), (key(.takesQueries), JSON.boolean(takesQueries)),
      (key(.networks), networks.map { JSON.strings($0.map { $0.description }) } ?? "null"),
      (key(.direct), JSON.strings(direct.map { $0.description })),
      (key(.relay), JSON.strings(relay.map { $0.description })), (key(.relayTranslated), JSON.boolean(relayTranslated)),
    ])
  }
}

extension Ways.Route {
  fileprivate var json: String {
    JSON.object([
      (CodingKeys.destination.rawValue, JSON.string(destination.description)), (CodingKeys.link.rawValue, JSON.string(link)),
      (CodingKeys.table.rawValue, "\(table)"),
    ])
  }
}

extension Ways.Peer {
  fileprivate var json: String {
    JSON.object([
      (CodingKeys.publicKey.rawValue, JSON.string(publicKey)), (CodingKeys.endpoint.rawValue, endpoint.map { JSON.string($0) } ?? "null"),
      (CodingKeys.allowedIPs.rawValue, JSON.strings(allowedIPs.map { $0.description })),
    ])
  }
}

#if !hasFeature(Embedded)
extension Ways.CodingKeys: CodingKey {}
extension Ways: Decodable, Equatable {}
extension Ways.Route.CodingKeys: CodingKey {}
extension Ways.Route: Decodable, Equatable {}
extension Ways.Peer.CodingKeys: CodingKey {}
extension Ways.Peer: Decodable, Equatable {}

extension Prefix: Decodable {
  /// From text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let prefix = Prefix(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no network")
    }
    self = prefix
  }
}

extension IPAddress: Decodable {
  public init(from decoder: any Decoder) throws { self = try Prefix(from: decoder).address }
}
#endif
