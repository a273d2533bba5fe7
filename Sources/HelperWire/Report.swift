/// What `vpn-link show` tells of one profile. `vpn list --json` and `vpn status --json` print an array of these, sorted
/// by ID, unreadable profiles last. Keys are added in later versions, never renamed or removed; every key is always there.
///
/// Of a linked VPN everything but the endpoints is what the kernel has, not what the profile says.
///
/// | key | value |
/// |---|---|
/// | `name` | the VPN's name |
/// | `error` | instead of all that follows: why the profile cannot be used, with file, line and column |
/// | `id` | 1…99; lower comes first. null: it has none in its profile, and is not linked |
/// | `addresses` | the VPN's own, with prefix lengths |
/// | `subnets` | of the commands, IPv4 and IPv6 |
/// | `dns`, `search` | servers and search domains of the commands |
/// | `endpoints` | `host` (name or address) and `port` as in the profile |
/// | `linked`, `up` | has a box; the system goes through it: rules, routes, filters, link and tunnel say so now |
/// | `taken_up` | `vpn up` was asked for, and `vpn down` not since; `up` is false if not all of it is in force |
/// | `tunnel` | `"up"`, `"down"` or `"gone"`, or null when not linked |
/// | `broken` | sentences: what is missing of a tunnel, or of what carries the system, and the command that fixes it |
/// | `changed` | keys of the profile that differ from the box: `vpn reload` makes it follow |
/// | `scope` | what it takes while it is up: `"all"`, or `"networks"` |
/// | `networks` | prefixes that are routed through it; empty when that is all |
/// | `dns_in_force` | the whole system's DNS queries go to its servers |
/// | `box` | commands run in it; false with `Box = no`, where the tunnel is a link of the host |
/// | `inbound` | what may come in from the VPN to `addresses`, as in the profile: `tcp/22`, `udp/51413`, `icmp`, `all`; empty: nothing |
/// | `outside_identity` | programs that are bound to the uplink's address are left alone while it is up |
/// | `device` | `"kernel"`, `"userspace"`, `"link"` (another link of the host, no tunnel), or null when not linked |
/// | `mtu` | of the tunnel, or null when not linked |
/// | `peers` | `public_key`, `endpoint` in use or null, `latest_handshake` in seconds since 1970 (0: never), `rx_bytes`, `tx_bytes`, `has_route`: the host has a route to the endpoint |
/// | `commands` | running inside: `address`, `uid`, `pid`, `command`, `rx_bytes` and `tx_bytes` since its start, `attached`: no command, but a namespace that `vpn attach` was given, `inbound`: what is let in to it from the VPN, as `tcp/22`, `published`: what this machine hands on to it, as `127.0.0.1:8080:80/tcp`, `lan`: where in the networks of this machine's links it may go, as `192.168.50.7:445`, `forwarded`: the provider's port that leads to it, or null |
/// | `lost` | the tunnel is gone or down or, as two looks have shown, its server does not answer; false from `vpn-link`, which looks once |
/// | `allowed` | the user who asks may use it |
/// | `autostart` | `"no"`, `"link"` or `"up"`: what `vpn autostart` does with it |
/// | `blocked` | nothing but its tunnel leaves the machine until it is up: `Block` of the profile |
/// | `exit_check` | who is asked by `vpn status --exit`, as in the profile, or null |
/// | `link` | the link of the host that is its way out, as in the profile, or null: a tunnel is |
/// | `through` | the VPN that carries its encrypted packets, as in the profile (`Underlay`), or null |
/// | `relay` | networks whose packets this machine forwards into it as long as it is linked |
/// | `warnings` | sentences about what is wrong, or might be |
public enum Report: Sendable {
  case vpn(VPN)
  /// - Parameter blocked: as of others. `vpn-link` tells it; for people the error's sentence does.
  case unreadable(name: String, error: String, blocked: Bool = false)

  public struct VPN: Sendable {
    public var name: String
    @Nullable public var id: Int?
    public var addresses: [String] = []
    public var subnets: [String] = []
    public var dns: [String] = []
    public var search: [String] = []
    public var endpoints: [Endpoint] = []
    public var linked = false
    public var up = false
    public var takenUp = false
    @Nullable public var tunnel: Tunnel?
    public var broken: [String] = []
    public var scope = Scope.all
    public var networks: [String] = []
    public var dnsInForce = false
    public var outsideIdentity = false
    public var inbound: [String] = []
    public var box = true
    @Nullable public var device: Device?
    @Nullable public var mtu: Int?
    @Nullable public var link: String?
    @Nullable public var through: String?
    public var peers: [Peer] = []
    public var commands: [Command] = []
    public var warnings: [String] = []
    public var allowed = true
    public var autostart = Autostart.no
    public var changed: [String] = []
    @Nullable public var exitCheck: String?
    public var lost = false
    public var blocked = false
    public var relay: [String] = []

    enum CodingKeys: String {
      case name, id, addresses, subnets, dns, search, endpoints, linked, up, scope, networks, device, mtu, peers, commands, warnings
      case inbound, box, relay, link, through
      case allowed, autostart, changed, tunnel, broken, lost, blocked
      case takenUp = "taken_up"
      case exitCheck = "exit_check"
      case dnsInForce = "dns_in_force"
      case outsideIdentity = "outside_identity"
    }
  }

  public enum Autostart: String, Sendable { case no, link, up }

