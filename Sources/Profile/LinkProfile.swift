public import NetworkModel

// Profiles whose way out is another link of the host, `Link =`, instead of a tunnel.

extension Profile {
  /// What is wherever its peers' AllowedIPs would be.
  public var allowedIPs: [Prefix] {
    link == nil ? peers.flatMap { $0.allowedIPs } : gateways.map { .everything($0.family) }
  }

  /// Otherwise it has no box, or is only for what it relays.
  public var runsCommands: Bool { hasBox && (link == nil || !addresses.isEmpty) }

  /// The same profile for one that has this ID: the host gets addresses of its own into the box, since the link's neighbours must find
  /// those of the profile in the box alone. (The kernel answers ARP for an address of this machine on every link.)
  public func byLink(id: UInt8) -> Profile {
    guard link != nil, linkAddresses.isEmpty else { return self }
    var profile = self
    profile.linkAddresses = addresses
    profile.addresses = IPFamily.allCases.filter { family in addresses.contains { $0.family == family } }
      .map { Prefix(host: Self.hostAddress($0, id: id)) }
    return profile
  }

  /// 10.20.0.ID and fd76:706e:0:ID::1, next to the usual subnets of commands, whose ID is in that 0's place.
  public static func hostAddress(_ family: IPFamily, id: UInt8) -> IPAddress {
    family == .v4 ? .v4(IPv4Address(10, 20, 0, id)) : .v6(IPv6Address(high: 0xfd76_706e_0000_0000 | UInt64(id), low: 1))
  }
}

extension ProfileParser {
  /// What only a tunnel has may not seem to be there without one, and the other way round.
  mutating func checkLink() {
    let profile = draft.profile
    guard profile.link != nil else {
      if !has(.link), let gateway = draft.places.first(where: { $0.key == .gateway }) {
        fail(gateway, "only with Link, the link of this machine on which it is; write that as well, or leave this out")
      }
      return
    }
    let keys: [ProfileKey] = [
      .privateKey, .privateKeyFile, .listenPort, .fwMark, .underlay, .box, .vrf, .inbound, .outsideIdentity, .block,
    ]
    for place in draft.places where keys.contains(place.key) { fail(place, "not with Link, which has no tunnel; leave one of them out") }
    if case .off = profile.table, let table = draft.places.first(where: { $0.key == .table }) {
      fail(table, "not with Link, whose routes stand there; write a number, or leave it out")
    }
    for peer in draft.peers { fail(peer.header.line, header: peer.header.part, "[Peer] beside Link; leave one of them out") }
    checkGateways()
  }

  private mutating func checkGateways() {
    let profile = draft.profile
    let gateways = draft.places.located(all: profile.gateways, .gateway)
    let link = draft.places.first { $0.key == .link }
    if gateways.isEmpty, !has(.gateway), let link {
      fail(link, "which router is on it? Write Gateway as well, one of each family")
    }
    for (i, gateway) in gateways.enumerated() {
      let family = gateway.value.family
      let own = profile.addresses.filter { $0.family == family }
      if gateways[..<i].contains(where: { $0.value.family == family }) {
        fail(gateway.place, "a second one of \(name(family)); write one of each family")
      } else if own.contains(where: { $0.address == gateway.value }) {
        fail(gateway.place, "this machine's own Address; write the router's")
      } else if !own.isEmpty, !gateway.value.isLinkLocal, !own.contains(where: { $0.contains(gateway.value) }) {
        let remedy = "write the router on that link, or Address with its network's length"
        fail(gateway.place, "not in the network of Address = \(own[0]); \(remedy)")
      } else if own.isEmpty, !profile.relayed.contains(where: { $0.family == family }) {
        fail(
          gateway.place,
          "there is no Address of \(name(family)), nor a Relay; write an address that is free on that link, or leave this out")
      }
    }
    for address in draft.places.located(all: profile.addresses, .address) {
      let family = address.value.family
      if profile.addresses.first(where: { $0.family == family }) != address.value {
        fail(address.place, "a second one of \(name(family)); with Link write one of each family")
      } else if !gateways.isEmpty, !gateways.contains(where: { $0.value.family == family }) {
        fail(address.place, "there is no Gateway of \(name(family)); write that, or leave this out")
      }
    }
    let relay = draft.places.filter { $0.key == .relay }
    for (word, place) in zip(profile.relay, relay) {
      guard case .network(let network) = word, !gateways.isEmpty else { continue }
      if !gateways.contains(where: { $0.value.family == network.family }) {
        fail(place, "there is no Gateway of \(name(network.family)); write that, or leave this out")
      }
      if let inner = gateways.first(where: { network.contains($0.value) }) {
        fail(place, "has the Gateway \(inner.value) in it; write the networks behind this machine only")
      }
    }
  }
}

private func name(_ family: IPFamily) -> String { family == .v4 ? "IPv4" : "IPv6" }
