import NetworkModel
import NetworkPlan
import Profile
import Testing

@testable import Commands

/// VPNs that carry one another.
@Suite struct OuterTests {
  private func claims(_ name: String, id: UInt8, outer: String?) throws -> Claims {
    let text = """
      [VPN]
      ID = \(id)
      \(outer.map { "Underlay = vpn \($0)" } ?? "")
      [Interface]
      PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
      Address = 172.27.\(id).34/32
      [Peer]
      PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
      AllowedIPs = 0.0.0.0/0
      """
    return Claims(of: try Profile.parse(Array(text.utf8)), try #require(VPNName(name)), id: id)
  }

  @Test("A row of them is no conflict") func row() throws {
    let (a, b, c) = try (claims("a", id: 1, outer: nil), claims("b", id: 2, outer: "a"), claims("c", id: 3, outer: "b"))
    for (own, others) in [(a, [b, c]), (b, [a, c]), (c, [a, b])] { #expect(own.conflicts(among: others, on: []).isEmpty) }
  }

  @Test(
    "A circle is one, of those in it",
    arguments: [
      (["a": "a"], "a", "a → a"), (["a": "b", "b": "a"], "a", "a → b → a"), (["a": "b", "b": "c", "c": "a"], "b", "b → c → a → b"),
      (["a": "b", "b": "b"], "a", nil),
    ] as [([String: String], String, String?)])
  func circle(outers: [String: String], name: String, way: String?) throws {
    let all = try outers.keys.sorted().enumerated().map { try claims($1, id: UInt8($0 + 1), outer: outers[$1]) }
    let own = try #require(all.first { $0.name.description == name })
    let others = all.filter { $0.name != own.name }
    let sentence = way.map { "Underlay leads in a circle, \($0): leave it out, or name another VPN, in one of them" }
    #expect(own.conflicts(among: others, on: []).first { $0.isError }?.sentence == sentence)
    #expect(own.firstError(beside: others) == sentence)
  }

  @Test("One that is not there is told of") func missing() throws {
    let found = try claims("work", id: 1, outer: "home").conflicts(among: [], on: [])
    #expect(found.map(\.isError) == [false] && found[0].sentence.hasPrefix("Underlay names the VPN 'home', which is not there yet"))
  }
}
