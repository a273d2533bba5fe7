import NetworkModel
import NetworkPlan
import TestSupport
import Testing

@testable import Profile

@Suite("What a box can lose") struct BoxContentTests {
  private let vpn = SampleVPN.both.vpn
  private var whole: BoxContent { Self.whole(vpn) }
  /// By a tunnel, and by another link.
  static let all: [VPN] = {
    var profile = Profile()
    profile.addresses = ["10.10.10.11/24", "fd10::11/64"].map { Prefix($0)! }
    profile.link = "eth1"
    profile.gateways = ["10.10.10.1", "fd10::1"].map { IPAddress($0)! }
    return [SampleVPN.both.vpn, VPN(name: VPNName("campus")!, id: 5, profile: profile, peers: [])]
  }()

  /// As the kernel has it, when all is there.
  private static func whole(_ vpn: VPN) -> BoxContent {
    var found = BoxContent(ways: [], rules: [], linksUp: [])
    for step in vpn.contentSteps {
      switch step.change {
      case .setLink(let name, _): found.linksUp.append(name)
      case .addRule(let rule): found.rules.append(rule)
      case .addRoute(let route): found.ways += route.link.map { [.init(route.destination.network, by: $0, table: route.table)] } ?? []
      case .addAddress(let own):
        found.ways.append(.init(Prefix(host: own.prefix.address), by: own.link, table: Tables.local))
        if !own.prefix.isHost { found.ways.append(.init(own.prefix.network, by: own.link, table: Tables.main)) }
      default: break
      }
    }
    return found
  }

  @Test("A whole box has lost nothing, and one without any one thing has", arguments: all) func each(_ vpn: VPN) {
    let whole = Self.whole(vpn)
    #expect(!vpn.hasLost(whole, IPFamily.allCases))
    #expect(vpn.routesOfAddresses(lostIn: whole).isEmpty)
    // Some stand in it twice: by an address, and by a step.
    for way in whole.ways {
      var found = whole
      found.ways.removeAll { $0 == way }
      #expect(vpn.hasLost(found, IPFamily.allCases), "\(way)")
    }
    for rule in whole.rules {
      var found = whole
      found.rules.removeAll { $0 == rule }
      let added = vpn.restoring(found).compactMap { step in if case .addRule(let rule) = step.change { rule } else { nil } }
      #expect(added == vpn.contentSteps.compactMap { if case .addRule(rule) = $0.change { rule } else { nil } })
      #expect(vpn.hasLost(found, IPFamily.allCases), "\(rule)")
    }
    for link in whole.linksUp {
      var found = whole
      found.linksUp.removeAll { $0 == link }
      #expect(vpn.hasLost(found, IPFamily.allCases), "\(link)")
    }
  }

  @Test("What is the box's alone is not missed by a kernel without IPv6, and more than is wanted is no loss") func others() {
    var found = whole
    found.ways.append(.init(Prefix("198.18.0.0/15")!, by: "wg0", table: Tables.main))
    found.rules.append(Rule(.v4, priority: 7, table: 7))
    #expect(!vpn.hasLost(found, IPFamily.allCases))
    #expect(!SampleVPN.v4.vpn.contentSteps.contains { $0.change.family == .v6 })
  }

  @Test("Of an address's own routes those are made that are missing") func ownRoutes() {
    var found = whole
    found.ways.removeAll { $0.destination == Prefix("10.20.1.0/24")! && $0.table == Tables.main }
    #expect(
      text(vpn.routesOfAddresses(lostIn: found)) == "ip -n vpn-home route add 10.20.1.0/24 dev br-home src 10.20.1.1 protocol 86\n")
  }
}
