import NetworkModel
import Testing

@testable import Profile

/// Lines put into the small file, and what they change in its profile.
struct Spelling: Sendable, CustomTestStringConvertible {
  var interface = ""
  var peer = ""
  var vpn = ""
  var change: @Sendable (inout Profile) -> Void
  var testDescription: String { [interface, peer, vpn].filter { !$0.isEmpty }.joined(separator: " | ") }

  static func interface(_ text: String, _ change: @escaping @Sendable (inout Profile) -> Void = { _ in }) -> Spelling {
    Spelling(interface: text, change: change)
  }
  static func peer(_ text: String, _ change: @escaping @Sendable (inout PeerProfile) -> Void = { _ in }) -> Spelling {
    Spelling(peer: text) { change(&$0.peers[0]) }
  }
  static func vpn(_ text: String, _ change: @escaping @Sendable (inout Profile) -> Void) -> Spelling { Spelling(vpn: text, change: change) }
  static func endpoint(_ text: String, _ endpoint: PeerEndpoint) -> Spelling { peer("Endpoint = \(text)") { $0.endpoint = endpoint } }
  static func endpoint(_ text: String, _ address: String, _ port: UInt16, zone: ByteString? = nil) -> Spelling {
    endpoint(text, .address(Endpoint(address: IPAddress(address)!, port: port), zone: zone))
  }
  static func endpoint(_ text: String, name: String, _ port: UInt16) -> Spelling { endpoint(text, .name(DomainName(name)!, port: port)) }
}

@Suite("Every key in every spelling") struct SpellingTests {
  @Test("The small file says what it says") func small() throws {
    #expect(try parse(Sample.file()) == Sample.profile)
  }

  @Test(
    "[Interface]",
    arguments: [
      .interface("Address = 10.2.0.2/24") { $0.addresses.append(Prefix("10.2.0.2/24")!) },
      .interface("address=10.2.0.2") { $0.addresses.append(Prefix("10.2.0.2/32")!) },
      .interface("ADDRESS = 10.2.0.2/24 10.3.0.2,, fd00::2/64 ,") {
        $0.addresses += [Prefix("10.2.0.2/24")!, Prefix("10.3.0.2/32")!, Prefix("fd00::2/64")!]
      },
      .interface("Address = 10.2.0.2/24\nAddress = 10.3.0.2/24") { $0.addresses += [Prefix("10.2.0.2/24")!, Prefix("10.3.0.2/24")!] },
      .interface("DNS = 10.64.0.1") { $0.dns = [IPAddress("10.64.0.1")!] },
      .interface("dns=10.64.0.1,fd00::53,10.64.0.1\nDNS = 9.9.9.9") {
        $0.dns = [IPAddress("10.64.0.1")!, IPAddress("fd00::53")!, IPAddress("9.9.9.9")!]
      },
      .interface("DNS = 10.64.0.1, corp.example, lab_1.a-b.example. corp.example, xn--bcher-kva.example") {
        $0.dns = [IPAddress("10.64.0.1")!]
        $0.search = ["corp.example", "lab_1.a-b.example.", "xn--bcher-kva.example"].map { DomainName($0)! }
      },
      .interface("DNS = lan") { $0.search = [DomainName("lan")!] },
      .interface("DNS ="), .interface("DNS = # none"), .interface("DNS = , ,"),
      .interface("DNS = 1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4, 1.1.1.5, 1.1.1.6, 1.1.1.7, 1.1.1.8") {
        $0.dns = (1...8).map { IPAddress("1.1.1.\($0)")! }
      },
      .interface("MTU = 1280") { $0.mtu = 1280 }, .interface("mtu=65535") { $0.mtu = 65535 }, .interface("MTU = 0x578") { $0.mtu = 1400 },
      .interface("MTU ="),
      .interface("ListenPort = 51820") { $0.listenPort = 51820 }, .interface("listenport = 1") { $0.listenPort = 1 },
      .interface("Listen Port = 65535") { $0.listenPort = 65535 }, .interface("ListenPort = 00053") { $0.listenPort = 53 },
      .interface("ListenPort = 0"),
      .interface("FwMark = 0xca6c") { $0.fwmark = 0xca6c }, .interface("fwmark=51820") { $0.fwmark = 51820 },
      .interface("FwMark = 0xFFFFFFFF") { $0.fwmark = .max }, .interface("FwMark = 4294967295") { $0.fwmark = .max },
      .interface("FwMark = 010") { $0.fwmark = 10 }, .interface("FwMark = off"), .interface("FwMark = OFF"), .interface("FwMark = 0"),
      .interface("FwMark = 0x0"),
      .interface("Table = auto"), .interface("Table ="), .interface("Table = Auto"), .interface("Table = off") { $0.table = .off },
      .interface("TABLE=off") { $0.table = .off }, .interface("Table = 1") { $0.table = .number(1) },
      .interface("Table = 252") { $0.table = .number(252) }, .interface("Table = 256") { $0.table = .number(256) },
      .interface("Table = 4294967295") { $0.table = .number(.max) }, .interface("Table = 0x10") { $0.table = .number(16) },
    ] as [Spelling])
  func interface(spelling: Spelling) throws { try check(spelling) }

