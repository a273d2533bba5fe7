import Foundation
import KernelNetwork
import LinuxSystem
import Netlink
import NetworkModel
import NetworkPlan
import TestSupport
import Testing

/// Of a table with a flowtable, as nft 1.0.6 sent it: few kernels for tests have any, so that what is sent is compared everywhere.
@Suite struct FlowtableTests {
  private let table = FilterTable(
    "t", flowtable: Flowtable("commands", ["br-home", "wg0"]),
    [FilterChain("forward", .filter, .forward, priority: 10, [[.asking], [.offload("commands")]])])

  /// nft says besides that it has no flags.
  @Test("The flowtable stands before the rules that name it") func message() throws {
    let requests = table.creation(replacing: false)
    let golden = try lines(
      hex:
        "60000000160a010403000000000000000100000006000100740000000d000200636f6d6d616e6473000000002c00038008000100000000000800020000000000180003800c00010062722d686f6d650008000100776730000800070000000000"
    )[0]
    #expect(lines(requests[2]) == golden.subtracting(["7: 00000000"]))
  }

  @Test func expression() {
    let rule = lines(table.creation(replacing: false)[5]).filter { $0.hasPrefix("4.") }
    let golden = bytes(hex: "2c00018011000100666c6f775f6f66666c6f616400000000140002800d000100636f6d6d616e647300000000")
    #expect(rule == attributes(golden[...], "4"))
  }

  @Test func printed() {
    #expect(
      text(table).contains(
        """
          flowtable commands {
            hook ingress priority 0;
            devices = { "br-home", "wg0" };
          }
          chain forward {
            type filter hook forward priority 10; policy accept;
            ct direction original
            flow add @commands
        """))
  }

  @Test("By messages and by text it is the same", .needsRoot, .enabled(if: hasFlowtables, "this kernel has no flowtables"))
  func bothWays() async throws {
    let table = table
    func listing(_ make: @escaping @Sendable () throws -> Void) async throws -> String {
      try await inNewNamespace {
        for link in ["br-home", "wg0"] { try ip("link add \(link) type bridge") }
        try make()
        return try ruleset()
      }
    }
    let byMessages = try await listing {
      var filter = try NetlinkSocket(.netfilter)
      try filter.performBatch(table.creation(replacing: false))
      try filter.performBatch(table.creation(replacing: true))
    }
    let byText = try await listing { try nft(text(table)) }
    #expect(byMessages == byText && byMessages.contains("flowtable"))
  }
}

private let hasFlowtables = FileManager.default.fileExists(atPath: "/proc/sys/net/netfilter/nf_flowtable_tcp_timeout")
