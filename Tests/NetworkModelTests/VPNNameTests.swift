import NetworkModel
import Testing

@Suite struct VPNNameTests {
  @Test(arguments: ["a", "home", "Home-2", "0", "9lives", "a_b", "abcdefghijkl", "A-_-_-_-_-_Z"]) func takes(text: String) throws {
    let name = try #require(VPNName(text))
    #expect(name.description == text)
    #expect(name == VPNName(Array(text.utf8)))
    #expect(Set([name, name]).count == 1)
  }

  @Test(arguments: [
    "", ".", "..", "a/b", "../x", "-h", "--help", "_a", "a b", " a", "a ", "ä", "ａ", "abcdefghijklm", "a\nPostUp=x", "a;id", "$(id)", "a.b",
    "a%s",
    "a\0", "a\u{301}", "'a'", "*", "~", "home\r",
  ])
  func refuses(text: String) { #expect(VPNName(text) == nil) }

  @Test("No byte outside the alphabet is taken anywhere in a name") func alphabet() {
    let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    for c in 0...UInt8.max {
      #expect((VPNName([c]) != nil) == alphabet.contains(c))
      #expect((VPNName([0x61, c]) != nil) == (alphabet.contains(c) || c == 0x5f || c == 0x2d))
    }
  }

  @Test func comparesByCase() { #expect(VPNName("home") != VPNName("Home")) }
}
