import Foundation
import KernelNetwork
import LinuxSystem
import Netlink
import NetworkModel
import NetworkPlan
import TestSupport
import Testing

/// nft's own listing of a table that came by our messages, and of one that came by our text.
private func bothWays(_ tables: [FilterTable]) async throws -> (byMessages: String, byText: String) {
  let byMessages = try await inNewNamespace {
    var filter = try NetlinkSocket(.netfilter)
    for table in tables { try filter.performBatch(table.creation(replacing: false)) }
    return try ruleset()
  }
  let byText = try await inNewNamespace {
    for table in tables { try nft(text(table)) }
    return try ruleset()
  }
  return (byMessages, byText)
}

@Suite(.needsRoot) struct FilterLiveTests {
  @Test("Every statement comes back as the text that is printed for it")
  func everyStatementBothWays() async throws {
    let (byMessages, byText) = try await bothWays([everyStatement])
    #expect(byMessages == byText)
    #expect(byMessages.split(separator: "\"rule\" :").count == FilterRow.all.count + 1)
  }

  @Test("The filters of a VPN", arguments: SampleVPN.all)
  func plan(sample: SampleVPN) async throws {
    let vpn = sample.vpn
    for steps in [vpn.boxSteps + vpn.identity.steps, sample.facts.steps(7, of: vpn.name, alias: "")] {
      let tables = steps.compactMap { step -> FilterTable? in
        switch step.change {
        // `FlowtableTests` have the one that not every kernel takes.
        case .addTable(let table), .replaceTable(let table): table.flowtable == nil ? table : nil
        default: nil
        }
      }
      let (byMessages, byText) = try await bothWays(tables)
      #expect(byMessages == byText)
    }
  }

  /// The lab's `plan/of_an_nft_that_refuses_the_first_spelling` sees that it does the same.
  @Test("The second of two spellings is read as well", arguments: SampleVPN.all)
  func secondSpelling(sample: SampleVPN) async throws {
    let tables = sample.vpn.boxSteps.compactMap { if case .addTable(let table) = $0.change, table.flowtable == nil { table } else { nil } }
    let ports = tables.flatMap(\.chains).filter { $0.name == PortAddress.chain }.flatMap(\.rules)
    let read = try await inNewNamespace {
      for table in tables { try nft(text(table, second: true)) }
      return try ruleset()
    }
    #expect(ports.count >= 2 && read.split(separator: "\"rule\" :").count == tables.flatMap(\.chains).flatMap(\.rules).count + 1)
  }

  @Test("The filter of a VPN that is up, its sets included", arguments: SampleVPN.all)
  func system(sample: SampleVPN) async throws {
    let (byMessages, byText) = try await bothWays([sample.systemWide.filter])
    #expect(byMessages == byText)
    #expect(byMessages.contains(#""name" : "direct4""#))
    #expect(byMessages.contains("10.9.8.0") == (sample.description == "split"))
  }

  /// Ends of the address space, neighbours, one address.
  @Test("Sets come back as the text that is printed for them")
  func sets() async throws {
    let lists4 = [
      [], ["0.0.0.0/0"], ["224.0.0.0/3"], ["255.255.255.255", "0.0.0.0"], ["10.0.0.0/9", "10.128.0.0/9"], ["0.0.0.0/1", "128.0.0.0/1"],
      ["10.0.0.0/8", "192.0.2.7", "224.0.0.0/4"],
    ]
    let lists6 = [
      [], ["::/0"], ["ff00::/8"], ["::", "::1"], ["fc00::/7", "fe80::/10", "ff00::/8"], ["::/1", "8000::/1"], ["2001:db8::/33"],
    ]
    let sets =
      lists4.enumerated().map { i, list in FilterSet("four\(i)", .v4, list.map { Prefix($0)! }) }
      + lists6.enumerated().map { i, list in FilterSet("six\(i)", .v6, list.map { Prefix($0)! }) }
    let (byMessages, byText) = try await bothWays([FilterTable("t", sets: sets, [])])
    #expect(byMessages == byText)
  }

