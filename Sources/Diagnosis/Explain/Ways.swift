public import NetworkModel

/// What `vpn-link ways` tells of one linked VPN: where packets go in its box.
public struct Ways: Decodable, Equatable {
  public struct Route: Decodable, Equatable {
    public var destination: Prefix
    public var link: String
    /// 254, or 253, which is asked after it.
    public var table: Int
  }
  public struct Peer: Decodable, Equatable {
    public var publicKey: String
    public var endpoint: String?
    public var allowedIPs: [Prefix]

    public enum CodingKeys: String, CodingKey {
      case publicKey = "public_key"
      case endpoint
      case allowedIPs = "allowed_ips"
    }
  }

  public var name: String
  public var fwmark: UInt32
  public var table: Int
  /// The VPN's own.
  public var addresses: [IPAddress]
  /// The box's, as its commands have it, with the subnets' lengths.
  public var gateways: [Prefix]
  public var dns: [IPAddress]
  /// The tunnel is there and up.
  public var tunnel: Bool
  public var routes: [Route]
  public var peers: [Peer]
  public var up: Bool
  /// The filter is there that refuses what goes past it then.
  public var filter: Bool
  public var takesQueries: Bool
  /// What goes through it while it is up; `nil` is everything.
  public var networks: [Prefix]?
  /// Of that, what may go past it.
  public var direct: [Prefix]

  public enum CodingKeys: String, CodingKey {
    case name, fwmark, table, addresses, gateways, dns, tunnel, routes, peers, up, filter, networks, direct
    case takesQueries = "takes_queries"
  }

  public func address(_ family: IPFamily) -> IPAddress? { addresses.first { $0.family == family } }
}

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
