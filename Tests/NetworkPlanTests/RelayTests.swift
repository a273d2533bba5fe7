import NetworkModel
import NetworkPlan
import TestSupport
import Testing

@testable import Profile

@Suite("What is forwarded into a VPN") struct RelayTests {
  private let networks = ["10.42.42.0/24", "fd42::/64"].map { Prefix($0)! }
  private var own: [IPAddress] { ["10.42.42.1", "192.168.7.1"].map { IPAddress($0)! } }

  private func vpn(_ words: [Profile.Relay]) -> VPN {
    var profile = SampleVPN.both.profile
    profile.relay = words
    return VPN(name: VPNName("home")!, id: 1, profile: profile, peers: SampleVPN.both.vpn.device.peers)
  }

  private var relay: Relay { Relay(SampleVPN.both.vpn.identity, networks, own: own) }

  @Test("Into the VPN or nowhere, and no packet elsewhere while rules are made") func rules() {
    #expect(
      text(relay.rules.map { Step(.host, .addRule($0)) }) == """
        ip rule add priority 96 nop protocol 86
        ip rule add priority 93 from 10.42.42.1 iif lo goto 96 protocol 86
        ip rule add priority 91 to 10.42.42.0/24 lookup main suppress_prefixlength 0 protocol 86
        ip rule add priority 92 to 10.42.42.0/24 unreachable protocol 86
        ip -6 rule add priority 91 to fd42::/64 lookup main suppress_prefixlength 0 protocol 86
        ip -6 rule add priority 92 to fd42::/64 unreachable protocol 86
        ip rule add priority 95 from 10.42.42.0/24 unreachable protocol 86
        ip rule add priority 94 from 10.42.42.0/24 lookup 1 protocol 86
        ip -6 rule add priority 95 from fd42::/64 unreachable protocol 86
        ip -6 rule add priority 94 from fd42::/64 lookup 1 protocol 86

        """)
  }

  @Test("Rules tell what they are for, and are no rules of a VPN that is up") func found() {
    let identity = SampleVPN.both.vpn.identity
    #expect(Relay(identity, found: relay.rules) == relay)
    let range = identity.priorities.toRelayed...identity.priorities.relayedEnd
    #expect(relay.rules.allSatisfy { range.contains($0.priority) && !identity.isOwn($0) })
    #expect(
      !(identity.rules + identity.vrfRules + identity.localRules + SampleVPN.both.systemWide.rules).contains {
        range.contains($0.priority)
      })
    #expect(Relay(SampleVPN.split.vpn.identity, found: relay.rules).networks == [], "another table")
  }

  @Test("A VPN takes its own rules away, and of the shared ones those that no other uses") func superfluous() {
    let identity = SampleVPN.both.vpn.identity
    let theirs = Relay(SampleVPN.split.vpn.identity, [Prefix("192.168.7.0/24")!], own: own)
    #expect(theirs.priorities.relayed == relay.priorities.relayed && theirs.table != relay.table)
    let found = relay.rules + theirs.rules.filter { !relay.rules.contains($0) }
    let nothing = Relay(identity, [])
    #expect(nothing.superfluous(in: found, before: []) == [], "of one that has nothing to do with it")
    let gone = nothing.superfluous(in: found, before: networks + theirs.networks)
    #expect(gone.allSatisfy { !theirs.rules.contains($0) })
    #expect(gone.count == relay.rules.count - 1, "all but the end")
    #expect(nothing.superfluous(in: relay.rules, before: networks).count == relay.rules.count)
    let less = Relay(identity, [networks[0]], own: own)
    #expect(less.superfluous(in: found, before: networks).allSatisfy { $0.family == .v6 })
    #expect(Relay(identity, networks).superfluous(in: relay.rules, before: []).map { $0.priority } == [93, 96])
  }

  @Test("The filter lets nothing from there leave by another link") func filter() {
    let lines = text([Step(.host, .addTable(relay.filter))])
    #expect(lines.contains(#"oifname != "home" ip saddr 10.42.42.0/24 meta l4proto tcp reject with tcp reset"#), "\(lines)")
    #expect(lines.contains(#"oifname != "home" ip6 saddr fd42::/64 reject"#), "\(lines)")
    #expect(lines.contains("hook forward"))
  }

  @Test("The box accepts them, knows the way back, and translates if it is asked to", arguments: [false, true])
  func box(isTranslated: Bool) {
    let lines = text(vpn(networks.map { .network($0) } + (isTranslated ? [.translated] : [])).boxSteps)
    #expect(lines.contains("route add 10.42.42.0/24 via 169.254.76.2 dev host0 onlink protocol 86"))
    #expect(lines.contains("route add fd42::/64 via fe80::2 dev host0 onlink protocol 86"))
    #expect(lines.contains(#"iifname "host0" oifname "wg0" ip saddr 10.42.42.0/24 accept"#))
    #expect(lines.contains(#"iifname "host0" oifname "wg0" ip saddr 10.42.42.0/24 snat"#) == isTranslated)
    #expect(!text(vpn([]).boxSteps).contains("169.254.76.2"))
  }

  @Test("A reload changes the ways back before the filter") func reload() {
    let lines = text(vpn([.network(networks[0])]).reloadSteps(found: [], relayed: [networks[1]]))
    #expect(
      lines.hasPrefix(
        """
        ip -n vpn-home -6 route del fd42::/64 via fe80::2 dev host0 onlink protocol 86
        ip -n vpn-home neighbour replace 169.254.76.2 lladdr 06:76:70:ff:00:00 nud permanent dev host0
        ip -n vpn-home route add 10.42.42.0/24 via 169.254.76.2 dev host0 onlink protocol 86

        """), "\(lines)")
  }
}
