import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct StatusTextTests {
  private func text(_ reports: [Report], _ style: Style = .plain) -> String {
    statusText(reports, now: Sample.now, userName: Sample.userName, style)
  }

  @Test func plain() {
    #expect(
      text(Sample.all) == """
        home  linked
          address    172.27.12.34, fd27:12::34
          DNS        172.27.12.1, corp.example
          tunnel     kernel WireGuard, MTU 1420
          peer       203.0.113.2:51820
          handshake  12 seconds ago
          traffic    1.5 MiB received, 812 B sent
          commands   2
            10.20.1.2   alice  123    curl
            10.20.1.13  4242   98765  evil\\u{1b}[2J

        work  not linked

        lab  error
          /etc/vpnrun/lab.conf:3:7: unknown key Adress; did you mean Address?

        """)
  }

  @Test func colours() {
    let coloured = text(Sample.all, .terminal)
    #expect(coloured.hasPrefix("\u{1b}[1mhome\u{1b}[0m  \u{1b}[32mlinked\u{1b}[0m\n"))
    #expect(coloured.replacing(/\u{1b}\[[0-9]*m/, with: "") == text(Sample.all))
  }

  @Test func freshTunnel() {
    var vpn = Sample.home
    vpn.up = true
    vpn.takenUp = true
    vpn.device = .userspace
    vpn.dns = []
    vpn.commands = []
    vpn.warnings = ["no handshake yet"]
    vpn.peers = [.init(publicKey: "KEY=", endpoint: nil, latestHandshake: 0, rxBytes: 0, txBytes: 148)]
    #expect(
      text([.vpn(vpn)]) == """
        home  linked, up
          warning    no handshake yet
          address    172.27.12.34, fd27:12::34
          DNS        none
          tunnel     wireguard-go, MTU 1420
          peer       KEY= (no endpoint yet)
          handshake  never
          traffic    0 B received, 148 B sent
          commands   none

        """)
  }

  /// A word of its own for each state that is not what it should be.
  @Test func broken() {
    func heading(_ change: (inout Report.VPN) -> Void) -> Substring? {
      var vpn = Sample.up(Sample.home)
      change(&vpn)
      return text([.vpn(vpn)]).split(separator: "\n").first
    }
    #expect(heading { _ in } == "home  linked, up")
    for tunnel in [Report.Tunnel.gone, .down] {
      #expect(heading { ($0.tunnel, $0.up, $0.broken) = (tunnel, false, ["lost"]) } == "home  no tunnel")
      #expect(heading { ($0.tunnel, $0.up, $0.takenUp, $0.broken) = (tunnel, false, false, ["lost"]) } == "home  no tunnel")
    }
    #expect(heading { ($0.up, $0.broken) = (false, ["lost"]) } == "home  up, broken")
    #expect(heading { ($0.up, $0.takenUp, $0.broken) = (false, false, ["lost"]) } == "home  linked, broken")
  }
}
