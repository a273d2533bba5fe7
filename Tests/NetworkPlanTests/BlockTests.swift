import NetworkModel
import NetworkPlan
import Testing

@Suite("What leaves before a VPN is up that is to be up from the start") struct BlockTests {
  private let table = Block.filter(VPNName("home")!, marks: [7])

  @Test func tunnelsAndWhatANetworkNeeds() throws {
    let rules = try #require(table.chains.first { $0.name == "block" }).rules
    #expect(rules.suffix(2) == [[.transport(.tcp), .rejectWithReset], [.reject]])
    let passing = rules.dropLast(2)
    #expect(passing.allSatisfy { $0.statements.last == .leave })
    #expect(passing.contains([.mark(7), .leave]) && passing.contains([.outputLink("lo"), .leave]))
    // Each port by both ends: any program may send to one, only root from one.
    for rule in passing where rule.statements.contains(.transport(.udp)) { #expect(rule.statements.count == 5) }
    // Nothing to an address, and so nothing of the LAN.
    for statement in passing.flatMap(\.statements) {
      switch statement {
      case .destination, .destinationIn, .source, .transport(.tcp): Issue.record("\(statement)")
      default: break
      }
    }
  }

  @Test func everyWayOut() {
    let hooks = table.chains.compactMap { chain in chain.base.map { ($0.hook, chain.rules) } }
    #expect(hooks.map(\.0) == [.output, .forward])
    for (_, rules) in hooks { #expect(rules == [[.jump("block")]]) }
    #expect(table.comment == "vpnrun home" && table.name == "vpn-block.home")
  }
}
