import NetworkModel
import Testing

@testable import Diagnosis

@Suite struct OverlayTests {
  @Test(
    "What is excepted for an overlay: the whole of the shared addresses, or what its table has",
    arguments: [
      (["100.64.0.9", "100.100.1.0/24"], ["100.64.0.0/10"]),
      (["100.64.0.9", "fd7a:115c:a1e0::/48"], ["100.64.0.0/10", "fd7a:115c:a1e0::/48"]),
      (["10.147.17.0/24", "10.147.17.8"], ["10.147.17.0/24"]),
    ] as [([String], [String])])
  func direct(networks: [String], expected: [String]) {
    let overlay = Overlay(
      vpn: "home", table: "52", priority: 5270, links: ["overlay0"], networks: networks.map { Prefix($0)! })
    #expect(overlay.direct.map(\.description) == expected)
  }

  @Test("The first four, and how many more there are") func firsts() {
    #expect(Words.firsts(of: ["a", "b", "c", "d"]) == "a, b, c, d")
    #expect(Words.firsts(of: ["a", "b", "c", "d", "e"]) == "a, b, c, d and 1 more network")
    #expect(Words.firsts(of: ["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more networks")
  }
}
