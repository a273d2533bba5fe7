import Foundation
import KernelNetwork
import LinuxSystem
import Netlink
import NetworkModel
import NetworkPlan
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
    #expect(byMessages.split(separator: "\"rule\" :").count == FilterRow.filter.count + 5 + 1)
  }

  @Test("The filters of a VPN", arguments: SampleVPN.all)
  func plan(sample: SampleVPN) async throws {
    let vpn = sample.vpn
    for steps in [vpn.boxSteps + vpn.identity.steps, sample.facts.steps(7, of: vpn.name, alias: "")] {
      let tables = steps.compactMap { step -> FilterTable? in
        switch step.change {
        case .addTable(let table), .replaceTable(let table): table
        default: nil
        }
      }
      let (byMessages, byText) = try await bothWays(tables)
      #expect(byMessages == byText)
    }
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
