import NetworkModel
import Testing

/// `[BIND:]PORT[:PORT][/udp]`.
@Suite struct PublishedPortTests {
  @Test(
    "What may be missing, and how it is written out",
    arguments: [
      ("80", "127.0.0.1:80:80/tcp"), ("8080:80", "127.0.0.1:8080:80/tcp"), ("8080:80/udp", "127.0.0.1:8080:80/udp"),
      ("0.0.0.0:8080:80", "0.0.0.0:8080:80/tcp"), ("192.168.1.5:80", "192.168.1.5:80:80/tcp"), ("[::]:8080:80/tcp", "[::]:8080:80/tcp"),
      ("[fd00::1]:53/udp", "[fd00::1]:53:53/udp"),
    ])
  func right(_ text: String, _ whole: String) throws {
    let port = try #require(PublishedPort(text.utf8))
    #expect(port.description == whole && PublishedPort(whole.utf8) == port)
  }

  @Test(
    "What is none",
    arguments: [
      "", "x", "0", "65536", "80:", ":80", "80:0", "1:2:3", "80/icmp", "80/", "80/udp/tcp", "1.2.3:80", "[::]80", "[::]", "[1.2.3.4]:80",
      "::1:80",
      "localhost:80", "80-90", "[::1", "0.0.0.0", "0.0.0.0:1:2:3",
    ])
  func wrong(_ text: String) { #expect(PublishedPort(text.utf8) == nil) }
}
