internal import FoundationEssentials

/// What `ip -N -j` prints, as far as it is asked about here. Keys that are not there are `nil`.
struct RuleEntry: Decodable, Equatable {
  var priority: Int
  /// What packets must have: an address or `all`, and others.
  var src: String?
  var dst: String?
  var iif: String?
  var oif: String?
  var fwmark: String?
  var uidStart: Int?
  var ipproto: String?
  /// 86 is ours, 2 the kernel's.
  var `protocol`: String?

  enum CodingKeys: String, CodingKey {
    case priority, src, dst, iif, oif, fwmark, ipproto
    case uidStart = "uid_start"
    case `protocol`
  }

  var isOurs: Bool { `protocol` == "86" }
  var isKernels: Bool { priority == 0 || priority >= 32766 || `protocol` == "2" }
  /// It is about some packets only.
  var isSelective: Bool {
    src ?? "all" != "all" || [dst, iif, oif, fwmark, ipproto].contains { $0 != nil } || uidStart != nil
  }
}

struct LinkEntry: Decodable, Equatable {
  struct Information: Decodable, Equatable {
    var kind: String?
    enum CodingKeys: String, CodingKey { case kind = "info_kind" }
  }
  struct Statistics: Decodable, Equatable {
    struct Sent: Decodable, Equatable { var bytes: UInt64 }
    var tx: Sent
  }
  var name: String
  var alias: String?
  /// A bridge's port has one, and receives nothing for itself.
  var master: String?
  var information: Information?
  /// With `-s`.
  var statistics: Statistics?

  enum CodingKeys: String, CodingKey {
    case master
    case name = "ifname"
    case alias = "ifalias"
    case information = "linkinfo"
    case statistics = "stats64"
  }

  /// The host's end of a pair into a box.
  var isOurs: Bool { alias?.hasPrefix("vpnrun id=") == true }
}

struct AddressEntry: Decodable, Equatable {
  struct Address: Decodable, Equatable { var local: String }
  var name: String
  var addresses: [Address]

  enum CodingKeys: String, CodingKey {
    case name = "ifname"
    case addresses = "addr_info"
  }
}

/// What `nft -j list chains` and `nft -j list counters` print.
struct FilterListing: Decodable, Equatable {
  struct Chain: Decodable, Equatable {
    var family: String
    var table: String
    var name: String
    var hook: String?
    var policy: String?
    var isOurs: Bool { table.hasPrefix("vpn-") || table == "vpn" }
  }
  struct Object: Decodable, Equatable {
    var chain: Chain?
    var counter: Counter?
  }
  struct Counter: Decodable, Equatable {
    var name: String
    var packets: UInt64
  }
  var nftables: [Object]
}

/// - Returns: `nil` if it is of another form.
func decoded<Value: Decodable>(_ type: Value.Type, _ json: String?) -> Value? {
  json.flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
}