  @Test(
    "[Peer]",
    arguments: [
      .peer("PresharedKey = \(Sample.presharedKey)") { $0.presharedKey = Sample.key(Sample.presharedKey) },
      .peer("preshared key=\(Sample.presharedKey)#") { $0.presharedKey = Sample.key(Sample.presharedKey) },
      .peer("PresharedKey = \(Sample.zeroKey)"),
      .peer("AllowedIPs = 10.1.2.3/8") { $0.allowedIPs.append(Prefix("10.0.0.0/8")!) },
      .peer("allowedips=10.1.2.3 / 8 ,fd00::1/ 64") { $0.allowedIPs += [Prefix("10.0.0.0/8")!, Prefix("fd00::/64")!] },
      .peer("AllowedIPs = 192.0.2.1, 2001:db8::1\nAllowedIPs = 10.0.0.0/8") {
        $0.allowedIPs += [Prefix("192.0.2.1/32")!, Prefix("2001:db8::1/128")!, Prefix("10.0.0.0/8")!]
      },
      .peer("AllowedIPs = 1.2.3.4/0") { $0.allowedIPs.append(Prefix("0.0.0.0/0")!) },
      .peer("AllowedIPs = ::ffff:10.0.0.0/104") { $0.allowedIPs.append(Prefix("::ffff:10.0.0.0/104")!) },
      .peer("AllowedIPs ="), .peer("AllowedIPs=#"), .peer("AllowedIPs = # none"),
      .endpoint("192.0.2.1:51820", "192.0.2.1", 51820), .endpoint("127.0.0.1:1", "127.0.0.1", 1),
      .endpoint("[192.0.2.1]:5", "192.0.2.1", 5),
      .endpoint("192.0.2.1 : 65535", "192.0.2.1", 65535), .endpoint("[2001:DB8::1]:51820", "2001:db8::1", 51820),
      .endpoint("[fe80::1%eth0]:51820", "fe80::1", 51820, zone: "eth0"),
      .endpoint("[fe80::1%2]:51820", "fe80::1", 51820, zone: "2"), .endpoint("vpn.example.net:51820", name: "vpn.example.net", 51820),
      .endpoint("VPN.example.net.:2408", name: "VPN.example.net.", 2408), .endpoint("localhost:1", name: "localhost", 1),
      .endpoint("[vpn.example.net]:5", name: "vpn.example.net", 5), .endpoint("1a.2b:5", name: "1a.2b", 5),
      .endpoint("my_server:00080", name: "my_server", 80),
      .peer("PersistentKeepalive = 25") { $0.persistentKeepalive = 25 },
      .peer("persistentkeepalive=65535") { $0.persistentKeepalive = 65535 },
      .peer("PersistentKeepalive = 025") { $0.persistentKeepalive = 25 }, .peer("PersistentKeepalive = off"),
      .peer("PersistentKeepalive = Off"), .peer("PersistentKeepalive = 0"),
    ] as [Spelling])
  func peer(spelling: Spelling) throws { try check(spelling) }

