import NetworkModel
import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct TunnelFactsTests {
  private func facts(_ change: (inout TunnelFacts) -> Void = { _ in }) -> TunnelFacts {
    var facts = TunnelFacts(
      vpn: Sample.home, linking: .before, now: Sample.now, servers: [.init(address: "172.27.12.1", answers: true)], path: .whole)
    change(&facts)
    return facts
  }
  private func bad(_ change: (inout TunnelFacts) -> Void) -> [Finding] { facts(change).findings.filter { $0.severity != .ok } }

  @Test func ordinary() {
    #expect(facts().findings.map(\.check) == ["link", "handshake", "mtu", "dns"])
    #expect(bad { _ in } == [])
    #expect(bad { $0.linking = .forThisCheck }.map(\.severity) == [.note])
  }

  @Test func nothingFollowsAFailure() {
    let refused = facts { $0.linking = .refused("it rains", fix: "umbrella") }.findings
    #expect(refused.map(\.what) == ["it cannot be linked: it rains"])
    #expect(refused.map(\.fix) == ["umbrella"])
    #expect(facts { $0.launchError = "no" }.findings.map(\.severity) == [.ok, .problem])
  }

  @Test func handshake() {
    let fix = "sudo vpn import FILE --name home --force"
    #expect(bad { $0.vpn.peers[0].latestHandshake = 0 }.map(\.fix) == [fix + " && vpn reload home"])
    #expect(bad { $0.now += 168 }.map(\.check) == ["handshake"])
    #expect(bad { $0.now += 167 } == [])
    #expect(
      bad {
        $0.linking = .forThisCheck
        $0.vpn.peers = []
      }.map(\.fix) == [nil, fix])
    // Neither key nor file is to blame where the machine has no way to the server.
    let lost: (inout TunnelFacts) -> Void = {
      $0.vpn.peers[0].latestHandshake = 0
      $0.vpn.peers[0].hasRoute = false
    }
    #expect(bad(lost).map(\.what) == ["no handshake: this machine has no route to 203.0.113.2:51820"])
    #expect(bad(lost).map(\.fix) == ["vpn refresh home"])
  }

  @Test("Without a box what is broken is told, whether or not its peer answers", arguments: [0, 10_000]) func withoutBox(age: Int) {
    let found = bad {
      ($0.vpn.box, $0.vpn.broken) = (false, ["rules are missing"])
      $0.now += age
    }
    #expect(found.first?.severity == .problem && found.first?.what == "rules are missing" && found.first?.fix == "vpn refresh home")
  }

  /// Whatever the handshake and the servers say: they cannot be asked.
  @Test func withoutRoute() {
    for age in [0, 1000] {
      let found = bad {
        $0.now += age
        $0.endpointsWithoutRoute = ["203.0.113.2"]
        $0.servers[0].answers = false
      }
      #expect(found.map(\.what) == ["there is no route to the endpoint 203.0.113.2 (this machine is offline?)"])
      #expect(!found.contains { ($0.why ?? "").contains("key") || ($0.fix ?? "").contains("edit") })
    }
  }

  @Test func serverOutOfReach() throws {
    let found = bad {
      $0.serversOutOfReach = [IPAddress("198.51.100.1")!]
      $0.servers = []
    }
    #expect(found.map(\.what) == ["the DNS server 198.51.100.1 is in no AllowedIPs"])
    #expect(found[0].why?.contains("add 198.51.100.1/32 to AllowedIPs, or") == true)
    #expect(found[0].fix == "sudo vpn edit home && vpn reload home")
  }

  @Test func pathAndServers() {
    #expect(bad { $0.path = .smaller(1372) }.map(\.fix) == ["sudo vpn edit home MTU=1372 && vpn refresh home"])
    // IPv6 needs 1280, and a profile takes no less than 576.
    #expect(bad { $0.path = .smaller(500) }.map(\.fix) == ["sudo vpn edit home MTU=1280 && vpn refresh home"])
    #expect(
      bad {
        $0.path = .smaller(500)
        $0.vpn.addresses.removeLast()
      }.map(\.fix) == ["sudo vpn edit home MTU=576 && vpn refresh home"])
    #expect(bad { $0.path = .unanswered }.map(\.severity) == [.note])
    #expect(bad { $0.servers[0].answers = false }.map(\.what) == ["the DNS server 172.27.12.1 does not answer"])
  }
}

@Suite struct ResolverFactsTests {
  private func bad(_ change: (inout ResolverFacts) -> Void) -> [Finding] {
    let inside = InsideView(
      links: "", routes4: "", routes6: "", resolver: "# by vpnrun\nnameserver 172.27.12.1\nsearch corp.example\n",
      nsswitch: "passwd: files\nhosts: files [NOTFOUND=continue] dns # others\n", sockets: [ResolverFacts.bus], seesOutside: false)
    var facts = ResolverFacts(
      vpn: Sample.home, nsswitch: "hosts: files mdns4_minimal [NOTFOUND=return] resolve dns\n", outside: ["/run/avahi-daemon"],
      inside: inside)
    change(&facts)
    return facts.findings.filter { $0.severity != .ok && $0.check != "doh" }
  }

  @Test func ordinary() { #expect(bad { _ in } == []) }

  @Test func files() {
    #expect(bad { $0.inside.resolver = "nameserver 172.27.12.1\nnameserver 192.168.1.1\n" }.map(\.check) == ["resolv.conf"])
    #expect(bad { $0.inside.resolver = "" }.first?.what == "a command's resolv.conf has no server, not the VPN's")
    #expect(bad { $0.inside.nsswitch = $0.nsswitch ?? "" }.map(\.what) == ["a command's nsswitch.conf asks mdns4_minimal, resolve"])
    #expect(bad { $0.vpn.dns = [] }.map(\.severity) == [.note])
  }

  @Test func doors() {
    #expect(bad { $0.inside.sockets.append("/run/nscd/socket") }.map(\.fix) == ["sudo systemctl stop nscd"])
    #expect(bad { $0.outside.append("/run/systemd/resolve") }.map(\.check) == ["bus"])
  }
}
