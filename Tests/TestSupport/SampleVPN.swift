internal import NetworkModel
public import NetworkPlan

@testable public import Profile

/// VPNs that differ in what decides how a box looks, and what the host does while they are up.
public struct SampleVPN: Sendable, CustomStringConvertible {
  /// The name of its snapshot, too.
  public var description: String
  var addresses: [String]
  var dns: [String] = []
  var search: [String] = []
  var allowed: [String] = ["0.0.0.0/0", "::/0"]
  var table: UInt32?
  var direct: [String] = []
  /// The uplink's addresses, where `OutsideIdentity = yes`.
  var outside: [String] = []
  /// Of another tunnel, which is not one of the usual.
  var marks: [UInt32] = []
  var isStrict = false

  public static let all = [both, v4, v6, fourServers, split]
  public static let both = SampleVPN(
    description: "both", addresses: ["172.27.12.34/32", "fd27:12::34/128"], dns: ["172.27.12.1"], search: ["corp.example"])
  public static let v4 = SampleVPN(description: "IPv4", addresses: ["172.27.12.34/24"], allowed: ["0.0.0.0/0"])
  public static let v6 = SampleVPN(
    description: "IPv6", addresses: ["fd27:12::34/64"], dns: ["fd27:12::1"], allowed: ["::/0"], isStrict: true)
  public static let fourServers = SampleVPN(
    description: "four-servers", addresses: ["172.27.12.34/32", "fd27:12::34/128"],
    dns: ["172.27.12.1", "fd27:12::1", "172.27.12.2", "fd27:12::2"], search: ["corp.example", "lab.example"],
    direct: ["198.51.100.0/24", "2001:db8:5::/48"], outside: ["192.168.7.20", "2001:db8:7::20"], marks: [51820], isStrict: true)
  public static let split = SampleVPN(
    description: "split", addresses: ["172.27.12.34/32", "172.27.12.35/32", "fd27:12::34/128"], dns: ["10.9.0.1", "192.0.2.1"],
    allowed: ["10.9.0.0/16", "192.0.2.128/25", "fd09::/64"], table: 70000, direct: ["10.9.8.0/24"])

  /// What the box of this VPN says; its bridge is the third link that is made there.
  public var facts: BoxFacts {
    let vpn = vpn
    return BoxFacts(
      bridge: .init(Names.bridge(vpn.name), index: 3), mtu: vpn.mtu,
      gateways: vpn.families.map { Prefix(vpn.subnet($0).gateway, length: vpn.subnet($0).length) }, resolvers: vpn.resolvers)
  }

  public var profile: Profile {
    Profile(
      privateKey: Keys.own, addresses: addresses.map { Prefix($0)! }, dns: dns.map { IPAddress($0)! },
      search: search.map { DomainName($0)! }, table: table.map { .number($0) } ?? .auto,
      peers: [PeerProfile(publicKey: Keys.peer, allowedIPs: allowed.map { Prefix($0)! })], direct: direct.map { Prefix($0)! },
      outsideIdentity: !outside.isEmpty)
  }

  public var vpn: VPN {
    let peer = WireGuardPeer(publicKey: Keys.peer, allowedIPs: allowed.map { Prefix($0)! })
    return VPN(name: VPNName("home")!, id: 1, profile: profile, peers: [peer])
  }

  /// What is remembered of it while it is up.
  public var identityUp: Identity {
    let vpn = vpn
    var identity = vpn.identity
    identity.memory[.isUp] = true
    identity.memory[.takesAll] = vpn.scope == .all
    identity.memory[.takesQueries] = vpn.takesQueries
    return identity
  }

  /// On a host with one LAN, which has been given a part of the split one's networks, and half of the internet besides.
  public var systemWide: SystemWide {
    let local = ["192.168.7.0/24", "10.9.64.0/20", "10.0.0.0/8", "128.0.0.0/1", "2001:db8:7::/64", "fe80::/64", "fd09::4:0/112"]
    return SystemWide(
      identityUp, taken: vpn.taken, direct: vpn.profile.direct, outside: outside.map { IPAddress($0)! }, local: local.map { Prefix($0)! },
      uplinks: ["lan0"],
      marks: marks, isStrict: isStrict)
  }
}