  @Test(
    "[VPN]",
    arguments: [
      .vpn("ID = 1") { $0.id = 1 }, .vpn("id=99") { $0.id = 99 },
      .vpn("Subnet = 10.20.7.0/24") { $0.subnet = Prefix("10.20.7.0/24")! },
      .vpn("subnet=192.168.77.0/24") { $0.subnet = Prefix("192.168.77.0/24")! },
      .vpn("Subnet6 = fd76:706e:7::/64") { $0.subnet6 = Prefix("fd76:706e:7::/64")! },
      .vpn("SUBNET6=2001:db8:0:5::/64\nID = 3") {
        $0.subnet6 = Prefix("2001:db8:0:5::/64")!
        $0.id = 3
      },
      .vpn("Networks = 10.1.2.3/8") { $0.networks = [Prefix("10.0.0.0/8")!] },
      .vpn("networks=10.1.2.3 / 8 ,fd00::1/ 64,192.0.2.1\nNetworks = ::/0, 0.0.0.0/0") {
        $0.networks = ["10.0.0.0/8", "fd00::/64", "192.0.2.1/32", "::/0", "0.0.0.0/0"].map { Prefix($0)! }
      },
      .vpn("Direct = 10.1.2.3/8, 2001:db8::1\nDIRECT = 0.0.0.0/1\nNetworks = 128.0.0.0/1") {
        $0.direct = ["10.0.0.0/8", "2001:db8::1/128", "0.0.0.0/1"].map { Prefix($0)! }
        $0.networks = [Prefix("128.0.0.0/1")!]
      },
      .vpn("OutsideIdentity = yes") { $0.outsideIdentity = true }, .vpn("outsideidentity=YES") { $0.outsideIdentity = true },
      .vpn("OutsideIdentity = no") { _ in }, .vpn("OutsideIdentity = No # yes") { _ in },
      .vpn("Box = yes") { _ in }, .vpn("box = NO\nVRF = vrf-wan") { ($0.hasBox, $0.vrf) = (false, "vrf-wan") },
      .vpn("Underlay = transit") { $0.underlay = .named("transit") },
      .vpn("underlay=vrf_external") { $0.underlay = .named("vrf_external") },
      .vpn("Inbound = no") { _ in }, .vpn("inbound=ALL") { $0.inbound = [.all] },
      .vpn("Inbound = tcp/6000-6010, udp/7-7") { $0.inbound = [.ports(.tcp, 6000...6010), .port(.udp, 7)] },
      .vpn("Inbound = tcp/22 UDP/51413,icmp, tcp/22\nInbound = udp/65535") {
        $0.inbound = [.port(.tcp, 22), .port(.udp, 51413), .icmp, .port(.udp, 65535)]
      },
      .vpn("Autostart = up\nBlock = yes") { ($0.autostart, $0.block) = (.up, true) }, .vpn("block = NO") { _ in },
      .vpn("Underlay = main") { $0.underlay = .table(254) }, .vpn("underlay=MAIN") { $0.underlay = .table(254) },
      .vpn("Underlay = 1") { $0.underlay = .table(1) }, .vpn("Underlay = 4294967295") { $0.underlay = .table(.max) },
      .vpn("Underlay = 0x10") { $0.underlay = .table(16) },
      .vpn("Underlay = vpn home") { $0.underlay = .vpn(VPNName("home")!) },
      .vpn("underlay=VPN \t vpn # outer") { $0.underlay = .vpn(VPNName("vpn")!) },
      .vpn("Underlay = vrf blue") { $0.underlay = .vrf("blue") },
      .vpn("UNDERLAY=VRF \t 1.vrf-blue_1234") { $0.underlay = .vrf("1.vrf-blue_1234") },
      .vpn("Underlay = vrf vrf") { $0.underlay = .vrf("vrf") }, .vpn("Underlay = vrf main") { $0.underlay = .vrf("main") },
      .vpn("Underlay = 6\nID = 5") {
        $0.underlay = .table(6)
        $0.id = 5
      },
      .vpn("Priority = 13") { $0.priority = 13 }, .vpn("priority=32000") { $0.priority = 32000 },
      .vpn("Priority = 0100") { $0.priority = 100 },
      .vpn("Relay = 10.42.42.0/24, snat\nrelay=10.43.0.7 # one") {
        $0.relay = [.network(Prefix("10.42.42.0/24")!), .translated, .network(Prefix("10.43.0.7/32")!)]
      },
      .vpn("ExitCheck = https://example.net") { $0.exitCheck = .url("https://example.net") },
      .vpn("exitcheck=HTTP://[2001:db8::1]:8080/ip?x=1") { $0.exitCheck = .url("HTTP://[2001:db8::1]:8080/ip?x=1") },
      .vpn("ExitCheck = DNS \t me.example @192.0.2.1:5353 @[2001:db8::1]:443 # both") {
        $0.exitCheck = ExitCheck("dns me.example @192.0.2.1:5353 @[2001:db8::1]:443")
      },
    ] as [Spelling])
  func vpn(spelling: Spelling) throws { try check(spelling) }

