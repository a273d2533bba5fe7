import NetworkModel
import NetworkPlan
import Profile
import TestSupport
import Testing

@Suite struct ReloadTests {
  private let routed = ["10.9.0.0/16", "192.0.2.128/25", "fd09::/64"].map { Prefix($0)! }

  @Test("A box that has what the profile says keeps its ways") func same() {
    let vpn = SampleVPN.split.vpn
    #expect(text(vpn.reloadWays(found: routed)) == "ip -n vpn-home link set dev lo alias 'everybody'\n")
    let lines = text(vpn.reloadSteps(found: routed)).split(separator: "\n")
    #expect(!lines.contains { $0.contains(" route ") })
    #expect(
      lines.suffix(2) == ["ip -n vpn-home link set dev br-home alias '10.9.0.1 192.0.2.1'", "ip -n vpn-home link set dev host0 alias ''"])
  }

  @Test("Ways come before peers, and go after them") func ways() {
    let vpn = SampleVPN.split.vpn
    let found = [routed[0], Prefix("198.18.0.0/15")!, .everything(.v6)]
    #expect(
      text(vpn.reloadWays(found: found)) == """
        ip -n vpn-home link set dev lo alias 'everybody'
        ip -n vpn-home route add 192.0.2.128/25 dev wg0 protocol 86
        ip -n vpn-home -6 route add fd09::/64 dev wg0 protocol 86

        """)
    #expect(
      text(vpn.reloadSteps(found: found)).hasSuffix(
        """
        ip -n vpn-home route del 198.18.0.0/15 dev wg0 protocol 86
        ip -n vpn-home -6 route del default dev wg0 protocol 86

        """))
  }

  @Test("The filter is the one that the box would be made with", arguments: SampleVPN.all)
  func filter(sample: SampleVPN) throws {
    let vpn = sample.vpn
    let made = vpn.boxSteps.compactMap { if case .addTable(let table) = $0.change { table } else { nil } }
    #expect(made.count == 2)
    #expect(vpn.reloadSteps(found: []).prefix(2) == [Step(.box, .replaceTable(made[0])), Step(.box, .replaceTable(made[1]))])
  }

  @Test("What peers have is shown without keys, and what they lose is said") func line() {
    let vpn = SampleVPN.v4.vpn
    #expect(
      text([Step(.box, .reconfigure("wg0", vpn.device, without: [Keys.otherPeer]))]) == """
        ip netns exec vpn-home wg set wg0 private-key PRIVATE-KEY-FILE peer \(Keys.otherPeer.base64) remove peer \(Keys.peer.base64) \
        preshared-key /dev/null persistent-keepalive off allowed-ips '0.0.0.0/0'

        """)
  }

  @Test("What cannot change is named") func fixed() {
    let vpn = SampleVPN.split.vpn
    let gateways = SampleVPN.split.facts.gateways
    func keys(_ change: (inout VPN) -> Void) -> [String] {
      var new = vpn
      change(&new)
      return new.fixed(since: vpn.identity, gateways: gateways, underlay: Tables.main)
    }
    #expect(keys { _ in } == [])
    #expect(
      keys {
        $0.profile.dns = []
        $0.device.peers = []
        $0.mtu = 1280
        $0.profile.addresses.reverse()
      } == [])
    #expect(keys { $0.profile.hasBox = false } == ["Box"])
    #expect(keys { $0.profile.addresses.removeLast() } == ["Address"])
    #expect(keys { $0.profile.addresses.append(Prefix("172.27.12.36")!) } == ["Address"])
    #expect(
      keys {
        $0.subnet4 = Prefix("10.77.0.0/24")!
        $0.subnet6 = Prefix("fd77::/64")!
      } == ["Subnet", "Subnet6"])
    #expect(
      keys {
        $0.id = 2
        $0.table = 5
        $0.device.fwmark = 6
        $0.priority = 7
      } == ["ID", "Table", "FwMark", "Priority"])
    #expect(vpn.fixed(since: vpn.identity, gateways: gateways, underlay: 99) == ["Underlay"])
  }
}
