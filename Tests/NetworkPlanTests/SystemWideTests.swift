import NetworkModel
import TestSupport
import Testing

@testable import NetworkPlan

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

  @Test("Rules lie within their range of priorities, in the order of the manual", arguments: SampleVPN.all, [13, 100, 32000] as [UInt32])
  func priorities(sample: SampleVPN, priority: UInt32) {
    for id in [1, 99] as [UInt8] {
      var wide = sample.systemWide
      wide.identity.priority = priority
      wide.identity.id = id
      let base = priority + UInt32(id)
      let first = priority + 198 + 3 * UInt32(id)
      #expect(wide.rules.allSatisfy { [base + 100, first, first + 1, first + 2, base + 500].contains($0.priority) })
      #expect(wide.identity.queryRules.allSatisfy { $0.priority == priority })
      // A VRF's table and own addresses before all others.
      let host = wide.identity.vrfRules + wide.identity.localRules
      #expect(host.map { $0.priority } == [priority - 12, priority - 12, priority - 11, priority - 11])
      let all = host + wide.rules + wide.identity.rules + wide.identity.queryRules
      #expect(all.allSatisfy { (priority - 12...priority + 599).contains($0.priority) && (1..<32766).contains($0.priority) })
      // The kernel refuses a rule that it has.
      for (i, rule) in all.enumerated() { #expect(!all[..<i].contains(rule)) }
    }
  }

  @Test("By links with a default route there is a way to a neighbour that does not exist, behind the VPN's and before the end")
  func deadEnds() {
    var wide = SampleVPN.both.systemWide
    let before = wide.routes
    wide.deadEnds = [DeadEnd(.v4, "eth0", index: 2), DeadEnd(.v6, "eth0", index: 2), DeadEnd(.v4, "wlan0", index: 3)]
    let added = wide.routes.filter { !before.contains($0) }
    #expect(added.map(\.table).sorted() == [1, 1, 1, 7_676_201, 7_676_201, 7_676_201])
    #expect(added.allSatisfy { $0.destination.length == 0 && $0.link != "home" && $0.metric < Route.lastMetric })
    // The kernel has one for a table and a metric.
    #expect(Set(added.map { "\($0.destination) \($0.table) \($0.metric)" }).count == added.count)
    // What the kernel has is known again.
    for route in added {
      let end = wide.deadEnds.first { $0.link == route.link && $0.family == route.destination.family }
      let known = wide.identity.route(
        to: route.destination, in: route.table, metric: route.metric, isThrown: false, isRefusing: false, isByOwnLink: false, deadEnd: end)
      #expect(known == route)
    }
    #expect(wide.steps(found: wide.rules, routes: wide.routes).count == 1)
    wide.identity.memory[.takesQueries] = false
    #expect(!wide.routes.contains { $0.table == 1 })
    // Networks that are listed have no such way: it would be for all.
    var split = SampleVPN.split.systemWide
    split.deadEnds = wide.deadEnds
    split.identity.memory[.takesQueries] = false
    #expect(split.routes == SampleVPN.split.systemWide.routes)
  }

  @Test("Tunnels' packets are excepted from everything, in both families, and the LAN comes first") func everything() {
    let wide = SampleVPN.both.systemWide
    for family in IPFamily.allCases {
      let rules = wide.rules.filter { $0.family == family }.sorted { $0.priority < $1.priority }
      var last = Rule(family, priority: 303, table: 7_676_201, fwmark: 0x2700, isInverted: true)
      last.fwmask = 0xffff_ff80
      #expect(rules == [Rule(family, priority: 302, table: Tables.main, suppressedLength: 0), last])
      #expect(
        wide.routes.filter { $0.destination.family == family } == [
          wide.identity.way(to: .everything(family), in: 7_676_201),
          Route(.everything(family), .unreachable, table: 7_676_201, metric: Route.lastMetric),
        ])
    }
  }

  @Test("However many networks, there is one rule of a family; longer routes of main's are thrown") func networks() {
    let wide = SampleVPN.split.systemWide
    #expect(wide.rules.map { $0.priority } == [301, 301])
    #expect(wide.rules.allSatisfy { $0.table == 7_676_101 && $0.fwmark == 0x2700 && $0.isInverted })
    #expect(
      wide.routes.filter { $0.target == .thrown }.map { $0.destination.description } == ["10.9.8.0/24", "10.9.64.0/20", "fd09::4:0/112"])
    #expect(
      wide.routes.filter { $0.target != .thrown }.map { $0.destination.description } == ["10.9.0.0/16", "192.0.2.128/25", "fd09::/64"])
    #expect(wide.routes.allSatisfy { $0.table == 7_676_101 })
  }

  @Test("A listed network beside everything, the LAN's own or smaller, goes into the VPN; what is smaller than it does not") func listed() {
    let taken = VPN.Taken(whole: [.v4], listed: ["192.168.7.0/24", "10.0.0.0/7", "198.51.100.8/29"].map { Prefix($0)! })
    let local = ["192.168.7.0/24", "10.1.0.0/16", "0.0.0.0/1"].map { Prefix($0)! }
    let wide = SystemWide(SampleVPN.both.identityUp, taken: taken, direct: [Prefix("198.51.100.0/24")!], local: local)
    #expect(wide.rules.map(\.priority) == [301, 302, 303])
    let listed = wide.routes.filter { $0.table == 7_676_101 }
    #expect(listed.filter { $0.target != .thrown }.map(\.destination.description) == ["192.168.7.0/24", "10.0.0.0/7"])
    #expect(listed.filter { $0.target == .thrown }.map(\.destination.description) == ["10.1.0.0/16"])
    let others = wide.routes.filter { $0.table == 7_676_201 && $0.target == .thrown }
    #expect(others.map(\.destination.description) == ["198.51.100.0/24"])
    #expect(wide.rules.allSatisfy { $0.family == .v4 })
  }

  @Test("What is direct is thrown, and who is bound to another address of the host goes on behind all rules") func direct() {
    let wide = SampleVPN.fourServers.systemWide
    for text in ["198.51.100.0/24", "2001:db8:5::/48"] { #expect(wide.routes.contains(Route(Prefix(text)!, .thrown, table: 7_676_201))) }
    for text in ["192.168.7.20", "2001:db8:7::20"] {
      let own = IPAddress(text)!
      #expect(wide.rules.contains(Rule(own.family, priority: 201, source: own, target: 601)))
      #expect(wide.rules.contains(Rule(nothingOf: own.family, priority: 601)))
    }
  }

  @Test("With all rules and routes there, only the filter is made anew", arguments: SampleVPN.all)
  func idempotent(sample: SampleVPN) {
    let wide = sample.systemWide
    let filter = Step(.host, .replaceTable(wide.filter))
    #expect(wide.steps(found: wide.rules, routes: wide.routes) == [filter])
    #expect(wide.steps(found: wide.rules.reversed(), routes: wide.routes.reversed()) == [filter])
    let first = wide.steps(found: [], routes: [])
    #expect(Array(first.dropFirst()) == wide.rules.map { Step(.host, .addRule($0)) } + [filter])
    guard case .setRoutes(let routes) = first[0].change else {
      Issue.record("\(first[0])")
      return
    }
    #expect(routes.count == wide.routes.count && wide.routes.allSatisfy { routes.contains($0) })
  }

  @Test("What is missing comes before the filter, what is too much goes after it", arguments: SampleVPN.all)
  func mended(sample: SampleVPN) {
    let wide = sample.systemWide
    // Of an earlier version.
    let old = Rule(.v4, priority: 101, table: Tables.main, destination: Prefix("203.0.113.0/24")!)
    let stale = Route(Prefix("203.0.113.0/24")!, .thrown, table: 7_676_101)
    #expect(
      wide.steps(found: [old] + wide.rules.dropFirst(), routes: [stale] + wide.routes.dropFirst()) == [
        Step(.host, .setRoutes([wide.routes[0]])), Step(.host, .addRule(wide.rules[0])), Step(.host, .replaceTable(wide.filter)),
        Step(.host, .deleteRule(old)), Step(.host, .deleteRoutes([stale])),
      ])
  }

  @Test("Down undoes all that up does, what goes into the VPN first, the filter last", arguments: SampleVPN.all)
  func down(sample: SampleVPN) throws {
    let wide = sample.systemWide
    let steps = wide.identity.downSteps(found: wide.rules, routes: wide.routes)
    #expect(steps.suffix(2) == [Step(.host, .deleteTable("vpn-up.home")), Step(.host, .deleteRoutes(wide.routes))])
    let deleted = steps.dropLast(2).map { step -> Rule? in if case .deleteRule(let rule) = step.change { rule } else { nil } }
    #expect(deleted.count == wide.rules.count)
    for rule in wide.rules { #expect(deleted.contains(rule)) }
    let priorities = deleted.compactMap { $0.flatMap { $0.isNothing ? nil : $0.priority } }
    #expect(priorities == priorities.sorted(by: >))
    #expect(steps.allSatisfy { $0.place == .host })
    #expect(wide.identity.downSteps(found: [], routes: []) == [Step(.host, .deleteTable("vpn-up.home"))])
  }

  @Test("The tunnel's rule of a VPN with another `Priority =` is not one of our own") func otherPriority() {
    let identity = SampleVPN.both.vpn.identity
    for priority in [111, 211, 311, 113] as [UInt32] {
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
