import NetworkModel
import TestSupport
import Testing

@testable import NetworkPlan
@testable import Profile

private func taken(allowed: [[String]], networks: [String] = []) -> VPN.Taken {
  let keys = [Keys.peer, Keys.otherPeer]
  let peers = allowed.enumerated().map { i, list in PeerProfile(publicKey: keys[i], allowedIPs: list.map { Prefix($0)! }) }
  return VPN.Taken(
    Profile(privateKey: Keys.own, addresses: [Prefix("172.27.12.34")!], peers: peers, networks: networks.map { Prefix($0)! }))
}

/// For short: `all`, or its networks.
private func words(_ scope: VPN.Scope) -> Set<String> {
  switch scope {
  case .all: ["all"]
  case .networks(let networks): Set(networks.map(\.description))
  }
}

@Suite struct ScopeTests {
  @Test(
    "All of IPv4 is everything: IPv6 must not go by another way",
    arguments: [
      [["0.0.0.0/0"]], [["0.0.0.0/0", "::/0"]], [["10.9.0.0/16"], ["0.0.0.0/0"]], [["0.0.0.0/1", "128.0.0.0/1"]],
      [["128.0.0.0/1"], ["0.0.0.0/1"]], [["10.0.0.0/8", "0.0.0.0/1", "8000::/1", "128.0.0.0/1"]], [["0.0.0.0/0", "fd09::/64"]],
    ])
  func all(allowed: [[String]]) {
    #expect(taken(allowed: allowed).whole == [.v4, .v6])
    #expect(VPN.Scope(taken(allowed: allowed)) == .all)
  }

  @Test(
    "All of IPv6 leaves IPv4 as it was, but for what is listed",
    arguments: [
      (["::/0"], ["::/0"]), (["::/1", "8000::/1"], ["::/0"]), (["::/0", "10.0.0.0/8"], ["::/0", "10.0.0.0/8"]),
      (["0.0.0.0/1", "128.0.0.0/2", "::/0"], ["0.0.0.0/1", "128.0.0.0/2", "::/0"]),
    ] as [([String], [String])])
  func sixAlone(allowed: [String], expected: [String]) {
    #expect(taken(allowed: [allowed]).whole == [.v6])
    #expect(words(VPN.Scope(taken(allowed: [allowed]))) == Set(expected))
  }

  @Test("What is listed beside everything is kept, each once") func beside() {
    let taken = taken(allowed: [["0.0.0.0/0", "192.168.50.16/28", "::/0"], ["192.168.50.20/28", "10.0.0.0/8", "10.1.0.0/16", "8000::/1"]])
    #expect(taken.listed.map(\.description) == ["10.0.0.0/8", "10.1.0.0/16", "192.168.50.16/28"])
  }

  @Test("What is direct takes all that lies in it out") func direct() {
    let taken = VPN.Taken(whole: [.v4], listed: ["10.0.0.0/8", "10.1.0.0/16", "192.168.50.16/28"].map { Prefix($0)! })
    let left = taken.without(["10.1.0.0/16", "192.168.0.0/16"].map { Prefix($0)! })
    #expect(left == VPN.Taken(whole: [.v4], listed: [Prefix("10.0.0.0/8")!]))
    #expect(taken.without([.everything(.v4)]) == VPN.Taken(whole: [], listed: []))
    #expect(taken.without([.everything(.v6)]) == taken)
  }

  @Test("A network without others, in as few as are needed") func remainder() {
    let search = PrefixSearch(["10.1.0.0/16", "10.1.2.0/24", "192.0.2.1", "fd00::/8"].map { Prefix($0)! })
    func left(_ text: String) -> [String] { search.remainder(of: Prefix(text)!).map(\.description) }
    #expect(left("10.0.0.0/14") == ["10.0.0.0/16", "10.2.0.0/15"])
    #expect(left("10.1.2.0/25") == [])
    #expect(left("10.1.0.0/16") == [])
    #expect(left("11.0.0.0/8") == ["11.0.0.0/8"])
    #expect(left("192.0.2.0/30") == ["192.0.2.0/32", "192.0.2.2/31"])
    #expect(left("fc00::/7") == ["fc00::/8"])
  }

  @Test(
    "Some networks, of all peers, none in another",
    arguments: [
      ([], []), ([[]], []), ([["10.9.0.0/16"]], ["10.9.0.0/16"]), ([["0.0.0.0/1"]], ["0.0.0.0/1"]),
      ([["128.0.0.0/1", "::/1"]], ["128.0.0.0/1", "::/1"]), ([["0.0.0.0/1", "8000::/1"]], ["0.0.0.0/1", "8000::/1"]),
      ([["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1"]], ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1"]),
      ([["10.9.0.0/16"], ["10.9.8.0/24", "fd09::/64"]], ["10.9.0.0/16", "fd09::/64"]),
      ([["10.9.8.7/16"], ["192.0.2.7", "192.0.2.7/32"]], ["10.9.0.0/16", "192.0.2.7/32"]),
    ] as [([[String]], [String])])
  func networks(allowed: [[String]], expected: [String]) throws {
    guard case .networks(let networks) = VPN.Scope(taken(allowed: allowed)) else {
      Issue.record("everything")
      return
    }
    #expect(Set(networks.map(\.description)) == Set(expected))
    #expect(networks.count == expected.count)
  }

  @Test("`Networks =` counts, whatever peers are allowed", arguments: [["0.0.0.0/0", "::/0"], ["10.9.0.0/16"], []])
  func said(allowed: [String]) {
    let networks = ["10.9.8.0/24", "10.9.0.0/16", "fd09::/64"]
    let taken = taken(allowed: [allowed], networks: networks)
    #expect(taken.whole.isEmpty)
    #expect(Set(taken.listed.map(\.description)) == Set(networks))
  }

  @Test(
    "Queries go into it if everything does, or if a server can be reached by it",
    arguments: [
      (["0.0.0.0/0"], [], true), (["0.0.0.0/0"], ["192.0.2.1"], true), (["10.9.0.0/16"], ["10.9.0.1"], true),
      (["10.9.0.0/16"], ["192.0.2.1", "10.9.0.1"], true), (["10.9.0.0/16"], ["192.0.2.1"], false), (["10.9.0.0/16"], [], false),
      (["::/0"], ["10.9.0.1"], false), (["::/0"], ["10.9.0.1", "fd09::1"], true), (["::/0"], [], false), ([], [], false),
    ] as [([String], [String], Bool)])
  func queries(allowed: [String], dns: [String], expected: Bool) {
    var vpn = SampleVPN.both.vpn
    vpn.taken = taken(allowed: [allowed])
    vpn.profile.dns = dns.map { IPAddress($0)! }
    #expect(vpn.takesQueries == expected)
  }
}
