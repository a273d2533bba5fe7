import NetworkModel
import NetworkPlan
import Testing

@testable import Profile

@Suite("Another link of the host as the way out") struct LinkPlanTests {
  private func vpn(_ change: (inout Profile) -> Void = { _ in }) -> VPN {
    var profile = Profile()
    profile.addresses = ["10.10.10.11/24", "fd10::11/64"].map { Prefix($0)! }
    profile.dns = [IPAddress("10.10.10.1")!]
    profile.link = "eth1"
    profile.gateways = ["10.10.10.1", "fd10::1"].map { IPAddress($0)! }
    profile.relay = [.network(Prefix("10.42.42.0/24")!), .network(Prefix("fd42::/64")!)]
    profile.table = .number(5000)
    change(&profile)
    var vpn = VPN(name: VPNName("campus")!, id: 5, profile: profile, peers: [])
    vpn.linkMAC = MACAddress(2, 0x76, 0x70, 0, 0, 5)
    vpn.mtu = 1500
    return vpn
  }

  @Test("In the tunnel's place the box has a link on the same wire, with the profile's addresses") func box() {
    let vpn = vpn()
    #expect(
      text([vpn.tunnel]) == "ip link add name wg0 mtu 1500 address 02:76:70:00:00:05 netns vpn-home link eth1 type macvlan mode private\n")
    #expect(
      text(vpn.tunnelSteps) == """
        ip -n vpn-home link set dev wg0 up
        ip -n vpn-home address add 10.10.10.11/24 dev wg0
        ip -n vpn-home route add default via 10.10.10.1 dev wg0 onlink protocol 86
        ip -n vpn-home address add fd10::11/64 dev wg0 nodad
        ip -n vpn-home -6 route add default via fd10::1 dev wg0 onlink protocol 86

        """)
    let filter = text(vpn.boxSteps)
    #expect(filter.contains("oifname \"wg0\" meta nfproto ipv4 snat") && filter.contains("10.10.10.11"))
    #expect(!filter.contains("10.42.42.0"), "what is relayed does not come here")
    #expect(vpn.linkSettings.allSatisfy { $0.place == .box })
  }

  @Test("The host has other addresses, and two tables") func host() {
    let identity = vpn().identity(underlay: 5000)
    let steps = text(identity.steps)
    #expect(identity.table == 7_676_305 && identity.memory[.isByLink])
    #expect(steps.contains("ip address add 10.20.0.5/32 dev campus") && !steps.contains("10.10.10.11"))
    #expect(steps.contains("ip route add unreachable default table 5000 metric 4294967295"))
    #expect(Identity(name: identity.name, alias: identity.alias, addresses: identity.addresses) == identity)
  }

  @Test("What is relayed leaves by the link itself") func relay() {
    let vpn = vpn()
    let identity = vpn.identity(underlay: 5000)
    let way = Relay.Way("eth1", vpn.profile.gateways, isTranslated: true)
    let relay = Relay(identity, vpn.profile.relayed, way: way)
    #expect(
      text(relay.routes.map { Step(.host, .addRoute($0)) }) == """
        ip route add default via 10.10.10.1 dev eth1 table 5000 protocol 86
        ip -6 route add default via fd10::1 dev eth1 table 5000 protocol 86

        """)
    let rules = text(relay.rules.map { Step(.host, .addRule($0)) })
    #expect(rules.contains("from 10.42.42.0/24 lookup 5000") && rules.contains("from fd42::/64 unreachable"))
    #expect(Relay(identity, found: relay.rules).networks == relay.networks)
    let filter = text(relay.preparation)
    #expect(filter.contains("oifname != \"eth1\"") && filter.contains("masquerade") && filter.contains("meta mark set 10005"))
    #expect(!filter.contains("sysctl"), "forwarding of another link is the administrator's")
  }

  @Test("Everything by it, or nothing of a family without a router") func taken() {
    #expect(vpn().scope == .all)
    #expect(vpn { ($0.gateways, $0.addresses) = ([$0.gateways[1]], [$0.addresses[1]]) }.taken.whole == [.v6])
    #expect(vpn { ($0.gateways, $0.addresses) = ([$0.gateways[0]], [$0.addresses[0]]) }.scope == .all)
  }

  @Test("A box is fixed on it") func fixed() {
    let old = vpn().identity(underlay: 5000)
    #expect(vpn { $0.table = .auto }.fixed(since: old, gateways: [], underlay: 5) == ["Table"])
  }
}
