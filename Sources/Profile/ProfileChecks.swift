internal import NetworkModel

/// What can be said only of the whole file.
extension ProfileParser {
  mutating func check() {
    checkPresence()
    checkAddresses()
    checkPeers()
    checkRoutes()
    checkAutostart()
    checkInbound()
    checkBox()
    checkRelay()
    checkLink()
  }

  private mutating func checkPresence() {
    let isByLink = has(.link)
    if let header = draft.header {
      if !isByLink, !has(.privateKey), !has(.privateKeyFile) {
        fail(header, "PrivateKey is missing; write the one given to you, or wg genkey's")
      }
      if !has(.address), isByLink {
        // What is relayed has addresses of its own.
        if !has(.relay) { fail(header, "Address is missing; write one that is free on the link, with its network's length") }
      } else if !has(.address), draft.profile.hasBox {
        fail(
          header,
          "Address is missing; write the one given to you for this VPN, or Box = no in [VPN] if this is a router's and another program gives "
            + "the link its address")
      }
    } else if !isByLink || !has(.relay) {
      errors.append(ProfileError(line: 1, column: 1, message: "[Interface] is missing; it has this machine's PrivateKey and Address"))
    }
    if draft.peers.isEmpty, !isByLink {
      errors.append(ProfileError(line: 1, column: 1, message: "[Peer] is missing; it has the server's PublicKey, AllowedIPs and Endpoint"))
    }
    for peer in draft.peers where !peer.hasPublicKey { fail(peer.header, "PublicKey is missing; write the peer's") }
  }

  private mutating func checkAddresses() {
    let profile = draft.profile
    let addresses = draft.places.located(all: profile.addresses, .address)
    for (first, again) in repeats(addresses, by: { $0.value.address.bytes }) {
      fail(again, "stands in line \(first.place.line.number) already; leave it out here")
    }
    if let mtu = draft.places.located(profile.mtu, .mtu), mtu.value < 1280, profile.addresses.contains(where: { $0.family == .v6 }) {
      fail(mtu, "too small for the IPv6 address; write a number from 1280 to 65535")
    }
    for family in IPFamily.allCases {
      let given = family == .v4 ? profile.subnet : profile.subnet6
      let usual = (profile.hasBox ? profile.id : nil).map { family == .v4 ? Profile.defaultSubnet(id: $0) : Profile.defaultSubnet6(id: $0) }
      guard let subnet = given ?? usual else { continue }
      let key = family == .v4 ? "Subnet" : "Subnet6"
      for address in addresses where subnet.contains(address.value.address) {
        fail(address, "within the commands' network \(subnet); write another \(key) in [VPN]")
      }
      for server in draft.dns.servers where subnet.contains(server.value) {
        fail(server, "within the commands' network \(subnet); write another \(key) in [VPN]")
      }
    }
  }

  private mutating func checkPeers() {
    let publicKeys = draft.peers.compactMap { $0.places.located($0.profile.publicKey, .publicKey) }
    for (first, again) in repeats(publicKeys, by: { $0.value.bytes }) {
      fail(again, "the peer of line \(first.place.line.number) has the same; make them one [Peer]")
    }
    var networks: [(peer: Int, network: Located<Prefix>)] = []
    for (i, peer) in draft.peers.enumerated() {
      for network in peer.places.located(all: peer.profile.allowedIPs, .allowedIPs) { networks.append((i, network)) }
    }
    let same = repeats(networks) { $0.network.value.address.bytes + [$0.network.value.length] }
    for (first, again) in same where first.peer != again.peer {
      let line = first.network.place.line.number
      fail(again.network, "another peer's, too, in line \(line), and WireGuard gives it to the last only; leave it with one")
    }
  }

  private mutating func checkRoutes() {
    let networks = draft.places.located(all: draft.profile.networks, .networks)
    let direct = draft.places.located(all: draft.profile.direct, .direct)
    for (first, again) in repeats(networks + direct, by: { $0.value.address.bytes + [$0.value.length] }) {
      let line = first.place.line.number
      fail(
        again,
        first.place.key == again.place.key
          ? "stands in line \(line) already; leave it out here" : "in Networks, too, in line \(line); leave it in one")
    }
    for network in networks {
      guard let outer = draft.profile.direct.first(where: { $0.length < network.value.length && $0.overlaps(network.value) }) else {
        continue
      }
      fail(network, "within Direct = \(outer.network), so that it would never go through the VPN; leave it out in one")
    }
    var own = draft.profile.id.map { UInt32($0) }
    if case .number(let table) = draft.profile.table { own = table }
    if let underlay = draft.places.located(draft.profile.underlay, .underlay), case .table(let table) = underlay.value, table == own {
      fail(underlay, "the VPN's own table, by which encrypted packets would come back to the tunnel; write another")
    }
  }

