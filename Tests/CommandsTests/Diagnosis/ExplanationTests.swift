import LinuxSystem
import NetworkModel
import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

/// What is said of a network that is written down here; whether it is so is asked of the kernel in the lab.
@Suite struct ExplanationTests {
  /// A host with `home` up, whose uplink is u0 and whose LAN is l0.
  static let rules = """
    [{"priority":0,"src":"all","table":"255"},{"priority":90,"src":"all","fwmark":"0x2711","table":"254","protocol":"86"},\
    {"priority":99,"src":"all","l3mdev":null,"protocol":"86"},\
    {"priority":100,"src":"all","ipproto":"ipproto-17","dport":53,"table":"1","protocol":"86"},\
    {"priority":101,"src":"all","table":"254","suppress_prefixlen":0,"protocol":"86"},\
    {"priority":201,"src":"172.27.12.34","iif":"lo","table":"1","protocol":"86"},\
    {"priority":201,"src":"all","oif":"home","table":"1","protocol":"86"},\
    {"priority":301,"not":null,"src":"all","fwmark":"0x2711","table":"1","protocol":"86"},{"priority":32766,"src":"all","table":"254"}]
    """
  static let routes = """
    [{"type":"7","dst":"default","table":"1","metric":4294967295},{"dst":"default","gateway":"169.254.76.1","dev":"home","table":"1"},\
    {"dst":"default","gateway":"198.51.100.1","dev":"u0","metric":5},{"dst":"192.168.50.0/24","dev":"l0"},\
    {"type":"2","dst":"127.0.0.0/8","dev":"lo","table":"255"}]
    """
  static let ways = """
    [{"name":"home","fwmark":10001,"table":1,"addresses":["172.27.12.34"],"gateways":["10.20.1.1/24"],"dns":["172.27.12.1"],"tunnel":true,"box":true,\
    "routes":[{"destination":"0.0.0.0/0","link":"wg0","table":254},{"destination":"0.0.0.0/0","link":"br-home","table":253},\
    {"destination":"172.27.12.34/32","link":"host0","table":254}],\
    "peers":[{"public_key":"AAAAAAAAAAAA","endpoint":"203.0.113.2:51820","allowed_ips":["0.0.0.0/0"]},\
    {"public_key":"BBBBBBBBBBBB","endpoint":null,"allowed_ips":["192.0.2.0/24"]}],\
    "up":true,"filter":true,"takes_queries":true,"networks":null,"direct":["192.168.0.0/16"],"relay":["10.42.42.0/24"],"relay_translated":false,\
    "inbound":["tcp/22","udp/6000-6010"],"link":null,"link_addresses":[]}]
    """

  static func host(rules: String = rules, answers: Bool = true) throws -> HostView<Failure> {
    let look = try HostRoutes(.v4, rules: Array(rules.utf8), routes: Array(routes.utf8))
    return HostView<Failure>(
      ways: try decoded(Array(ways.utf8)), routes: { _ in look },
      ask: { packet in answers ? look.find(packet).flatMap { $0.route.refuses ? nil : $0.route } : nil })
  }

  private func find(_ destination: String, mark: UInt32 = 0, isQuery: Bool = false) throws -> String {
    let found = try Self.host().routes(.v4).find(.init(destination: IPAddress(destination)!, mark: mark, port: isQuery ? .query : nil))
    return found.map { "\($0.rule.priority) \($0.prefix) \($0.route.dev ?? "-")" } ?? "nothing"
  }

  @Test func rulesAreAskedInTheirOrder() throws {
    #expect(try find("192.0.2.80") == "301 0.0.0.0/0 home")
    #expect(try find("192.0.2.80", mark: 10001) == "90 0.0.0.0/0 u0")
    #expect(try find("192.168.50.20") == "101 192.168.50.0/24 l0")
    #expect(try find("192.168.50.20", isQuery: true) == "100 0.0.0.0/0 home")
    #expect(try find("127.0.0.53", isQuery: true) == "0 127.0.0.0/8 lo")
  }

