public import NetworkModel

/// What a wg-quick file says: wg-quick(8) and wg(8), CONFIGURATION FILE FORMAT, and our own section `[VPN]`.
public struct Profile: Equatable, Sendable {
  /// `nil`: in `privateKeyFile`.
  public var privateKey: WireGuardKey?
  public var privateKeyFile: KeyFile?
  /// This machine's addresses in the VPN, at least one (but without a box), no address twice; host bits are kept.
  public var addresses: [Prefix] = []
  /// Some of them are left out, for this kernel has not their family: see `within`.
  public var isPartOnly = false
  /// The VPN's resolvers in order, none twice; those of [VPN] if it has any: at most `maximumServers`, their text at most `maximumServersText` bytes.
  public var dns: [IPAddress] = []
  /// Search domains in order: with spaces between them at most `maximumSearchText` bytes.
  public var search: [DomainName] = []
  /// Bytes, 576…65535, and 1280 or more with an IPv6 address; `nil`: found out from the path to the endpoint.
  public var mtu: UInt32?
  /// 1…65535; `nil`: the kernel chooses (not given, or 0).
  public var listenPort: UInt16?
  /// Of the encrypted packets, 1…4294967295; `nil`: not given, 0 or `off`.
  public var fwmark: UInt32?
  public var table = RoutingTable.auto
  /// At least one; their public keys differ, and no network is in two of them.
  public var peers: [PeerProfile] = []
  /// 1…99.
  public var id: UInt8?
  /// The commands' IPv4 network, a /24 without host bits; `nil`: `defaultSubnet(id:)`.
  public var subnet: Prefix?
  /// The commands' IPv6 network, a /64 without host bits; `nil`: `defaultSubnet6(id:)`.
  public var subnet6: Prefix?
  /// What `vpn up` sends through the VPN, without host bits, no network twice; empty: what the peers' `allowedIPs` say.
  public var networks: [Prefix] = []
  /// What stays outside while the VPN is up, besides what the table main has more specific routes for than a default one:
  /// without host bits, no network twice, none of `networks`, none of length 0.
  public var direct: [Prefix] = []
  /// While the VPN is up, what is sent from an address of the uplink's leaves by the uplink; `false`: not given, or `no`.
  public var outsideIdentity = false
  /// What may come in from the VPN to `addresses`, besides answers: nothing twice, and nothing beside `all`. Empty: nothing.
  public var inbound: [Inbound] = []
  /// The name of a link of this machine, 1–15 of the same characters as a VRF's, which is the way out instead of a tunnel; there are no
  /// peers and no keys then.
  public var link: ByteString?
  /// With `link`: the routers on it, one of each family that goes by it. IPv6 ones may be link-local.
  public var gateways: [IPAddress] = []
  /// With `link`: this machine's addresses on it, which only the box has. `addresses` are what the host has instead, once the ID is known:
  /// see `byLink`.
  public var linkAddresses: [Prefix] = []
  /// `nil`: by the table main.
  public var underlay: Underlay?
  /// Otherwise the tunnel is a link of the host like any other, for routers: `Box = no`. It may have no address here then.
  public var hasBox = true
  /// By its link's name, as in `Underlay`. Only without a box.
  public var vrf: ByteString?
  /// The base of the priorities of all rules, within `priorities`; `nil`: `defaultPriority`.
  public var priority: UInt32?
  /// `nil`: `ExitCheck.usual`.
  public var exitCheck: ExitCheck?
  /// What this machine forwards into it as long as it is linked: see `relayed`. No network overlaps another or the VPN's own.
  public var relay: [Relay] = []
  /// Who may use it besides root; if `groups` is empty as well: everybody who may use VPNs. No account twice.
  public var users: [Account] = []
  public var groups: [Account] = []
  public var systemWide = SystemWideRule.group
  /// `up` not with `Table = off` or `SystemWide = no`.
  public var autostart = Autostart.no
  /// From the start of the system until it is up nothing else leaves the machine; only with `Autostart = up`.
  public var block = false
  /// What wg-quick would run or do beside, in the file's order; it is never done here.
  public var hooks: [Hook] = []
}

extension Profile {
  /// An element of `Relay =`.
  public enum Relay: Equatable, Sendable {
    /// Without host bits, of a family that the VPN has an address of.
    case network(Prefix)
    /// All of it leaves as the VPN's own address.
    case translated
  }

  public var relayed: [Prefix] {
    relay.compactMap { if case .network(let prefix) = $0 { prefix } else { nil } }
  }
  public var translatesRelayed: Bool { relay.contains(.translated) }

  /// Bytes of a file.
  public static let maximumSize = 1 << 20
  /// Servers and search domains travel to the launcher in link aliases, of which the kernel keeps 255 bytes (IFALIASZ).
  public static let maximumServers = 8
  public static let maximumServersText = 200
  public static let maximumSearchText = 255
  /// Of `Inbound`, which stands in the comment of the box's filter (nft takes 127 bytes).
  public static let maximumInboundText = 110
  public static let identifiers: ClosedRange<UInt8> = 1...99
  /// Those that `vpn import` gives by itself. A profile that comes when they are taken gets none: archives have hundreds of files. It is
  /// numbered when it is linked, from what is left.
  public static let givenIdentifiers: ClosedRange<UInt8> = 1...49
  /// From base - 12 to base + 599, all of them between the rules of the tables local (0) and main (32766).
  public static let priorities: ClosedRange<UInt32> = 13...32000
  public static let defaultPriority: UInt32 = 100

  /// 10.20.ID.0/24.
  public static func defaultSubnet(id: UInt8) -> Prefix { Prefix(.v4(IPv4Address(10, 20, id, 0)), length: 24) }

  /// fd76:706e:ID::/64, the ID in hexadecimal as groups are: fd76:706e:c::/64 of 12.
  public static func defaultSubnet6(id: UInt8) -> Prefix {
    Prefix(.v6(IPv6Address(high: 0xfd76_706e << 32 | UInt64(id) << 16, low: 0)), length: 64)
  }

  /// Reads a file.
  ///
  /// Columns count bytes from 1, a byte order mark excluded.
  /// - Throws: all that is wrong with it, by line and column; of more than `ProfileErrors.maximumCount` the first ones.
  public static func parse(_ text: [UInt8]) throws(ProfileErrors) -> Profile {
    var parser = ProfileParser()
    return try parser.parse(text)
  }
}
