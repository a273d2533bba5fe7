import NetworkModel
import Profile
import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct ProfileFactsTests {
  private func bad(_ change: (inout ProfileFacts) -> Void) -> [Finding] {
    var facts = ProfileFacts(
      reports: [.vpn(Sample.home), .vpn(Sample.work)], names: ["home"], routes: [], resolutions: [], vrfs: ["blue"], profiles: [:])
    change(&facts)
    return facts.findings.filter { $0.severity != .ok }
  }

  private func with(_ change: (inout Report.VPN) -> Void) -> [Finding] {
    var vpn = Sample.home
    change(&vpn)
    return bad { $0.reports[0] = .vpn(vpn) }
  }

  @Test func ordinary() { #expect(bad { _ in } == []) }

  @Test func unreadable() {
    let found = bad {
      $0.reports = [Sample.broken]
      $0.names = ["lab"]
    }
    #expect(found.map(\.fix) == ["sudo vpn edit lab"])
    #expect(bad { $0.reports = [] }.map(\.fix) == ["sudo vpn import FILE"])
  }

  @Test func conflicts() {
    #expect(with { $0.id = 12 }.map(\.what) == ["ID 12 is that of 'work': choose another in [VPN] or with --id, or leave both out"])
    #expect(with { $0.addresses = ["172.27.13.34/24", "fd27:12::34/128"] }.map(\.check) == ["conflicts"])
    #expect(with { $0.subnets = ["10.20.12.0/24"] }.map(\.severity) == [.problem])
    let lan = [HostRoutes.Route(dst: "default", dev: "eth0"), HostRoutes.Route(dst: "10.20.0.0/16", dev: "eth0")]
    #expect(bad { $0.routes = lan }.map(\.severity) == [.warning])
    #expect(bad { $0.routes = [lan[0], HostRoutes.Route(dst: "10.20.1.0/24", dev: "home")] } == [])
  }

  @Test func endpoints() {
    #expect(bad { $0.resolutions = [.init(host: "vpn.example.net", error: "no")] }.map(\.what) == ["no"])
    #expect(bad { $0.resolutions = [.init(host: "vpn.example.net")] } == [])
    #expect(with { $0.endpoints = [] }.map(\.severity) == [.note])
  }

  @Test func contents() {
    #expect(with { $0.addresses = ["172.27.12.34/32"] }.map(\.what) == ["it has no IPv6 address"])
    #expect(with { $0.addresses = ["fd27:12::34/128"] }.map(\.what) == ["it has no IPv4 address"])
    #expect(with { $0.dns = [] }.map(\.severity) == [.warning])
    // Of wg(8).
    #expect(with { $0.peers[0].publicKey = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=" }.map(\.check) == ["keys"])
    #expect(with { $0.mtu = 1500 }.map(\.severity) == [.warning])
    #expect(with { $0.mtu = 1200 }.map(\.severity) == [.note])
    #expect(with { $0.mtu = 8920 } == [])
  }

  /// Root also sees what is not linked.
  @Test func keysOfTheFile() throws {
    let text = """
      [Interface]
      PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
      Address = 172.27.12.34/32
      [Peer]
      PublicKey = Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmE=
      AllowedIPs = 0.0.0.0/0
      """
    var profile = try Profile.parse(Array(text.utf8))
    #expect(bad { $0.profiles["home"] = profile }.map(\.check) == ["keys"])
    profile.privateKey = profile.peers[0].publicKey
    profile.underlay = .vrf("blue")
    #expect(bad { $0.profiles["home"] = profile } == [])
    profile.underlay = .vrf("red")
    #expect(bad { $0.profiles["home"] = profile }.map(\.check) == ["underlay"])
  }
}
