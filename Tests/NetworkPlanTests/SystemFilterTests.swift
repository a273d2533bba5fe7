import NetworkModel
import NetworkPlan
import TestSupport
import Testing

/// The table of a VPN that is up; the whole of it is in the snapshots.
@Suite struct SystemFilterTests {
  private func set(_ name: ByteString, of wide: SystemWide) throws -> [String] {
    try #require(wide.filter.sets.first { $0.name == name }).prefixes.map(\.description)
  }

  private func chain(_ name: ByteString, of wide: SystemWide) throws -> [FilterRule] {
    try #require(wide.filter.chains.first { $0.name == name }).rules
  }

  @Test("Every set that is asked is there, of the family for which it is asked, and every chain that is called", arguments: SampleVPN.all)
  func complete(sample: SampleVPN) {
    let filter = sample.systemWide.filter
    for statement in filter.chains.flatMap(\.rules).flatMap(\.statements) {
      switch statement {
      case .destinationIn(let name, let family):
        #expect(filter.sets.contains { $0.name == name && $0 == FilterSet(name, family, $0.prefixes) })
      case .jump(let name): #expect(filter.chains.contains { $0.name == name && $0.base == nil })
      default: break
      }
    }
    #expect(filter.name == "vpn-up.home")
  }

  @Test("Tunnels' marks, the usual ones and others, are let through before anything is refused", arguments: SampleVPN.all)
  func marks(sample: SampleVPN) throws {
    let wide = sample.systemWide
    let rules = try chain("guard", of: wide)
    let refused = try #require(rules.firstIndex { $0.statements.contains(.reject) || $0.statements.contains(.rejectWithReset) })
    for mark in wide.marks { #expect(rules[..<refused].contains([.mark(mark), .leave])) }
    guard case .markWithin(let bits, let mask) = rules[0].statements[0] else {
      Issue.record("\(rules[0])")
      return
    }
    for mark in (1...99).map(VPN.defaultMark) { #expect(mark & mask == bits && VPN.isUsual(mark)) }
    // All bits of another program's mark count.
    for mark in [Identity.queryMark, 0x12711, 0x8000_2711, 0] { #expect(mark & mask != bits && !VPN.isUsual(mark)) }
    #expect(rules[..<refused].contains([.outputLink("lo"), .leave]))
  }

  @Test("Everything: Direct and the LAN stay outside, half of the internet does not; private networks but by a default route")
  func everything() throws {
    let four = try set("direct4", of: SampleVPN.fourServers.systemWide)
    for network in ["10.0.0.0/8", "192.168.7.0/24", "198.51.100.0/24", "224.0.0.0/4", "255.255.255.255/32"] {
      #expect(four.contains(network))
    }
    for network in ["128.0.0.0/1", "192.168.0.0/16", "172.16.0.0/12"] { #expect(!four.contains(network)) }
    let six = try set("direct6", of: SampleVPN.fourServers.systemWide)
    for network in ["2001:db8:5::/48", "2001:db8:7::/64", "fe80::/10", "ff00::/8"] { #expect(six.contains(network)) }
    #expect(SampleVPN.fourServers.systemWide.filter.sets.count == 4)
    #expect(try set("private4", of: SampleVPN.fourServers.systemWide) == ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])
    let rules = try chain("guard", of: SampleVPN.fourServers.systemWide)
    let elsewhere = rules.filter { $0.statements.contains(.destinationIn("private4", .v4)) }
    #expect(elsewhere == [[.notOutputLink("lan0"), .destinationIn("private4", .v4), .leave]])
    var offline = SampleVPN.fourServers.systemWide
    offline.uplinks = []
    #expect(offline.filter.sets.count == 2)
    #expect(rules.suffix(2) == [[.transport(.tcp), .rejectWithReset], [.reject]])
  }

  @Test("Networks: what main has longer routes for stays outside, shorter ones do not count") func networks() throws {
    let wide = SampleVPN.split.systemWide
    #expect(
      try set("direct4", of: wide) == [
        "10.9.8.0/24", "10.9.64.0/20", "169.254.0.0/16", "192.168.7.0/24", "224.0.0.0/4", "255.255.255.255/32",
      ])
    #expect(try set("direct6", of: wide) == ["2001:db8:7::/64", "fd09::4:0/112", "fe80::/10", "ff00::/8"])
    #expect(try set("networks4", of: wide) == ["10.9.0.0/16", "192.0.2.128/25"])
    #expect(try set("networks6", of: wide) == ["fd09::/64"])
    // Nothing else is refused.
    for rule in try chain("guard", of: wide) where rule.statements.contains(.reject) || rule.statements.contains(.rejectWithReset) {
      let isNetwork = rule.statements.contains {
        if case .destinationIn(let name, _) = $0 { name.description.hasPrefix("networks") } else { false }
      }
      #expect(isNetwork || rule.isAboutQueries)
    }
  }

  @Test("A listed network in the LAN is refused elsewhere, what is smaller in it is not") func listedBesideEverything() throws {
    let listed = ["192.168.7.0/24", "192.168.7.64/28"].map { Prefix($0)! }
    let wide = SystemWide(
      SampleVPN.both.identityUp, taken: VPN.Taken(whole: [.v4, .v6], listed: listed), direct: [],
      local: ["192.168.7.0/24", "192.168.7.64/26"].map { Prefix($0)! })
    // 192.168.7.64/26 is the LAN's but for the /28 in it.
    #expect(try set("within4", of: wide) == ["192.168.7.80/28", "192.168.7.96/27"])
    #expect(try set("networks4", of: wide) == ["192.168.7.0/24"])
    let rules = try chain("guard", of: wide)
    let order = ["within4", "networks4", "direct4"].map { name in
      rules.firstIndex { $0.statements.contains(.destinationIn(ByteString(name), .v4)) }
    }
    #expect(order.compactMap { $0 } == order.compactMap { $0 }.sorted() && !order.contains(nil))
  }

  @Test("All of IPv6 alone: nothing of IPv4 is refused") func sixAlone() throws {
    let wide = SystemWide(SampleVPN.both.identityUp, taken: VPN.Taken(whole: [.v6]))
    for rule in try chain("guard", of: wide) where rule.statements.contains(.reject) || rule.statements.contains(.rejectWithReset) {
      #expect(rule.statements.contains(.family(.v6)) || rule.isAboutQueries)
    }
  }

  @Test("Without queries of the system's there is nothing about port 53", arguments: SampleVPN.all)
  func queries(sample: SampleVPN) {
    var wide = sample.systemWide
    func asks() -> Bool { wide.filter.chains.flatMap(\.rules).contains { $0.statements.contains(.destinationPort(53)) } }
    #expect(asks() == sample.vpn.takesQueries)
    wide.identity.memory[.takesQueries] = false
    #expect(!asks())
    #expect(!wide.filter.chains.contains { $0.name == "reroute" || $0.name == "queries" })
  }

  @Test("Queries are let through to nobody but by the VPN, before the LAN is") func guarded() throws {
    let rules = try chain("guard", of: SampleVPN.both.systemWide)
    let lan = try #require(rules.firstIndex { $0.statements.contains(.destinationIn("direct4", .v4)) })
    for refused: FilterRule in [
      [.transport(.tcp), .destinationPort(53), .rejectWithReset], [.transport(.udp), .destinationPort(53), .reject],
      [.transport(.tcp), .destinationPort(853), .rejectWithReset], [.transport(.udp), .destinationPort(853), .reject],
    ] { #expect(rules[..<lan].contains(refused)) }
  }

  @Test("The connection remembers its mark, and that of a query where those are taken, before other programs' mangle")
  func remembered() throws {
    var wide = SampleVPN.both.systemWide
    let recall = try #require(wide.filter.chains.first { $0.name == "recall" })
    #expect(try #require(recall.base).priority < -150)
    #expect(
      recall.rules == [
        [.notInputLink("home"), .connectionMark(10001), .markFromConnection],
        [.inputLink("home"), .connectionMark(Identity.queryMark), .markFromConnection],
      ])
    #expect(try chain("remember", of: wide).count == 3)
    wide.identity.memory[.takesQueries] = false
    #expect(try chain("recall", of: wide).count == 1 && chain("remember", of: wide).count == 1)
  }

  @Test("A base chain has the kind that its statements need, and no name is used twice", arguments: SampleVPN.all)
  func kinds(sample: SampleVPN) {
    let filter = sample.systemWide.filter
    #expect(Set(filter.chains.map(\.name)).count == filter.chains.count)
    #expect(Set(filter.sets.map(\.name)).count == filter.sets.count)
    for chain in filter.chains {
      for statement in chain.rules.flatMap(\.statements) {
        if case .sourceNAT = statement { #expect(chain.base?.kind == .nat) }
        if case .setMark = statement { #expect(chain.base?.kind == .route && chain.base?.hook == .output) }
      }
    }
  }
}

/// What all commands of a VPN have together.
@Suite struct SharesTests {
  private func filter(_ sample: SampleVPN) -> FilterTable? {
    sample.vpn.boxSteps.lazy.compactMap { if case .addTable(let table) = $0.change { table } else { nil } }.first
  }

  @Test("Shares of all commands and what is given beyond them are fewer than the ports", arguments: SampleVPN.all)
  func sum(sample: SampleVPN) throws {
    let rules = try #require(filter(sample)?.chains.first { $0.name == "shares" }).rules
    #expect(rules.count == 2 * sample.vpn.families.count)
    for rule in rules {
      guard case .connectionsOver(let count, _, _, let key) = rule.statements[0], case .rateOver(let rate, let burst) = rule.statements[1]
      else {
        Issue.record("\(rule)")
        continue
      }
      // A connection that has had answers is remembered for 120 seconds after the last packet (nf_conntrack_udp_timeout_stream).
      if key == .sourceAndServer { #expect(count > 30 && 253 * count + 120 * rate + burst < 64512) }
    }
  }

  @Test("A kernel that cannot count has the same filter but for the shares", arguments: SampleVPN.all)
  func withoutCounting(sample: SampleVPN) throws {
    let whole = try #require(filter(sample))
    let plain = try #require(whole.withoutCounting)
    #expect(plain.sets.isEmpty && plain.withoutCounting == nil)
    #expect(plain.chains.map(\.name) == whole.chains.map(\.name))
    for (a, b) in zip(plain.chains, whole.chains) where a.name != "shares" { #expect(a == b) }
  }
}

extension FilterRule {
  fileprivate var isAboutQueries: Bool { statements.contains(.destinationPort(53)) || statements.contains(.destinationPort(853)) }
}
