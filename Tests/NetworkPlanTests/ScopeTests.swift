import NetworkModel
import NetworkPlan
import TestSupport
import Testing

@testable import Profile

private func scope(allowed: [[String]], networks: [String] = []) -> VPN.Scope {
  let keys = [Keys.peer, Keys.otherPeer]
  let peers = allowed.enumerated().map { i, list in PeerProfile(publicKey: keys[i], allowedIPs: list.map { Prefix($0)! }) }
  return VPN.Scope(
    Profile(privateKey: Keys.own, addresses: [Prefix("172.27.12.34")!], peers: peers, networks: networks.map { Prefix($0)! }))
}

@Suite struct ScopeTests {
  @Test(
    "Everything, in either family, is everything",
    arguments: [
      [["0.0.0.0/0"]], [["::/0"]], [["0.0.0.0/0", "::/0"]], [["10.9.0.0/16"], ["0.0.0.0/0"]], [["0.0.0.0/1", "128.0.0.0/1"]],
      [["128.0.0.0/1"], ["0.0.0.0/1"]], [["::/1", "8000::/1"]], [["10.0.0.0/8", "0.0.0.0/1", "8000::/1", "128.0.0.0/1"]],
    ])
  func all(allowed: [[String]]) { #expect(scope(allowed: allowed) == .all) }

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
    guard case .networks(let networks) = scope(allowed: allowed) else {
      Issue.record("everything")
      return
    }
    #expect(Set(networks.map(\.description)) == Set(expected))
    #expect(networks.count == expected.count)
  }

  @Test("`Networks =` counts, whatever peers are allowed", arguments: [["0.0.0.0/0", "::/0"], ["10.9.0.0/16"], []])
  func said(allowed: [String]) {
    let networks = ["10.9.8.0/24", "10.9.0.0/16", "fd09::/64"]
    #expect(scope(allowed: [allowed], networks: networks) == .networks(networks.map { Prefix($0)! }))
  }

  @Test(
    "Queries go into it if everything does, or if a server can be reached by it",
    arguments: [
      (VPN.Scope.all, [], true), (.all, ["192.0.2.1"], true), (.networks([Prefix("10.9.0.0/16")!]), ["10.9.0.1"], true),
      (.networks([Prefix("10.9.0.0/16")!]), ["192.0.2.1", "10.9.0.1"], true), (.networks([Prefix("10.9.0.0/16")!]), ["192.0.2.1"], false),
      (.networks([Prefix("10.9.0.0/16")!]), [], false), (.networks([Prefix("::/0")!]), ["10.9.0.1"], false), (.networks([]), [], false),
    ] as [(VPN.Scope, [String], Bool)])
  func queries(scope: VPN.Scope, dns: [String], expected: Bool) {
    var vpn = SampleVPN.both.vpn
    vpn.scope = scope
    vpn.profile.dns = dns.map { IPAddress($0)! }
    #expect(vpn.takesQueries == expected)
  }
}
