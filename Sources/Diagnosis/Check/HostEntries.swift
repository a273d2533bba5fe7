/// What `ip -N -j` prints, as far as it is asked about here. Keys that are not there are `nil`.
public struct RuleEntry: Decodable, Equatable {
  public var priority: Int
  /// What packets must have: an address or `all`, and others.
  public var src: String?
  public var dst: String?
  public var iif: String?
  public var oif: String?
  public var fwmark: String?
  public var uidStart: Int?
  public var ipproto: String?
  public var table: String?
  /// `suppress_prefixlength`
  public var suppress: Int?
  /// `not`
  public var isInverted = false
  /// `l3mdev`: the table of a VRF.
  public var isOfVRF = false
  /// Not one that asks a table: it refuses, or does nothing.
  public var action: String?
  /// 86 is ours, 2 the kernel's.
  public var `protocol`: String?

  public enum CodingKeys: String, CodingKey {
    case priority, src, dst, iif, oif, fwmark, ipproto, table, not, l3mdev, action
    case suppress = "suppress_prefixlen"
    case uidStart = "uid_start"
    case `protocol`
  }

  public init(from decoder: any Decoder) throws {
    let c = try decoder.container(keyedBy: CodingKeys.self)
    priority = try c.decode(Int.self, forKey: .priority)
    src = try c.decodeIfPresent(String.self, forKey: .src)
    dst = try c.decodeIfPresent(String.self, forKey: .dst)
    iif = try c.decodeIfPresent(String.self, forKey: .iif)
    oif = try c.decodeIfPresent(String.self, forKey: .oif)
    fwmark = try c.decodeIfPresent(String.self, forKey: .fwmark)
    uidStart = try c.decodeIfPresent(Int.self, forKey: .uidStart)
    ipproto = try c.decodeIfPresent(String.self, forKey: .ipproto)
    table = try c.decodeIfPresent(String.self, forKey: .table)
    suppress = try c.decodeIfPresent(Int.self, forKey: .suppress)
    action = try c.decodeIfPresent(String.self, forKey: .action)
    // Their value is null.
    isInverted = c.contains(.not)
    isOfVRF = c.contains(.l3mdev)
    `protocol` = try c.decodeIfPresent(String.self, forKey: .protocol)
  }

  public var isOurs: Bool { `protocol` == "86" }
  public var isKernels: Bool { priority == 0 || priority >= 32766 || `protocol` == "2" }
  /// It is about some packets only.
  public var isSelective: Bool {
    src ?? "all" != "all" || [dst, iif, oif, fwmark, ipproto].contains { $0 != nil } || uidStart != nil
  }
}

public struct LinkEntry: Decodable, Equatable {
  public struct Information: Decodable, Equatable {
    public var kind: String?
    public enum CodingKeys: String, CodingKey { case kind = "info_kind" }
  }
  public struct Statistics: Decodable, Equatable {
    public struct Sent: Decodable, Equatable { public var bytes: UInt64 }
    public var tx: Sent
  }
  public var name: String
  public var alias: String?
  /// A bridge's port has one, and receives nothing for itself.
  public var master: String?
  public var information: Information?
  /// With `-s`.
  public var statistics: Statistics?

  public enum CodingKeys: String, CodingKey {
    case master
    case name = "ifname"
    case alias = "ifalias"
    case information = "linkinfo"
    case statistics = "stats64"
  }

  /// The host's end of a pair into a box.
  public var isOurs: Bool { alias.map { $0.hasPrefix("vpnrun id=") && !$0.contains(" box=no") } ?? false }
}

public struct AddressEntry: Decodable, Equatable, Sendable {
  public struct Address: Decodable, Equatable, Sendable {
    public var local: String
    public var length: Int?
    public enum CodingKeys: String, CodingKey {
      case local
      case length = "prefixlen"
    }
  }
  public var name: String
  public var addresses: [Address]

  public enum CodingKeys: String, CodingKey {
    case name = "ifname"
    case addresses = "addr_info"
  }
}

public struct RouteEntry: Decodable, Equatable, Sendable {
  /// `nil` for an ordinary one.
  public var type: String?
  /// `default`, or a network.
  public var dst: String
  public var dev: String?
  public var `protocol`: String?
  /// `nil` for main where only that was asked for.
  public var table: String?
  public var metric: Int?
  /// Not printed: which family was asked for.
  public var isIPv6: Bool?
}

/// What `nft -j list chains` and `nft -j list counters` print.
public struct FilterListing: Decodable, Equatable {
  public struct Chain: Decodable, Equatable {
    public var family: String
    public var table: String
    public var name: String
    public var hook: String?
    public var policy: String?
    /// As nft(8) is told which one it is.
    var words: String { [family, table, name].map { shellWord($0) }.joined(separator: " ") }
    public var isOurs: Bool {
      table.hasPrefix("vpn.") || table.hasPrefix("vpn-up.") || ["vpn-relay.", "vpn-block."].contains(where: table.hasPrefix)
        || table == "vpn"
    }
  }
  public struct Object: Decodable, Equatable {
    public var chain: Chain?
    public var counter: Counter?
  }
  public struct Counter: Decodable, Equatable {
    public var name: String
    public var packets: UInt64
  }
  public var nftables: [Object]
}
