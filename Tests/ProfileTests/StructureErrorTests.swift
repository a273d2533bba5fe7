import Profile
import Testing

@Suite("What is wrong with the shape of a file, and where") struct StructureErrorTests {
  static let interfaceKeys =
    "PrivateKey, PrivateKeyFile, Address, DNS, MTU, ListenPort, FwMark, Table, PreUp, PostUp, PreDown, PostDown, SaveConfig"
  static let vpnKeys =
    "ID, AllowUsers, AllowGroups, SystemWide, Autostart, Block, DNS, Subnet, Subnet6, Networks, Direct, OutsideIdentity, Inbound, "
    + "Relay, Link, Gateway, Underlay, Box, VRF, Priority, ExitCheck"
  static let noLine = "not a [Section] or KEY = VALUE line; a comment begins with #"

  @Test(arguments: [
    Fault(.interface, "M T U = 1400", "4:1: unknown key M T U; did you mean MTU?"),
    Fault(.interface, "Add ress = 10.0.0.2", "4:1: unknown key Add ress; did you mean Address?"),
    Fault(.interface, "Adress = 10.0.0.2", "4:1: unknown key Adress; did you mean Address?"),
    Fault(.interface, " MTUU = 1400", "4:2: unknown key MTUU; did you mean MTU?"),
    Fault(.interface, "Privat_Key = x", "4:1: unknown key Privat_Key; did you mean PrivateKey?"),
    Fault(.interface, "EndPiont = x", "4:1: unknown key EndPiont; did you mean Endpoint?"),
    Fault(.interface, "Xyz = 4", "4:1: unknown key; [Interface] has \(interfaceKeys)"),
    Fault(.interface, "= 4", "4:1: unknown key; [Interface] has \(interfaceKeys)"),
    Fault(.interface, "=", "4:1: unknown key; [Interface] has \(interfaceKeys)"),
    Fault(.peer, "AllowedIP = 10.0.0.0/8", "8:1: unknown key AllowedIP; did you mean AllowedIPs?"),
    Fault(.peer, "Persistent-Keepalive = 25", "8:1: unknown key Persistent-Keepalive; did you mean PersistentKeepalive?"),
    Fault(
      .peer, "Name = x", "8:1: unknown key; [Peer] has PublicKey, PresharedKey, PresharedKeyFile, AllowedIPs, Endpoint, PersistentKeepalive"
    ),
    Fault(.vpn, "Subnet4 = 10.20.7.0/24", "10:1: unknown key Subnet4; did you mean Subnet?"),
    Fault(.vpn, "Kill = on", "10:1: unknown key; [VPN] has \(vpnKeys)"),
    Fault(.vpn, "Network = 10.0.0.0/8", "10:1: unknown key Network; did you mean Networks?"),
    Fault(.vpn, "OutsideIdentitiy = yes", "10:1: unknown key OutsideIdentitiy; did you mean OutsideIdentity?"),
    Fault(.vpn, "AllowedIPs = 10.0.0.0/8", "10:1: AllowedIPs in [VPN]; it belongs in [Peer]"),
    Fault(.interface, "Networks = 10.0.0.0/8", "4:1: Networks in [Interface]; it belongs in [VPN]"),
    Fault(.peer, "MTU = 1400", "8:1: MTU in [Peer]; it belongs in [Interface]"),
    Fault(.peer, "PostUp = true", "8:1: PostUp in [Peer]; it belongs in [Interface]"),
    Fault(.interface, "\tEndpoint = 192.0.2.1:5", "4:2: Endpoint in [Interface]; it belongs in [Peer]"),
    Fault(.interface, "ID = 5", "4:1: ID in [Interface]; it belongs in [VPN]"),
    Fault(.interface, "hello", "4:1: \(noLine)"), Fault(.interface, "  ; a comment elsewhere", "4:3: \(noLine)"),
    Fault(.interface, "MTU: 1400", "4:1: \(noLine)"),
    Fault(.interface, "[Interfaces]", "4:1: not a section; did you mean [Interface]?"),
    Fault(.interface, "[Interface", "4:1: not a section; did you mean [Interface]?"),
    Fault(.vpn, "[VPN]]", "10:1: not a section; did you mean [VPN]?"),
    Fault(.vpn, "[WireGuard]\nAnything = goes here", "10:1: not a section; there are [Interface], [Peer] and [VPN]"),
    Fault(.vpn, "[Interface] MTU = 1400", "10:1: not a section; there are [Interface], [Peer] and [VPN]"),

    Fault(.interface, "MTU = 1400\nmtu = 1400", "5:1: MTU stands in line 4 already; keep one of them"),
    Fault(.interface, "PrivateKey = \(Sample.otherKey)", "4:1: PrivateKey stands in line 2 already; keep one of them"),
    Fault(.interface, "Table = off\nTable = auto", "5:1: Table stands in line 4 already; keep one of them"),
    Fault(.interface, "SaveConfig = true\n\nSaveConfig = x", "6:14: SaveConfig = x: write true or false"),
    Fault(.peer, "publickey = \(Sample.otherKey)", "8:1: PublicKey stands in line 6 already; keep one of them"),
    Fault(.peer, "Endpoint = 192.0.2.1:5\n Endpoint = 192.0.2.1:5", "9:2: Endpoint stands in line 8 already; keep one of them"),
    Fault(.vpn, "ID = 5\nSubnet = 10.0.0.0/24\nID = 5", "12:1: ID stands in line 10 already; keep one of them"),
    Fault(.vpn, "Underlay = main\nUnderlay = vrf blue", "11:1: Underlay stands in line 10 already; keep one of them"),
    Fault(.vpn, "Priority = 100\npriority = 100", "11:1: Priority stands in line 10 already; keep one of them"),

    Fault(.peer, "[Peer]\nAllowedIPs = 10.0.0.0/8", "8:1: PublicKey is missing; write the peer's"),
    Fault(
      .peer, "[Peer]\nPublicKey = \(Sample.publicKey)", "9:13: PublicKey: the peer of line 6 has the same; make them one [Peer]"),
    Fault(
      .peer, "[Peer]\nPublicKey = \(Sample.otherKey)\nAllowedIPs = 10.0.0.0/8, 1.2.3.4/0",
      "10:26: AllowedIPs = 1.2.3.4/0: another peer's, too, in line 7, and WireGuard gives it to the last only; leave it with one"),
    Fault(.peer, "[Peer]\nPublicKey = \(Sample.zeroKey)", "9:13: PublicKey: a key of zeros; write the peer's"),

    Fault(.interface, "MTU = 1400\0", "4:11: a NUL byte; a profile is plain text"),
    Fault(.interface, "PostUp = a\u{1b}[2J", "4:11: a control character, 0x1b; remove it"),
    Fault(.interface, "# \u{7}", "4:3: a control character, 0x07; remove it"),
    Fault(.interface, "MTU = 1\u{7f}", "4:8: a control character, 0x7f; remove it"),
    Fault(.interface, "PostUp = \u{9b}31m", "4:10: a control character, 0x9b; remove it"),
    Fault(.interface, "MTU = 1400\rTable = off", "4:11: a control character, 0x0d; remove it"),
    Fault(.interface, "MTU = 1\u{b}", "4:8: a control character, 0x0b; remove it"),
    Fault(.interface, "Add\u{1b}ress = x", "4:4: a control character, 0x1b; remove it"),
  ])
  func line(fault: Fault) { #expect(errors(fault.file) == [fault.expected]) }

  @Test("Allowed twice") func repeated() {
    #expect(errors(Sample.file(peer: "AllowedIPs = 10.0.0.0/8, 10.0.0.0/8\nAllowedIPs = 10.1.2.3/8, ::/0")).isEmpty)
    #expect(errors(Sample.file(interface: "PostUp = a\nPostUp = a\nSaveConfig = true\nSaveConfig = false")).isEmpty)
    #expect(errors(Sample.file(interface: "#" + String(repeating: "x", count: 1 << 18))).isEmpty)
  }

  static let noInterface = "1:1: [Interface] is missing; it has this machine's PrivateKey and Address"
  static let noPeer = "1:1: [Peer] is missing; it has the server's PublicKey, AllowedIPs and Endpoint"

  @Test(
    "What is missing",
    arguments: [
      ("", [noInterface, noPeer]), ("\n\n# nothing\n", [noInterface, noPeer]), ("\u{feff}", [noInterface, noPeer]),
      (
        "\n [Interface]\n[Peer]",
        [
          "2:2: PrivateKey is missing; write the one given to you, or wg genkey's",
          "2:2: Address is missing; write the one given to you for this VPN, or Box = no in [VPN] if this is a router's and another program gives "
            + "the link its address",
          "3:1: PublicKey is missing; write the peer's",
        ]
      ),
      ("[Interface]\nPrivateKey = \(Sample.privateKey)\nAddress = 10.0.0.2", [noPeer]),
      ("[Peer]\nPublicKey = \(Sample.publicKey)", [noInterface]),
      (
        "MTU = 1400\nFoo = 1\n[Peer]\nPublicKey = \(Sample.publicKey)",
        [
          "1:1: MTU before any section; write [Interface] above it", noInterface,
          "2:1: a key before any section; write [Interface] above it",
        ]
      ),
      (
        "[Interface]\nPrivatKey = x\nAdress = 10.0.0.2\n[Peer]\nPublic_Key = x",
        [
          "2:1: unknown key PrivatKey; did you mean PrivateKey?", "3:1: unknown key Adress; did you mean Address?",
          "5:1: unknown key Public_Key; did you mean PublicKey?",
        ]
      ),
      // A wrong value is not a missing one.
      (
        "[Interface]\nPrivateKey = x\nAddress = y\n[Peer]\nPublicKey = z",
        [
          "2:14: PrivateKey: not a key, which has 44 characters, not 1; write it as wg genkey prints it",
          "3:11: Address = y: not an address; write IPv4 or IPv6, with an optional /length",
          "5:13: PublicKey: not a key, which has 44 characters, not 1; write it as wg pubkey prints it",
        ]
      ),
      (
        "[Interface]\nPrivateKey = \0\nAddress = \0\n[Peer]\nPublicKey = \0",
        ["2:14", "3:11", "5:13"].map { "\($0): a NUL byte; a profile is plain text" }
      ),
    ])
  func missing(text: String, expected: [String]) { #expect(errors(text) == expected) }

  @Test("All errors of a file at once, by line and column") func all() {
    let text = Sample.file(interface: "MTU = 5\nDNS = 1.2.3, fe80:, ok.example", peer: "Endpoint = x\nFoo = 1", vpn: "ID = 0")
    #expect(
      errors(text).map { $0.split(separator: ": ")[0] } == ["4:7", "5:7", "5:14", "9:12", "10:1", "12:6"])
  }

  @Test("Not a text at all") func encodings() {
    let utf16 = Sample.file().utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    #expect(errors([0xff, 0xfe] + utf16) == ["1:1: UTF-16; save the file as UTF-8"])
    #expect(errors([0xfe, 0xff]) == ["1:1: UTF-16; save the file as UTF-8"])
    #expect(errors(utf16) == ["1:1: UTF-16; save the file as UTF-8"])
    #expect(
      errors([UInt8](repeating: 0x23, count: 1 << 20)) == [StructureErrorTests.noInterface, StructureErrorTests.noPeer])
    #expect(errors([UInt8](repeating: 0x0a, count: 1 << 20 + 1)) == ["1:1: more than 1048576 bytes; this is no profile"])
  }

