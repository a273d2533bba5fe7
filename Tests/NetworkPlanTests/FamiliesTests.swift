import NetworkModel
import NetworkPlan
import Profile
import TestSupport
import Testing

/// Plans for a kernel without IPv6.
@Suite struct FamiliesTests {
  private func isOfIPv6(_ line: String) -> Bool {
    // The filter's tables are of family inet, which has both.
    !line.contains("elements =") && [" -6 ", "net/ipv6", "addrgenmode", "nodad", "fe80::"].contains { line.contains($0) }
  }

  @Test("Nothing that is done for any VPN needs IPv6", arguments: SampleVPN.all.filter { $0.description != "IPv6" })
  func withoutIPv6(sample: SampleVPN) throws {
    var vpn = sample.vpn
    vpn.profile = try #require(vpn.profile.within([.v4]))
    let identity = vpn.identity
    let wide = SystemWide(identity, taken: vpn.taken)
    let facts = BoxFacts(
      bridge: .init(Names.bridge(vpn.name), index: 3), mtu: vpn.mtu,
      gateways: vpn.families.map { Prefix(vpn.subnet($0).gateway, length: vpn.subnet($0).length) }, resolvers: vpn.resolvers)
    let shared = (identity.queryRules + identity.vrfRules + identity.localRules).map { Step(.host, .addRule($0)) }
    let steps =
      VPN.boxSettings + vpn.boxSteps + identity.steps + wide.steps(found: [], routes: []) + shared
      + wide.identity.downSteps(found: wide.rules, routes: wide.routes)
      + identity.removalSteps + facts.steps(7, of: vpn.name, alias: "a")
    let shell = Shell(box: "vpn-home", command: "COMMAND")
    let left = steps.within([.v4])
    let lines = left.flatMap { $0.commandLines(shell) }
    #expect(lines.filter(isOfIPv6) == [])
    #expect(left.allSatisfy { $0.change.family != .v6 })
    // IPv4 is whole: what is left out is all of IPv6.
    #expect(steps.filter { $0.change.family != .v6 }.count == left.count)
    #expect(steps.flatMap { $0.commandLines(shell) }.contains(where: isOfIPv6))
  }

  @Test("A profile loses what no address of its can use") func profiles() throws {
    let both = SampleVPN.fourServers.profile
    #expect(both.within(IPFamily.allCases) == both)
    let four = try #require(both.within([.v4]))
    #expect(four.addresses.map(\.description) == ["172.27.12.34/32"] && four.isPartOnly)
    #expect(four.dns.map(\.description) == ["172.27.12.1", "172.27.12.2"])
    #expect(SampleVPN.v6.profile.within([.v4]) == nil)
    #expect(SampleVPN.v4.profile.within([.v4])?.isPartOnly == false)
  }

  @Test("Where there is no IPv6, all of IPv4 is everything") func scope() {
    let vpn = SampleVPN.both.vpn
    let rules = SystemWide(vpn.identity, taken: .everything).rules.filter { $0.family == .v4 }
    #expect(vpn.identity.taken(by: rules, [], [.v4]) == .everything)
    #expect(vpn.identity.taken(by: rules, []) == VPN.Taken(whole: [.v4]))
    #expect(vpn.identity.taken(by: [], [], [.v4]) == nil)
  }

  @Test("Networks of a family without an address are no way into the tunnel") func ways() throws {
    var vpn = SampleVPN.both.vpn
    vpn.profile = try #require(vpn.profile.within([.v4]))
    #expect(!vpn.reloadWays(found: [.everything(.v4)]).contains { if case .addRoute = $0.change { true } else { false } })
    #expect(
      vpn.reloadSteps(found: [.everything(.v4), .everything(.v6)]).contains { if case .deleteRoute = $0.change { true } else { false } })
  }

  @Test("A query to ::1 comes back where there is a server of that family") func loopback() throws {
    func local(_ gateways: [String], _ dns: ByteString) -> Int {
      BoxFacts(
        bridge: .init("br-home", index: 3), mtu: 1420, gateways: gateways.map { Prefix($0)! },
        resolvers: CommandResolvers(bridge: dns, uplink: "")
      ).steps(2, of: VPNName("home")!, alias: nil).count {
        $0.change == .addRoute(Route(Prefix("::1/128")!, .local("eth0"), table: Tables.local))
      }
    }
    #expect(local(["10.20.1.1/24", "fd76::1/64"], "172.27.12.1 fd27::1") == 1)
    #expect(local(["10.20.1.1/24", "fd76::1/64"], "172.27.12.1") == 0)
    #expect(local(["10.20.1.1/24"], "fd27::1") == 0)
  }
}
