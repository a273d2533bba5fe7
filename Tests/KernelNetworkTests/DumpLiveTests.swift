import Foundation
import KernelNetwork
import LinuxSystem
import Netlink
import NetworkModel
import Testing

/// What `ip rule add` and `ip route add` have made, read by us.
@Suite(.needsRoot) struct RuleDumpTests {
  /// - Parameter lines: of `ip rule add`, or with `-6` before them.
  private func found(_ lines: [String]) async throws -> [RuleState] {
    try await inNewNamespace {
      for line in lines {
        let is6 = line.hasPrefix("-6 ")
        try ip("\(is6 ? "-6 " : "")rule add \(is6 ? String(line.dropFirst(3)) : line)")
      }
      var route = try NetlinkSocket(.route)
      return try route.rules()
    }
  }

  @Test("The kernel's own rules, as they are in a new namespace") func kernels() async throws {
    let rules = try await found([])
    #expect(rules.map(\.rule.table) == [255, 254, 253, 255, 254])
    #expect(rules.map(\.rule.priority) == [0, 32766, 32767, 0, 32766])
    #expect(rules.map(\.rule.family) == [.v4, .v4, .v4, .v6, .v6])
    #expect(rules.allSatisfy { $0.owner == Route.kernelProtocolNumber && $0.isPlain && !$0.isOurs })
  }

  @Test("What we have made is read as it was, in the order of priorities") func own() async throws {
    let rules = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      for rule in systemRules { try route.perform(rule.creation) }
      return try route.rules()
    }
    #expect(rules.filter(\.isOurs).map(\.rule) == systemRules)
    #expect(rules.allSatisfy { $0.isPlain })
  }

  @Test(
    "What can be said here",
    arguments: [
      ("priority 7 lookup 5", Rule(.v4, priority: 7, table: 5)), ("-6 priority 7 lookup 5", Rule(.v6, priority: 7, table: 5)),
      ("priority 7 lookup 70000", Rule(.v4, priority: 7, table: 70000)),
      ("not priority 7 fwmark 9 lookup 5", Rule(.v4, priority: 7, table: 5, fwmark: 9, isInverted: true)),
      // The kernel asks only for a mark that is not 0, unless there is a mask.
      ("priority 7 fwmark 0 lookup 5", Rule(.v4, priority: 7, table: 5)),
      ("priority 7 fwmark 9/0xffffffff lookup 5", Rule(.v4, priority: 7, table: 5, fwmark: 9)),
      ("priority 7 to 10.9.0.0/16 lookup 5", Rule(.v4, priority: 7, table: 5, destination: Prefix("10.9.0.0/16")!)),
      ("-6 priority 7 to fd09::1 lookup 5", Rule(.v6, priority: 7, table: 5, destination: Prefix("fd09::1/128")!)),
      ("priority 7 from 10.9.0.1 lookup 5", Rule(.v4, priority: 7, table: 5, source: IPAddress("10.9.0.1")!)),
      ("priority 7 from 10.9.0.0/16 lookup 5", Rule(from: Prefix("10.9.0.0/16")!, priority: 7, table: 5)),
      ("-6 priority 7 from fd09::/64 lookup 5", Rule(from: Prefix("fd09::/64")!, priority: 7, table: 5)),
      ("priority 7 ipproto tcp dport 53 lookup 5", Rule(.v4, priority: 7, table: 5, service: .init(.tcp, port: 53))),
      ("priority 7 lookup main suppress_prefixlength 0", Rule(.v4, priority: 7, table: 254, suppressedLength: 0)),
      ("-6 priority 7 lookup main suppress_prefixlength 24", Rule(.v6, priority: 7, table: 254, suppressedLength: 24)),
      ("priority 7 iif lo lookup 5", Rule(.v4, priority: 7, table: 5, isLocallyGenerated: true)),
      ("priority 7 oif nobody lookup 5", Rule(.v4, priority: 7, table: 5, outputLink: "nobody")),
      ("priority 7 l3mdev", Rule(.v4, priority: 7, table: 0, isOfVRF: true)),
      ("priority 7 unreachable", Rule(unreachableOf: .v4, priority: 7)),
      ("-6 priority 7 unreachable", Rule(unreachableOf: .v6, priority: 7)),
    ])
  func plain(line: String, rule: Rule) async throws {
    let state = try #require(try await found([line]).first { $0.rule.priority == 7 })
    #expect(state.rule == rule)
    #expect(state.isPlain)
    #expect(!state.isOurs)
  }

  @Test(
    "What says more than that",
    arguments: [
      "fwmark 0/0xff lookup 5",
      "uidrange 0-99 lookup 5", "ipproto tcp sport 53 lookup 5", "ipproto tcp dport 53 sport 53 lookup 5", "dport 53 lookup 5",
      "ipproto udp dport 53-60 lookup 5", "ipproto udp lookup 5", "ipproto sctp lookup 5", "ipproto sctp dport 53 lookup 5",
      "iif nobody lookup 5", "tos 0x10 lookup 5", "-6 tos 0x10 lookup 5", "-6 prohibit", "prohibit", "blackhole",
      "lookup 5 suppress_ifgroup 7", "lookup 5 suppress_prefixlength 0 suppress_ifgroup 7", "lookup 5 realms 3",
      "tun_id 4 lookup 5",
    ])
  func notPlain(line: String) async throws {
    let words = line.hasPrefix("-6 ") ? "-6 priority 7 " + line.dropFirst(3) : "priority 7 " + line
    let state = try #require(try await found([words]).first { $0.rule.priority == 7 })
    #expect(!state.isPlain)
  }
}