  @Test("A tunnel of the host's own encrypts, and no command is in it") func withoutBox() throws {
    let json = """
      [{"name":"l0","fwmark":10001,"table":7,"addresses":[],"gateways":[],"dns":[],"tunnel":true,"box":false,"routes":[],\
      "peers":[{"public_key":"AAAAAAAAAAAA","endpoint":"203.0.113.2:51830","allowed_ips":["0.0.0.0/0"]}],\
      "up":false,"filter":false,"takes_queries":false,"networks":null,"direct":[],"relay":[],"relay_translated":false,"inbound":[],\
      "link":null,"link_addresses":[]}]
      """
    var host = try Self.host()
    host.ways = try decoded(Array(json.utf8))
    let path = try Explanation.ofHost(to: IPAddress("192.168.50.20")!, named: "192.168.50.20", on: host)
    #expect(path.outcome == .tunnel && path.through == "l0" && path.link == "u0" && path.steps.allSatisfy { $0.place != .box })
    let command = try Explanation.ofCommand(
      in: host.ways[0], to: IPAddress("192.0.2.80")!, named: "192.0.2.80", on: host)
    #expect(command.outcome == .stops)
  }

  @Test("A `throw` route leads to the next rule, `goto` to a priority, and `nop` does nothing") func ways() throws {
    let rules = """
      [{"priority":250,"src":"all","fwmark":"0x7","goto":601,"protocol":"86"},\
      {"priority":301,"not":null,"src":"all","fwmark":"0x2700","fwmask":"0xffffff80","table":"7676101","protocol":"86"},\
      {"priority":302,"src":"all","table":"254","suppress_prefixlen":0},\
      {"priority":303,"not":null,"src":"all","fwmark":"0x2700","fwmask":"0xffffff80","table":"7676201","protocol":"86"},\
      {"priority":601,"src":"all","nop":null,"protocol":"86"},{"priority":5270,"src":"all","table":"52"},\
      {"priority":32766,"src":"all","table":"254"}]
      """
    let routes = """
      [{"dst":"10.0.0.0/8","dev":"home","table":"7676101"},{"type":"9","dst":"10.1.0.0/16","table":"7676101"},\
      {"dst":"default","dev":"home","table":"7676201"},{"type":"9","dst":"100.64.0.0/10","table":"7676201"},\
      {"dst":"100.64.0.9","dev":"overlay0","table":"52"},{"dst":"default","dev":"u0"},{"dst":"10.1.2.0/24","dev":"l0"}]
      """
    let host = try HostRoutes(.v4, rules: Array(rules.utf8), routes: Array(routes.utf8))
    func find(_ destination: String, mark: UInt32 = 0) -> String {
      host.find(.init(destination: IPAddress(destination)!, mark: mark)).map { "\($0.rule.priority) \($0.route.dev ?? "-")" } ?? "nothing"
    }
    #expect(find("10.2.0.1") == "301 home")
    #expect(find("10.1.0.1") == "303 home")
    #expect(find("10.1.2.1") == "302 l0")
    #expect(find("100.64.0.9") == "5270 overlay0")
    #expect(find("100.64.0.10") == "32766 u0")
    #expect(find("192.0.2.1") == "303 home")
    #expect(find("192.0.2.1", mark: 10005) == "32766 u0")
    #expect(find("10.2.0.1", mark: 7) == "32766 u0")
  }

  /// Nothing is claimed of what is not understood.
  @Test func strangeRules() throws {
    let strange = Self.rules.replacing(
      #"{"priority":90"#, with: #"{"priority":80,"src":"all","uid_start":5,"uid_end":6,"table":"7"},{"priority":90"#)
    let host = try Self.host(rules: strange)
    #expect(try host.routes(.v4).find(.init(destination: IPAddress("192.0.2.80")!)) == nil)
    #expect(try host.routes(.v4).find(.init(destination: IPAddress("127.0.0.1")!)) != nil)
  }

  @Test func aProgramOfTheHost() throws {
    let path = try Explanation.ofHost(to: IPAddress("198.18.0.1")!, named: "198.18.0.1", on: Self.host())
    #expect(
      explanationText(path, .plain) == """
        A program of the host sends to 198.18.0.1

          host       rule 301: table 1 (home), route 0.0.0.0/0 by home to 169.254.76.1
             │       by the link home into its box, from 172.27.12.34
             │
          box        route 0.0.0.0/0 by wg0
             │       encrypted for peer AAAAAAAA…: its AllowedIPs have 0.0.0.0/0
             ║
          host       UDP to 203.0.113.2:51820, with mark 10001
             ║       rule 90: table main, route 0.0.0.0/0 by u0 to 198.51.100.1
             ║
          server     203.0.113.2:51820 sends it on to 198.18.0.1

        It goes through home, and leaves encrypted by u0.

        """)
  }