  public enum Scope: String, Sendable { case all, networks }

  public struct Endpoint: Sendable {
    public var host: String
    public var port: UInt16

    enum CodingKeys: String { case host, port }
  }

  public enum Device: String, Sendable { case kernel, userspace, link }

  public enum Tunnel: String, Sendable { case up, down, gone }

  public struct Peer: Sendable {
    public var publicKey: String
    @Nullable public var endpoint: String?
    public var latestHandshake: Int
    public var rxBytes: UInt64
    public var txBytes: UInt64
    public var hasRoute = true

    enum CodingKeys: String {
      case publicKey = "public_key"
      case endpoint
      case latestHandshake = "latest_handshake"
      case rxBytes = "rx_bytes"
      case txBytes = "tx_bytes"
      case hasRoute = "has_route"
    }
  }

  public struct Command: Sendable {
    public var address: String
    public var uid: UInt32
    public var pid: Int32
    public var command: String
    public var rxBytes: UInt64
    public var txBytes: UInt64
    public var attached = false
    public var inbound: [String] = []
    public var published: [String] = []
    public var lan: [String] = []
    @Nullable public var forwarded: Int?

    enum CodingKeys: String {
      case address, uid, pid, command, attached, inbound, published, lan, forwarded
      case rxBytes = "rx_bytes"
      case txBytes = "tx_bytes"
    }
  }

  /// `nil` if its profile cannot be read.
  public var vpn: VPN? {
    if case .vpn(let vpn) = self { vpn } else { nil }
  }

  public var name: String {
    switch self {
    case .vpn(let vpn): vpn.name
    case .unreadable(let name, _, _): name
    }
  }

  /// Nothing but its tunnel leaves the machine until it is up.
  public var isBlocked: Bool {
    switch self {
    case .vpn(let vpn): vpn.blocked
    case .unreadable(_, _, let blocked): blocked
    }
  }

  enum CodingKeys: String { case name, error, blocked }
}

extension Report.VPN {
  public init(name: String, id: Int?) {
    self.name = name
    self.id = id
  }
}

extension Report.Endpoint {
  public init(_ host: String, _ port: UInt16) { self.init(host: host, port: port) }
}

extension Report.Peer {
  /// - Parameter latestHandshake: seconds since 1970, 0 for none.
  public init(_ publicKey: String, _ endpoint: String?, latestHandshake: UInt64, received: UInt64, sent: UInt64) {
    self.init(
      publicKey: publicKey, endpoint: endpoint, latestHandshake: Int(clamping: latestHandshake), rxBytes: received, txBytes: sent)
  }
}

extension Report.Command {
  public init(
    _ command: String, _ address: String, uid: UInt32, pid: UInt32, received: UInt64, sent: UInt64, attached: Bool = false,
    inbound: [String] = [], published: [String] = [], lan: [String] = [], forwarded: Int? = nil
  ) {
    self.init(
      address: address, uid: uid, pid: Int32(clamping: pid), command: command, rxBytes: received, txBytes: sent, attached: attached,
      inbound: inbound, published: published, lan: lan, forwarded: forwarded)
  }
}

/// An optional whose key is always written, null for none. The compiler's own `Codable` leaves such a key out.
@propertyWrapper
public struct Nullable<Value: Sendable>: Sendable {
  public var wrappedValue: Value?
  public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }
}

#if !hasFeature(Embedded)
extension Report: Equatable {}
extension Report.CodingKeys: CodingKey {}
extension Report.VPN.CodingKeys: CodingKey {}
extension Report.VPN: Codable, Equatable {}
extension Report.Autostart: Codable {}
extension Report.Scope: Codable {}
extension Report.Endpoint.CodingKeys: CodingKey {}
extension Report.Endpoint: Codable, Equatable {}
extension Report.Device: Codable {}
extension Report.Tunnel: Codable {}
extension Report.Peer.CodingKeys: CodingKey {}
extension Report.Peer: Codable, Equatable {}
extension Report.Command.CodingKeys: CodingKey {}
extension Report.Command: Codable, Equatable {}

extension Report: Codable {
  public init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: CodingKeys.self)
    if let error = try object.decodeIfPresent(String.self, forKey: .error) {
      self = .unreadable(
        name: try object.decode(String.self, forKey: .name), error: error,
        blocked: try object.decodeIfPresent(Bool.self, forKey: .blocked) ?? false)
    } else {
      self = .vpn(try VPN(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .vpn(let vpn): try vpn.encode(to: encoder)
    case .unreadable(let name, let error, _):
      var object = encoder.container(keyedBy: CodingKeys.self)
      try object.encode(name, forKey: .name)
      try object.encode(error, forKey: .error)
    }
  }
}

extension Report: Comparable {
  /// By ID, which is also the order of priority; those without one are behind.
  public static func < (a: Report, b: Report) -> Bool {
    func key(_ report: Report) -> (Int, String) {
      switch report {
      case .vpn(let vpn): (vpn.id ?? .max - 1, vpn.name)
      case .unreadable(let name, _, _): (.max, name)
      }
    }
    return key(a) < key(b)
  }
}

extension Nullable: Equatable where Value: Equatable {}
extension Nullable: Codable where Value: Codable {
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    wrappedValue = value.decodeNil() ? nil : try value.decode(Value.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    if let wrappedValue { try value.encode(wrappedValue) } else { try value.encodeNil() }
  }
}
#endif
