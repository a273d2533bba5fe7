internal import NetworkModel

/// A profile while its file is read. What has no place of its own in `profile` until the end stands beside.
struct ProfileDraft {
  var profile = Profile()
  var header: Header?
  /// Of what [Interface] and [VPN] have put in `profile`.
  var places: [ValuePlace] = []
  var peers: [PeerDraft] = []
  /// Those of [Interface].
  var providersDNS = Resolvers()
  /// Those of [VPN], which replace them.
  var ownDNS: Resolvers?

  var dns: Resolvers { ownDNS ?? providersDNS }

  /// Of a file in which nothing is wrong.
  var complete: Profile {
    var profile = profile
    profile.dns = dns.servers.map { $0.value }
    profile.search = dns.search
    profile.peers = peers.map { $0.profile }
    return profile
  }
}

struct PeerDraft {
  /// Its public key is zeros until there is one.
  var profile = PeerProfile(publicKey: WireGuardKey(bytes: [UInt8](repeating: 0, count: 32))!, allowedIPs: [])
  var header: Header
  var places: [ValuePlace] = []
  /// A PublicKey stands here, be it a right one or not.
  var hasPublicKey = false

  init(header: Header) { self.header = header }
}

/// A section's first line.
struct Header {
  var line: ProfileLine
  var part: Text
}

/// Where a value stands, or an element of a list.
struct ValuePlace {
  var key: ProfileKey
  var line: ProfileLine
  var part: Text
}

/// A value with its place, for what can be judged only when the whole file is read.
struct Located<Value> {
  var value: Value
  var place: ValuePlace
}

/// In the file's order.
extension [ValuePlace] {
  func located<Value>(_ value: Value?, _ key: ProfileKey) -> Located<Value>? {
    guard let value, let place = first(where: { $0.key == key }) else { return nil }
    return Located(value: value, place: place)
  }

  /// - Parameter values: all that the lines of `key` gave, none left out.
  func located<Value>(all values: [Value], _ key: ProfileKey) -> [Located<Value>] {
    let places = filter { $0.key == key }
    assert(places.count == values.count)
    return zip(values, places).map { Located(value: $0, place: $1) }
  }
}

/// `DNS =`, all lines of a section.
struct Resolvers {
  var servers: [Located<IPAddress>] = []
  var search: [DomainName] = []

  /// The same twice is once.
  mutating func take(_ text: Text, at place: ValuePlace) throws(Refusal) {
    switch try ProfileValue.resolver(text) {
    case .server(let server):
      guard !servers.contains(where: { $0.value == server }) else { return }
      let length = servers.reduce(server.description.utf8.count) { $0 + $1.value.description.utf8.count + 1 }
      guard servers.count < Profile.maximumServers, length <= Profile.maximumServersText else {
        throw Refusal("one server too many; keep \(Profile.maximumServers) or less, of \(Profile.maximumServersText) characters in all")
      }
      servers.append(Located(value: server, place: place))
    case .search(let name):
      guard !search.contains(name) else { return }
      guard search.reduce(name.description.utf8.count, { $0 + $1.description.utf8.count + 1 }) <= Profile.maximumSearchText else {
        throw Refusal("one search domain too many; keep them within \(Profile.maximumSearchText) characters in all")
      }
      search.append(name)
    }
  }
}