@Suite(.needsRoot) struct RouteDumpTests {
  private static let lines = [
    "route add default via 10.20.1.9 dev a", "route add 10.9.0.0/16 dev b",
    "route add 10.10.0.0/16 nexthop via 10.20.1.9 dev a nexthop dev b",
    "route add unreachable 10.11.0.0/16", "route add blackhole 10.12.0.0/16", "route add 192.0.2.7 dev b metric 5",
    "-6 route add default via fd76:706e:1::9 dev a", "-6 route add fd09::/64 dev b",
    "-6 route add fd10::/64 nexthop via fd76:706e:1::9 dev a nexthop via fd76:706e:1::8 dev a", "-6 route add unreachable fd11::/64",
    "-6 route add fd12::1 dev b",
  ]

  /// The routes of one table as we read them, and as ip(8) does.
  private func bothWays(_ table: UInt32) async throws -> (ours: [String], theirs: [String]) {
    try await inNewNamespace {
      try ip("link add name a index 7 type veth peer name b index 8")
      for link in ["lo", "a", "b"] { try ip("link set dev \(link) addrgenmode none up") }
      try ip("address add 10.20.1.1/24 dev a")
      try ip("address add fd76:706e:1::1/64 dev a nodad")
      for line in Self.lines { try ip(line.replacing("route add", with: "route add table \(table)")) }
      var route = try NetlinkSocket(.route)
      let ours = try route.routes(inTable: table).map { "\($0.destination) \($0.link.map { $0 == 7 ? "a" : "b" } ?? "-")" }
      let theirs = try IPFamily.allCases.flatMap { family in
        try ipObjects("\(family == .v4 ? "-4" : "-6") -d route show table \(table)").filter { $0["type"] as? String == "unicast" }.map {
          let text = $0["dst"] as? String ?? ""
          let prefix = text == "default" ? Prefix.everything(family) : Prefix(text)!
          return "\(prefix) \($0["dev"] as? String ?? "-")"
        }
      }
      return (ours, theirs)
    }
  }

  @Test(
    "A table's routes, those with several next hops without a link, those that refuse left out", arguments: [Tables.main, 5, 70000])
  func routes(table: UInt32) async throws {
    let (ours, theirs) = try await bothWays(table)
    #expect(ours == theirs)
    #expect(ours.contains("0.0.0.0/0 a"))
    #expect(ours.contains("10.10.0.0/16 -"))
    #expect(ours.contains("fd10::/64 -"))
    #expect(!ours.contains { $0.hasPrefix("10.11.") || $0.hasPrefix("10.12.") || $0.hasPrefix("fd11:") })
  }

  @Test("A table that nobody has ever used is empty, and so is one in a new namespace") func empty() async throws {
    let (unused, main) = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      return (try route.routes(inTable: 4242), try route.routes(inTable: Tables.main))
    }
    #expect(unused == [])
    #expect(main == [])
  }

  @Test("The table of a VRF") func vrf() async throws {
    let (red, other) = try await inNewNamespace {
      // Not every kernel has them.
      guard (try? ip("link add red type vrf table 1234 2>/dev/null")) != nil else { return (UInt32?(1234), UInt32?.none) }
      try ip("link add plain type bridge")
      var route = try NetlinkSocket(.route)
      return (try route.link("red")?.vrfTable, try route.link("plain")?.vrfTable)
    }
    #expect(red == 1234)
    #expect(other == nil)
  }
}
