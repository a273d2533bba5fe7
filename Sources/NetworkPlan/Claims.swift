public import NetworkModel
public import Profile

/// What does not go together: of two VPNs, or of a VPN and the networks that this machine is in.
public struct Conflict: Equatable, Sendable {
  /// It makes no sense, and mostly cannot be linked. Otherwise it is good to know.
  public var isError: Bool
  /// What is wrong, and what would be right.
  public var sentence: String { text.description }
  private var text: ByteString

  public static func error(_ sentence: String) -> Conflict { Conflict(isError: true, text: ByteString(sentence)) }
  public static func note(_ sentence: String) -> Conflict { Conflict(isError: false, text: ByteString(sentence)) }
}

/// What a VPN takes for itself on this machine: by it the kernel and its users tell VPNs apart.
public struct Claims {
  public var name: VPNName
  public var id: UInt8?
  public var addresses: [Prefix]
  /// Of its commands.
  public var subnets: [Prefix]
  /// Not claimed, for two VPNs may well have one server; but it must be reachable through the tunnel.
  public var resolvers: [Prefix]
  public var table: UInt32?
  public var mark: UInt32?
  public var priority: UInt32
  /// `nil`: one by its name, or a VRF's, which a pure look at the profile does not know.
  public var underlay: UInt32?
  /// The VPN that carries its tunnel's packets.
  public var outer: VPNName?
  /// What it takes while it is up, if that is not all, without what stays direct. Worked out when it is asked for: lists may be long.
  private var networks: [Prefix] {
    guard let profile, profile.hasBox, case .networks(let networks) = VPN.Scope(VPN.Taken(profile)) else { return [] }
    return networks.filter { own in !profile.direct.contains { $0.length <= own.length && $0.overlaps(own) } }
  }
  /// Networks whose packets this machine forwards into it.
  private var relayed: [Prefix] { profile?.relayed ?? [] }
  private var profile: Profile?

  /// - Parameter id: the profile's own, or the one which it is given. Without one there is no table, mark and subnet either.
  public init(of profile: Profile, _ name: VPNName, id: UInt8?) {
    self.name = name
    self.id = id
    mark = profile.fwmark ?? id.map(VPN.defaultMark)
    priority = profile.priority ?? Profile.defaultPriority
    switch profile.underlay {
    case .table(let number): underlay = number
    case nil: underlay = Tables.main
    case .named, .vrf, .vpn: underlay = nil
    }
    outer = profile.underlay?.outer
    self.profile = profile
    // A router's tables and addresses are its administrator's.
    guard profile.hasBox else {
      (addresses, resolvers, subnets) = ([], [], [])
      return
    }
    addresses = (profile.linkAddresses.isEmpty ? profile.addresses : profile.linkAddresses).map { Prefix(host: $0.address) }
    resolvers = profile.dns.map { Prefix(host: $0) }
    subnets = [
      profile.subnet ?? id.map(Profile.defaultSubnet), profile.subnet6 ?? id.map(Profile.defaultSubnet6),
    ].compactMap { $0 }
    // What the host has instead of them.
    if let id, profile.link != nil { subnets += IPFamily.allCases.map { Prefix(host: Profile.hostAddress($0, id: id)) } }
    table = if case .number(let number) = profile.table { number } else { id.map { UInt32($0) } }
  }

  /// Without a profile: of one that is seen from outside.
  public init(_ name: VPNName, id: UInt8?, addresses: [Prefix], subnets: [Prefix], resolvers: [Prefix]) {
    self.name = name
    self.id = id
    self.addresses = addresses
    self.subnets = subnets
    self.resolvers = resolvers
    priority = Profile.defaultPriority
  }

  public init(of neighbour: ProfileNeighbour) { self.init(of: neighbour.profile, neighbour.name, id: neighbour.profile.id) }

  /// All that is to be found, errors first. Of every pair of VPNs one finds it about the other.
  public func conflicts(among others: [Claims], on networks: [HostNetwork]) -> [Conflict] {
    let all =
      within() + (circle(among: others).map { [Conflict.error($0)] } ?? []) + missingOuter(among: others)
      + others.flatMap { conflicts(beside: $0) } + shared(with: others) + conflicts(on: networks)
    return all.filter { $0.isError } + all.filter { !$0.isError }
  }