  @Test(
    "A set tells which prefixes it was made of",
    arguments: [
      (IPFamily.v4, ["0.0.0.0/0"]), (.v4, ["10.42.42.0/24", "192.0.2.7/32"]), (.v4, ["10.0.0.0/9", "10.128.0.0/9"]), (.v4, ["224.0.0.0/3"]),
      (.v6, ["fd42::/64"]), (.v6, ["::/1", "8000::/1"]), (.v6, ["2001:db8::1/128", "2001:db8::2/128", "ff00::/8"]),
    ])
  func prefixes(family: IPFamily, list: [String]) async throws {
    let wanted = list.map { Prefix($0)! }
    let (found, none, nowhere) = try await inNewNamespace {
      var filter = try NetlinkSocket(.netfilter)
      try filter.performBatch(FilterTable("t", sets: [FilterSet("s", family, wanted)], []).creation(replacing: false))
      return (
        try filter.prefixes(ofSet: "s", in: "t", family), try filter.prefixes(ofSet: "other", in: "t", family),
        try filter.prefixes(ofSet: "s", in: "other", family)
      )
    }
    #expect(FilterSet.apart(found) == FilterSet.apart(wanted) && found.count == wanted.count)
    #expect(none.isEmpty && nowhere.isEmpty)
  }

  @Test("Long lists", arguments: IPFamily.allCases)
  func long(family: IPFamily) async throws {
    let first = IPAddress(family == .v4 ? "10.0.0.1" : "fd00::1")!
    let set = FilterSet("long", family, (0..<600).map { Prefix(host: first.advanced(by: 2 * $0)) })
    let (byMessages, byText) = try await bothWays([FilterTable("t", sets: [set], [])])
    #expect(byMessages == byText)
  }

  /// A quarter of a megabyte, where a socket takes 208 KiB by itself (net.core.wmem_default).
  @Test("Longer lists than a socket takes by itself") func veryLong() async throws {
    let first = IPAddress("fd00::1")!
    let table = FilterTable("t", sets: [FilterSet("long", .v6, (0..<4000).map { Prefix(host: first.advanced(by: 2 * $0)) })], [])
    let count = try await inNewNamespace {
      var filter = try NetlinkSocket(.netfilter)
      try filter.performBatch(table.creation(replacing: true))
      return try run("/usr/sbin/nft", "list", "ruleset").split(separator: "fd00:").count - 1
    }
    #expect(count == 4000)
  }

  @Test("Replacing leaves what was made anew, and nothing of before")
  func replaced() async throws {
    let small = FilterTable("t", [FilterChain("c", [[.counter, .drop]])])
    let (once, again) = try await inNewNamespace {
      var filter = try NetlinkSocket(.netfilter)
      try filter.performBatch(small.creation(replacing: true))
      let once = try ruleset()
      try filter.performBatch(everyStatement.creation(replacing: true))
      try filter.performBatch(small.creation(replacing: true))
      return (once, try ruleset())
    }
    #expect(once == again)
    #expect(once.contains("\"counter\""))
  }

  @Test("A table of the same name is an error unless it is replaced; a refused transaction changes nothing")
  func refused() async throws {
    let wrong = FilterTable("t", [FilterChain("c", [[.jump("nowhere")]])])
    let (codes, before, after) = try await inNewNamespace { () throws -> ([Int32?], String, String) in
      var filter = try NetlinkSocket(.netfilter)
      try filter.performBatch(everyStatement.creation(replacing: false))
      let before = try ruleset()
      let codes = [everyStatement.creation(replacing: false), wrong.creation(replacing: true), FilterTable.deletion(of: "nobody")].map {
        requests in refusal { try filter.performBatch(requests) }
      }
      return (codes, before, try ruleset())
    }
    #expect(codes == [EEXIST, ENOENT, ENOENT])
    #expect(before == after)
  }

  @Test func deleted() async throws {
    let left = try await inNewNamespace {
      var filter = try NetlinkSocket(.netfilter)
      try nft("add table inet other")
      try filter.performBatch(everyStatement.creation(replacing: false))
      try filter.performBatch(FilterTable.deletion(of: "t"))
      return try run("/usr/sbin/nft", "list", "tables")
    }
    #expect(left == "table inet other\n")
  }
}