  @Test("Hooks are kept as text, in order, with their lines") func hooks() throws {
    let lines = "PreUp = a; b\npostup=$(id) = \"x\"\nPostUp =\nPREDOWN = ü # cut\nPostDown = 1\nSaveConfig = TRUE"
    var expected = Sample.profile
    expected.hooks = [
      Hook(.preUp, "a; b", line: 4), Hook(.postUp, "$(id) = \"x\"", line: 5), Hook(.postUp, "", line: 6), Hook(.preDown, "ü", line: 7),
      Hook(.postDown, "1", line: 8), Hook(.saveConfig, "TRUE", line: 9),
    ]
    let profile = try parse(Sample.file(interface: lines))
    #expect(profile == expected)
    #expect(profile.hooks.map(\.description)[1] == "PostUp = $(id) = \"x\"")
  }

  private func check(_ spelling: Spelling) throws {
    var expected = Sample.profile
    spelling.change(&expected)
    #expect(try parse(Sample.file(interface: spelling.interface, peer: spelling.peer, vpn: spelling.vpn)) == expected)
  }
}

@Suite("The shape of a file") struct ShapeTests {
  /// Other ways to write the same bytes' meaning.
  static let shapes: [(name: String, change: @Sendable (String) -> String)] = [
    ("CRLF", { $0.replacing("\n", with: "\r\n") }),
    ("byte order mark", { "\u{feff}" + $0 }),
    ("both", { "\u{feff}" + $0.replacing("\n", with: "\r\n") }),
    ("no final newline", { String($0.dropLast()) }),
    ("no spaces", { $0.replacing(" ", with: "") }),
    ("tabs", { $0.replacing(" ", with: "\t \t") }),
    ("indented", { $0.replacing("\n", with: "  \n\t ") }),
    ("comments after everything", { $0.replacing("\n", with: "# = [x]\n") }),
    ("comments between everything", { $0.replacing("\n", with: "\n#\n   # ü \n\n") }),
    ("upper case sections", { $0.replacing("[Peer]", with: "[PEER]").replacing("[Interface]", with: "[INTERFACE]") }),
    ("lower case sections", { $0.replacing("[Peer]", with: "[peer]").replacing("[VPN]", with: "[ vpn ]") }),
    ("spaced brackets", { $0.replacing("[Peer]", with: " [ Peer ]\t").replacing("[Interface]", with: "[Interface ] # x") }),
    ("Latin-1 comment", { $0 + "# caf\u{e9}" }),
  ]

  @Test(arguments: shapes.indices) func shape(index: Int) throws {
    let text = Sample.file(interface: "MTU = 1400", peer: "Endpoint = a.example:5", vpn: "ID = 4")
    var changed = Array(Self.shapes[index].change(text).utf8)
    if Self.shapes[index].name == "Latin-1 comment" { changed = Array(changed.dropLast(2)) + [0xe9] }
    #expect(try Profile.parse(changed) == parse(text), "\(Self.shapes[index].name)")
  }

