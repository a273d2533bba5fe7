import NetworkModel
import NetworkPlan
import Profile
import Testing

/// VPNs that differ in what decides how a box looks.
struct SampleVPN: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var addresses: [String]
  var dns: [String] = []
  var search: [String] = []
  var allowed: [String] = ["0.0.0.0/0", "::/0"]
  var table: UInt32?

  static let all = [both, v4, v6, fourServers, split]
  static let both = SampleVPN(
    testDescription: "both families", addresses: ["172.27.12.34/32", "fd27:12::34/128"], dns: ["172.27.12.1"], search: ["corp.example"])
  static let v4 = SampleVPN(testDescription: "IPv4", addresses: ["172.27.12.34/24"], allowed: ["0.0.0.0/0"])
  static let v6 = SampleVPN(testDescription: "IPv6", addresses: ["fd27:12::34/64"], dns: ["fd27:12::1"], allowed: ["::/0"])
  static let fourServers = SampleVPN(
    testDescription: "four servers", addresses: ["172.27.12.34/32", "fd27:12::34/128"],
    dns: ["172.27.12.1", "fd27:12::1", "172.27.12.2", "fd27:12::2"], search: ["corp.example", "lab.example"])
  static let split = SampleVPN(
    testDescription: "some networks, two addresses, a table", addresses: ["172.27.12.34/32", "172.27.12.35/32", "fd27:12::34/128"],
    allowed: ["10.9.0.0/16", "192.0.2.128/25", "fd09::/64"], table: 70000)

  /// What the box of this VPN says; its bridge is the third link that is made there.
  var facts: BoxFacts {
    let vpn = vpn
    return BoxFacts(
      bridge: .init(Names.bridge(vpn.name), index: 3), mtu: vpn.mtu,
      gateways: vpn.families.map { Prefix(vpn.subnet($0).gateway, length: vpn.subnet($0).length) }, dns: vpn.dns,
      search: search.joined(separator: " "))
  }

  var vpn: VPN {
    let peer = WireGuardPeer(publicKey: Keys.peer, allowedIPs: allowed.map { Prefix($0)! })
    let profile = Profile(
      privateKey: Keys.own, addresses: addresses.map { Prefix($0)! }, dns: dns.map { IPAddress($0)! },
      table: table.map { .number($0) } ?? .auto, peers: [])
    var vpn = VPN(name: VPNName("home")!, id: 1, profile: profile, peers: [peer])
    vpn.search = search
    return vpn
  }
}
