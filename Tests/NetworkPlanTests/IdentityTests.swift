import NetworkModel
import NetworkPlan
import Testing

@Suite struct IdentityTests {
  @Test("An address never exists without what keeps its packets from the uplink", arguments: SampleVPN.all)
  func order(sample: SampleVPN) throws {
    let vpn = sample.vpn
    let changes = vpn.identity.steps.map(\.change)
    for own in vpn.addresses {
      let added = try #require(changes.firstIndex(of: .addAddress(Address(Prefix(host: own.address), on: "home"))))
      let before = changes[..<added]
      #expect(
        before.contains {
          if case .addRule(let rule) = $0 {
            rule.source == own.address && rule.table == vpn.table && rule.isLocallyGenerated
          } else {
            false
          }
        })
      #expect(before.contains(.addRoute(Route(.everything(own.family), .unreachable, table: vpn.table, metric: Route.lastMetric))))
      #expect(before.contains { if case .replaceTable(let table) = $0 { table.name == "vpn-home" } else { false } })
      // Loose filtering of this link, before an answer can come in by it.
      #expect(before.contains { if case .setLink("home", let settings) = $0 { settings.reversePathFilter == 2 } else { false } })
    }
  }

  @Test("Both families are refused when the tunnel has only one", arguments: SampleVPN.all)
  func unreachable(sample: SampleVPN) {
    for family in IPFamily.allCases {
      #expect(
        sample.vpn.identity.steps.contains(
          Step(.host, .addRoute(Route(.everything(family), .unreachable, table: sample.vpn.table, metric: Route.lastMetric)))))
    }
  }

  @Test("Everything is on the host, and nothing is made that is not ours by name, table or priority", arguments: SampleVPN.all)
  func ours(sample: SampleVPN) {
    let vpn = sample.vpn
    for step in vpn.identity.steps + vpn.identity.removalSteps where step.place == .host {
      switch step.change {
      case .setLink(let name, _), .deleteLink(let name): #expect(name == "home")
      case .addAddress(let address): #expect(address.link == "home")
      case .addRoute(let route), .deleteRoute(let route): #expect(route.table == vpn.table)
      case .addRule(let rule), .deleteRule(let rule): #expect(rule.priority == 90 || rule.table == vpn.table)
      case .addTable(let table), .replaceTable(let table): #expect(table.name == "vpn-home")
      case .deleteTable(let name): #expect(name == "vpn-home")
      case .endSockets(let address): #expect(vpn.addresses.contains { $0.address == address })
      default: Issue.record("\(step)")
      }
    }
    #expect(vpn.identity.steps.allSatisfy { $0.place == .host })
  }

  /// The kernel takes addresses and routes by a link with the link.
  @Test("Removal undoes all that identity adds", arguments: SampleVPN.all)
  func removal(sample: SampleVPN) {
    var left: [Change] = []
    for step in sample.vpn.identity.steps {
      switch step.change {
      case .setLink(let name, _): left.append(.deleteLink(name))
      case .addAddress(let address): left.append(.deleteLink(address.link))
      case .addRoute(let route): left.append(route.link.map { .deleteLink($0) } ?? .deleteRoute(route))
      case .addRule(let rule): left.append(.deleteRule(rule))
      case .addTable(let table), .replaceTable(let table): left.append(.deleteTable(table.name))
      default: Issue.record("\(step)")
      }
    }
    let undone = sample.vpn.identity.removalSteps.filter { $0.place == .host }.map(\.change).filter {
      if case .endSockets = $0 { false } else { true }
    }
    for change in left { #expect(undone.contains(change)) }
    for change in undone { #expect(left.contains(change)) }
    #expect(sample.vpn.identity.removalSteps.allSatisfy { $0.place != .command })
  }

  @Test("The link's alias says what removal must know, so that no profile is asked for it", arguments: SampleVPN.all)
  func alias(sample: SampleVPN) throws {
    let identity = sample.vpn.identity
    let settings = identity.steps.compactMap { if case .setLink("home", let settings) = $0.change { settings } else { nil } }
    let alias = try #require(settings.compactMap(\.alias).first)
    #expect(Identity(name: identity.name, alias: alias, addresses: identity.addresses) == identity)
    #expect(alias.utf8.count < 256)
  }

  @Test(
    "An alias of another form is nobody's of ours",
    arguments: [
      "", "vpnrun", "vpnrun home", "vpnrun id=1 table=1", "vpnrun id=1 table=1 fwmark=x", "vpnrun id=100 table=1 fwmark=1",
      "vpnrun id=1 table=1 fwmark=4294967296", "vpnrun id=1 table=1 fwmark=1 x", "VPNRUN id=1 table=1 fwmark=1",
      "vpnrun table=1 id=1 fwmark=1",
    ])
  func foreign(alias: String) { #expect(Identity(name: VPNName("home")!, alias: alias, addresses: []) == nil) }

  @Test("The links go first, so that whoever uses them fails at once; the filter last") func removalOrder() throws {
    let steps = SampleVPN.both.vpn.identity.removalSteps
    let firstRule = try #require(steps.firstIndex { if case .deleteRule = $0.change { true } else { false } })
    let lastLink = try #require(steps.lastIndex { if case .deleteLink = $0.change { true } else { false } })
    #expect(lastLink < firstRule)
    #expect(steps.last == Step(.host, .deleteTable("vpn-home")))
  }
}
