public import HelperWire
internal import NetworkModel
internal import NetworkPlan
public import Profile

/// What the profiles say, to whom they are asked by: `vpn-link show` tells everybody all but the keys.
public struct ProfileFacts {
  public struct Resolution: Equatable, Sendable {
    public var host: String
    /// Why there is none.
    public var error: String?

    public init(
      host: String, error: String? = nil
    ) {
      self.host = host
      self.error = error
    }
  }

  public var reports: [Report]
  /// Which of them are looked at.
  public var names: [String]
  /// `ip -N -j route show table main`, IPv4 and IPv6: what the LAN uses.
  public var routes: [HostRoutes.Route]
  /// Of endpoints that are names.
  public var resolutions: [Resolution]
  /// The host's VRFs, by their links' names.
  public var vrfs: [String]
  /// For root: what the files say.
  public var profiles: [String: Profile]

  public init(
    reports: [Report], names: [String], routes: [HostRoutes.Route], resolutions: [Resolution], vrfs: [String], profiles: [String: Profile]
  ) {
    self.reports = reports
    self.names = names
    self.routes = routes
    self.resolutions = resolutions
    self.vrfs = vrfs
    self.profiles = profiles
  }
}

extension ProfileFacts {
  public var findings: [Finding] {
    guard !reports.isEmpty else {
      var found = Findings(.profile)
      found.note("profile", "there is no VPN yet", fix: "sudo vpn import FILE")
      return found.all
    }
    return reports.filter { names.contains($0.name) }.flatMap { report -> [Finding] in
      var found = Findings(.profile, vpn: report.name)
      switch report {
      case .unreadable(_, let error, _):
        found.problem("profile", error, why: "it cannot be used as it is", fix: "sudo vpn edit \(report.name)")
      case .vpn(let vpn):
        found.ok("profile", "the profile is well-formed")
        judgeConflicts(vpn, &found)
        judgeEndpoints(vpn, &found)
        judgeContents(vpn, &found)
      }
      return found.all
    }
  }

  /// The one place for what two VPNs, or a VPN and the LAN, cannot share.
  private func judgeConflicts(_ vpn: Report.VPN, _ found: inout Findings) {
    let edit = "sudo vpn edit \(vpn.name)"
    let others = reports.compactMap(\.vpn).filter { $0.name != vpn.name }
    guard let claims = claims(of: vpn) else { return }
    let conflicts = claims.conflicts(among: others.compactMap { self.claims(of: $0) }, on: [])
    let own = Set([vpn.name] + others.map(\.name))
    for subnet in claims.subnets {
      guard
        let route = routes.first(where: { route in
          guard let network = Prefix(route.dst), network.length > 0, !own.contains(route.dev ?? "") else { return false }
          return network.overlaps(subnet)
        })
      else { continue }
      found.warning(
        "conflicts", "the commands' network \(subnet) overlaps \(route.dst), to which this machine has a route",
        why: "commands of the VPN cannot reach what is there, also if it is in the VPN; another Subnet in [VPN] can", fix: edit)
    }
    for conflict in conflicts {
      guard conflict.isError else {
        found.note("conflicts", conflict.sentence)
        continue
      }
      found.problem("conflicts", conflict.sentence, why: "the kernel tells VPNs apart by these", fix: edit)
    }
    if !conflicts.contains(where: \.isError) { found.ok("conflicts", "ID, addresses and networks are its own") }
  }

  /// Of the profile, if the caller may read it; others do not know tables and marks.
  private func claims(of vpn: Report.VPN) -> Claims? {
    guard let name = VPNName(vpn.name) else { return nil }
    return profiles[vpn.name].map { Claims(of: $0, name, id: $0.id) } ?? Claims(of: vpn, name)
  }

  private func judgeEndpoints(_ vpn: Report.VPN, _ found: inout Findings) {
    if vpn.endpoints.isEmpty {
      found.note("endpoint", "no peer has an Endpoint: the other side must begin")
    }
    for endpoint in vpn.endpoints {
      guard let resolution = resolutions.first(where: { $0.host == endpoint.host }) else { continue }
      if let error = resolution.error {
        found.problem(
          "endpoint", error, why: "the tunnel needs its server's address: is the network there, and is the name right?",
          fix: "sudo vpn edit \(vpn.name)")
      } else {
        found.ok("endpoint", "\(endpoint.host) has an address")
      }
    }
  }

