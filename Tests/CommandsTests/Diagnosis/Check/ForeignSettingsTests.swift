import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct ForeignSettingsTests {
  private static let addresses = #"""
    [{"ifname":"eth0","addr_info":[{"local":"192.168.1.2","prefixlen":24}]},
     {"ifname":"home","addr_info":[{"local":"172.27.12.34","prefixlen":32},{"local":"fd27:12::34","prefixlen":128},
      {"local":"fe80::1","prefixlen":64}]}]
    """#
  private static let routes = #"""
    [{"dst":"default","dev":"eth0","protocol":"16","table":"254"},{"dst":"default","dev":"home","protocol":"86","table":"1"},
     {"type":"2","dst":"172.27.12.34","dev":"home","protocol":"2","table":"255"}]
    """#

  private func bad(_ change: (inout ForeignSettings) throws -> Void) throws -> [Finding] {
    var facts = ForeignSettings(
      addresses: try #require(decoded([AddressEntry].self, Self.addresses)), routes: try #require(decoded([RouteEntry].self, Self.routes)),
      programs: [])
    try change(&facts)
    var found = Findings(.host)
    facts.judge([Sample.home], &found)
    #expect(found.all.count == 1)
    return found.all.filter { $0.severity != .ok }
  }

  private static func add(_ facts: inout ForeignSettings) {
    facts.addresses[1].addresses.append(.init(local: "169.254.138.80", length: 16))
    facts.routes.append(.init(dst: "default", dev: "home", protocol: "16", table: "254"))
  }

  @Test func ordinary() throws { #expect(try bad { _ in } == []) }

  @Test func unknownProgram() throws {
    let found = try #require(try bad { Self.add(&$0) }.first)
    #expect(found.what == "another program has configured home: 169.254.138.80/16, route default")
    #expect(found.fix == "sudo ip address del 169.254.138.80/16 dev home && sudo ip route del default dev home")
  }

  @Test(
    arguments: [
      (.dhcpcd, "dhcpcd: [manager] [ip4] [ip6]", "dhcpcd", "denyinterfaces home"),
      (.connman, "/usr/sbin/connmand -n", "ConnMan", "NetworkInterfaceBlacklist"),
      (.avahiAutoipd, "avahi-autoipd: [home] bound 169.254.138.80", "avahi-autoipd", "avahi-autoipd --kill home"),
      (.networkManager, "/usr/sbin/NetworkManager", "NetworkManager", "nmcli device set home managed no"),
    ] as [(ForeignSettings.Program, String, String, String)])
  func known(_ program: ForeignSettings.Program, _ line: String, _ name: String, _ remedy: String) throws {
    let found = try #require(
      try bad {
        Self.add(&$0)
        $0.programs = [(program, line)]
      }.first)
    #expect(found.what.hasSuffix(" (\(name))"))
    #expect(found.fix?.contains(remedy) == true)
    #expect(try bad { $0.programs = [(program, line)] } == [], "it runs, and has done nothing")
  }

  @Test func defaultRoutes() throws {
    func judged(_ routes: [RouteEntry], _ vpns: [Report.VPN] = [Sample.home]) -> [Finding] {
      var found = Findings(.host)
      ForeignSettings(addresses: [], routes: routes, programs: []).judgeDefaultRoutes(vpns, &found)
      return found.all
    }
    let ordinary = try #require(decoded([RouteEntry].self, Self.routes))
    #expect(judged(ordinary) == [])
    let added = [
      RouteEntry(dst: "default", dev: "home", protocol: "16", table: "254", metric: 1001),
      RouteEntry(dst: "default", dev: "home", table: "254", isIPv6: true),
    ]
    #expect(judged(ordinary + added, []) == [])
    let found = judged(ordinary + added)
    #expect(found.map(\.severity) == [.warning])
    #expect(found.first?.fix == "sudo ip route del default dev home metric 1001 && sudo ip -6 route del default dev home")
  }

  /// One for another link is not suspected; of several, the one that names this link.
  @Test func which() throws {
    let found = try bad {
      Self.add(&$0)
      $0.programs = [(.avahiAutoipd, "avahi-autoipd: [eth0] bound"), (.networkManager, "NetworkManager"), (.dhcpcd, "dhcpcd: home [ip4]")]
    }
    #expect(found.map { $0.what.hasSuffix("(dhcpcd)") } == [true])
    let other = try bad {
      Self.add(&$0)
      $0.programs = [(.avahiAutoipd, "avahi-autoipd: [eth0] bound")]
    }
    #expect(other.map { $0.what.hasSuffix("default") } == [true])
  }
}
