import NetworkModel
import NetworkPlan
import Testing

/// No two VPNs, whatever they are called, make one name in one space of the kernel's.
@Suite struct NamesTests {
  /// A name that a VPN has in a space, by kind.
  private struct Made: Hashable {
    var space: String
    var name: String
  }

  private static func made(_ vpn: VPNName) -> [(kind: String, made: Made)] {
    let box = "box of \(vpn)"
    return [
      ("host's table", Made(space: "host's tables", name: "\(Names.hostTable(vpn))")),
      ("system's table", Made(space: "host's tables", name: "\(Names.systemTable(vpn))")),
      ("relay's table", Made(space: "host's tables", name: "\(Names.relayTable(vpn))")),
      ("block's table", Made(space: "host's tables", name: "\(Names.blockTable(vpn))")),
      ("host's link", Made(space: "host's links", name: "\(Names.hostLink(vpn))")),
      ("userspace device", Made(space: "host's links", name: "\(Names.userspace(vpn))")),
      ("socket", Made(space: "/run/wireguard", name: "\(Names.userspace(vpn)).sock")),
      ("pin", Made(space: "/run/netns", name: Names.namespace(vpn))),
      ("plan's command", Made(space: "/run/netns", name: "vpnrun-\(vpn)-\(Names.port(7))")),
      ("profile", Made(space: "/etc/vpnrun", name: Names.profile(vpn))),
      ("draft", Made(space: "/etc/vpnrun", name: Names.profile(vpn) + ".new")),
      ("table's mark", Made(space: "marks", name: "\(Names.tableMark(vpn))")),
      ("command's alias", Made(space: "aliases", name: "\(Names.commandAlias(vpn))")),
      ("bridge", Made(space: box, name: "\(Names.bridge(vpn))")), ("tunnel", Made(space: box, name: "\(Names.tunnel)")),
      ("uplink", Made(space: box, name: "\(Names.uplink)")), ("port", Made(space: box, name: "\(Names.port(7))")),
    ]
  }

  /// Every word that we put before or behind a name, alone and in every place of another; and names by chance.
  private static let names: [VPNName] = {
    let words = [
      "home", "up", "vpn", "vpn-up", "block", "vpn-block", "wg", "br", "wg0", "host0", "v7", "eth0", "vpnrun", "conf", "new", "sock", "lo",
      "all", "1", "a",
    ]
    var texts = words
    for a in words {
      for b in words {
        for separator in ["-", "_", ""] { texts.append(a + separator + b) }
        texts.append("\(a)-\(b)-up")
        texts.append("vpn-\(a)-\(b)")
      }
    }
    var generator = SeededGenerator(state: 42)
    let letters = Array("abAB01-_upvwg".utf8)
    for _ in 0..<4000 {
      let length = Int.random(in: 1...VPNName.maximumLength, using: &generator)
      texts.append(String(decoding: (0..<length).map { _ in letters.randomElement(using: &generator)! }, as: UTF8.self))
    }
    return Array(Set(texts.compactMap { VPNName($0) }))
  }()

  @Test func noTwoMeet() {
    var owners: [Made: (vpn: VPNName, kind: String)] = [:]
    #expect(Self.names.count > 3000)
    for vpn in Self.names {
      for (kind, made) in Self.made(vpn) {
        if let other = owners[made] {
          Issue.record("\(made.name) in \(made.space) is the \(kind) of \(vpn), and the \(other.kind) of \(other.vpn)")
        }
        owners[made] = (vpn, kind)
      }
    }
  }

  /// For all names that there can be, not only those that were tried: what stands before the first separator tells the kind, and the rest is
  /// the VPN.
  @Test func aNameHasNoSeparator() {
    for vpn in Self.names { #expect(!"\(vpn)".contains(".")) }
    #expect(VPNName("a.b") == nil)
  }

  @Test func linksFitTheKernel() {
    let longest = VPNName(String(repeating: "x", count: VPNName.maximumLength))!
    for name in [Names.hostLink(longest), Names.userspace(longest), Names.bridge(longest), Names.port(254)] {
      #expect(name.utf8.count <= 15)
    }
  }

  /// What the names were, so that the test is known to find it.
  @Test func theOldNamesMet() {
    func old(_ vpn: String) -> Set<String> { ["vpn-\(vpn)", "vpn-\(vpn)-up"] }
    #expect(!old("home").isDisjoint(with: old("home-up")))
  }
}

private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 33
  }
}