  private func judgeContents(_ vpn: Report.VPN, _ found: inout Findings) {
    let edit = "sudo vpn edit \(vpn.name)"
    guard vpn.box else {
      found.note("box", "it has no box: its link is this machine's, and what comes in by it is for this machine's own filter to judge")
      return
    }
    let addresses = vpn.addresses.compactMap { Prefix($0) }
    if !addresses.contains(where: { $0.family == .v6 }) {
      found.note("address", "it has no IPv6 address", why: "commands in it have no IPv6, and while it is up, IPv6 is refused")
    } else if !addresses.contains(where: { $0.family == .v4 }) {
      found.note("address", "it has no IPv4 address", why: "commands in it have no IPv4, and while it is up, IPv4 is refused")
    } else {
      found.ok("address", "it has addresses of both families")
    }
    if vpn.dns.isEmpty {
      found.warning("dns", "it has no DNS server", why: "names cannot be resolved in it: add `DNS =` of the provider", fix: edit)
    }
    if vpn.inbound.isEmpty {
      found.ok("inbound", "nothing comes in from the VPN to this machine but answers")
    } else {
      found.note("inbound", "from the VPN may come in to this machine: \(vpn.inbound.joined(separator: ", ")); nothing else")
    }
    let profile = profiles[vpn.name]
    for remark in profile?.remarks ?? [] where remark.hasPrefix("AllowedIPs") { found.note("allowed-ips", remark, fix: edit) }
    if case .vrf(let vrf) = profile?.underlay, !vrfs.contains(vrf.description) {
      found.problem(
        "underlay", "there is no VRF '\(vrf)', by which its packets should leave",
        why: "it cannot be linked: `ip link show type vrf` lists VRFs",
        fix: edit)
    }
    judgeOuter(vpn, &found)
    let keys = Set(
      vpn.peers.map(\.publicKey) + (profile.map { [$0.privateKey?.base64].compactMap { $0 } + $0.peers.map(\.publicKey.base64) } ?? []))
    if !keys.isDisjoint(with: Self.examples) {
      found.problem(
        "keys", "it has a key of the manual's example", why: "everybody knows those keys: take the provider's file",
        fix: "sudo vpn import FILE --name \(vpn.name) --force")
    } else if !keys.isEmpty {
      found.ok("keys", "its keys are no examples")
    }
    if let mtu = profile?.mtu ?? vpn.mtu.map({ UInt32(clamping: $0) }) {
      if mtu > 1440, mtu < 8000 {
        found.warning(
          "mtu", "an MTU of \(mtu) is more than a path of 1500 bytes can take: its packets have 60 to 80 more",
          why: "large packets may be lost", fix: "sudo vpn edit \(vpn.name) MTU=1420 && vpn refresh \(vpn.name)")
      } else if mtu < 1280 {
        found.note("mtu", "an MTU of \(mtu) is small", why: "it costs speed, and IPv6 needs 1280")
      } else if mtu > 1440 {
        found.ok("mtu", "an MTU of \(mtu) is for a path of larger packets, as to an endpoint on this machine or in its LAN")
      } else {
        found.ok("mtu", "an MTU of \(mtu) is usual")
      }
    }
  }

  private func judgeOuter(_ vpn: Report.VPN, _ found: inout Findings) {
    guard let outer = vpn.through else { return }
    guard let its = reports.compactMap(\.vpn).first(where: { $0.name == outer }) else {
      found.problem(
        "underlay", "there is no VPN '\(outer)', which should carry it", why: "it cannot be linked: `vpn list` shows the VPNs",
        fix: "sudo vpn edit \(vpn.name)")
      return
    }
    guard vpn.linked, let mtu = vpn.mtu, let limit = its.mtu.map({ $0 - 80 }), mtu > max(limit, 1280) else {
      found.ok("underlay", "its encrypted packets go through \(outer), and nowhere else")
      return
    }
    found.warning(
      "underlay", "its MTU is \(mtu), and \(outer), which carries it, has \(limit + 80): of that 80 are its own",
      why: "large packets are sent in two, or lost", fix: "sudo vpn edit \(vpn.name) MTU= && vpn refresh \(vpn.name)")
  }

  /// Of wg(8) and wg-quick(8).
  private static let examples: Set = [
    "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=", "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=",
    "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=", "gN65BkIKy1eCE9pP1wdc8ROUtkHLF2PfAqYdyYBz6EA=",
    "oK56DE9Ue9zK76rAc8pBl6opph+1v36lm7cXXsQKrQM=", "GtL7fZc/bLnqZldpVofMCD6hDjrK28SsdLxevJ+qtKU=",
  ]
}

extension Claims {
  fileprivate init(of vpn: Report.VPN, _ name: VPNName) {
    self.init(
      name, id: vpn.id.flatMap { UInt8(exactly: $0) }, addresses: vpn.addresses.compactMap { Prefix($0).map { Prefix(host: $0.address) } },
      subnets: vpn.subnets.compactMap { Prefix($0) }, resolvers: vpn.dns.compactMap { IPAddress($0).map { Prefix(host: $0) } })
  }
}
