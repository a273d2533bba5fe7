internal import LinuxSystem
internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// A profile as other programs need it: with its keys, and with the numbers that follow from its ID.
struct ExportView {
  var name: VPNName
  /// With the keys themselves in place of key files' paths.
  var profile: Profile
  /// The number of the table of `Underlay`; `nil`: `main`, or one that this machine does not have.
  var underlay: UInt32?

  /// - Parameter table: of an underlay that is a name.
  init(_ name: VPNName, _ profile: Profile, table: (Underlay) throws(Failure) -> UInt32?) throws(Failure) {
    self.name = name
    self.profile = profile
    switch profile.underlay {
    case .table(Tables.main), nil: underlay = nil
    case .table(let number): underlay = number
    case .named, .vrf, .vpn: underlay = try profile.underlay.flatMap { underlay throws(Failure) in try table(underlay) }
    }
  }

  private var vpn: VPN { VPN(name: name, id: profile.id ?? Profile.identifiers.upperBound, profile: profile, peers: []) }
  var table: UInt32 { vpn.table }
  /// The system goes by other routes than those to its own addresses' networks only as another program says.
  var isOff: Bool { profile.table == .off || !profile.hasBox }
  /// What all the same goes to the peers in `table`: without a box, with a number in `Table`.
  var routed: [Prefix] {
    guard case .number = profile.table, !profile.hasBox else { return [] }
    return Prefix.once(profile.peers.flatMap(\.allowedIPs).map(\.network))
  }
  var priorities: Priorities { vpn.identity.priorities }
  /// Families of which everything goes through the VPN.
  var whole: [IPFamily] { isOff ? [] : vpn.taken.without(profile.direct).whole }
  /// Besides: networks, without what stays outside of them.
  var listed: [Prefix] { isOff ? [] : vpn.taken.listed.flatMap { $0.without(profile.direct) } }
  /// Of a family that is taken whole.
  var direct: [Prefix] { profile.direct.filter { whole.contains($0.family) } }
  func has(_ family: IPFamily) -> Bool { profile.addresses.contains { $0.family == family } }
  /// Of the encrypted packets, where anything asks for it.
  var mark: UInt32? { profile.fwmark ?? (whole.isEmpty && underlay == nil ? nil : vpn.device.fwmark) }
  /// Of the rule for encrypted packets; `nil`: the kernel gives it one, before that of the table main.
  var tunnelPriority: UInt32? { whole.isEmpty ? nil : priorities.tunnel }
  /// What the system's resolver is told; nothing of a VPN that is for commands only.
  var dns: [IPAddress] { isOff ? [] : profile.dns }
  var search: [DomainName] { isOff ? [] : profile.search }
  var unknownUnderlay: Underlay? {
    switch profile.underlay {
    case .named, .vrf, .vpn: underlay == nil ? profile.underlay : nil
    case .table, nil: nil
    }
  }

  /// Of every program but our own.
  /// - Parameter guardian: what sets up the link.
  func losses(_ guardian: String) -> [String] {
    var losses: [String] = []
    if profile.hasBox {
      let inbound = profile.inbound.isEmpty ? "no" : profile.inbound.map { "\($0)" }.joined(separator: ", ")
      losses = [
        "commands of their own (vpnrun \(name) -- COMMAND): there is no box, the link is the whole system's",
        "failing closed: when the link goes, its routes and rules go, and packets leave by the uplink",
        "Inbound = \(inbound): whatever listens on this machine is reachable from the VPN, unless its own filter refuses that",
      ]
    }
    if !profile.relayed.isEmpty {
      losses.append("Relay: what comes from the networks behind this machine is not forwarded, translated or kept to the VPN")
    }
    if let vrf = profile.vrf { losses.append("VRF = \(vrf): the link is in no VRF") }
    if !dns.isEmpty {
      losses.append("catching every DNS query: a program that asks another server than the system's resolver gets to it")
    }
    if profile.isRestricted || profile.systemWide != .group {
      losses.append("AllowUsers, AllowGroups, SystemWide: \(guardian) asks for no permission")
    }
    if profile.outsideIdentity { losses.append("OutsideIdentity: answers of the uplink's other addresses go through the VPN") }
    if profile.block { losses.append("Block: packets leave before the VPN is up") }
    if let unknown = unknownUnderlay {
      losses.append("Underlay = \(unknown): this machine has no such table, VRF or VPN with an ID, so its number is not known")
    }
    return losses
  }
}

extension Prefix {
  /// In as few networks as are needed.
  func without(_ outside: [Prefix]) -> [Prefix] {
    let near = outside.filter { $0.overlaps(self) }
    if near.isEmpty { return [self] }
    guard !near.contains(where: { $0.length <= length }), let (lower, upper) = halves else { return [] }
    return lower.without(near) + upper.without(near)
  }
}

/// Lines `KEY=VALUE` of what is there.
func settings(_ pairs: (String, String?)...) -> [String] { pairs.compactMap { key, value in value.map { "\(key)=\($0)" } } }
