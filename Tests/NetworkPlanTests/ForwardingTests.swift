import NetworkModel
import NetworkPlan
import Profile
import TestSupport
import Testing

/// A port of the provider's that leads to a command.
@Suite struct ForwardingTests {
  private let facts = BoxFacts(
    bridge: .init("br-home", index: 4), mtu: 1420, gateways: [Prefix("10.20.1.1/24")!, Prefix("fd76:706e:1::1/64")!],
    resolvers: CommandResolvers(servers: [IPAddress("fd27:12::1")!, IPAddress("172.27.12.1")!], search: []))
  private let shell = Shell(box: "vpn-home", command: "web")

  private func lines(_ port: ForwardedPort) -> [String] {
    var occupant = Occupant(uid: 1000, pid: 42, command: "web")
    occupant.forwarded = port
    return facts.admittingSteps(7, occupant, inbound: [TransportPort(.tcp, 22)]).flatMap { $0.commandLines(shell) }.map {
      String($0.drop { $0 == " " })
    }
  }

  @Test("By whichever port it comes, it goes to the one where the command listens; what was let in before stays") func command() {
    let lines = lines(ForwardedPort(outside: 40000, inside: 6881, target: 8080))
    for line in [
      "iifname \"eth0\" ip daddr 240.6.156.64 tcp dport 40000 dnat ip to 10.20.1.7:8080",
      "iifname \"eth0\" ip daddr 240.17.26.225 udp dport 6881 dnat ip to 10.20.1.7:8080",
      "iifname \"eth0\" ip6 daddr fd76:706e:ffff:11:0:9c40:: udp dport 40000 dnat ip6 to [fd76:706e:1::7]:8080",
      "iifname \"eth0\" ip daddr 240.6.0.22 tcp dport 22 dnat ip to 10.20.1.7",
      "ip daddr 10.20.1.1 udp dport 5351 dnat ip to 10.20.1.7",
    ] { #expect(lines.contains(line), "\(line)") }
    #expect(lines.contains { $0.hasPrefix("ip -n vpn-home link set dev v7 alias") && $0.contains("forward=40000:6881:8080 web") })
  }

  @Test("The first server of IPv4 is asked") func gateway() {
    #expect(facts.portGateway?.description == "172.27.12.1" && facts.gateway4?.description == "10.20.1.1")
    var others = facts
    others.resolvers = CommandResolvers(servers: [IPAddress("fd27:12::1")!], search: [])
    #expect(others.portGateway == nil)
    others = facts
    others.gateways.removeFirst()
    #expect(others.portGateway == nil)
  }

  @Test("Neither a command nor this machine asks the provider, whatever is let in to it") func whoMayAsk() {
    func asked(_ inbound: [Inbound]) -> [String] {
      var profile = SampleVPN.both.profile
      profile.inbound = inbound
      let vpn = VPN(name: VPNName("home")!, id: 1, profile: profile, peers: [])
      return vpn.boxSteps.flatMap { $0.commandLines(shell) }.filter { $0.contains("udp dport 5351 reject") }
    }
    for inside in ["br-home", "host0"] {
      let rule = "iifname \"\(inside)\" oifname \"wg0\" udp dport 5351 reject"
      #expect(asked([]).contains { $0.contains(rule) } && asked([.icmp]).contains { $0.contains(rule) })
    }
  }

  @Test func aliases() {
    #expect(Names.vpn(ofCommandAlias: Names.commandAlias(VPNName("home")!))?.description == "home")
    for text in ["", "vpnrun", "vpnrun ", "vpnrun ../x", "home"] as [ByteString] { #expect(Names.vpn(ofCommandAlias: text) == nil) }
  }
}
