import LinuxSystem
import NetworkModel
import NetworkPlan
import Profile
import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

/// What two VPNs, or a VPN and the networks of this machine, have against one another.
@Suite struct ClaimsTests {
  private static func claims(_ name: String, _ interface: String, vpn: String, allowed: String = "0.0.0.0/0, ::/0") throws -> Claims {
    let text = """
      [VPN]
      \(vpn)
      [Interface]
      PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
      \(interface)
      [Peer]
      PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
      AllowedIPs = \(allowed)
      Endpoint = vpn.example.net:51820

      """
    return Claims(of: ProfileNeighbour(name: try #require(VPNName(name)), profile: try Profile.parse(Array(text.utf8))))
  }

  private static let a = "Address = 172.27.1.34/32\nDNS = 172.27.1.1\n"
  private static let b = "Address = 172.27.2.34/32, fd27:2::34/128\nDNS = 172.27.2.1\n"

  struct Pair: Sendable {
    var a = ClaimsTests.a
    var vpnA = "ID = 1"
    var b = ClaimsTests.b
    var vpnB = "ID = 2"
    /// What `home` finds about `work`: errors begin with "! ".
    var found: [String] = []
    /// And `work` about `home`.
    var back: [String] = []
  }

  private static let pairs = [
    Pair(),
    Pair(
      vpnB: "ID = 1", found: ["! ID 1 is that of 'work': choose another in [VPN] or with --id, or leave both out"],
      back: ["! ID 1 is that of 'home': choose another in [VPN] or with --id, or leave both out"]),
    Pair(
      a: a + "Table = 2", found: ["! table 2 is that of 'work', too: set another Table"],
      back: ["! table 2 is that of 'home', too: set another Table"]),
    Pair(
      a: a + "FwMark = 0x2712", found: ["! mark 10002 is that of 'work', too: set another FwMark"],
      back: ["! mark 10002 is that of 'home', too: set another FwMark"]),
    Pair(
      vpnB: "ID = 2\nPriority = 200", found: ["! Priority is 100, and that of 'work' 200: all VPNs must have the same"],
      back: ["! Priority is 200, and that of 'home' 100: all VPNs must have the same"]),
    Pair(
      vpnA: "ID = 1\nUnderlay = 2", found: ["! Underlay 2 is the table of 'work': write Underlay = vpn work, or set another"],
      back: ["! table 2 is the Underlay of 'home': set another Table, or another Underlay there"]),
    Pair(
      b: "Address = 10.20.1.77/32",
      found: [
        "! the commands' network 10.20.1.0/24 overlaps address 10.20.1.77 of 'work': choose another ID (in [VPN] or with --id) or another Subnet"
      ],
      back: ["! address 10.20.1.77 is in the network of 'home''s commands, 10.20.1.0/24: give that one another Subnet"]),
    Pair(
      b: "Address = fd76:706e:1::7/128",
      found: [
        "! the commands' network fd76:706e:1::/64 overlaps address fd76:706e:1::7 of 'work': choose another ID (in [VPN] or with --id) or another Subnet"
      ],
      back: ["! address fd76:706e:1::7 is in the network of 'home''s commands, fd76:706e:1::/64: give that one another Subnet"]),
    Pair(
      b: "Address = 172.27.2.34/32\nDNS = 10.20.1.1",
      found: [
        "the commands' network 10.20.1.0/24 has the DNS server 10.20.1.1 of 'work' in it: choose another ID (in [VPN] or with --id) or another Subnet"
      ],
      back: ["DNS server 10.20.1.1 is in the network of 'home''s commands, 10.20.1.0/24: another Subnet there keeps them apart"]),
    Pair(
      vpnB: "ID = 2\nSubnet = 10.20.1.0/24",
      found: [
        "! the commands' network 10.20.1.0/24 overlaps 10.20.1.0/24 of 'work': choose another ID (in [VPN] or with --id) or another Subnet"
      ],
      back: [
        "! the commands' network 10.20.1.0/24 overlaps 10.20.1.0/24 of 'home': choose another ID (in [VPN] or with --id) or another Subnet"
      ]),
    // One server, and one address.
    Pair(b: "Address = 172.27.2.34/32\nDNS = 172.27.1.1"),
    Pair(
      b: "Address = 172.27.1.34/32",
      found: ["'work' has the same address (172.27.1.34): both can run commands, and only the one that is linked first can be taken up"],
      back: ["'home' has the same address (172.27.1.34): both can run commands, and only the one that is linked first can be taken up"]),
    // Two at once, errors first.
    Pair(
      b: "Address = 172.27.1.34/32\nFwMark = 10001",
      found: [
        "! mark 10001 is that of 'work', too: set another FwMark",
        "'work' has the same address (172.27.1.34): both can run commands, and only the one that is linked first can be taken up",
      ],
      back: [
        "! mark 10001 is that of 'home', too: set another FwMark",
        "'home' has the same address (172.27.1.34): both can run commands, and only the one that is linked first can be taken up",
      ]),
    Pair(vpnA: "", vpnB: ""),
  ]

  private func text(_ conflicts: [Conflict]) -> [String] { conflicts.map { ($0.isError ? "! " : "") + $0.sentence } }

  @Test("Of two VPNs", arguments: pairs) func pair(_ pair: Pair) throws {
    let home = try Self.claims("home", pair.a, vpn: pair.vpnA)
    let work = try Self.claims("work", pair.b, vpn: pair.vpnB)
    #expect(text(home.conflicts(among: [work], on: [])) == pair.found)
    #expect(text(work.conflicts(among: [home], on: [])) == pair.back)
  }

  @Test("An address that many have is told of once") func shared() throws {
    let all = try ["a", "b", "c", "d"].enumerated().map { try Self.claims($1, "Address = 10.2.0.2/32, fd00::2", vpn: "ID = \($0 + 1)") }
    let found = all[3].conflicts(among: Array(all[..<3]), on: [])
    #expect(found.count == 1 && found[0].sentence.hasPrefix("'a' has the same address (10.2.0.2)"))
  }

  @Test("Names that differ in capital letters only") func names() throws {
    let home = try Self.claims("home", Self.a, vpn: "ID = 1")
    let other = try Self.claims("Home", Self.b, vpn: "ID = 2")
    let sentence = "there is a VPN 'Home', from which 'home' differs in capital letters only: choose another name"
    #expect(home.conflicts(among: [other], on: []) == [.error(sentence)])
    #expect(home.name.twin(in: [home.name]) == nil)
  }

  @Test("Within itself") func within() throws {
    let home = try Self.claims("home", "Address = 10.20.1.5/32\nDNS = 10.20.1.1", vpn: "")
    #expect(home.conflicts(among: [], on: []) == [])
    let placed = Claims(of: try Profile.parse(Array(Self.inside.utf8)), home.name, id: 1)
    #expect(placed.conflicts(among: [], on: []).map(\.isError) == [true, true])
  }

  private static let inside = """
    [Interface]
    PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
    Address = 10.20.1.5/32
    DNS = 10.20.1.1
    [Peer]
    PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
    """

  @Test(
    "Networks of this machine",
    arguments: [
      // The network of its commands.
      (
        "0.0.0.0/0", "10.20.0.5/16",
        "! the commands' network 10.20.1.0/24 overlaps this machine's 10.20.0.0/16 on eth0: choose another ID (in [VPN] or with --id) or another Subnet"
      ),
      (
        "0.0.0.0/0", "10.20.1.5/32",
        "! the commands' network 10.20.1.0/24 overlaps this machine's 10.20.1.5/32 on eth0: choose another ID (in [VPN] or with --id) or another Subnet"
      ),
      ("0.0.0.0/0", "10.20.2.5/24", nil),
      // Its address.
      ("0.0.0.0/0", "172.27.1.5/24", nil),
      ("0.0.0.0/0", "172.27.1.34/24", "address 172.27.1.34 is this machine's own, on eth0: as long as it is, the VPN is for commands only"),
      // What goes through it: the more special route counts, and of two the VPN's.
      ("10.0.0.0/8", "192.168.50.10/24", nil), ("192.168.0.0/16", "192.168.50.10/24", nil), ("0.0.0.0/0, ::/0", "192.168.50.10/24", nil),
      (
        "192.168.50.0/24", "192.168.50.10/24",
        "while it is up, 192.168.50.0/24 goes through it, although this machine's 192.168.50.0/24 on eth0 has that"
      ),
      (
        "10.0.0.0/8, 192.168.50.7/32", "192.168.50.10/24",
        "while it is up, 192.168.50.7/32 goes through it, although this machine's 192.168.50.0/24 on eth0 has that"
      ),
    ])
  func networks(allowed: String, network: String, found: String?) throws {
    let home = try Self.claims("home", Self.a, vpn: "ID = 1", allowed: allowed)
    let place = HostNetwork(link: "eth0", prefix: try #require(Prefix(network)))
    #expect(text(home.conflicts(among: [], on: [place])) == (found.map { [$0] } ?? []))
    let direct = try Self.claims("home", Self.a, vpn: "ID = 1\nDirect = 192.168.50.0/25", allowed: "192.168.50.7/32")
    #expect(direct.conflicts(among: [], on: [HostNetwork(link: "l0", prefix: Prefix("192.168.50.10/24")!)]) == [])
  }

  @Test("This machine's own, as ip(8) has them") func here() throws {
    let networks = try HostNetwork.all()
    #expect(networks.allSatisfy { !$0.prefix.address.isLoopback && !$0.prefix.address.isLinkLocal && $0.prefix.length > 0 })
    #expect(networks.allSatisfy { Files.exists("/sys/class/net/\($0.link)") })
  }
}
