internal import FoundationEssentials
internal import NetworkModel

/// What `vpn-link ways` tells of one linked VPN: where packets go in its box.
struct Ways: Decodable, Equatable {
  struct Route: Decodable, Equatable {
    var destination: Prefix
    var link: String
    /// 254, or 253, which is asked after it.
    var table: Int
  }
  struct Peer: Decodable, Equatable {
    var publicKey: String
    var endpoint: String?
    var allowedIPs: [Prefix]

    enum CodingKeys: String, CodingKey {
      case publicKey = "public_key"
      case endpoint
      case allowedIPs = "allowed_ips"
    }
  }

  var name: String
  var fwmark: UInt32
  var table: Int
  /// The VPN's own.
  var addresses: [IPAddress]
  /// The box's, as its commands have it, with the subnets' lengths.
  var gateways: [Prefix]
  var dns: [IPAddress]
  /// The tunnel is there and up.
  var tunnel: Bool
  var routes: [Route]
  var peers: [Peer]
  var up: Bool
  /// The filter is there that refuses what goes past it then.
  var filter: Bool
  var takesQueries: Bool
  /// What goes through it while it is up; `nil` is everything.
  var networks: [Prefix]?
  /// Of that, what may go past it.
  var direct: [Prefix]

  enum CodingKeys: String, CodingKey {
    case name, fwmark, table, addresses, gateways, dns, tunnel, routes, peers, up, filter, networks, direct
    case takesQueries = "takes_queries"
  }

  static func decode(_ json: [UInt8]) throws(Failure) -> [Ways] {
    do { return try JSONDecoder().decode([Ways].self, from: Data(json)) } catch {
      throw Failure("vpn-link's answer is not understood; are vpn and vpn-link of one installation? (\(error))")
    }
  }

  func address(_ family: IPFamily) -> IPAddress? { addresses.first { $0.family == family } }
}

extension Prefix: Decodable {
  /// From text.
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let prefix = Prefix(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no network")
    }
    self = prefix
  }
}

extension IPAddress: Decodable {
  init(from decoder: any Decoder) throws { self = try Prefix(from: decoder).address }
}
