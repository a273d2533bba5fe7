internal import NetworkModel

/// A value and where it stands, for what can be judged only when the whole file is read.
struct Located<Value> {
  var value: Value
  var key: ProfileKey
  var line: ProfileLine
  var part: Text
}

/// A section's first line.
struct Header {
  var line: ProfileLine
  var part: Text
}

/// A profile that may still lack something.
struct ProfileDraft {
  var header: Header?
  var privateKey: WireGuardKey?
  var addresses: [Located<Prefix>] = []
  var servers: [Located<IPAddress>] = []
  var search: [DomainName] = []
  var mtu: Located<UInt32>?
  var listenPort: UInt16?
  var fwmark: UInt32?
  var table = RoutingTable.auto
  var peers: [PeerDraft] = []
  var id: UInt8?
  var subnet: Located<Prefix>?
  var subnet6: Located<Prefix>?
  var networks: [Located<Prefix>] = []
  var direct: [Located<Prefix>] = []
  var outsideIdentity = false
  var underlay: Located<Underlay>?
  var priority: UInt32?
  var hooks: [Hook] = []
}

struct PeerDraft {
  var header: Header
  var publicKey: Located<WireGuardKey>?
  var presharedKey: WireGuardKey?
  var allowedIPs: [Located<Prefix>] = []
  var endpoint: PeerEndpoint?
  var persistentKeepalive: UInt16?
  /// A PublicKey stands here, be it a right one or not.
  var hasPublicKey = false

  init(header: Header) { self.header = header }
}
