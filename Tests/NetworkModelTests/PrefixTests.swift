import NetworkModel
import Testing

@Suite struct PrefixTests {
  @Test(
    "An address with or without its length",
    arguments: [
      ("10.20.1.0/24", "10.20.1.0/24"), ("10.2.0.2/24", "10.2.0.2/24"), ("172.27.12.34", "172.27.12.34/32"), ("0.0.0.0/0", "0.0.0.0/0"),
      ("::/0", "::/0"), ("fd27:12::34", "fd27:12::34/128"), ("FD27::/64", "fd27::/64"), ("::ffff:1.2.3.4/128", "::ffff:1.2.3.4/128"),
      ("10.0.0.0/08", "10.0.0.0/8"),
    ])
  func reads(text: String, expected: String) throws {
    let prefix = try #require(Prefix(text))
    #expect(prefix.description == expected)
    #expect(Prefix(expected) == prefix)
  }

  @Test(arguments: [
    "", "/", "/24", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+1", "10.0.0.0/8/8", "10.0.0.0 /8", "10.0.0.0/ 8",
    "10/8",
    "10.0.0.0/255.0.0.0", "::/256", "::/0x1", "example/8",
  ])
  func refuses(text: String) { #expect(Prefix(text) == nil) }

  @Test(
    "Network and gateway",
    arguments: [
      ("10.20.1.77/24", "10.20.1.0/24", "10.20.1.1"), ("10.20.1.77/32", "10.20.1.77/32", "10.20.1.78"),
      ("1.2.3.4/0", "0.0.0.0/0", "0.0.0.1"),
      ("10.20.1.77/30", "10.20.1.76/30", "10.20.1.77"), ("fd76:706e:1::9/64", "fd76:706e:1::/64", "fd76:706e:1::1"),
      ("2001:db8:ffff::/33", "2001:db8:8000::/33", "2001:db8:8000::1"), ("fd00::8000:0:0:5/65", "fd00::8000:0:0:0/65", "fd00::8000:0:0:1"),
    ])
  func masks(text: String, network: String, gateway: String) throws {
    let prefix = try #require(Prefix(text))
    #expect(prefix.network == Prefix(network))
    #expect(prefix.gateway == IPAddress(gateway))
    #expect(prefix.network.network == prefix.network)
  }

  @Test(
    "Overlap goes both ways; families never meet",
    arguments: [
      ("10.0.0.0/8", "10.20.1.0/24", true), ("10.20.1.0/24", "10.20.1.128/25", true), ("10.20.1.0/24", "10.20.2.0/24", false),
      ("10.20.0.0/23", "10.20.1.0/24", true), ("0.0.0.0/0", "192.0.2.1/32", true), ("0.0.0.0/0", "::/0", false),
      ("::/0", "fd00::1/128", true),
      ("10.20.1.5/24", "10.20.1.9/24", true), ("fd00::/64", "fd00:0:0:1::/64", false), ("1.2.3.4/32", "1.2.3.4/32", true),
      ("1.2.3.4/32", "1.2.3.5/32", false), ("::/96", "0.0.0.0/0", false),
    ])
  func overlaps(a: String, b: String, expected: Bool) throws {
    let a = try #require(Prefix(a))
    let b = try #require(Prefix(b))
    #expect(a.overlaps(b) == expected)
    #expect(b.overlaps(a) == expected)
  }

  @Test(
    arguments: [
      ("10.20.1.0/24", "10.20.1.255", true), ("10.20.1.0/24", "10.20.2.0", false), ("10.20.1.9/24", "10.20.1.1", true),
      ("0.0.0.0/0", "8.8.8.8", true),
      ("0.0.0.0/0", "::1", false), ("::/0", "8.8.8.8", false), ("fe80::/10", "febf:ffff::", true), ("fe80::/10", "fec0::", false),
    ])
  func contains(prefix: String, address: String, expected: Bool) throws {
    #expect(try #require(Prefix(prefix)).contains(try #require(IPAddress(address))) == expected)
  }

  @Test func everything() {
    #expect(IPFamily.allCases.map { Prefix.everything($0).description } == ["0.0.0.0/0", "::/0"])
    #expect(Prefix("1.2.3.4")?.isHost == true)
    #expect(Prefix("1.2.3.4/31")?.isHost == false)
  }
}
