import NetworkModel
import NetworkPlan
import TestSupport
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
            rule.source == Prefix(host: own.address) && rule.table == vpn.table && rule.isLocallyGenerated
          } else {
            false
          }
        })
      #expect(before.contains(.addRoute(Route(.everything(own.family), .unreachable, table: vpn.table, metric: Route.lastMetric))))
      #expect(before.contains { if case .replaceTable(let table) = $0 { table.name == "vpn.home" } else { false } })
      // Loose filtering of this link, before an answer can come in by it.
      #expect(before.contains { if case .setLink("home", let settings) = $0 { settings.reversePathFilter == 2 } else { false } })
    }
  }

  @Test("For commands only: the tunnel's packets have their rule, and no address, route or rule is there for whoever has the same address")
  func forCommandsOnly() {
    let identity = SampleVPN.both.vpn.identity.forCommandsOnly
    let tunnel = SampleVPN.both.vpn.identity.rules.filter { $0.fwmark != nil }
    #expect(identity.rules == tunnel && tunnel.count == 2)
    let changes = identity.steps.map(\.change)
    #expect(changes.filter { if case .addRule = $0 { true } else { false } } == tunnel.map { .addRule($0) })
    for change in changes {
      switch change {
      case .setLink("home", let settings): #expect(settings.isUp == nil && settings.alias?.description.hasSuffix(" address=no") == true)
      case .replaceTable(let table): #expect(table.chains.allSatisfy { $0.rules.isEmpty })
      case .addRule: break
      default: Issue.record("\(change)")
      }
    }
    #expect(!identity.removalSteps.contains { if case .endSockets = $0.change { true } else { false } })
    var whole = identity
    whole.memory[.isForCommandsOnly] = false
    whole.addresses = SampleVPN.both.vpn.addresses
    #expect(whole == SampleVPN.both.vpn.identity)
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
      case .setNeighbour(let neighbour): #expect(neighbour.link == "home")
      case .addRoute(let route), .deleteRoute(let route): #expect(route.table == vpn.table)
      case .addRule(let rule), .deleteRule(let rule): #expect(rule.priority == 90 || rule.table == vpn.table)
      case .addTable(let table), .replaceTable(let table): #expect(table.name == "vpn.home")
      case .deleteTable(let name): #expect(name == "vpn.home")
      case .endSockets(let address): #expect(vpn.addresses.contains { $0.address == address })
      default: Issue.record("\(step)")
      }
    }
    #expect(vpn.identity.steps.allSatisfy { $0.place == .host })
  }

  /// The kernel takes addresses and routes by a link with the link.
  @Test("Removal undoes all that identity adds", arguments: SampleVPN.all)
  func removal(sample: SampleVPN) {
    var left: [KernelChange] = []
    for step in sample.vpn.identity.steps {
      switch step.change {
      case .setLink(let name, _): left.append(.deleteLink(name))
      case .addAddress(let address): left.append(.deleteLink(address.link))
      case .setNeighbour(let neighbour): left.append(.deleteLink(neighbour.link))
      case .addRoute(let route): left.append(route.link.map { .deleteLink($0) } ?? .deleteRoute(route))
      case .addRule(let rule): left.append(.deleteRule(rule))
      case .addTable(let table), .replaceTable(let table): left.append(.deleteTable(table.name))
      default: Issue.record("\(step)")
      }
    }
    let undone = sample.vpn.identity.removalStepsWithoutBox.map(\.change).filter {
      if case .endSockets = $0 { false } else { true }
    }
    for change in left { #expect(undone.contains(change)) }
    for change in undone { #expect(left.contains(change)) }
    #expect(sample.vpn.identity.removalStepsWithoutBox.allSatisfy { $0.place == .host })
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

  /// All 256 of them.
  private static let memories: [Identity.Memory] = (0..<256).map { bits in
    var memory = Identity.Memory()
    for (i, flag) in Identity.Memory.Flag.allCases.enumerated() { memory[flag] = bits >> i & 1 != 0 }
    return memory
  }

  @Test("Boxes that are there have these words: they are not changed, and come in this order") func words() {
    var identity = SampleVPN.both.vpn.identity
    for flag in Identity.Memory.Flag.allCases.reversed() { identity.memory[flag] = true }
    let words = " up all dns made-by-up src_valid_mark=0 udp_l3mdev_accept=0 address=no box=no sealed4 by=link by=vpn"
    #expect(identity.alias.description.hasSuffix(words))
    for flag in Identity.Memory.Flag.allCases where flag != .takesQueries { identity.memory[flag] = false }
    #expect(identity.alias.description.hasSuffix("underlay=254 dns"))
  }

  @Test("Whatever it remembers is read back, and fits the kernel's 255 bytes with the largest numbers, too")
  func remembered() {
    let addresses = SampleVPN.both.vpn.addresses
    let name = VPNName("abcdefghijkl")!
    var aliases: Set<ByteString> = []
    for memory in Self.memories {
      for isLargest in [false, true] {
        let n = isLargest ? UInt32.max : 1
        var identity = Identity(
          name: name, id: isLargest ? 99 : 1, table: n, fwmark: n, priority: isLargest ? n : 11, underlay: n, addresses: addresses)
        identity.memory = memory
        #expect(Identity(name: name, alias: identity.alias, addresses: addresses) == identity)
        #expect(identity.alias.utf8.count < 256)
        #expect(!identity.alias.description.contains("'"))
        aliases.insert(identity.alias)
        #expect(identity.remembering == Step(.host, .setLink("abcdefghijkl", LinkSettings(alias: identity.alias))))
      }
    }
    #expect(aliases.count == 512)
  }

  @Test(
    "An alias of another form is nobody's of ours",
    arguments: [
      "", "vpnrun", "vpnrun home", "vpnrun id=1 table=1", "vpnrun id=1 table=1 fwmark=1", "vpnrun id=1 table=1 fwmark=1 priority=100",
      "vpnrun id=1 table=1 fwmark=x priority=100 underlay=254", "vpnrun id=100 table=1 fwmark=1 priority=100 underlay=254",
      "vpnrun id=1 table=1 fwmark=4294967296 priority=100 underlay=254", "vpnrun id=1 table=1 fwmark=1 priority=-1 underlay=254",
      "vpnrun id=1 table=1 fwmark=1 priority=100 underlay=main", "vpnrun id=1 table=1 fwmark=1 priority=100 underlay=254 x",
      "vpnrun id=1 table=1 fwmark=1 priority=100 underlay=254 up x", "vpnrun id=1 table=1 fwmark=1 priority=100 underlay=254 UP",
      "vpnrun id=1 table=1 fwmark=1 priority=100 underlay=254 src_valid_mark=1",
      "VPNRUN id=1 table=1 fwmark=1 priority=100 underlay=254", "vpnrun table=1 id=1 fwmark=1 priority=100 underlay=254",
      "vpnrun up id=1 table=1 fwmark=1 priority=100 underlay=254",
    ])
  func foreign(alias: ByteString) { #expect(Identity(name: VPNName("home")!, alias: alias, addresses: []) == nil) }

  @Test("By which table the tunnel's packets leave, and what priorities are counted from") func numbers() {
    var vpn = SampleVPN.both.vpn
    vpn.priority = 32000
    vpn.id = 99
    let rules = vpn.identity(underlay: 1234).rules
    #expect(rules.filter { $0.fwmark != nil } == IPFamily.allCases.map { Rule($0, priority: 31990, table: 1234, fwmark: 10001) })
    #expect(rules.filter { $0.fwmark == nil }.allSatisfy { $0.priority == 32199 && $0.table == vpn.table })
    #expect(rules.allSatisfy { $0.priority < 32766 })
    #expect(vpn.identity.rules.first?.table == Tables.main)
  }

  @Test("The links go first, so that whoever uses them fails at once; the filter last") func removalOrder() throws {
    let identity = SampleVPN.both.vpn.identity
    for steps in [identity.removalSteps, identity.removalStepsWithoutBox] {
      let firstRule = try #require(steps.firstIndex { if case .deleteRule = $0.change { true } else { false } })
      let lastLink = try #require(
        steps.lastIndex {
          switch $0.change {
          case .deleteLink, .deleteGroup: true
          default: false
          }
        })
      #expect(lastLink < firstRule)
      #expect(steps.last == Step(.host, .deleteTable("vpn.home")))
    }
  }
}
