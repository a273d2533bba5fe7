import Profile
import Testing

@Suite struct DomainNameTests {
  static let long = String(repeating: "a", count: 63)

  @Test(arguments: [
    "a", "lan", "a.b", "a-b.c_d", "1and1.example", "3com", "a.", "_dmarc.example", "xn--p1ai", long,
    "\(long).\(long).\(long).\(long.dropLast(2))",
    "\(long).\(long).\(long).\(long.dropLast(2)).",
  ])
  func takes(text: String) { #expect(DomainName(text)?.description == text) }

  @Test(arguments: [
    "", ".", "..", ".a", "a..b", "a..", "-a", "a-", "a.-b", "a-.b", "a b", "a/b", "a:b", "ä.example", "~.", "~corp", "*.example", "1",
    "1.2.3", "10.0.0.300",
    "a.1", "a.1.", "a\n", "a\0", "\(long)a", "\(long).\(long).\(long).\(long.dropLast())",
  ])
  func refuses(text: String) { #expect(DomainName(text) == nil) }
}
