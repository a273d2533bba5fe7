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
  var privateKeyFile: KeyFile?
  var addresses: [Located<Prefix>] = []
  /// Those of [Interface].
  var providersDNS = DNSDraft()
  /// Those of [VPN], which replace them.
  var ownDNS: DNSDraft?
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
  var users: [Account] = []
  var groups: [Account] = []
  var systemWide = SystemWideRule.group
  var autostart: Located<Autostart>?
  var hooks: [Hook] = []

  var dns: DNSDraft { ownDNS ?? providersDNS }
}

/// `DNS =`, all lines of a section.
struct DNSDraft {
  var servers: [Located<IPAddress>] = []
  var search: [DomainName] = []

  mutating func take(_ line: ProfileLine, _ key: ProfileKey, _ part: Text) throws(Refusal) {
    switch try ProfileValue.resolver(part) {
    case .server(let server):
      guard !servers.contains(where: { $0.value == server }) else { return }
      let length = servers.reduce(server.description.utf8.count) { $0 + $1.value.description.utf8.count + 1 }
      guard servers.count < Profile.maximumServers, length <= Profile.maximumServersText else {
        throw Refusal("one server too many; keep \(Profile.maximumServers) or less, of \(Profile.maximumServersText) characters in all")
      }
      servers.append(Located(value: server, key: key, line: line, part: part))
    case .search(let name):
      guard !search.contains(name) else { return }
      guard search.reduce(name.description.utf8.count, { $0 + $1.description.utf8.count + 1 }) <= Profile.maximumSearchText else {
        throw Refusal("one search domain too many; keep them within \(Profile.maximumSearchText) characters in all")
      }
      search.append(name)
    }
  }
}

struct PeerDraft {
  var header: Header
  var publicKey: Located<WireGuardKey>?
  var presharedKey: WireGuardKey?
  var presharedKeyFile: KeyFile?
  var allowedIPs: [Located<Prefix>] = []
  var endpoint: PeerEndpoint?
  var persistentKeepalive: UInt16?
  /// A PublicKey stands here, be it a right one or not.
  var hasPublicKey = false

  init(header: Header) { self.header = header }
}
