import NetworkModel
import Testing

/// `ADDRESS[/LENGTH][:PORT]`.
@Suite struct LANDestinationTests {
  @Test(
    "What it is, and how it is written out",
    arguments: [
      ("192.168.50.7", "192.168.50.7"), ("192.168.50.7/32:445", "192.168.50.7:445"), ("192.168.50.7/24", "192.168.50.0/24"),
      ("192.168.50.0/24:80", "192.168.50.0/24:80"), ("fd00::7", "fd00::7"), ("fd00::7/64", "fd00::/64"), ("[fd00::7]:445", "[fd00::7]:445"),
      ("[fd00::/64]:80", "[fd00::/64]:80"), ("[fd00::7]", "fd00::7"),
    ])
  func right(_ text: String, _ whole: String) throws {
    let one = try #require(LANDestination(text.utf8))
    #expect(one.description == whole && LANDestination(whole.utf8) == one && one.isAllowed)
  }

  @Test(
    "What is none",
    arguments: [
      "", "nas", "nas:445", "192.168.50.7:0", "192.168.50.7:", "192.168.50.7:65536", "192.168.50.7/33", "[]:1",
      "[192.168.50.7]:1", "[fd00::7", "[fd00::7]445", ":445", "192.168.50.7:1:2",
    ])
  func wrong(_ text: String) { #expect(LANDestination(text.utf8) == nil) }

  @Test(
    "What is no LAN, or is for names",
    arguments: [
      "203.0.113.2", "0.0.0.0/0", "10.0.0.0/7", "127.0.0.1", "169.254.1.1", "100.64.0.1", "172.32.0.1", "192.169.0.1", "::1", "::/0",
      "fe80::1",
      "2001:db8::1", "224.0.0.251", "192.168.50.7:53", "[fd00::7]:853", "::ffff:192.168.1.1",
    ])
  func refused(_ text: String) throws { #expect(try !#require(LANDestination(text.utf8)).isAllowed) }

  @Test func list() {
    #expect(LANDestination.list("192.168.1.7:445,fd00::/64".utf8).map { LANDestination.text($0) } == "192.168.1.7:445,fd00::/64")
    #expect(LANDestination.list("192.168.1.7,".utf8) == nil)
  }
}
