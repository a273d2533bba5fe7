import Profile
import Testing

/// A line put into the small file, and the one thing that is wrong with it.
struct Fault: Sendable, CustomTestStringConvertible {
  var section: ProfileSection
  var text: String
  var expected: String
  var testDescription: String { text }

  init(_ section: ProfileSection, _ text: String, _ expected: String) {
    self.section = section
    self.text = text
    self.expected = expected
  }

  var file: String {
    switch section {
    case .interface: Sample.file(interface: text)
    case .peer: Sample.file(peer: text)
    case .vpn: Sample.file(vpn: text)
    }
  }
}

@Suite("What is wrong with a value, and where") struct ValueErrorTests {
  static let keyRule = "write it as wg genkey prints it"
  static let address = "not an address; write IPv4 or IPv6, with an optional /length"
  static let machine = "not an address that a machine can have; write the one given to you for this VPN"
  static let table = "a table of the system's, where the VPN would take the whole machine's traffic; write auto, off or another number"
  static let mark = "write off or a number from 1 to 4294967295, hexadecimal after 0x"

  @Test(arguments: [
    Fault(.interface, "Address = 10.0.0.300/24", "4:11: Address = 10.0.0.300/24: \(address)"),
    Fault(.interface, "address=10.0.0.2/33", "4:9: Address = 10.0.0.2/33: not a length of IPv4; write /0 to /32"),
    Fault(.interface, "Address = fd00::2/129", "4:11: Address = fd00::2/129: not a length of IPv6; write /0 to /128"),
    Fault(.interface, "Address = 10.0.0.2/x", "4:11: Address = 10.0.0.2/x: not a length of IPv4; write /0 to /32"),
    Fault(.interface, "Address = 10.0.0.2/255.255.255.0", "4:11: Address = 10.0.0.2/255.255.255.0: not a length of IPv4; write /0 to /32"),
    Fault(.interface, "Address = 10.0.0.2, vpn.example , 10.0.0.3", "4:21: Address = vpn.example: \(address)"),
    Fault(.interface, "Address = 10.0.0.2 /24", "4:20: Address = /24: \(address)"),
    Fault(.interface, "Address = 0.0.0.0/0", "4:11: Address = 0.0.0.0/0: \(machine)"),
    Fault(.interface, "Address = 127.0.0.1/8", "4:11: Address = 127.0.0.1/8: \(machine)"),
    Fault(.interface, "Address = 224.0.0.5", "4:11: Address = 224.0.0.5: \(machine)"),
    Fault(.interface, "Address = 255.255.255.255", "4:11: Address = 255.255.255.255: \(machine)"),
    Fault(.interface, "Address = ::", "4:11: Address = ::: \(machine)"),
    Fault(.interface, "Address = ::1/128", "4:11: Address = ::1/128: \(machine)"),
    Fault(.interface, "Address = ff02::1", "4:11: Address = ff02::1: \(machine)"),
    Fault(.interface, "Address = ,", "4:11: Address = ,: the value is missing; write it, or leave the line out"),
    Fault(.interface, "Address =", "4:10: Address: the value is missing; write it, or leave the line out"),
    Fault(.interface, "Address = 172.27.12.34/24", "4:11: Address = 172.27.12.34/24: stands in line 3 already; leave it out here"),

    Fault(.interface, "DNS = 1.2.3.256", "4:7: DNS = 1.2.3.256: not an address; write IPv4, IPv6 or a search domain"),
    Fault(.interface, "DNS = fe80::1%eth0", "4:7: DNS = fe80::1%eth0: not an address; write IPv4, IPv6 or a search domain"),
    Fault(.interface, "DNS = 1.1.1.1,corp_/x", "4:15: DNS = corp_/x: neither an address nor a search domain; \(DomainName.rule)"),
    Fault(.interface, "DNS = ~.", "4:7: DNS = ~.: neither an address nor a search domain; \(DomainName.rule)"),
    Fault(.interface, "DNS = 127.0.0.1", "4:7: DNS = 127.0.0.1: not an address that the VPN can reach; write its resolver's"),
    Fault(.interface, "DNS = 0.0.0.0", "4:7: DNS = 0.0.0.0: not an address that the VPN can reach; write its resolver's"),
    Fault(
      .interface, "DNS = 1.0.0.1 1.0.0.2 1.0.0.3 1.0.0.4 1.0.0.5 1.0.0.6 1.0.0.7 1.0.0.8\nDNS = 1.0.0.9",
      "5:7: DNS = 1.0.0.9: one server too many; keep 8 or less, of 200 characters in all"),
    Fault(
      .interface, "DNS = " + (1...6).map { "2001:db8:1111:2222:3333:4444:5555:111\($0)" }.joined(separator: " "),
      "4:202: DNS = 2001:db8:1111:2222:3333:4444:5555:1116: one server too many; keep 8 or less, of 200 characters in all"),
    Fault(
      .interface, "DNS = " + (0...9).map { "\($0)" + String(repeating: "x", count: 23) }.joined(separator: ",") + ",yyyyyyy",
      "4:257: DNS = yyyyyyy: one search domain too many; keep them within 255 characters in all"),

    Fault(.interface, "MTU = 0", "4:7: MTU = 0: out of range; write a number from 576 to 65535"),
    Fault(.interface, "MTU = 575", "4:7: MTU = 575: out of range; write a number from 576 to 65535"),
    Fault(.interface, "MTU = 70000", "4:7: MTU = 70000: out of range; write a number from 576 to 65535"),
    Fault(.interface, "MTU = 99999999999999999999", "4:7: MTU = 99999999999999999999: out of range; write a number from 576 to 65535"),
    Fault(.interface, "MTU = big", "4:7: MTU = big: not a number; write a number from 576 to 65535"),
    Fault(.interface, "MTU = 14 20", "4:7: MTU = 14 20: not a number; write a number from 576 to 65535"),
    Fault(.interface, "MTU = -1", "4:7: MTU = -1: not a number; write a number from 576 to 65535"),
    Fault(.interface, "MTU = 01420", "4:7: MTU = 01420: octal to ip(8) by its leading zero; write it without"),
    Fault(.interface, "MTU = 1279", "4:7: MTU = 1279: too small for the IPv6 address; write a number from 1280 to 65535"),

    Fault(.interface, "ListenPort = 65536", "4:14: ListenPort = 65536: out of range; write a port from 1 to 65535, or 0 for any"),
    Fault(.interface, "ListenPort = http", "4:14: ListenPort = http: not a number; write a port from 1 to 65535, or 0 for any"),
    Fault(.interface, "ListenPort =  # 5", "4:13: ListenPort: the value is missing; write it, or leave the line out"),
    Fault(.interface, "FwMark = 4294967296", "4:10: FwMark = 4294967296: out of range; \(mark)"),
    Fault(.interface, "FwMark = 0x1ffffffff", "4:10: FwMark = 0x1ffffffff: out of range; \(mark)"),
    Fault(.interface, "FwMark = 0x", "4:10: FwMark = 0x: not a number; \(mark)"),
    Fault(.interface, "FwMark = 0X10", "4:10: FwMark = 0X10: not a number; \(mark)"),
    Fault(.interface, "FwMark = ca6c", "4:10: FwMark = ca6c: not a number; \(mark)"),

    Fault(.interface, "Table = main", "4:9: Table = main: \(table)"), Fault(.interface, "Table = 254", "4:9: Table = 254: \(table)"),
    Fault(.interface, "Table = 253", "4:9: Table = 253: \(table)"), Fault(.interface, "Table = 0xff", "4:9: Table = 0xff: \(table)"),
    Fault(.interface, "Table = Local", "4:9: Table = Local: \(table)"),
    Fault(.interface, "Table = 0", "4:9: Table = 0: out of range; write auto, off or a number from 1 to 4294967295"),
    Fault(.interface, "Table = vpn", "4:9: Table = vpn: not a number; write auto, off or a number from 1 to 4294967295"),
    Fault(.interface, "Table = 010", "4:9: Table = 010: octal to ip(8) by its leading zero; write it without"),
    Fault(.interface, "SaveConfig = yes", "4:14: SaveConfig = yes: write true or false"),
    Fault(.interface, "SaveConfig =", "4:13: SaveConfig: the value is missing; write it, or leave the line out"),
  ])
  func interface(fault: Fault) { #expect(errors(fault.file) == [fault.expected]) }

  static let network = "not a network; write IPv4 or IPv6, with an optional /length"
  static let brackets = "write it like [2001:db8::1]:51820"

  @Test(arguments: [
    Fault(.peer, "PresharedKey = abc", "8:16: PresharedKey: not a key, which has 44 characters, not 3; write it as wg genpsk prints it"),
    Fault(.peer, "AllowedIPs = 10.0.0.0/8, 10.0.0/8", "8:26: AllowedIPs = 10.0.0/8: \(network)"),
    Fault(.peer, "AllowedIPs = 10.0.0.0/8,,::/1", "8:25: AllowedIPs: \(network)"),
    Fault(.peer, "AllowedIPs = 10.0.0.0/8,", "8:25: AllowedIPs: \(network)"),
    Fault(
      .peer, "AllowedIPs = 10.0.0.0/8 10.1.0.0/16", "8:14: AllowedIPs = 10.0.0.0/8 10.1.0.0/16: not a network; write commas between several"
    ),
    Fault(.peer, "AllowedIPs = 10.0.0.0/33", "8:14: AllowedIPs = 10.0.0.0/33: not a length of IPv4; write /0 to /32"),
    Fault(.peer, "AllowedIPs = ::/", "8:14: AllowedIPs = ::/: not a length of IPv6; write /0 to /128"),
    Fault(.peer, "AllowedIPs = example.net", "8:14: AllowedIPs = example.net: \(network)"),

    Fault(.peer, "Endpoint = 192.0.2.1", "8:12: Endpoint = 192.0.2.1: the port is missing; write it like vpn.example.net:51820"),
    Fault(.peer, "Endpoint = :51820", "8:12: Endpoint = :51820: the host is missing; write it like vpn.example.net:51820"),
    Fault(.peer, "Endpoint = []:51820", "8:12: Endpoint = []:51820: the host is missing; write it like vpn.example.net:51820"),
    Fault(.peer, "Endpoint =", "8:11: Endpoint: the value is missing; write it, or leave the line out"),
    Fault(.peer, "Endpoint = 192.0.2.1:0", "8:12: Endpoint = 192.0.2.1:0: the port is out of range; write a number from 1 to 65535"),
    Fault(
      .peer, "Endpoint = 192.0.2.1:65536", "8:12: Endpoint = 192.0.2.1:65536: the port is out of range; write a number from 1 to 65535"),
    Fault(.peer, "Endpoint = 192.0.2.1:", "8:12: Endpoint = 192.0.2.1:: the port is not a number; write a number from 1 to 65535"),
    Fault(
      .peer, "Endpoint = a.example:domain", "8:12: Endpoint = a.example:domain: the port is not a number; write a number from 1 to 65535"),
    Fault(.peer, "Endpoint = 192.0.2.256:5", "8:12: Endpoint = 192.0.2.256:5: not an IPv4 address; write it like 192.0.2.1:51820"),
    Fault(.peer, "Endpoint = 192.0.2:5", "8:12: Endpoint = 192.0.2:5: not an IPv4 address; write it like 192.0.2.1:51820"),
    Fault(.peer, "Endpoint = 2001:db8::1:51820", "8:12: Endpoint = 2001:db8::1:51820: an IPv6 address needs brackets; \(brackets)"),
    Fault(.peer, "Endpoint = [2001:db8::1]", "8:12: Endpoint = [2001:db8::1]: not a bracketed address with a port; \(brackets)"),
    Fault(.peer, "Endpoint = [2001:db8::1]51820", "8:12: Endpoint = [2001:db8::1]51820: not a bracketed address with a port; \(brackets)"),
    Fault(.peer, "Endpoint = [2001:db8::1:51820", "8:12: Endpoint = [2001:db8::1:51820: not a bracketed address with a port; \(brackets)"),
    Fault(.peer, "Endpoint = [2001:db8::g]:5", "8:12: Endpoint = [2001:db8::g]:5: not an IPv6 address; \(brackets)"),
    Fault(.peer, "Endpoint = b\u{fc}cher.example:5", "8:12: Endpoint = b\u{fc}cher.example:5: not a host's name; \(DomainName.rule)"),
    Fault(.peer, "Endpoint = a..example:5", "8:12: Endpoint = a..example:5: not a host's name; \(DomainName.rule)"),
    Fault(.peer, "Endpoint = 0.0.0.0:5", "8:12: Endpoint = 0.0.0.0:5: not an address of one machine; write the peer's"),
    Fault(.peer, "Endpoint = [ff02::1]:5", "8:12: Endpoint = [ff02::1]:5: not an address of one machine; write the peer's"),
    Fault(
      .peer, "Endpoint = [fe80::1]:5",
      "8:12: Endpoint = [fe80::1]:5: a link-local address needs its link; write it like [fe80::1%eth0]:51820"),
    Fault(.peer, "Endpoint = [2001:db8::1%eth0]:5", "8:12: Endpoint = [2001:db8::1%eth0]:5: only a link-local IPv6 address has a %link"),
    Fault(.peer, "Endpoint = 169.254.1.1%eth0:5", "8:12: Endpoint = 169.254.1.1%eth0:5: only a link-local IPv6 address has a %link"),
    Fault(
      .peer, "Endpoint = [fe80::1%]:5",
      "8:12: Endpoint = [fe80::1%]:5: after % stands no link's name, which has 1 to 15 characters; write it like [fe80::1%eth0]:51820"),
    Fault(
      .peer, "Endpoint = [fe80::1%a/b]:5",
      "8:12: Endpoint = [fe80::1%a/b]:5: after % stands no link's name, which has 1 to 15 characters; write it like [fe80::1%eth0]:51820"),

    Fault(.peer, "PersistentKeepalive = 25s", "8:23: PersistentKeepalive = 25s: not a number; write seconds from 1 to 65535, or off"),
    Fault(.peer, "PersistentKeepalive = 65536", "8:23: PersistentKeepalive = 65536: out of range; write seconds from 1 to 65535, or off"),
    Fault(.peer, "PersistentKeepalive = ", "8:22: PersistentKeepalive: the value is missing; write it, or leave the line out"),
  ])
  func peer(fault: Fault) { #expect(errors(fault.file) == [fault.expected]) }

  static let everything = "everything, and nothing would go through the VPN; write the networks that are to stay outside"
  static let tables = "write main, a number from 1 to 4294967295, a table's name, vrf NAME or vpn NAME"
  static let vrf = "not a VRF's name; write 1 to 15 of A-Z a-z 0-9 _ - . after vrf, the first a letter or digit"
  static let ownTable = "the VPN's own table, by which encrypted packets would come back to the tunnel; write another"

  @Test(arguments: [
    Fault(.vpn, "Relay = 10.42.42.1/24", "10:9: Relay = 10.42.42.1/24: has host bits; write 10.42.42.0/24"),
    Fault(.vpn, "Relay = snat", "10:9: Relay = snat: which networks? Write them before snat"),
    Fault(
      .vpn, "Relay = 172.27.0.0/16",
      "10:9: Relay = 172.27.0.0/16: has the VPN's own address 172.27.12.34 in it; write the networks behind this machine only"),
    Fault(
      .vpn, "ID = 7\nRelay = 10.20.0.0/16",
      "11:9: Relay = 10.20.0.0/16: overlaps the commands' network 10.20.7.0/24; write another Subnet"),
    Fault(
      .vpn, "Relay = 10.42.0.0/16, 10.42.42.0/24",
      "10:23: Relay = 10.42.42.0/24: overlaps 10.42.0.0/16 of line 10; leave one of them out"),
    Fault(
      .peer, "AllowedIPs = 10.42.42.0/24\n[VPN]\nRelay = 10.42.0.0/16",
      "10:9: Relay = 10.42.0.0/16: has 10.42.42.0/24 of AllowedIPs in it, which is behind the VPN; leave it out in one"),
    Fault(.vpn, "Networks =", "10:11: Networks: the value is missing; write it, or leave the line out"),
    Fault(.vpn, "Networks = # none", "10:11: Networks: the value is missing; write it, or leave the line out"),
    Fault(.vpn, "Networks = 10.0.0.0/8,", "10:23: Networks: \(network)"),
    Fault(.vpn, "Networks = corp.example", "10:12: Networks = corp.example: \(network)"),
    Fault(.vpn, "Networks = 10.0.0.0/33", "10:12: Networks = 10.0.0.0/33: not a length of IPv4; write /0 to /32"),
    Fault(.vpn, "Networks = 10.0.0.0/8 ::/0", "10:12: Networks = 10.0.0.0/8 ::/0: not a network; write commas between several"),
    Fault(
      .vpn, "Networks = ::/0, 10.0.0.0/8\nNetworks = 10.1.2.3/8",
      "11:12: Networks = 10.1.2.3/8: stands in line 10 already; leave it out here"),
    Fault(.vpn, "Networks = ::1/0, ::/0", "10:19: Networks = ::/0: stands in line 10 already; leave it out here"),
    Fault(.vpn, "Direct =", "10:9: Direct: the value is missing; write it, or leave the line out"),
    Fault(.vpn, "Direct = ,10.0.0.0/8", "10:10: Direct: \(network)"),
    Fault(.vpn, "Direct = 10.0.0.0/8, 0.0.0.0/0", "10:22: Direct = 0.0.0.0/0: \(everything)"),
    Fault(.vpn, "Direct = fd00::1/0", "10:10: Direct = fd00::1/0: \(everything)"),
    Fault(.vpn, "Direct = fd00::/129", "10:10: Direct = fd00::/129: not a length of IPv6; write /0 to /128"),
    Fault(.vpn, "Direct = 192.0.2.1, 192.0.2.1/32", "10:21: Direct = 192.0.2.1/32: stands in line 10 already; leave it out here"),
    Fault(
      .vpn, "Direct = 10.0.0.0/8\n\nNetworks = 10.1.2.3/8",
      "10:10: Direct = 10.0.0.0/8: in Networks, too, in line 12; leave it in one"),
    Fault(
      .vpn, "Networks = fd00::/8, 10.9.0.0/16\nDirect = 10.0.0.0/8",
      "10:22: Networks = 10.9.0.0/16: within Direct = 10.0.0.0/8, so that it would never go through the VPN; leave it out in one"),
    Fault(.vpn, "OutsideIdentity = true", "10:19: OutsideIdentity = true: write yes or no"),
    Fault(.vpn, "OutsideIdentity = 1", "10:19: OutsideIdentity = 1: write yes or no"),
    Fault(.vpn, "OutsideIdentity = yes no", "10:19: OutsideIdentity = yes no: write yes or no"),
    Fault(.vpn, "OutsideIdentity =", "10:18: OutsideIdentity: the value is missing; write it, or leave the line out"),
    Fault(.vpn, "Priority = 12", "10:12: Priority = 12: out of range; write a number from 13 to 32000"),
    Fault(.vpn, "Priority = 32001", "10:12: Priority = 32001: out of range; write a number from 13 to 32000"),
    Fault(.vpn, "Priority = 4294967396", "10:12: Priority = 4294967396: out of range; write a number from 13 to 32000"),
    Fault(.vpn, "Priority = 0x64", "10:12: Priority = 0x64: not a number; write a number from 13 to 32000"),
    Fault(.vpn, "Priority = high", "10:12: Priority = high: not a number; write a number from 13 to 32000"),
  ])
  func routing(fault: Fault) { #expect(errors(fault.file) == [fault.expected]) }

  @Test(arguments: [
    Fault(.vpn, "Underlay =", "10:11: Underlay: the value is missing; write it, or leave the line out"),
    Fault(.vpn, "Underlay = 0", "10:12: Underlay = 0: out of range; \(tables)"),
    Fault(.vpn, "Underlay = 4294967296", "10:12: Underlay = 4294967296: out of range; \(tables)"),
    Fault(.vpn, "Underlay = 12 13", "10:12: Underlay = 12 13: not a number; \(tables)"),
    Fault(.vpn, "Underlay = 010", "10:12: Underlay = 010: octal to ip(8) by its leading zero; write it without"),
    Fault(.vpn, "Underlay = blue green", "10:12: Underlay = blue green: neither a table, a VRF nor a VPN; \(tables)"),
    Fault(.vpn, "Underlay = default", "10:12: Underlay = default: neither a table, a VRF nor a VPN; \(tables)"),
    Fault(.vpn, "Underlay = -1", "10:12: Underlay = -1: neither a table, a VRF nor a VPN; \(tables)"),
    Fault(.vpn, "Underlay = vrf", "10:12: Underlay = vrf: the VRF's name is missing; \(tables)"),
    Fault(.vpn, "Underlay = vrf 1234567890123456", "10:12: Underlay = vrf 1234567890123456: \(vrf)"),
    Fault(.vpn, "Underlay = vpn", "10:12: Underlay = vpn: not a VPN's name behind vpn; \(tables)"),
    Fault(.vpn, "Underlay = vpn a/b", "10:12: Underlay = vpn a/b: not a VPN's name behind vpn; \(tables)"),
    Fault(.vpn, "Underlay = vpn home work", "10:12: Underlay = vpn home work: not a VPN's name behind vpn; \(tables)"),
    Fault(.vpn, "Underlay = vrf a/b", "10:12: Underlay = vrf a/b: \(vrf)"),
    Fault(.vpn, "Underlay = vrf a b", "10:12: Underlay = vrf a b: \(vrf)"),
    Fault(.vpn, "Underlay = vrf ..", "10:12: Underlay = vrf ..: \(vrf)"),
    Fault(.vpn, "Underlay = vrf -a", "10:12: Underlay = vrf -a: \(vrf)"),
    Fault(.vpn, "Underlay = vrf a:b", "10:12: Underlay = vrf a:b: \(vrf)"),
    Fault(.vpn, "ID = 7\nUnderlay = 7", "11:12: Underlay = 7: \(ownTable)"),
  ])
  func underlay(fault: Fault) { #expect(errors(fault.file) == [fault.expected]) }

  @Test("Encrypted packets do not leave by the table that leads to the tunnel") func ownTables() {
    func wrong(_ table: String, _ vpn: String) -> [String] { errors(Sample.file(interface: "Table = \(table)", vpn: vpn)) }
    #expect(wrong("500", "ID = 7\nUnderlay = 500") == ["11:12: Underlay = 500: \(Self.ownTable)"])
    #expect(wrong("500", "Underlay = 0x1f4") == ["10:12: Underlay = 0x1f4: \(Self.ownTable)"])
    #expect(wrong("off", "Underlay = 7\nID = 7") == ["10:12: Underlay = 7: \(Self.ownTable)"])
    #expect(wrong("500", "ID = 7\nUnderlay = 7").isEmpty && wrong("auto", "ID = 7\nUnderlay = 500").isEmpty)
  }

  @Test(
    "Keys",
    arguments: [
      (Sample.zeroKey, "a key of zeros; write the one given to you, or wg genkey's"),
      (String(Sample.privateKey.dropLast()), "not a key, which has 44 characters, not 43; write it as wg genkey prints it"),
      ("  " + Sample.privateKey.prefix(20) + " " + Sample.privateKey.dropFirst(20), nil),
      (Sample.privateKey.replacing("g=", with: "h="), "not a key: not base64 of 32 bytes; write it as wg genkey prints it"),
      (Sample.privateKey.replacing("=", with: "A"), "not a key: not base64 of 32 bytes; write it as wg genkey prints it"),
      (Sample.privateKey.replacing("V", with: "-"), "not a key: not base64 of 32 bytes; write it as wg genkey prints it"),
      ("", "the value is missing; write it, or leave the line out"),
    ])
  func keys(text: String, sentence: String?) {
    let file = Sample.file().replacing("PrivateKey = \(Sample.privateKey)", with: "PrivateKey = \(text)")
    #expect(errors(file) == (sentence.map { ["2:\(text.isEmpty ? 13 : 14): PrivateKey: \($0)"] } ?? []))
  }

  @Test("Errors are equal by all their parts") func equality() {
    let error = ProfileError(line: 1, column: 2, message: "m", excerpt: "e")
    let others = [
      ProfileError(line: 2, column: 2, message: "m", excerpt: "e"), ProfileError(line: 1, column: 1, message: "m", excerpt: "e"),
      ProfileError(line: 1, column: 2, message: "n", excerpt: "e"), ProfileError(line: 1, column: 2, message: "m", excerpt: "f"),
      ProfileError(line: 1, column: 2, message: "m"),
    ]
    #expect(error == ProfileError(line: 1, column: 2, message: "m", excerpt: "e"))
    #expect(others.allSatisfy { $0 != error })
    #expect(ProfileErrors([error]) != ProfileErrors([error, error]))
  }
}
