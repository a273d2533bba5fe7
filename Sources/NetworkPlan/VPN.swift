public import NetworkModel
public import Profile

/// Everything that decides how a VPN looks in the kernel. Two equal values make the same box.
public struct VPN: Equatable, Sendable {
  public var name: VPNName
  /// 1…99, unique on the machine; the lower, the higher its priority.
  public var id: UInt8
  /// What it says is taken from here, but for what is decided below: a key that plans take as it is needs no line in this file.
  public var profile: Profile
  /// Where commands live: an IPv4 and an IPv6 subnet.
  public var subnet4: Prefix
  public var subnet6: Prefix
  /// 1280…65535 with IPv6, 576… without; 1420 fits a path of 1500.
  public var mtu: UInt32
  public var table: UInt32
  public var device: WireGuardDevice
  /// What rule priorities are counted from: see `Identity`.
  public var priority: UInt32
  /// What goes into it while it is up.
  public var scope: Scope
  /// Who may use it. Of a profile that names somebody: nobody but root, until the names are looked up.
  public var permission: Permission

  /// How much of the system a VPN carries when it is up.
  public enum Scope: Equatable, Sendable {
    case all
    case networks([Prefix])
  }

  /// - Parameters:
  ///   - id: the profile's own, or the one which it is given.
  ///   - peers: the profile's, their endpoints resolved.
  public init(name: VPNName, id: UInt8, profile: Profile, peers: [WireGuardPeer]) {
    self.name = name
    self.id = id
    self.profile = profile
    subnet4 = profile.subnet ?? Profile.defaultSubnet(id: id)
    subnet6 = profile.subnet6 ?? Profile.defaultSubnet6(id: id)
    mtu = profile.mtu ?? 1420
    if case .number(let number) = profile.table { table = number } else { table = UInt32(id) }
    device = WireGuardDevice(
      privateKey: profile.privateKey, listenPort: profile.listenPort, fwmark: profile.fwmark ?? VPN.defaultMark(id), peers: peers)
    priority = profile.priority ?? Profile.defaultPriority
    scope = Scope(profile)
    permission = profile.isRestricted ? .only(users: [], groups: []) : .everybody
  }

  /// The addresses that the provider gave. Host bits of a longer prefix are kept, but only the address counts.
  public var addresses: [Prefix] { profile.addresses }
  /// Servers to which every query of a command goes. None: queries are left as they are, inside the tunnel.
  public var dns: [IPAddress] { profile.dns }
  public var search: [DomainName] { profile.search }

  /// 10001…10099: what the tunnel's encrypted packets carry.
  public static func defaultMark(_ id: UInt8) -> UInt32 { 10000 + UInt32(id) }
  /// Those marks and their neighbours, 9984…10111: a whole block of the numbers, so that one comparison finds them.
  public static func isUsual(_ mark: UInt32) -> Bool { mark & usualMarksMask == usualMarks }
  static let usualMarks: UInt32 = 0x2700
  static let usualMarksMask: UInt32 = 0xffff_ff80

  public func address(_ family: IPFamily) -> IPAddress? { addresses.first { $0.family == family }?.address }
  public func subnet(_ family: IPFamily) -> Prefix { family == .v4 ? subnet4 : subnet6 }
  /// A VPN without an address of a family has none of it: commands then have no address either, and fail at once.
  public var families: [IPFamily] { IPFamily.allCases.filter { address($0) != nil } }
}

extension VPN.Scope {
  /// `Networks =` says it; otherwise what the peers are allowed: everything, in either family, or a list.
  public init(_ profile: Profile) {
    let allowed = profile.peers.flatMap { $0.allowedIPs }
    let isEverything = IPFamily.allCases.contains { family in
      // Some write it in two halves, 0.0.0.0/1 and 128.0.0.0/1.
      let own = allowed.filter { $0.family == family }
      return own.contains { $0.length == 0 } || own.filter { $0.length == 1 }.reduce(0) { $0 | ($1.network == $1.lowerHalf ? 1 : 2) } == 3
    }
    self = !profile.networks.isEmpty ? .networks(profile.networks) : isEverything ? .all : .networks(FilterSet.apart(allowed))
  }
}

extension Prefix {
  /// The first half of the family: 0.0.0.0/1 or ::/1.
  fileprivate var lowerHalf: Prefix { Prefix(Prefix.everything(family).address, length: 1) }
}

/// Names of links and files, all made from the VPN's own.
public enum Names {
  public static let tunnel: ByteString = "wg0", uplink: ByteString = "host0", commandLink: ByteString = "eth0", table: ByteString = "vpn"
  public static let pins = "/run/netns"
  public static let profiles = "/etc/vpnrun"
  public static func bridge(_ vpn: VPNName) -> ByteString { "br-\(vpn)" }
  public static func hostLink(_ vpn: VPNName) -> ByteString { "\(vpn)" }
  public static func hostTable(_ vpn: VPNName) -> ByteString { "vpn-\(vpn)" }
  /// While it is up.
  public static func systemTable(_ vpn: VPNName) -> ByteString { "vpn-\(vpn)-up" }
  public static func namespace(_ vpn: VPNName) -> String { "vpn-\(vpn)" }
  public static func pin(_ vpn: VPNName) -> String { "\(pins)/vpn-\(vpn)" }
  /// The TUN device of a userspace WireGuard before it is moved into the box, and its socket's name.
  public static func userspace(_ vpn: VPNName) -> ByteString { "wg-\(vpn)" }
  /// The group of all ports in a box, and of all VPNs' links on the host; any number but 0.
  static let group: UInt32 = 76
  public static func port(_ slot: UInt32) -> ByteString { "v\(slot)" }
  /// What the loopback link of a command says, so that a program can tell where it runs: the one link that nobody can delete.
  public static func commandAlias(_ vpn: VPNName) -> ByteString { "vpnrun \(vpn)" }
}

/// Fixed addresses of the pair between host and box. No packet carries them: they are only asked for by ARP and
/// neighbour discovery.
public enum Pair {
  public static let gateway4 = IPAddress.v4(IPv4Address(169, 254, 76, 1))
  public static let gateway6 = IPAddress.v6(IPv6Address(high: 0xfe80 << 48, low: 1))
  public static func gateway(_ family: IPFamily) -> IPAddress { family == .v4 ? gateway4 : gateway6 }
  /// A number that no link of the host has by chance: see `Link.index`.
  static let boxIndex: Int32 = 0x76_706e
  public static let hostEnd = MACAddress(0x06, 0x76, 0x70, 0xff, 0, 0)
  static let boxEnd = MACAddress(0x02, 0x76, 0x70, 0xff, 0, 0)
}

/// Hosts of a subnet: the first is the bridge's, the others commands', up to 65534.
public enum Slot {
  public static func count(in subnet: Prefix) -> UInt32 {
    let bits = UInt32(subnet.family.width - subnet.length)
    return bits >= 16 ? 65534 : (1 << bits) - 2
  }

  static func mac(_ slot: UInt32, near: Bool) -> MACAddress {
    MACAddress(near ? 0x06 : 0x02, 0x76, 0x70, 0, UInt8(slot >> 8 & 0xff), UInt8(slot & 0xff))
  }
}
