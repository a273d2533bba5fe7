import NetworkModel
import NetworkPlan
import Profile
import TestSupport
import Testing

/// Connections that pass by the box's chains.
@Suite struct FlowsTests {
  private func tables(_ vpn: VPN) -> [FilterTable] {
    vpn.boxSteps.compactMap { if case .addTable(let table) = $0.change { table } else { nil } }
  }

  @Test("They are learnt behind the filter, of what commands ask for, by the tunnel and the bridge alone", arguments: SampleVPN.all)
  func rules(sample: SampleVPN) throws {
    let flows = try #require(tables(sample.vpn).last)
    #expect(flows.name == Names.flowTable && flows.flowtable?.links == ["wg0", "br-home"])
    let chain = try #require(flows.chains.first)
    let filter = try #require(tables(sample.vpn).first?.chains.first { $0.name == "forward" })
    #expect(flows.chains.count == 1 && chain.base?.hook == .forward && !chain.base!.dropsByDefault)
    #expect(chain.base!.priority > filter.base!.priority)
    for rule in chain.rules {
      #expect(rule.statements.prefix(2) == [.inputLink("br-home"), .outputLink("wg0")])
      // One that is not answered yet, or that has come in, is none of them.
      #expect(rule.statements.suffix(3) == [.established, .asking, .offload("commands")])
    }
    #expect(chain.rules.map { $0.statements[2] } == [.transport(.tcp), .transport(.udp)])
  }

  @Test("Typed on a kernel without flowtables, the table's lines end nothing", arguments: SampleVPN.all)
  func typed(sample: SampleVPN) {
    let steps = sample.vpn.boxSteps.suffix(1) + sample.vpn.newFlows
    for step in steps {
      let lines = step.commandLines(Shell(box: "vpn-home", command: ""))
      #expect(lines[0] == "ip netns exec vpn-home nft -f - <<'END' 2>/dev/null || true")
    }
    #expect(steps.count == 2)
  }

  @Test("None where the tunnel is another kind of link") func ofLinks() {
    var vpn = SampleVPN.both.vpn
    vpn.profile.link = "eth7"
    #expect(vpn.newFlows.isEmpty && tables(vpn).count == 1)
  }
}
