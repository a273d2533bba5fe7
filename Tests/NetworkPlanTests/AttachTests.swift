import NetworkModel
import NetworkPlan
import Testing

@Suite struct AttachTests {
  private let home = VPNName("home")!
  private let facts = BoxFacts(
    bridge: .init("br-home", index: 4), mtu: 1420, gateways: [Prefix("10.20.1.1/24")!, Prefix("fd76:706e:1::1/64")!],
    resolvers: CommandResolvers(servers: [IPAddress("172.27.12.1")!], search: []))
  private let shell = Shell(box: "vpn-home", command: "web")

  private var lines: [String] {
    facts.attachingSteps(7, of: home, link: "net1", alias: "uid=0 attached=0 web").flatMap { $0.commandLines(shell) }
  }

  @Test("Nothing comes by the port before its guard is there") func order() throws {
    guard case .addLink(let link) = facts.attachedPort(7, owner: 1000, link: "net1").change else {
      Issue.record("no link")
      return
    }
    #expect(!link.isUp)
    #expect(link.queueLength == 1000)
    let up = try #require(lines.firstIndex { $0.hasPrefix("ip -n vpn-home link set dev v7 alias") })
    #expect(lines[up].hasSuffix(" up"))
    let before = lines[..<up]
    for wanted in [
      "add chain netdev vpn v7 { type filter hook ingress device \"v7\" priority 0; policy drop; }",
      "ip -n vpn-home link set dev v7 type bridge_slave isolated on learning off flood off mcast_flood off bcast_flood off",
      "bridge -n vpn-home fdb replace 02:76:70:00:00:07 dev v7 master static",
      "ip -n vpn-home neighbour replace 10.20.1.7 lladdr 02:76:70:00:00:07 nud permanent dev br-home",
      "ip -n vpn-home neighbour replace fd76:706e:1::7 lladdr 02:76:70:00:00:07 nud permanent dev br-home",
      "    oifname != \"lo\" reject with icmpx type admin-prohibited",
    ] { #expect(before.contains(wanted), "\(wanted)") }
    #expect(lines.last == "ip -n web -6 route add default via fd76:706e:1::1 dev net1 protocol 86")
  }

  @Test("What is let in is what the port's own addresses say") func portGuard() {
    #expect(
      lines.filter { $0.hasPrefix("add rule netdev vpn v7 ") }.map { $0.dropFirst(23) } == [
        "ether saddr != 02:76:70:00:00:07 drop", "arp saddr ether 02:76:70:00:00:07 arp saddr ip 10.20.1.7 accept",
        "ip saddr 10.20.1.7 accept", "meta protocol ip6 meta l4proto ipv6-icmp icmpv6 type 134 drop",
        "meta protocol ip6 meta l4proto ipv6-icmp icmpv6 type 137 drop",
        "meta protocol ip6 meta l4proto ipv6-icmp icmpv6 type 136 icmpv6 taddr != fd76:706e:1::7 drop", "ip6 saddr fd76:706e:1::7 accept",
      ])
  }

  @Test("What is taken away is what was made in the box") func detaching() {
    #expect(
      facts.detachingSteps(7).flatMap { $0.commandLines(shell) } == [
        "ip -n vpn-home link del dev v7", "ip -n vpn-home neighbour del 10.20.1.7 dev br-home",
        "ip -n vpn-home neighbour del fd76:706e:1::7 dev br-home", "ip netns exec vpn-home nft delete chain netdev vpn v7",
      ])
  }
}