  /// What keeps it from being linked: the kernel, and `unlink`, could not tell the two apart.
  public func firstError(beside others: [Claims]) -> String? {
    if let circle = circle(among: others) { return circle }
    let own = within().first { $0.isError }
    return (own ?? others.lazy.flatMap { conflicts(beside: $0) }.first { $0.isError })?.sentence
  }

  /// Those that other VPNs have nothing to do with. A machine may have several addresses in one network.
  public func conflicts(on networks: [HostNetwork]) -> [Conflict] {
    var found: [Conflict] = []
    for finding in networks.flatMap({ conflicts(on: $0) }) where !found.contains(finding) { found.append(finding) }
    return found
  }

  /// Something of the VPN's is in its commands' network, or those are relayed.
  private func within() -> [Conflict] {
    let relays: [Conflict] = relayed.flatMap { network in
      subnets.filter(network.overlaps).map { .error("Relay \(network) overlaps the commands' network \($0): \(Self.remedy)") }
    }
    return relays
      + subnets.flatMap { subnet in
        addresses.filter(subnet.overlaps).map {
          .error("the commands' network \(subnet) has the VPN's own address \($0.address) in it: \(Self.remedy)")
        }
          + resolvers.filter(subnet.overlaps).map {
            .error("the commands' network \(subnet) has the VPN's DNS server \($0.address) in it: \(Self.remedy)")
          }
      }
  }

  /// Each VPN on the way carries the packets of the one before.
  private func circle(among others: [Claims]) -> String? {
    var way = [name]
    var next = outer
    while let current = next {
      if current == name {
        let words = (way + [name]).map { $0.description }
        return "Underlay leads in a circle, \(words.joined(separator: " → ")): leave it out, or name another VPN, in one of them"
      }
      guard !way.contains(current) else { return nil }
      way.append(current)
      next = others.first { $0.name == current }?.outer
    }
    return nil
  }

  private func missingOuter(among others: [Claims]) -> [Conflict] {
    guard let outer, outer != name, !others.contains(where: { $0.name == outer }) else { return [] }
    return [.note("Underlay names the VPN '\(outer)', which is not there yet: '\(name)' cannot be linked without it")]
  }

  private func conflicts(beside other: Claims) -> [Conflict] {
    let names = name.twin(in: [other.name]).map { [Conflict.error($0)] } ?? []
    // Most of the rest would follow from it.
    if let id, id == other.id {
      return names + [.error("ID \(id) is that of '\(other.name)': choose another in [VPN] or with --id, or leave both out")]
    }
    return names + numbers(beside: other) + places(beside: other)
  }

  private func numbers(beside other: Claims) -> [Conflict] {
    var found: [Conflict] = []
    if let table, table == other.table { found.append(.error("table \(table) is that of '\(other.name)', too: set another Table")) }
    if let mark, mark == other.mark, !sharesMark(with: other) {
      found.append(.error("mark \(mark) is that of '\(other.name)', too: set another FwMark"))
    }
    if priority != other.priority {
      found.append(.error("Priority is \(priority), and that of '\(other.name)' \(other.priority): all VPNs must have the same"))
    }
    if let underlay, underlay == other.table {
      found.append(.error("Underlay \(underlay) is the table of '\(other.name)': write Underlay = vpn \(other.name), or set another"))
    }
    if let table, table == other.underlay {
      found.append(.error("table \(table) is the Underlay of '\(other.name)': set another Table, or another Underlay there"))
    }
    return found
  }

  /// Tunnels of a router that leave by one way, however that is spelt, have one mark, and one rule for it.
  private func sharesMark(with other: Claims) -> Bool {
    guard let profile, let theirs = other.profile else { return false }
    guard !profile.hasBox, !theirs.hasBox else { return false }
    return underlay == nil || other.underlay == nil || underlay == other.underlay
  }

