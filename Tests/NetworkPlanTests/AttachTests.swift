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
    // Whose it is comes first: what is killed after that can be found.
    #expect(lines.first == "ip -n vpn-home link set dev v7 alias 'uid=0 attached=0 web'")
    let up = try #require(lines.firstIndex(of: "ip -n vpn-home link set dev v7 up"))
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
        "ether saddr != 02:76:70:00:00:07 drop",
        "arp saddr ether 02:76:70:00:00:07 arp saddr ip 10.20.1.7 accept", "ip saddr != 10.20.1.7 drop",
        "ip frag-off & 0x1fff != 0 accept",
        "meta protocol ip meta l4proto icmp icmp type 0 accept", "meta protocol ip meta l4proto icmp icmp type 8 accept",
        "meta protocol ip meta l4proto icmp @th,192,32 0xa140107 accept", "meta protocol ip meta l4proto icmp icmp type >= 0 drop",
        "meta protocol ip meta l4proto >= 0 accept",
        "ip6 saddr != fd76:706e:1::7 drop", "meta protocol ip6 frag frag-off != 0 accept",
        "meta protocol ip6 meta l4proto ipv6-icmp icmpv6 type 134 drop",
        "meta protocol ip6 meta l4proto ipv6-icmp icmpv6 type 137 drop",
        "meta protocol ip6 meta l4proto ipv6-icmp icmpv6 type 136 icmpv6 taddr != fd76:706e:1::7 drop",
        "meta protocol ip6 meta l4proto ipv6-icmp icmpv6 type >= 128 accept",
        "meta protocol ip6 meta l4proto ipv6-icmp @th,256,128 0xfd76706e000100000000000000000007 accept",
        "meta protocol ip6 meta l4proto ipv6-icmp icmpv6 type >= 0 drop", "meta protocol ip6 meta l4proto >= 0 accept",
      ])
  }

  @Test("What is taken away is what was made in the box") func detaching() {
    #expect(
      facts.detachingSteps(7).flatMap { $0.commandLines(shell) } == [
        "ip -n vpn-home link del dev v7", "ip -n vpn-home neighbour del 10.20.1.7 dev br-home",
        "ip -n vpn-home neighbour del fd76:706e:1::7 dev br-home", "ip netns exec vpn-home nft delete chain netdev vpn v7",
      ])
  }

  // MARK: Beside other links

  private let kept = [Prefix("10.96.0.0/12")!, Prefix("fd44::/64")!]
  private var beside: [String] {
    facts.attachingSteps(7, of: home, link: "vpn0", alias: "uid=0 attached=0 web", kept: kept).flatMap { $0.commandLines(shell) }
  }

  @Test("What is kept stays with the main table, and the rest never asks it") func rules() {
    #expect(
      beside.filter { $0.contains(" rule add ") }.map { $0.replacing(" protocol 86", with: "") } == [
        "ip -n web rule add priority 75 to 172.27.12.1/32 lookup 7676000",
        "ip -n web rule add priority 76 to 10.96.0.0/12 lookup main", "ip -n web rule add priority 77 to 10.96.0.0/12 unreachable",
        "ip -n web -6 rule add priority 76 to fd44::/64 lookup main", "ip -n web -6 rule add priority 77 to fd44::/64 unreachable",
        "ip -n web rule add priority 78 lookup 7676000", "ip -n web rule add priority 79 unreachable",
        "ip -n web -6 rule add priority 78 lookup 7676000", "ip -n web -6 rule add priority 79 unreachable",
      ])
    #expect(!beside.contains { $0.contains("route add default") && !$0.contains("table 7676000") })
    #expect(facts.besideRules(kept).count == 9)
    #expect(Beside.kept(in: facts.besideRules(kept)) == kept)
  }

  @Test("The last choice is there before the rules that lead to it") func lastChoice() throws {
    let last = try #require(beside.lastIndex { $0.contains("unreachable default") })
    let first = try #require(beside.firstIndex { $0.contains(" rule add ") })
    #expect(last < first)
  }

  @Test("The filter lets what is kept pass, and no server of the VPN's, before it refuses") func besideFilter() throws {
    let source = try #require(facts.attachedFilter(7, of: home, link: "vpn0", kept: kept, []).chains.first { $0.name == "source" })
    let server = FilterRule([.notOutputLink("lo"), .destination(Prefix("172.27.12.1/32")!), .reject])
    let own = FilterRule([.destinationIn("kept4", .v4), .accept])
    let at = try #require(source.rules.firstIndex(of: server))
    let next = try #require(source.rules.firstIndex(of: own))
    #expect(at < next)
    #expect(source.rules.suffix(2) == [[.notOutputLink("lo"), .transport(.tcp), .rejectWithReset], [.notOutputLink("lo"), .reject]])
    let all = facts.attachedFilter(7, of: home, link: "vpn0", kept: [], [])
    #expect(all.sets.isEmpty)
  }

  @Test(
    "Half of the internet is no network to keep",
    arguments: [("10.0.0.0/8", true), ("10.0.0.0/7", false), ("fc00::/7", true), ("2000::/3", false)])
  func networks(text: String, isOne: Bool) { #expect(Beside.isNetwork(Prefix(text)!) == isOne) }
}
