import NetworkModel
import NetworkPlan
import TestSupport
import Testing

@testable import Profile

@Suite struct VPNTests {
  @Test("What a profile does not say comes from the ID", arguments: [1, 12, 99] as [UInt8])
  func defaults(id: UInt8) {
    let profile = Profile(privateKey: SampleVPN.both.vpn.device.privateKey, addresses: [Prefix("172.27.12.34")!], peers: [])
    let vpn = VPN(name: VPNName("home")!, id: id, profile: profile, peers: [])
    #expect(vpn.subnet4.description == "10.20.\(id).0/24")
    #expect(vpn.subnet6.description == "fd76:706e:\(String(id, radix: 16))::/64")
    #expect(vpn.table == UInt32(id))
    #expect(vpn.device.fwmark == 10000 + UInt32(id))
    #expect(vpn.mtu == 1420)
    #expect(vpn.families == [.v4])
  }

  @Test("What it says counts") func said() {
    var profile = Profile(privateKey: SampleVPN.both.vpn.device.privateKey, addresses: [Prefix("fd27:12::34/64")!], peers: [])
    profile.subnet = Prefix("10.44.0.0/24")
    profile.subnet6 = Prefix("fd44:1::/64")
    profile.table = .number(4242)
    profile.fwmark = 7
    profile.listenPort = 51821
    profile.mtu = 1380
    let vpn = VPN(name: VPNName("home")!, id: 1, profile: profile, peers: [])
    #expect(vpn.subnet(.v4).description == "10.44.0.0/24")
    #expect(vpn.subnet(.v6).description == "fd44:1::/64")
    #expect((vpn.table, vpn.mtu, vpn.device.fwmark, vpn.device.listenPort) == (4242, 1380, 7, 51821))
    #expect(vpn.address(.v4) == nil)
    #expect(vpn.address(.v6) == IPAddress("fd27:12::34"))
  }

  @Test("Until names are looked up, a profile that names somebody allows nobody") func permission() throws {
    var profile = Profile(privateKey: nil, addresses: [Prefix("172.27.12.34")!], peers: [])
    let name = try #require(VPNName("home"))
    #expect(VPN(name: name, id: 1, profile: profile, peers: []).permission == .everybody)
    profile.groups = [.number(27)]
    #expect(VPN(name: name, id: 1, profile: profile, peers: []).permission == .only(users: [], groups: []))
    profile.groups = []
    profile.users = [.name("alice")]
    var vpn = VPN(name: name, id: 1, profile: profile, peers: [])
    #expect(vpn.permission == .only(users: [], groups: []))
    vpn.permission = .only(users: [1000], groups: [27])
    #expect(text(vpn.boxSteps).contains("ip -n vpn-home link set dev lo alias 'users=1000 groups=27' up\n"))
    #expect(text(vpn.reloadWays(found: [])).hasPrefix("ip -n vpn-home link set dev lo alias 'users=1000 groups=27'\n"))
  }

  @Test("What makes a new tunnel usable, or a new pair of links, is a part of what made the box") func repairs() throws {
    let profile = Profile(privateKey: nil, addresses: [Prefix("172.27.12.34")!, Prefix("fd27:12::34")!], peers: [])
    let key = WireGuardKey(bytes: [UInt8](repeating: 1, count: 32))!
    let peer = WireGuardPeer(publicKey: key, allowedIPs: [Prefix("0.0.0.0/0")!, Prefix("::/0")!])
    let vpn = VPN(name: try #require(VPNName("home")), id: 1, profile: profile, peers: [peer])
    #expect(
      text(vpn.tunnelSteps) == """
        ip -n vpn-home link set dev wg0 up
        ip -n vpn-home route add default dev wg0 protocol 86
        ip -n vpn-home -6 route add default dev wg0 protocol 86

        """)
    let pair = text(vpn.pairSteps).split(separator: "\n")
    #expect(!pair.isEmpty && pair.allSatisfy { $0.contains("host0") })
    #expect(pair[0].contains("type veth"))
    #expect(vpn.boxSteps.filter { vpn.tunnelSteps.contains($0) } == vpn.tunnelSteps)
  }

  @Test("Names of links fit the kernel's 15 bytes", arguments: ["h", "abcdefghijkl", "A-b_9"])
  func names(text: String) throws {
    let name = try #require(VPNName(text))
    for link in [Names.bridge(name), Names.hostLink(name), Names.userspace(name), Names.tunnel, Names.uplink, Names.commandLink] {
      #expect(link.utf8.count <= 15)
    }
    #expect(Names.pin(name) == "/run/netns/" + Names.namespace(name))
  }

  @Test("Private and preshared keys are in no line that is shown", arguments: SampleVPN.all)
  func secrets(sample: SampleVPN) {
    var vpn = sample.vpn
    vpn.device.peers[0].presharedKey = WireGuardKey(bytes: [UInt8](repeating: 7, count: 32))
    let shown = text([Step(.box, .configure("wg0", vpn.device))])
    for secret in [vpn.device.privateKey!, vpn.device.peers[0].presharedKey!] {
      #expect(!shown.contains(secret.base64))
      #expect(!shown.contains(secret.hexadecimal))
    }
    #expect(shown.contains(vpn.device.peers[0].publicKey.base64))
  }
}
