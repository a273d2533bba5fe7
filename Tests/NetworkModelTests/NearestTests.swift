import Testing

@testable import NetworkModel

@Suite struct NearestTests {
  @Test(arguments: [("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 1), ("same", "same", 0), ("Same", "sAME", 0)])
  func distance(_ a: String, _ b: String, _ distance: Int) {
    #expect(editDistance(Array(a.utf8), Array(b.utf8)) == distance)
    #expect(editDistance(Array(b.utf8), Array(a.utf8)) == distance)
  }

  @Test func longNamesMayHaveMoreMistakes() {
    let names = ["MTU", "PersistentKeepalive"]
    #expect(nearest(to: "PersistantKepalife".utf8, of: names) { $0 } == "PersistentKeepalive")
    #expect(nearest(to: "MUT".utf8, of: names) { $0 } == "MTU")
    #expect(nearest(to: "MAX".utf8, of: names) { $0 } == nil)
    #expect(nearest(to: String(repeating: "x", count: 33).utf8, of: [String(repeating: "x", count: 33)]) { $0 } == nil)
  }
}
