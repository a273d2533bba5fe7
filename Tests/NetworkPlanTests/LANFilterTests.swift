import NetworkModel
import NetworkPlan
import Testing

@Suite struct LANFilterTests {
  @Test("Only what was named is turned, by TCP, and no query") func lines() {
    let destinations = LANDestination.list("192.168.50.7:445,192.168.60.0/24,fd00::/64".utf8)!
    let own = [Prefix("192.168.60.1/32")!, Prefix("10.20.1.0/24")!]
    let table = lanFilter(destinations, ports: [(.v4, 40000)], besides: own)
    #expect(
      table.chains[0].rules == [
        [.transport(.tcp), .destinationPort(53), .leave], [.transport(.tcp), .destinationPort(853), .leave],
        [.destination(own[0]), .leave],
        [
          .destination(Prefix("192.168.50.7/32")!), .transport(.tcp), .destinationPort(445),
          .destinationNATToPort(IPAddress("127.0.0.1")!, 40000),
        ],
        [.destination(Prefix("192.168.60.0/24")!), .transport(.tcp), .destinationNATToPort(IPAddress("127.0.0.1")!, 40000)],
      ])
    #expect(lanFilter(destinations, ports: [(.v4, 40000), (.v6, 40001)], besides: []).chains[0].rules.count == 5)
  }
}