  @Test("Sections in any order, the interface in two parts") func order() throws {
    let text = """
      [VPN]
      ID = 2
      [Peer]
      AllowedIPs = ::/0
      PublicKey = \(Sample.publicKey)
      [Interface]
      Address = 10.0.0.2/32
      [Peer]
      PublicKey = \(Sample.otherKey)
      [Interface]
      PrivateKey = \(Sample.privateKey)
      """
    let expected = Profile(
      privateKey: Sample.key(Sample.privateKey), addresses: [Prefix("10.0.0.2/32")!],
      peers: [
        PeerProfile(publicKey: Sample.key(Sample.publicKey), allowedIPs: [Prefix("::/0")!]),
        PeerProfile(publicKey: Sample.key(Sample.otherKey), allowedIPs: []),
      ], id: 2)
    #expect(try parse(text) == expected)
  }

  @Test("A whole file of everything") func full() throws {
    let profile = try parse(Sample.full)
    #expect(profile.addresses.map(\.description) == ["10.66.212.15/32", "fc00:bbbb:bbbb:bb01::3:d40e/128", "10.2.0.2/24"])
    #expect(profile.dns.map(\.description) == ["10.64.0.1", "2606:4700:4700::1111"])
    #expect(profile.search.map(\.description) == ["corp.example", "lab_1.example."])
    #expect(profile.mtu == 1380 && profile.listenPort == 51821 && profile.fwmark == 0xca6c && profile.table == .number(4242))
    #expect(profile.hooks.map(\.line) == Array(11...16))
    #expect(profile.hooks[1].value == "iptables -I OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -j REJECT")
    #expect(profile.peers.map { $0.endpoint?.description } == ["185.65.135.69:51820", "[fe80::1%eth0]:443"])
    #expect(profile.peers.map { $0.endpoint?.port } == [51820, 443])
    #expect(profile.peers[1].allowedIPs.map(\.description) == ["10.9.0.0/16"])
    #expect(profile.id == 12 && profile.subnet == Prefix("10.44.0.0/24") && profile.subnet6 == Prefix("fd44:1::/64"))
    #expect(profile.networks.map(\.description) == ["10.9.0.0/16", "::/0", "192.0.2.0/24"])
    #expect(profile.direct.map(\.description) == ["198.51.100.7/32", "fd00::/8"])
    #expect(profile.outsideIdentity && profile.underlay == .vrf("blue") && profile.priority == 20000)
  }

  @Test("Numbers of the commands' networks") func defaultSubnets() {
    #expect(Profile.defaultSubnet(id: 1).description == "10.20.1.0/24")
    #expect(Profile.defaultSubnet(id: 99).description == "10.20.99.0/24")
    #expect(Profile.defaultSubnet6(id: 1).description == "fd76:706e:1::/64")
    #expect(Profile.defaultSubnet6(id: 12).description == "fd76:706e:c::/64")
  }

  @Test("Values that differ are not equal") func equality() {
    let a = Sample.profile
    var b = a
    b.search = [DomainName("a.example")!]
    #expect(a != b)
    let endpoint = Endpoint(address: IPAddress("fe80::1")!, port: 5)
    let endpoints: [PeerEndpoint] = [
      .address(endpoint, zone: nil), .address(endpoint, zone: "a"), .address(endpoint, zone: "b"), .name(DomainName("a")!, port: 5),
      .name(DomainName("a")!, port: 6), .name(DomainName("A")!, port: 5),
    ]
    for i in endpoints.indices { for j in endpoints.indices { #expect((endpoints[i] == endpoints[j]) == (i == j)) } }
    let underlays: [Underlay] = [.table(1), .table(254), .vrf("a"), .vrf("b"), .vpn(VPNName("a")!), .vpn(VPNName("b")!)]
    for i in underlays.indices { for j in underlays.indices { #expect((underlays[i] == underlays[j]) == (i == j)) } }
    #expect(underlays.map(\.description) == ["1", "main", "vrf a", "vrf b", "vpn a", "vpn b"])
    #expect(Hook(.preUp, "a", line: 1) != Hook(.preUp, "b", line: 1))
  }
}