  private mutating func checkAutostart() {
    if draft.profile.block, draft.profile.autostart != .up, let block = draft.places.located(draft.profile.block, .block) {
      fail(block, "only with Autostart = up, which ends it; write that as well, or leave this out")
    }
    guard let autostart = draft.places.located(draft.profile.autostart, .autostart), autostart.value == .up else { return }
    if case .off = draft.profile.table { fail(autostart, "not with Table = off, which leaves it no routes; write link") }
    if draft.profile.systemWide == .no { fail(autostart, "not with SystemWide = no; write link") }
  }

  /// What only a box has, or `vpn up` does, may not seem to be there without one.
  private mutating func checkBox() {
    guard !draft.profile.hasBox else {
      if let vrf = draft.places.first(where: { $0.key == .vrf }) { fail(vrf, "only with Box = no, whose tunnel is a link of this machine") }
      return
    }
    let keys: [ProfileKey] = [.block, .subnet, .subnet6, .networks, .direct, .outsideIdentity, .inbound, .relay, .exitCheck]
    for place in draft.places where keys.contains(place.key) { fail(place, "not with Box = no; leave one of them out") }
    if draft.profile.autostart == .up, let place = draft.places.first(where: { $0.key == .autostart }) {
      fail(place, "not with Box = no, which cannot be up; write link")
    }
  }

  private mutating func checkInbound() {
    let places = draft.places.filter { $0.key == .inbound }
    for place in places where places.count > 1 {
      if place.part.matches("no") { fail(place, "beside other things; leave it or them out") }
      if place.part.matches("all") { fail(place, "holds the others, too; leave it or them out") }
    }
    let inbound = draft.profile.inbound
    guard let last = places.last, inbound.reduce(0, { $0 + $1.description.utf8.count + 1 }) > Profile.maximumInboundText else { return }
    fail(last, "one too many; keep them within \(Profile.maximumInboundText) characters in all, or write all")
  }

  /// The box sends packets for these networks back to the host: nothing of the VPN's may be among them.
  private mutating func checkRelay() {
    let profile = draft.profile
    let all = draft.places.located(all: profile.relay, .relay)
    var networks: [Located<Prefix>] = []
    for word in all {
      guard case .network(let network) = word.value else { continue }
      networks.append(Located(value: network, place: word.place))
    }
    if networks.isEmpty, let first = all.first { fail(first, "which networks? Write them before snat") }
    let taken = draft.peers.flatMap { $0.profile.allowedIPs }
    for (i, network) in networks.enumerated() {
      let (value, family) = (network.value, network.value.family)
      if let other = networks[..<i].first(where: { $0.value.overlaps(value) }) {
        fail(network, "overlaps \(other.value) of line \(other.place.line.number); leave one of them out")
      }
      if profile.link == nil, !profile.addresses.isEmpty, !profile.addresses.contains(where: { $0.family == family }) {
        fail(network, "the VPN has no Address of \(family == .v4 ? "IPv4" : "IPv6"); leave this out, or write one")
      }
      if let own = profile.addresses.first(where: { value.contains($0.address) }) {
        fail(network, "has the VPN's own address \(own.address) in it; write the networks behind this machine only")
      }
      if let server = draft.dns.servers.first(where: { value.contains($0.value) }) {
        fail(network, "has the VPN's DNS server \(server.value) in it; write the networks behind this machine only")
      }
      let subnet =
        family == .v4
        ? profile.subnet ?? profile.id.map(Profile.defaultSubnet) : profile.subnet6 ?? profile.id.map(Profile.defaultSubnet6)
      if let subnet, value.overlaps(subnet) {
        fail(network, "overlaps the commands' network \(subnet); write another \(family == .v4 ? "Subnet" : "Subnet6")")
      }
      if let inner = taken.first(where: { $0.length >= value.length && value.overlaps($0) }) {
        fail(network, "has \(inner) of AllowedIPs in it, which is behind the VPN; leave it out in one")
      }
    }
  }

  private mutating func fail<Value>(_ value: Located<Value>, _ sentence: String) { fail(value.place, sentence) }

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
