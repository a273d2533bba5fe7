import NetworkModel
import NetworkPlan
import Profile
import TestSupport
import Testing

/// What is let in to a command from its VPN.
@Suite struct PortAddressTests {
  private let home = VPNName("home")!
  private let facts = BoxFacts(
    bridge: .init("br-home", index: 4), mtu: 1420, gateways: [Prefix("10.20.1.1/24")!, Prefix("fd76:706e:1::1/64")!],
    resolvers: CommandResolvers(servers: [], search: []))
  private let shell = Shell(box: "vpn-home", command: "web")

  @Test(
    "A port and its addresses tell each other",
    arguments: [
      ("tcp/51413", "240.6.200.213", "fd76:706e:ffff:6:0:c8d5::"), ("udp/51413", "240.17.200.213", "fd76:706e:ffff:11:0:c8d5::"),
      ("tcp/1", "240.6.0.1", "fd76:706e:ffff:6:0:1::"), ("udp/65535", "240.17.255.255", "fd76:706e:ffff:11:0:ffff::"),
    ])
  func addresses(_ text: String, _ v4: String, _ v6: String) throws {
    let port = try #require(TransportPort(text.utf8))
    #expect(port.description == text)
    for (family, address) in [(IPFamily.v4, v4), (.v6, v6)] {
      let own = PortAddress.of(port, family)
      #expect(own.description == address && PortAddress.all(family).contains(own))
      #expect(PortAddress.port(Prefix(host: own)) == port)
    }
  }

  @Test(
    "Other routes are no port's",
    arguments: ["10.20.1.7/32", "240.0.0.0/8", "240.1.0.22/32", "fd76:706e:ffff::/48", "fd76:706e:1::7/128"])
  func others(_ text: String) { #expect(PortAddress.port(Prefix(text)!) == nil) }

  @Test("Words that are no ports", arguments: ["", "22", "tcp/0", "tcp/65536", "tcp/", "icmp/1", "TCP/22", "tcp/22,", "tcp/22 "])
  func noPorts(_ text: String) { #expect(TransportPort.list(text.utf8) == nil) }

  @Test func listsNameEachOnce() {
    #expect(TransportPort.list("tcp/22,udp/53,tcp/22".utf8).map(TransportPort.text) == "tcp/22,udp/53")
  }

  @Test("The route by the command's own port comes first, and what it is for goes with that port") func entrances() {
    #expect(
      facts.entrances([TransportPort(.tcp, 22)], isPublished: false, 7).flatMap { $0.commandLines(shell) } == [
        "ip -n vpn-home route add 240.6.0.22/32 dev v7 protocol 86",
        "ip -n vpn-home neighbour replace 240.6.0.22 lladdr 02:76:70:00:00:07 nud permanent dev v7",
        "ip -n vpn-home -6 route add fd76:706e:ffff:6:0:16::/128 dev v7 protocol 86",
        "ip -n vpn-home neighbour replace fd76:706e:ffff:6:0:16:: lladdr 02:76:70:00:00:07 nud permanent dev v7",
      ])
  }

  @Test("What is published to one that runs is what its alias says, and nothing is left of it") func published() {
    var occupant = Occupant(uid: 1000, pid: 42, command: "web")
    func lines() -> [String] {
      facts.admittingSteps(7, occupant, inbound: [TransportPort(.tcp, 22)]).flatMap { $0.commandLines(shell) }.map { $0.trimmed }
    }
    let before = lines()
    occupant.published = PublishedPort.list("8080:80,0.0.0.0:8081:80,5353:53/udp".utf8)!
    let whole = lines()
    #expect(whole.filter { $0.contains("daddr 240.0.0.7 tcp dport 80 dnat ip to 10.20.1.7") }.count == 1)
    #expect(whole.contains("iifname \"eth0\" ip6 daddr fd76:706e:ffff::7:0:0 udp dport 53 dnat ip6 to fd76:706e:1::7"))
    #expect(whole.contains("iifname \"eth0\" ip daddr 240.6.0.22 tcp dport 22 dnat ip to 10.20.1.7"))
    #expect(whole.contains { $0.contains("publish=127.0.0.1:8080:80/tcp,0.0.0.0:8081:80/tcp,127.0.0.1:5353:53/udp web") })
    occupant.published = []
    #expect(lines() == before && !before.contains { $0.contains("240.0.") })
    let made = facts.entrances([], isPublished: true, 7).flatMap { $0.commandLines(shell) }
    let gone = facts.unpublishingSteps(7).flatMap { $0.commandLines(shell) }
    #expect(gone.count == made.count && gone[0] == "ip -n vpn-home route del 240.0.0.7/32 dev v7 protocol 86")
  }

  @Test("The port of what is attached lets answers from there pass, only while something is published") func guarded() {
    func lines(_ published: [PublishedPort]) -> [String] {
      var occupant = Occupant(uid: 0, pid: 0, command: "web", isAttached: true)
      occupant.published = published
      return facts.admittingSteps(7, of: home, occupant, inbound: [], link: "eth0", kept: nil).flatMap { $0.commandLines(shell) }
    }
    #expect(lines(PublishedPort.list("8080:80".utf8)!).contains { $0.contains("saddr") && $0.contains("240.0.0.7") })
    #expect(!lines([]).contains { $0.contains("240.0.0.7") })
  }

  @Test func aliasesOfALinkAreShort() {
    var occupant = Occupant(uid: .max, pid: .max, command: ByteString(Array(repeating: 0x61, count: 60)), isAttached: true)
    #expect(occupant.fits)
    occupant.published = PublishedPort.list("127.0.0.1:10000:10000,127.0.0.1:10001:10001,127.0.0.1:10002:10002".utf8)!
    #expect(occupant.fits)
    occupant.inbound = (10000..<10014).map { TransportPort(.tcp, UInt16($0)) }
    #expect(!occupant.fits)
  }

  @Test("In the command only the port itself becomes its own") func command() {
    let steps = facts.steps(7, of: home, alias: nil, inbound: [TransportPort(.udp, 53)])
    let lines = steps.flatMap { $0.commandLines(shell) }.map { $0.trimmed }
    #expect(lines.contains("iifname \"eth0\" ip daddr 240.17.0.53 udp dport 53 dnat ip to 10.20.1.7"))
    #expect(lines.contains("iifname \"eth0\" ip6 daddr fd76:706e:ffff:11:0:35:: udp dport 53 dnat ip6 to fd76:706e:1::7"))
    let without = facts.steps(7, of: home, alias: nil).flatMap { $0.commandLines(shell) }
    #expect(!without.contains { $0.contains("240.") || $0.contains("chain inbound") })
  }

  @Test("Words of Inbound that make a port the host's") func hosts() {
    func holder(_ port: String, _ words: [ByteString]) -> ByteString? { Openings.holder(of: TransportPort(port.utf8)!, in: words) }
    #expect(holder("tcp/22", ["icmp", "tcp/22"]) == "tcp/22" && holder("udp/22", ["icmp", "tcp/22"]) == nil)
    #expect(holder("tcp/22", ["all"]) == "all" && holder("tcp/22", []) == nil)
    #expect(holder("udp/6001", ["udp/6000-6010"]) == "udp/6000-6010" && holder("udp/6011", ["udp/6000-6010"]) == nil)
  }
}

extension String {
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
