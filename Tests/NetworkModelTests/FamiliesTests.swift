import NetworkModel
import Testing

@Suite struct FamiliesTests {
  private let steps = [
    Step(.box, .sysctl("net/ipv4/ip_forward", "1")), Step(.box, .sysctl("net/ipv6/conf/all/forwarding", "1")),
    Step(.host, .setLink("home", LinkSettings(alias: "a", noIPv6Autoconfiguration: true, reversePathFilter: 2))),
    Step(.host, .addAddress(Address(Prefix("172.27.12.34/32")!, on: "home"))),
    Step(.host, .addAddress(Address(Prefix("fd27:12::34/128")!, on: "home"))),
    Step(.host, .setNeighbour(Neighbour(IPAddress("fe80::1")!, MACAddress(2, 0, 0, 0, 0, 1), on: "home"))),
    Step(.host, .addRoute(Route(Prefix("::/0")!, .unreachable, table: 1))), Step(.host, .deleteRoute(Route(Prefix("::/0")!, .unreachable))),
    Step(.host, .addRule(Rule(.v6, priority: 90, table: 254))), Step(.host, .deleteRule(Rule(.v6, priority: 90, table: 254))),
    Step(.host, .endSockets(IPAddress("fd27:12::34")!)), Step(.host, .deleteLink("home")),
  ]

  @Test("A kernel with both families gets all of it") func both() { #expect(steps.within(IPFamily.allCases) == steps) }

  @Test("One without IPv6 gets nothing of that family, and all else") func withoutIPv6() {
    #expect(
      steps.within([.v4]) == [
        steps[0], Step(.host, .setLink("home", LinkSettings(alias: "a", reversePathFilter: 2))), steps[3], steps[11],
      ])
  }
}

@Suite struct HostsFileTests {
  @Test func hostsFile() {
    let text = """
      # 192.0.2.9 vpn.example.net
      127.0.0.1 localhost
      203.0.113.2\tvpn.example.net other # vpn
      2001:db8:113::2 other  VPN.Example.Net\r
      fe80::1%eth0 vpn.example.net
      203.0.113.2 vpn.example.net
      203.0.113.3 xvpn.example.net
      vpn.example.net

      """
    func found(_ name: String) -> [String] { hostAddresses(of: Array(name.utf8), in: Array(text.utf8)).map(\.description) }
    #expect(found("vpn.example.net") == ["203.0.113.2", "2001:db8:113::2"])
    #expect(found("OTHER") == ["203.0.113.2", "2001:db8:113::2"])
    #expect(found("none") == [] && found("203.0.113.2") == [] && found("") == [])
  }
}