  @Test("A file wrong everywhere gives its first hundred errors", .timeLimit(.minutes(1))) func limit() {
    let wrong = errors(Array(repeating: "x\n", count: 500_000).joined())
    #expect(wrong.count == ProfileErrors.maximumCount)
    #expect(wrong.last == "100:1: \(Self.noLine)")
  }

  @Test("The largest file is read in no time", .timeLimit(.minutes(1))) func large() throws {
    let networks = (0..<60_000).map { "10.\($0 >> 16 & 255).\($0 >> 8 & 255).\($0 & 255)" }
    let lines = stride(from: 0, to: networks.count, by: 1000).map { "AllowedIPs = " + networks[$0..<$0 + 1000].joined(separator: ",") }
    let profile = try parse(Sample.file(peer: lines.joined(separator: "\n")))
    #expect(profile.peers[0].allowedIPs.count == 60_002)
  }

  @Test(
    "The line and the caret below it, and … for what may be a secret",
    arguments: [
      ("MTU = x # y", "MTU = x", "      ^"), ("\tMTU\t= x", "\tMTU\t= x", "\t   \t  ^"),
      ("Table = auto, ü", "Table = auto, ü", "        ^"), ("Address = é, 10.0.0.300", "Address = é, 10.0.0.300", "          ^"),
      ("Adress = 10.0.0.2", "Adress = 10.0.0.2", "^"), ("  MTUU = 1 = 2", "  MTUU = …", "  ^"),
      ("Endpoint = 192.0.2.1:5", "Endpoint = 192.0.2.1:5", "^"), ("PresharedKey = x", "PresharedKey = …", "^"),
      ("PrivateKey = \(Sample.otherKey) # x", "PrivateKey = …", "^"), ("PrivatKey = \(Sample.otherKey)", "PrivatKey = …", "^"),
      ("PrivatKey =", "PrivatKey =", "^"), ("[Interfaces] # x", "[Interfaces]", "^"), ("ListenPort =", "ListenPort =", "            ^"),
      ("DNS = a b = c", nil, "^"), ("DNS = :b = c", "DNS = …", "      ^"), ("hello", nil, "^"), ("[hello]", nil, "^"), ("Jc = 4", nil, "^"),
      ("MTU = 1400\u{7}", nil, "^"), ("= x", nil, "^"),
    ] as [(String, String?, String)])
  func caret(line: String, excerpt: String?, caret: String) throws {
    let errors = try #require(throws: ProfileErrors.self) { _ = try parse(Sample.file(interface: line)) }.errors
    #expect(errors[0].excerpt == excerpt)
    #expect(errors[0].caret == caret)
  }

  @Test("A message shows a caret's line, and no more of a value than fits") func excerpt() throws {
    let long = String(repeating: "9", count: 100)
    let text = Sample.file(
      interface: "  MTU = 14x0  # not this", peer: "Endpoint = \(long)", vpn: "ID = \(String(repeating: "1", count: 300))")
    do {
      _ = try parse(text)
      Issue.record("parsed")
    } catch {
      #expect(error.errors.map(\.excerpt) == ["  MTU = 14x0", "Endpoint = \(long)", nil])
      #expect(error.errors[1].message.hasPrefix("Endpoint = \(String(repeating: "9", count: 60))…: the port"))
      let lines = error.lines(file: "/etc/vpnrun/home.conf")
      #expect(lines.count == 7)
      #expect(lines[0] == "/etc/vpnrun/home.conf:4:9: MTU = 14x0: not a number; write a number from 576 to 65535")
      #expect(lines[1...2] == ["      MTU = 14x0", "            ^"])
      #expect(error.text(file: "/etc/vpnrun/home.conf") == lines.joined(separator: "\n"))
      #expect(error.description.hasPrefix("4:9: MTU = 14x0: "))
    }
  }
}
