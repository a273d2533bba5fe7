import Testing

@testable import Profile

@Suite struct ExitCheckTests {
  private static let right = "write a URL like https://example.net/ip, or dns NAME @ADDRESS:PORT"

  private static let noURL = "not a URL of letters, digits and - . _ ~ : / ? = % + , [ ]"

  @Test(arguments: [
    ("ftp://example.net", "\(noURL); \(right)"), ("example.net", "\(noURL); \(right)"), ("https://", "\(noURL); \(right)"),
    ("https:/x/y", "\(noURL); \(right)"), ("https://a b", "\(noURL); \(right)"), ("--url https://a", "\(noURL); \(right)"),
    ("https://user:word@example.net", "\(noURL); \(right)"),
    ("dns", "the name is missing; \(right)"), ("dns @192.0.2.1:5353", "the name is missing; \(right)"),
    ("dns me.example", "the server is missing; \(right)"), ("dns me.example 192.0.2.1:5353", "not a server's address; \(right)"),
    ("dns me.example @ns.example:5353", "not a server's address; \(right)"),
    ("dns me.example @192.0.2.1", "the port is missing; write it like vpn.example.net:51820"),
    (
      "dns me.example @192.0.2.1:53",
      "the VPN's own servers answer for port 53, whatever server is asked; write another port of the server"
    ),
    ("dns me.example @192.0.2.1:99 @192.0.2.2:99", "a second server of one family; write one for IPv4 and one for IPv6"),
    ("https://example.net/" + String(repeating: "x", count: 240), "more than 255 bytes; \(right)"),
  ])
  func wrong(_ text: String, _ sentence: String) {
    #expect(ExitCheck(text) == nil)
    do throws(Refusal) { _ = try ProfileValue.exitCheck(Array(text.utf8)[...]) } catch { #expect(error.sentence == sentence) }
  }

  @Test(arguments: ["https://icanhazip.com", "dns me.example @192.0.2.1:5353", "dns a.b @[2001:db8::1]:443 @192.0.2.1:5353"])
  func asWritten(_ text: String) { #expect(ExitCheck(text)?.description == text) }

  @Test func usual() { #expect(ExitCheck(ExitCheck.usual.description) == .usual) }
}
