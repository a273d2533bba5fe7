import NetworkModel
import NetworkPlan
import Testing

private func facts(_ gateways: [String], dns: [String] = [], search: ByteString = "") -> BoxFacts {
  BoxFacts(
    bridge: .init("br-home", index: 3), mtu: 1420, gateways: gateways.map { Prefix($0)! },
    resolvers: CommandResolvers(bridge: ByteString(dns.joined(separator: " ")), uplink: search))
}

@Suite struct BoxFactsTests {
  @Test(
    "Hosts of the smaller subnet, the bridge's among them",
    arguments: [
      (["10.20.1.1/24", "fd76:706e:1::1/64"], 254), (["10.20.1.1/24"], 254), (["10.20.4.1/22"], 1022),
      (["10.20.4.1/22", "fd76:706e:1::1/64"], 1022),
      (["fd76:706e:1::1/64"], 1024), (["10.20.0.1/16"], 1024), (["10.0.0.1/8"], 1024), (["10.20.1.1/29"], 6), (["10.20.1.1/30"], 2),
      ([], 0),
    ] as [([String], UInt32)])
  func slots(gateways: [String], count: UInt32) { #expect(facts(gateways).slots == count) }

  @Test(
    "A slot is the host's number in each subnet, IPv6 in hexadecimal",
    arguments: [
      (2, ["10.20.1.2/24", "fd76:706e:1::2/64"]), (254, ["10.20.1.254/24", "fd76:706e:1::fe/64"]),
      (16, ["10.20.1.16/24", "fd76:706e:1::10/64"]),
    ] as [(UInt32, [String])])
  func addresses(slot: UInt32, expected: [String]) {
    #expect(facts(["10.20.1.1/24", "fd76:706e:1::1/64"]).addresses(slot).map(\.description) == expected)
  }

  @Test("A port is named after its slot, and both ends have a hardware address of their own") func ports() throws {
    var names: Set<ByteString> = []
    var macs: Set<MACAddress> = []
    let facts = facts(["10.20.4.1/22"])
    for slot in [2, 7, 254, 255, 256, 1022] as [UInt32] {
      guard case .addLink(let link) = facts.port(slot, owner: 1000).change, case .veth(let peer) = link.kind else {
        Issue.record("\(facts.port(slot, owner: 1000))")
        continue
      }
      #expect(link.name == "v\(slot)")
      #expect(link.name.utf8.count <= 15)
      #expect(link.master?.index == 3)
      #expect(link.isUp)
      #expect(peer.place == .command)
      names.insert(link.name)
      macs.formUnion([try #require(link.mac), peer.mac])
      // Locally administered, of one host.
      for mac in [try #require(link.mac), peer.mac] { #expect(mac.bytes[0] & 3 == 2) }
    }
    #expect(names.count == 6)
    #expect(macs.count == 12)
  }

  @Test("Which steps depend on whether the VPN has resolvers") func resolvers() {
    func hasTable(_ facts: BoxFacts) -> Bool {
      facts.steps(2, of: VPNName("home")!, alias: "").contains { if case .addTable = $0.change { true } else { false } }
    }
    #expect(hasTable(facts(["10.20.1.1/24"], dns: ["172.27.12.1"])))
  }

  @Test("The command comes up with its filter and its addresses, its default route last of what it needs") func order() throws {
    let steps = facts(["10.20.1.1/24", "fd76:706e:1::1/64"], dns: ["172.27.12.1"]).steps(2, of: VPNName("home")!, alias: "a")
    let up = try #require(steps.firstIndex(of: Step(.command, .setLink("eth0", .up))))
    let firstAddress = try #require(steps.firstIndex { if case .addAddress = $0.change { true } else { false } })
    let firstRoute = try #require(steps.firstIndex { if case .addRoute = $0.change { true } else { false } })
    #expect(up < firstAddress)
    #expect(firstAddress < firstRoute)
    // The host's side of the box is only told who it is.
    #expect(steps.allSatisfy { $0.place != .host })
  }

  @Test(
    "resolv.conf(5), of which glibc reads three servers",
    arguments: [
      ([], "", nil), ([], "corp.example", nil), (["172.27.12.1"], "", "nameserver 172.27.12.1\n"),
      (
        ["172.27.12.1", "fd27:12::1"], "corp.example lab.example",
        "search corp.example lab.example\nnameserver 172.27.12.1\nnameserver fd27:12::1\n"
      ),
      (["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"], "", "nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n"),
    ] as [([String], ByteString, String?)])
  func resolvConf(dns: [String], search: ByteString, expected: String?) {
    #expect(facts(["10.20.1.1/24"], dns: dns, search: search).resolvers.resolvConf == expected)
  }
}
