import KernelNetwork
import LinuxSystem
import Netlink
import NetworkApply
import NetworkModel
import NetworkPlan
import TestSupport
import Testing

/// The whole system behind a VPN, and out of it again.
@Suite(.needsRoot) struct SystemWideLiveTests {
  private static func up(_ sample: SampleVPN) -> [Step] {
    let wide = sample.systemWide
    let queries = sample.vpn.takesQueries ? wide.identity.queryRules : []
    return [wide.identity.remembering] + queries.map { Step(.host, .addRule($0)) } + wide.steps(found: [], routes: [])
  }

  private static func down(_ sample: SampleVPN) -> [Step] {
    let wide = sample.systemWide
    let queries = sample.vpn.takesQueries ? wide.identity.queryRules : []
    return queries.map { Step(.host, .deleteRule($0)) } + wide.identity.downSteps(found: wide.rules, routes: wide.routes) + [
      sample.vpn.identity.remembering
    ]
  }

  @Test("Applied and typed, the host is the same", arguments: SampleVPN.all)
  func bothWays(sample: SampleVPN) async throws {
    let steps = BoxLiveTests.allSteps(sample) + Self.up(sample)
    async let ours = states([.host]) { try $0.apply(steps) }
    async let typed = states([.host]) { try $0.type(steps) }
    let (a, b) = try await (ours[.host]!, typed[.host]!)
    #expect(differences(a, b) == [])
    #expect(a.contains("vpn-up.home"))
    #expect(a.contains("underlay=254 up"))
  }

  @Test("Up and down again, the host is as it was when the VPN was linked", arguments: SampleVPN.all)
  func away(sample: SampleVPN) async throws {
    let linked = BoxLiveTests.allSteps(sample)
    let before = try await states([.host]) { try $0.apply(linked) }
    let after = try await states([.host]) { try $0.apply(linked + Self.up(sample) + Self.down(sample)) }
    let typed = try await states([.host]) { try $0.type(linked + Self.up(sample) + Self.down(sample)) }
    #expect(differences(before[.host]!, after[.host]!) == [])
    #expect(differences(before[.host]!, typed[.host]!) == [])
  }

  @Test("What the kernel says of the rules is what they were, so that nothing is made twice", arguments: SampleVPN.all)
  func readBack(sample: SampleVPN) async throws {
    let wide = sample.systemWide
    let (own, all) = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      for rule in wide.identity.rules + wide.identity.queryRules + wide.rules { try route.perform(rule.creation) }
      let found = try route.rules().filter { $0.isOurs && $0.isPlain }.map(\.rule)
      return (found.filter { wide.identity.isOwn($0) }, found)
    }
    #expect(wide.steps(found: own, routes: wide.routes) == [Step(.host, .replaceTable(wide.filter))])
    let expected = wide.identity.rules + wide.identity.queryRules + wide.rules
    #expect(all.count == expected.count)
    for rule in expected { #expect(all.contains(rule)) }
  }

  /// The kernel does not say a destination that is everything.
  @Test("Even if one of the networks is everything", arguments: IPFamily.allCases)
  func everyNetwork(family: IPFamily) async throws {
    let wide = SystemWide(SampleVPN.both.identityUp, taken: VPN.Taken(whole: [family]))
    let own = try await inNewNamespace {
      var route = try NetlinkSocket(.route)
      for rule in wide.rules { try route.perform(rule.creation) }
      return try route.rules().filter { $0.isOurs && wide.identity.isOwn($0.rule) }.map(\.rule)
    }
    #expect(wide.steps(found: own, routes: wide.routes) == [Step(.host, .replaceTable(wide.filter))])
  }
}