  private func places(beside other: Claims) -> [Conflict] {
    var found: [Conflict] = []
    if let link = profile?.link, link == other.profile?.link, let own = addresses.first(where: other.addresses.contains) {
      found.append(.error("address \(own.address) on \(link) is that of '\(other.name)', too: write another that is free there"))
    }
    for theirs in other.subnets {
      found += addresses.filter(theirs.overlaps).map {
        .error("address \($0.address) is in the network of '\(other.name)''s commands, \(theirs): give that one another Subnet")
      }
      found += resolvers.filter(theirs.overlaps).map {
        .note("DNS server \($0.address) is in the network of '\(other.name)''s commands, \(theirs): another Subnet there keeps them apart")
      }
    }
    for own in relayed {
      found += other.relayed.filter(own.overlaps).map {
        .error("Relay \(own) overlaps \($0) of '\(other.name)': packets from there cannot go through both; leave it with one")
      }
      found += (other.addresses + other.subnets).filter(own.overlaps).map {
        .error(
          "Relay \(own) has \($0.isHost ? "the address \($0.address)" : "the commands' network \($0)") of '\(other.name)' in it: choose another there"
        )
      }
    }
    for theirs in other.relayed {
      found += (addresses + subnets).filter(theirs.overlaps).map {
        .error(
          "\($0.isHost ? "address \($0.address)" : "the commands' network \($0)") is in the Relay of '\(other.name)', \(theirs): choose another"
        )
      }
    }
    for own in subnets {
      found += (other.addresses + other.subnets).filter(own.overlaps).map {
        let what = $0.isHost ? "address \($0.address)" : "\($0)"
        return .error("the commands' network \(own) overlaps \(what) of '\(other.name)': \(Self.remedy)")
      }
      found += other.resolvers.filter(own.overlaps).map {
        .note("the commands' network \(own) has the DNS server \($0.address) of '\(other.name)' in it: \(Self.remedy)")
      }
    }
    return found
  }

  /// Some providers give one address to everybody, in every file: one of the many is enough to tell of it.
  private func shared(with others: [Claims]) -> [Conflict] {
    if profile?.link != nil { return [] }
    for other in others where other.profile?.link == nil {
      guard let own = addresses.first(where: other.addresses.contains)?.address else { continue }
      return [
        .note("'\(other.name)' has the same address (\(own)): both can run commands, and only the one that is linked first can be taken up")
      ]
    }
    return []
  }

  private func conflicts(on network: HostNetwork) -> [Conflict] {
    let place = "on \(network.link)"
    var found: [Conflict] = subnets.filter(network.prefix.overlaps).map {
      .error("the commands' network \($0) overlaps this machine's \(network.prefix.network) \(place): \(Self.remedy)")
    }
    if profile?.link == nil, addresses.contains(Prefix(host: network.prefix.address)) {
      found.append(
        .note("address \(network.prefix.address) is this machine's own, \(place): as long as it is, the VPN is for commands only"))
    }
    // The LAN stays direct unless the VPN's route is as special as that to the LAN.
    found += networks.filter { $0.length >= network.prefix.length && $0.overlaps(network.prefix) }.map {
      .note("while it is up, \($0) goes through it, although this machine's \(network.prefix.network) \(place) has that")
    }
    return found
  }

  private static let remedy = "choose another ID (in [VPN] or with --id) or another Subnet"
}

extension VPNName {
  /// A sentence, if one of those differs from this one in capital letters only.
  public func twin(in others: [VPNName]) -> String? {
    others.first { $0 != self && $0.small == small }.map {
      "there is a VPN '\($0)', from which '\(self)' differs in capital letters only: choose another name"
    }
  }

  /// A name has ASCII letters only.
  private var small: [UInt8] { description.utf8.map { (0x41...0x5a).contains($0) ? $0 + 0x20 : $0 } }
}

/// Another VPN's profile.
public struct ProfileNeighbour {
  public var name: VPNName
  public var profile: Profile

  public init(
    name: VPNName, profile: Profile
  ) {
    self.name = name
    self.profile = profile
  }
}
