/// What `vpn-link show` tells of one profile. `vpn list --json` and `vpn status --json` print an array of these, sorted
/// by ID, unreadable profiles last. Keys are added in later versions, never renamed or removed; every key is always there.
///
/// | key | value |
/// |---|---|
/// | `name` | the VPN's name |
/// | `error` | instead of all that follows: why the profile cannot be used, with file, line and column |
/// | `id` | 1…99; lower comes first |
/// | `addresses` | the VPN's own, with prefix lengths |
/// | `subnets` | of the commands, IPv4 and IPv6 |
/// | `dns`, `search` | servers and search domains of the commands |
/// | `endpoints` | `host` (name or address) and `port` as in the profile |
/// | `linked`, `up` | has a box; the system goes through it |
/// | `scope` | what it takes while it is up: `"all"`, or `"networks"` |
/// | `networks` | prefixes that are routed through it; empty when that is all |
/// | `dns_in_force` | the whole system's DNS queries go to its servers |
/// | `outside_identity` | `OutsideIdentity` of the profile |
/// | `device` | `"kernel"`, `"userspace"`, or null when not linked |
/// | `mtu` | of the tunnel, or null when not linked |
/// | `peers` | `public_key`, `endpoint` in use or null, `latest_handshake` in seconds since 1970 (0: never), `rx_bytes`, `tx_bytes` |
/// | `commands` | running inside: `address`, `uid`, `pid`, `command`, `rx_bytes` and `tx_bytes` since its start |
/// | `allowed` | whoever asks may use it |
/// | `autostart` | `"no"`, `"link"` or `"up"`: what `vpn autostart` does with it |
/// | `warnings` | sentences about what is wrong, or might be |
public enum Report: Equatable, Sendable {
  case vpn(VPN)
  case unreadable(name: String, error: String)

  public struct VPN: Codable, Equatable, Sendable {
    public var name: String
    public var id: Int
    public var addresses: [String]
    public var subnets: [String]
    public var dns: [String]
    public var search: [String]
    public var endpoints: [Endpoint]
    public var linked: Bool
    public var up: Bool
    public var scope: Scope
    public var networks: [String]
    public var dnsInForce: Bool
    public var outsideIdentity: Bool
    @Nullable public var device: Device?
    @Nullable public var mtu: Int?
    public var peers: [Peer]
    public var commands: [Command]
    public var warnings: [String]
    public var allowed = true
    public var autostart = Autostart.no

    public enum CodingKeys: String, CodingKey {
      case name, id, addresses, subnets, dns, search, endpoints, linked, up, scope, networks, device, mtu, peers, commands, warnings
      case allowed, autostart
      case dnsInForce = "dns_in_force"
      case outsideIdentity = "outside_identity"
    }
  }

  public enum Autostart: String, Codable, Sendable { case no, link, up }

  public enum Scope: String, Codable, Sendable { case all, networks }

  public struct Endpoint: Codable, Equatable, Sendable {
    public var host: String
    public var port: UInt16
  }

  public enum Device: String, Codable, Sendable { case kernel, userspace }

  public struct Peer: Codable, Equatable, Sendable {
    public var publicKey: String
    @Nullable public var endpoint: String?
    public var latestHandshake: Int
    public var rxBytes: UInt64
    public var txBytes: UInt64

    public enum CodingKeys: String, CodingKey {
      case publicKey = "public_key"
      case endpoint
      case latestHandshake = "latest_handshake"
      case rxBytes = "rx_bytes"
      case txBytes = "tx_bytes"
    }
  }

  public struct Command: Codable, Equatable, Sendable {
    public var address: String
    public var uid: UInt32
    public var pid: Int32
    public var command: String
    public var rxBytes: UInt64
    public var txBytes: UInt64

    public enum CodingKeys: String, CodingKey {
      case address, uid, pid, command
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
    case .unreadable(let name, _): name
    }
  }
}

extension Report: Comparable {
  /// By ID, which is also the order of priority.
  public static func < (a: Report, b: Report) -> Bool {
    func key(_ report: Report) -> (Int, String) {
      switch report {
      case .vpn(let vpn): (vpn.id, vpn.name)
      case .unreadable(let name, _): (.max, name)
      }
    }
    return key(a) < key(b)
  }
}