  @Test func whereACommandsPacketStops() throws {
    func reason(_ destination: String, isQuery: Bool = false) throws -> String? {
      let all: [Ways] = try decoded(Array(Self.ways.utf8))
      let ways = all[0]
      return try Explanation.ofCommand(
        in: ways, to: IPAddress(destination)!, port: isQuery ? .query : nil, named: destination, on: Self.host()
      ).reason
    }
    #expect(try reason("198.18.0.1") == nil)
    #expect(try reason("192.0.2.80") == "that peer has no endpoint: it must call first")
    #expect(try reason("2001:db8::1") == "home has no IPv6 address, nor has the command: unreachable at once")
    #expect(try reason("10.20.1.1") == "the box's own address, where nothing but ping is answered")
    #expect(try reason("10.20.1.9") == "in the commands' own network 10.20.1.0/24: they cannot reach one another")
    #expect(try reason("172.27.12.34") == "the VPN's own address, which is the host's: the filter refuses it, TCP with a reset")
    #expect(try reason("10.20.1.1", isQuery: true) == nil)
  }

  @Test func theKernelHasTheLastWord() throws {
    let path = try Explanation.ofHost(to: IPAddress("198.18.0.1")!, named: "198.18.0.1", on: Self.host(answers: false))
    #expect(path.outcome == .stops)
    #expect(path.reason == "no route: unreachable at once")
  }

  @Test("Port 853 of the LAN's servers is refused while a VPN takes the system's queries, and another VPN's is not") func port853() throws {
    func path(_ port: String, takesQueries: Bool = true) throws -> Explanation {
      var host = try Self.host()
      host.ways[0].takesQueries = takesQueries
      return try .ofHost(to: IPAddress("192.168.50.20")!, port: PacketPort(port), named: "192.168.50.20", on: host)
    }
    for port in ["tcp/853", "udp/853"] {
      #expect(try path(port).reason == "the filter vpn-up.home refuses DNS by TLS and QUIC, port 853, that leaves by another link")
    }
    #expect(try path("tcp/443").outcome == .direct && path("tcp/853", takesQueries: false).outcome == .direct)
    #expect(try path("udp/53").through == "home", "rule 100")
  }

  private func comesIn(_ word: String, listens: Bool? = true, change: (inout Ways) -> Void = { _ in }) throws -> Explanation {
    let all: [Ways] = try decoded(Array(Self.ways.utf8))
    var ways = all[0]
    change(&ways)
    return .ofInbound(
      try #require(ComingIn(word, listener: { _ in listens }, droppingChains: ["'input' of table inet filter"])), from: "home", ways)
  }

  @Test("What comes in from a VPN") func comingIn() throws {
    for word in ["tcp/22", "udp/6000", "udp/6005", "udp/6010"] {
      let path = try comesIn(word)
      #expect(path.outcome == .local && path.link == "home" && path.through == "home" && path.port == word && path.inbound, "\(word)")
    }
    for word in ["udp/22", "tcp/6000", "udp/6011", "tcp/23", "icmp"] {
      let reason = try #require(try comesIn(word).reason)
      #expect(reason.contains("only tcp/22, udp/6000-6010 and answers") && reason.contains("Inbound=tcp/22,udp/6000-6010,\(word)`"))
    }
    #expect(try comesIn("icmp") { $0.inbound = ["all"] }.outcome == .local)
    #expect(try comesIn("tcp/22") { $0.inbound = [] }.reason?.contains("nothing but answers") == true)
    #expect(try comesIn("tcp/22", listens: false).reason?.contains("no program listens on tcp/22") == true)
    #expect(try comesIn("tcp/22", listens: nil).outcome == .local)
    #expect(try comesIn("tcp/22") { $0.tunnel = false }.reason?.hasPrefix("the tunnel is gone") == true)
    #expect(try comesIn("tcp/22") { $0.addresses = [] }.reason?.contains("for commands only") == true)
    #expect(try comesIn("tcp/99", listens: false) { $0.box = false }.outcome == .local)
    #expect(
      try comesIn("tcp/22").steps.contains { $0.text == "the chain 'input' of table inet filter drops it, unless a rule there allows it" })
    for word in ["all", "no", "ssh", "tcp/1-2", "tcp/0"] { #expect(ComingIn(word, listener: { _ in nil }, droppingChains: nil) == nil) }
    #expect(
      explanationText(try comesIn("tcp/22"), .plain) == """
        Somebody in home sends to this machine, tcp/22

          box        out of the tunnel, to 172.27.12.34, from what a peer's AllowedIPs have
             │       Inbound has tcp/22: the filter lets it in
             │
          host       by the link home, not translated: it is seen who asks
             │       the chain 'input' of table inet filter drops it, unless a rule there allows it

        It comes in.

        """)
  }
}
