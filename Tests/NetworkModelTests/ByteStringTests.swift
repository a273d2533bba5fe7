import NetworkModel
import Testing

@Suite struct ByteStringTests {
  @Test("Other bytes are another text, even if they spell the same letter") func bytes() {
    let (one, other) = ("\u{e9}", "e\u{301}")
    #expect(one == other)
    #expect(ByteString(one) != ByteString(other))
    #expect(Set([ByteString(one), ByteString(other), ByteString(one)]).count == 2)
    #expect(ByteString(Array(one.utf8)) == ByteString(one))
  }

  @Test("As a literal, with values in it, and in a switch") func literals() {
    let name: ByteString = "br-\(VPNName("home")!)"
    #expect(name == "br-home" && name != "br-hom" && name != "br-home " && name.description == "br-home")
    switch name {
    case "home", "br-\(1)": Issue.record("not \(name)")
    case "br-home": break
    default: Issue.record("not \(name)")
    }
  }

  @Test("A rule that differs in one thing is another") func rules() {
    let rule = Rule(.v4, priority: 100, table: 1, outputLink: "home")
    var others = [Rule](repeating: rule, count: 3)
    others[0].outputLink = "work"
    others[1].outputLink = nil
    others[2].outputLink = ""
    #expect(others.allSatisfy { $0 != rule } && ![others[1]].contains(others[2]))
    #expect([others[0], rule].contains(Rule(.v4, priority: 100, table: 1, outputLink: "home")))
  }
}
