import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct SystemTextTests {
  private func text(_ vpns: [Report.VPN], only name: String? = nil, _ style: Style = .plain) -> String {
    systemText(vpns, only: name, now: Sample.now, style)
  }

  @Test func nothingIsUp() {
    let ready = "Ready: commands in home use the VPN; the rest of the system does not (vpn up home)\n"
    #expect(text([]) == "No VPN is up\n")
    #expect(text([Sample.home]) == ready)
    #expect(text([Sample.home, Sample.work]) == ready)
    #expect(text([Sample.home, Sample.work], only: "home") == ready)
    #expect(
      text([Sample.home, Sample.work], only: "work")
        == "Off: work is not in use (vpnrun work -- COMMAND, or vpn up work for the whole system)\n")
    var other = Sample.work
    other.linked = true
    #expect(
      text([Sample.home, other]) == "Ready: commands in home and work use these VPNs; the rest of the system does not (vpn up NAME)\n")
    (other.linked, other.name) = (false, "other")
    #expect(
      text([Sample.work, other]) == "Off: no VPN is in use (vpnrun work -- COMMAND, or vpn up work for the whole system)\n")
    other.allowed = false
    #expect(text([other]) == "Off: other is not in use, and its profile does not let you use it\n")
  }

  @Test func linkedAndNotWell() {
    func with(_ change: (inout Report.VPN) -> Void) -> String {
      var vpn = Sample.home
      change(&vpn)
      return text([vpn, Sample.work])
    }
    let rest = "; the rest of the system does not use home\n"
    for tunnel in [Report.Tunnel.gone, .down] {
      #expect(with { ($0.tunnel, $0.broken) = (tunnel, ["lost"]) } == "No tunnel: what commands in home send is refused" + rest)
    }
    #expect(with { $0.broken = ["lost"] } == "Broken: commands in home may reach nothing" + rest)
    #expect(with { $0.peers[0].latestHandshake = 0 } == "No answer: commands in home reach nothing until its server answers" + rest)
    // Nothing was sent yet: nothing is wrong.
    #expect(with { ($0.peers[0].latestHandshake, $0.peers[0].txBytes) = (0, 0) }.hasPrefix("Ready: "))
  }

  @Test func whole() {
    let home = Sample.up(Sample.home, dnsInForce: true)
    let said = """
      The whole system goes through home; last handshake 12 seconds ago
      All DNS queries go to 172.27.12.1, through home

      """
    #expect(text([home, Sample.work]) == said)
    #expect(text([home, Sample.work], only: "home") == said)
    #expect(text([home, Sample.work], only: "work").hasPrefix("Off: work is not in use "))
    #expect(text([home], .terminal).replacing(/\u{1b}\[[0-9]*m/, with: "") == said)
  }

  @Test func networksAndNoServers() {
    let work = Sample.up(Sample.work, .networks, networks: ["10.0.0.0/8", "fd00::/8"])
    #expect(
      text([Sample.home, work]) == """
        Traffic to 10.0.0.0/8, fd00::/8 goes through work; its server has not answered yet, and nothing gets through until it does
        DNS queries go to the same servers as without a VPN

        """)
  }

  @Test func several() {
    let home = Sample.up(Sample.home, .networks, networks: ["10.0.0.0/8"])
    let work = Sample.up(Sample.work, dnsInForce: true)
    var last = Sample.up(Sample.home)
    last.name = "last"
    let lines = text([home, work, last]).split(separator: "\n")
    #expect(lines[0].hasPrefix("Traffic to 10.0.0.0/8 goes through home; "))
    #expect(lines[1].hasPrefix("All other traffic goes through work; "))
    #expect(lines[2].hasPrefix("last is up behind work, and takes over when that goes down; "))
    #expect(lines[3].hasSuffix("through work"))
    let one = text([home, work, last], only: "last").split(separator: "\n")
    #expect(one.count == 2 && one[0].hasPrefix("last is up behind work"))
  }

  /// What was taken up and is not in force carries nothing, and neither does what comes behind it.
  @Test func broken() {
    var home = Sample.up(Sample.home, dnsInForce: true)
    (home.up, home.broken) = (false, ["the tunnel of home is gone"])
    let lost = "home was taken up, and is not in force: the tunnel of home is gone\n"
    #expect(text([home, Sample.work]) == lost)
    #expect(text([home, Sample.work], only: "home") == lost)
    let work = Sample.up(Sample.work)
    #expect(
      text([home, work]) == lost
        + "work is up behind home, and takes over when that goes down; its server has not answered yet, and nothing gets through until it does\n"
    )
  }
}
