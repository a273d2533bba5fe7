internal import NetworkModel

/// What can be said only of the whole file.
extension ProfileParser {
  /// - Returns: `nil` when something is missing; also then, and otherwise, see `errors`.
  mutating func checked() -> Profile? {
    checkPresence()
    checkAddresses()
    checkPeers()
    checkRoutes()
    checkAutostart()
    guard draft.privateKey != nil || draft.privateKeyFile != nil else { return nil }
    var peers: [PeerProfile] = []
    for peer in draft.peers {
      guard let publicKey = peer.publicKey else { return nil }
      peers.append(
        PeerProfile(
          publicKey: publicKey.value, presharedKey: peer.presharedKey, presharedKeyFile: peer.presharedKeyFile,
          allowedIPs: peer.allowedIPs.map { $0.value }, endpoint: peer.endpoint, persistentKeepalive: peer.persistentKeepalive))
    }
    return Profile(
      privateKey: draft.privateKey, privateKeyFile: draft.privateKeyFile, addresses: draft.addresses.map { $0.value },
      dns: draft.dns.servers.map { $0.value }, search: draft.dns.search, mtu: draft.mtu?.value, listenPort: draft.listenPort,
      fwmark: draft.fwmark, table: draft.table, peers: peers, id: draft.id,
      subnet: draft.subnet?.value, subnet6: draft.subnet6?.value, networks: draft.networks.map { $0.value },
      direct: draft.direct.map { $0.value }, outsideIdentity: draft.outsideIdentity, underlay: draft.underlay?.value,
      priority: draft.priority, users: draft.users, groups: draft.groups, systemWide: draft.systemWide,
      autostart: draft.autostart?.value ?? .no, hooks: draft.hooks)
  }

  private mutating func checkPresence() {
    if let header = draft.header {
      if !has(.privateKey), !has(.privateKeyFile) {
        fail(header, "PrivateKey is missing; write the one given to you, or wg genkey's")
      }
      if !has(.address) { fail(header, "Address is missing; write the one given to you for this VPN") }
    } else {
      errors.append(ProfileError(line: 1, column: 1, message: "[Interface] is missing; it has this machine's PrivateKey and Address"))
    }
    if draft.peers.isEmpty {
      errors.append(ProfileError(line: 1, column: 1, message: "[Peer] is missing; it has the server's PublicKey, AllowedIPs and Endpoint"))
    }
    for peer in draft.peers where !peer.hasPublicKey { fail(peer.header, "PublicKey is missing; write the peer's") }
  }

  private mutating func checkAddresses() {
    for (first, again) in repeats(draft.addresses, by: { $0.value.address.bytes }) {
      fail(again, "stands in line \(first.line.number) already; leave it out here")
    }
    if let mtu = draft.mtu, mtu.value < 1280, draft.addresses.contains(where: { $0.value.family == .v6 }) {
      fail(mtu, "too small for the IPv6 address; write a number from 1280 to 65535")
    }
    for family in IPFamily.allCases {
      let given = family == .v4 ? draft.subnet : draft.subnet6
      let usual = draft.id.map { family == .v4 ? Profile.defaultSubnet(id: $0) : Profile.defaultSubnet6(id: $0) }
      guard let subnet = given?.value ?? usual else { continue }
      let key = family == .v4 ? "Subnet" : "Subnet6"
      for address in draft.addresses where subnet.contains(address.value.address) {
        fail(address, "within the commands' network \(subnet); write another \(key) in [VPN]")
      }
      for server in draft.dns.servers where subnet.contains(server.value) {
        fail(server, "within the commands' network \(subnet); write another \(key) in [VPN]")
      }
    }
  }

  private mutating func checkPeers() {
    for (first, again) in repeats(draft.peers.compactMap { $0.publicKey }, by: { $0.value.bytes }) {
      fail(again, "the peer of line \(first.line.number) has the same; make them one [Peer]")
    }
    var networks: [(peer: Int, network: Located<Prefix>)] = []
    for (i, peer) in draft.peers.enumerated() { for network in peer.allowedIPs { networks.append((i, network)) } }
    let same = repeats(networks) { $0.network.value.address.bytes + [$0.network.value.length] }
    for (first, again) in same where first.peer != again.peer {
      let line = first.network.line.number
      fail(again.network, "another peer's, too, in line \(line), and WireGuard gives it to the last only; leave it with one")
    }
  }

  private mutating func checkRoutes() {
    for (first, again) in repeats(draft.networks + draft.direct, by: { $0.value.address.bytes + [$0.value.length] }) {
      let line = first.line.number
      fail(
        again,
        first.key == again.key ? "stands in line \(line) already; leave it out here" : "in Networks, too, in line \(line); leave it in one")
    }
    for network in draft.networks {
      guard let outer = draft.direct.first(where: { $0.value.length < network.value.length && $0.value.overlaps(network.value) }) else {
        continue
      }
      fail(network, "within Direct = \(outer.value.network), so that it would never go through the VPN; leave it out in one")
    }
    var own = draft.id.map { UInt32($0) }
    if case .number(let table) = draft.table { own = table }
    if let underlay = draft.underlay, case .table(let table) = underlay.value, table == own {
      fail(underlay, "the VPN's own table, by which encrypted packets would come back to the tunnel; write another")
    }
  }

  private mutating func checkAutostart() {
    guard let autostart = draft.autostart, autostart.value == .up else { return }
    if case .off = draft.table { fail(autostart, "not with Table = off, which leaves it no routes; write link") }
    if draft.systemWide == .no { fail(autostart, "not with SystemWide = no; write link") }
  }

  private mutating func fail<Value>(_ value: Located<Value>, _ sentence: String) { fail(value.line, value.part, of: value.key, sentence) }

  private mutating func fail(_ header: Header, _ sentence: String) { fail(header.line, header: header.part, sentence) }
}

/// Every element that has an earlier one's bytes, with the first such. n log n: 1 MiB holds 100,000 networks.
private func repeats<Element>(_ all: [Element], by bytes: (Element) -> [UInt8]) -> [(first: Element, again: Element)] {
  let keys = all.map(bytes)
  let order = all.indices.sorted { a, b in
    if keys[a].lexicographicallyPrecedes(keys[b]) { return true }
    return keys[a] == keys[b] && a < b
  }
  var found: [(first: Element, again: Element)] = []
  var first = 0
  for i in order.indices.dropFirst() {
    if keys[order[i]] == keys[order[first]] { found.append((all[order[first]], all[order[i]])) } else { first = i }
  }
  return found
}
