import Foundation
import NetworkModel
import Testing

@testable import HelperWire

/// What vpn-link writes by hand, `Codable` reads: no key can be forgotten or spelled otherwise on one side.
@Suite struct WrittenReportTests {
  private var full: Report.VPN {
    var vpn = Report.VPN(name: "home", id: 7)
    vpn.addresses = ["172.27.12.34/32"]
    vpn.subnets = ["10.20.7.0/24"]
    vpn.dns = ["172.27.12.1"]
    vpn.search = ["home.example"]
    vpn.endpoints = [.init("vpn.example", 51820)]
    vpn.linked = true
    vpn.up = true
    vpn.takenUp = true
    vpn.tunnel = .down
    vpn.broken = ["the tunnel is down"]
    vpn.scope = .networks
    vpn.networks = ["192.0.2.0/24"]
    vpn.dnsInForce = true
    vpn.outsideIdentity = true
    vpn.box = false
    vpn.inbound = ["tcp/22", "icmp"]
    vpn.device = .userspace
    vpn.mtu = 1420
    vpn.peers = [
      .init("key", "192.0.2.1:1", latestHandshake: 5, received: 6, sent: 7), .init("k", nil, latestHandshake: 0, received: 0, sent: 0),
    ]
    vpn.peers[1].hasRoute = false
    vpn.commands = [.init("a\"b\\\n\u{1}\u{7f}é", "10.20.7.2", uid: 1000, pid: 42, received: 8, sent: 9)]
    vpn.warnings = ["one", "two"]
    vpn.allowed = false
    vpn.autostart = .up
    vpn.changed = ["DNS"]
    vpn.exitCheck = "https://example.net/ip"
    vpn.lost = true
    vpn.blocked = true
    vpn.relay = ["10.42.42.0/24"]
    vpn.link = "eth1"
    vpn.through = "outer"
    return vpn
  }

  @Test func reports() throws {
    let reports: [Report] = [.vpn(full), .vpn(Report.VPN(name: "work", id: 1)), .unreadable(name: "bad", error: "home.conf:1:1: no")]
    let read = try JSONDecoder().decode([Report].self, from: Data(Report.wire(reports).utf8))
    #expect(read == reports)
  }

  @Test("Every text that can be in it is read as it was") func texts() throws {
    let parts = ["", "a", "ä", "日", "\u{1f600}", "\"", "\\", "\n", "\t", "\u{0}", "\u{1f}", " ", "\u{7f}", "\u{80}", "/", "\u{2028}"]
    let texts = parts.flatMap { first in parts.flatMap { second in parts.map { first + second + $0 } } }
    var vpn = full
    vpn.warnings = texts
    let read = try JSONDecoder().decode([Report].self, from: Data(Report.wire([.vpn(vpn)]).utf8))
    #expect(read == [.vpn(vpn)])
    #expect(!Report.wire([.vpn(vpn)]).utf8.contains { $0 < 0x20 || $0 == 0x7f })
  }

  @Test("A full report differs from an empty one in every key") func isFull() throws {
    func object(_ vpn: Report.VPN) throws -> [String: NSObject] {
      try #require(try JSONSerialization.jsonObject(with: Data(Report.wire([.vpn(vpn)]).utf8)) as? [[String: NSObject]]).first!
    }
    let (a, b) = (try object(full), try object(Report.VPN(name: "work", id: 1)))
    #expect(a.keys.sorted() == b.keys.sorted())
    for key in a.keys { #expect(a[key] != b[key], "\(key)") }
  }

  @Test func ways() throws {
    var ways = Ways(VPNName("home")!, fwmark: 10001, table: 1)
    ways.addresses = [IPAddress("172.27.12.34")!]
    ways.gateways = [Prefix("10.20.1.1/24")!]
    ways.dns = [IPAddress("172.27.12.1")!]
    ways.inbound = ["tcp/22"]
    ways.tunnel = true
    ways.box = false
    ways.routes = [.init(Prefix("0.0.0.0/0")!, by: "wg0", table: 254)]
    ways.peers = [.init("key", nil, allowedIPs: [Prefix("::/0")!])]
    ways.up = true
    ways.filter = true
    ways.takesQueries = true
    ways.networks = [Prefix("192.0.2.0/24")!]
    ways.direct = [Prefix("10.0.0.0/8")!]
    let read = try JSONDecoder().decode([Ways].self, from: Data(Ways.wire([ways]).utf8))
    #expect(read == [ways])
  }
}
