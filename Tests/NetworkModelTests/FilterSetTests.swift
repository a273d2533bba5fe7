import NetworkModel
import TestSupport
import Testing

@Suite struct FilterSetTests {
  @Test(
    "The same addresses in as few of the prefixes as are needed",
    arguments: [
      ([], []), (["10.0.0.0/8"], ["10.0.0.0/8"]), (["10.1.2.3/8"], ["10.0.0.0/8"]), (["10.0.0.0/8", "10.0.0.0/8"], ["10.0.0.0/8"]),
      (["10.9.0.0/16", "10.0.0.0/8", "10.9.9.9"], ["10.0.0.0/8"]), (["10.0.0.0/9", "10.128.0.0/9"], ["10.0.0.0/9", "10.128.0.0/9"]),
      (["0.0.0.0/0", "255.255.255.255"], ["0.0.0.0/0"]), (["::/0", "0.0.0.0/0"], ["0.0.0.0/0", "::/0"]),
      (["::/0", "10.0.0.0/8"], ["10.0.0.0/8", "::/0"]), (["ff00::/8", "ff02::/16", "fe80::/10"], ["fe80::/10", "ff00::/8"]),
    ] as [([String], [String])])
  func apart(prefixes: [String], expected: [String]) {
    #expect(Set(FilterSet.apart(prefixes.map { Prefix($0)! }).map(\.description)) == Set(expected))
    #expect(FilterSet.apart(prefixes.map { Prefix($0)! }).count == expected.count)
  }

  @Test("Of one family, in the order of addresses") func ordered() {
    let prefixes = ["192.0.2.7", "fd00::/8", "9.255.0.0/16", "10.0.0.0/8", "100.64.0.0/10"].map { Prefix($0)! }
    #expect(
      FilterSet("s", .v4, prefixes).prefixes.map(\.description) == ["9.255.0.0/16", "10.0.0.0/8", "100.64.0.0/10", "192.0.2.7/32"])
    #expect(FilterSet("s", .v6, prefixes).prefixes.map(\.description) == ["fd00::/8"])
  }

  @Test("Of any prefixes none is lost, none is in another, and done twice is done once", arguments: 1...20 as ClosedRange<UInt64>)
  func random(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    // Few bits differ, so that many lie in one another.
    let prefixes = (0..<60).map { _ -> Prefix in
      if Bool.random(using: &random) {
        return Prefix(.v4(IPv4Address(bits: UInt32.random(in: 0...255, using: &random) << 22)), length: .random(in: 0...14, using: &random))
      }
      let high = UInt64.random(in: 0...255, using: &random) << 60 | UInt64.random(in: 0...3, using: &random)
      return Prefix(.v6(IPv6Address(high: high, low: 0)), length: .random(in: 1...66, using: &random))
    }
    let kept = FilterSet.apart(prefixes)
    for prefix in prefixes { #expect(kept.contains { $0.length <= prefix.length && $0.overlaps(prefix) }) }
    for (i, a) in kept.enumerated() { for b in kept[..<i] { #expect(!a.overlaps(b)) } }
    #expect(kept.allSatisfy { prefixes.map(\.network).contains($0) && $0.network == $0 })
    #expect(Set(FilterSet.apart(kept.shuffled(using: &random))) == Set(kept))
  }
}

@Suite struct RuleTests {
  private static let rule = Rule(
    .v4, priority: 7, table: 5, source: IPAddress("10.0.0.1"), destination: Prefix("10.9.0.0/16"), isLocallyGenerated: true, fwmark: 9,
    isInverted: true, outputLink: "home", service: .init(.udp, port: 53), suppressedLength: 0)

  private static let changes: [@Sendable (inout Rule) -> Void] = [
    { $0.family = .v6 }, { $0.priority = 8 }, { $0.table = 6 }, { $0.source = nil }, { $0.source = Prefix("10.0.0.2") },
    { $0.destination = nil }, { $0.destination = Prefix("10.9.0.0/17") }, { $0.isLocallyGenerated = false }, { $0.fwmark = nil },
    { $0.fwmark = 0 }, { $0.isInverted = false }, { $0.outputLink = nil }, { $0.outputLink = "" }, { $0.outputLink = "Home" },
    { $0.service = nil }, { $0.service = .init(.tcp, port: 53) }, { $0.service = .init(.udp, port: 54) }, { $0.suppressedLength = nil },
    { $0.suppressedLength = 1 },
  ]

  @Test("Rules that differ in anything are not equal", arguments: changes.indices)
  func equality(index: Int) {
    var other = Self.rule
    #expect(other == Self.rule)
    Self.changes[index](&other)
    #expect(other != Self.rule)
    #expect(Self.rule != other)
  }
}
