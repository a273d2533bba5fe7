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
  public var taken: Taken
  /// With `Link`: the link-layer address that the box has there, always the same, so that neighbours who know it find it again. `nil`: any.
  public var linkMAC: MACAddress?
  /// Who may use it. Of a profile that names users: root alone, until the names are looked up.
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
    let profile = profile.byLink(id: id)
    self.profile = profile
    subnet4 = profile.subnet ?? Profile.defaultSubnet(id: id)
    subnet6 = profile.subnet6 ?? Profile.defaultSubnet6(id: id)
    mtu = profile.mtu ?? 1420
    let own = if case .number(let number) = profile.table { number } else { UInt32(id) }
    table = profile.link == nil ? own : Tables.bound(id)
    device = WireGuardDevice(
      privateKey: profile.privateKey, listenPort: profile.listenPort, fwmark: profile.fwmark ?? VPN.defaultMark(id), peers: peers)
    priority = profile.priority ?? Profile.defaultPriority
    taken = Taken(profile)
    permission = profile.isRestricted ? .only(users: [], groups: []) : .everybody
  }

  /// Networks whose packets come to the box from the host. What is relayed by a link goes there directly.
  public var relayed: [Prefix] { profile.link == nil ? profile.relayed : [] }
  public var translatesRelayed: Bool { profile.link == nil && profile.translatesRelayed }
  /// The addresses that the provider gave. Host bits of a longer prefix are kept, but only the address counts.
  public var addresses: [Prefix] { profile.addresses }
  /// Servers to which every query of a command goes. None: queries are left as they are, inside the tunnel.
  public var dns: [IPAddress] { profile.dns }
  public var search: [DomainName] { profile.search }

  /// 10001…10099: what the tunnel's encrypted packets carry.
  public static func defaultMark(_ id: UInt8) -> UInt32 { 10000 + UInt32(id) }
  /// Of what is to stay outside a VPN that is not up yet. No VPN has it by default.
  public static var outsideMark: UInt32 { 10100 }
  /// Those marks and their neighbours, 9984…10111: a whole block of the numbers, so that one comparison finds them.
  public static func isUsual(_ mark: UInt32) -> Bool { mark & usualMarksMask == usualMarks }
  static let usualMarks: UInt32 = 0x2700
  static let usualMarksMask: UInt32 = 0xffff_ff80

  public func address(_ family: IPFamily) -> IPAddress? { addresses.first { $0.family == family }?.address }
  public func subnet(_ family: IPFamily) -> Prefix { family == .v4 ? subnet4 : subnet6 }
  /// A VPN without an address of a family has none of it: commands then have no address either, and fail at once.
  public var families: [IPFamily] { IPFamily.allCases.filter { address($0) != nil } }
}
