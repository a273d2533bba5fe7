import NetworkModel
import NetworkPlan
import TestSupport
import Testing

/// Another VPN, with its own number, table, mark and addresses.
private func other(than sample: SampleVPN, id: UInt8 = 2) -> SystemWide {
  var wide = sample.systemWide
  wide.identity = Identity(
    name: VPNName("work")!, id: id, table: UInt32(id), fwmark: VPN.defaultMark(id), addresses: [Prefix("172.27.99.9/32")!])
  return wide
}

@Suite struct SystemWideTests {
  @Test("A rule is one of our own, of no other VPN's, and neither one for queries nor one of the identity's", arguments: SampleVPN.all)
  func own(sample: SampleVPN) {
    let wide = sample.systemWide
    let identity = wide.identity
    #expect(wide.rules.allSatisfy { identity.isOwn($0) })
    #expect(!identity.rules.contains { identity.isOwn($0) })
    #expect(!identity.queryRules.contains { identity.isOwn($0) })
    for id in [2, 99] as [UInt8] {
      let other = other(than: sample, id: id)
      #expect(!(other.rules + other.identity.rules + other.identity.queryRules).contains { identity.isOwn($0) })
      #expect(!(wide.rules + identity.rules + identity.queryRules).contains { other.identity.isOwn($0) })
    }
  }

  @Test("Rules lie within their range of priorities, in the order of the manual", arguments: SampleVPN.all, [11, 100, 32000] as [UInt32])
  func priorities(sample: SampleVPN, priority: UInt32) {
    for id in [1, 99] as [UInt8] {
      var wide = sample.systemWide
      wide.identity.priority = priority
      wide.identity.id = id
      let base = priority + UInt32(id)
      #expect(wide.rules.allSatisfy { [base, base + 100, base + 200].contains($0.priority) })
      #expect(wide.identity.queryRules.allSatisfy { $0.priority == priority })
      let all = wide.rules + wide.identity.rules + wide.identity.queryRules
      #expect(all.allSatisfy { (priority - 10...priority + 299).contains($0.priority) && (1..<32766).contains($0.priority) })
      // The kernel refuses a rule that it has.
      for (i, rule) in all.enumerated() { #expect(!all[..<i].contains(rule)) }
    }
  }

  @Test("Packets of the tunnel's are excepted from everything, in both families") func everything() {
    let wide = SampleVPN.both.systemWide
    for family in IPFamily.allCases {
      let rules = wide.rules.filter { $0.family == family }.sorted { $0.priority < $1.priority }
      #expect(
        rules == [
          Rule(family, priority: 101, table: Tables.main, suppressedLength: 0),
          Rule(family, priority: 301, table: 1, fwmark: 10001, isInverted: true),
        ])
    }
  }

  @Test("Of networks each has two rules: longer routes of main's first, then the VPN's table") func networks() {
    var wide = SampleVPN.split.systemWide
    wide.direct = []
    for rule in wide.rules { #expect(rule.destination != nil) }
    let network = Prefix("192.0.2.128/25")!
    #expect(
      wide.rules.filter { $0.destination == network } == [
        Rule(.v4, priority: 101, table: Tables.main, destination: network, suppressedLength: 25),
        Rule(.v4, priority: 301, table: 70000, destination: network),
      ])
    #expect(wide.rules.count == 6)
  }

  @Test("What is direct, and who is bound to the uplink, goes by the main table") func direct() {
    let rules = SampleVPN.fourServers.systemWide.rules
    for text in ["198.51.100.0/24", "2001:db8:5::/48"] {
      let prefix = Prefix(text)!
      #expect(rules.contains(Rule(prefix.family, priority: 101, table: Tables.main, destination: prefix)))
    }
    for text in ["192.168.7.20", "2001:db8:7::20"] {
      let own = IPAddress(text)!
      #expect(rules.contains(Rule(own.family, priority: 201, table: Tables.main, source: own, isLocallyGenerated: true)))
    }
  }

  @Test("With all rules there, only the filter is made anew", arguments: SampleVPN.all)
  func idempotent(sample: SampleVPN) {
    let wide = sample.systemWide
    let filter = Step(.host, .replaceTable(wide.filter))
    #expect(wide.steps(found: wide.rules) == [filter])
    #expect(wide.steps(found: wide.rules.reversed()) == [filter])
    #expect(wide.steps(found: []) == wide.rules.map { Step(.host, .addRule($0)) } + [filter])
  }

  @Test("What is missing comes before the filter, what is too much goes after it", arguments: SampleVPN.all)
  func mended(sample: SampleVPN) {
    let wide = sample.systemWide
    let old = Rule(.v4, priority: 101, table: Tables.main, destination: Prefix("203.0.113.0/24")!)
    #expect(
      wide.steps(found: [old] + wide.rules.dropFirst()) == [
        Step(.host, .addRule(wide.rules[0])), Step(.host, .replaceTable(wide.filter)), Step(.host, .deleteRule(old)),
      ])
  }

  @Test("Down undoes all that up does, what goes into the VPN first, the filter last", arguments: SampleVPN.all)
  func down(sample: SampleVPN) throws {
    let wide = sample.systemWide
    let steps = wide.identity.downSteps(found: wide.rules)
    #expect(steps.last == Step(.host, .deleteTable("vpn-up.home")))
    let deleted = steps.dropLast().map { step -> Rule? in if case .deleteRule(let rule) = step.change { rule } else { nil } }
    #expect(deleted.count == wide.rules.count)
    for rule in wide.rules { #expect(deleted.contains(rule)) }
    let priorities = deleted.compactMap { $0?.priority }
    #expect(priorities == priorities.sorted(by: >))
    #expect(steps.allSatisfy { $0.place == .host })
    #expect(wide.identity.downSteps(found: []) == [Step(.host, .deleteTable("vpn-up.home"))])
  }

  @Test("The tunnel's rule of a VPN with another `Priority =` is not one of our own") func otherPriority() {
    let identity = SampleVPN.both.vpn.identity
    for priority in [111, 211, 311] as [UInt32] {
      var work = other(than: SampleVPN.both).identity
      work.priority = priority
      #expect(!work.rules.contains { identity.isOwn($0) })
    }
  }

  @Test("Every query, of both transports and families, and those that are routed anew") func queries() {
    let rules = SampleVPN.split.vpn.identity.queryRules
    for family in IPFamily.allCases {
      #expect(
        rules.filter { $0.family == family } == [
          Rule(family, priority: 100, table: 70000, service: .init(.udp, port: 53)),
          Rule(family, priority: 100, table: 70000, service: .init(.tcp, port: 53)),
          Rule(family, priority: 100, table: 70000, fwmark: Identity.queryMark),
        ])
    }
    #expect(rules.count == 6)
    // No tunnel has that mark by itself.
    for id in 1...99 as ClosedRange<UInt8> { #expect(VPN.defaultMark(id) != Identity.queryMark) }
  }
}
