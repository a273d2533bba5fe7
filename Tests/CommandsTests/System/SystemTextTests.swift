import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct SystemTextTests {
  private func text(_ vpns: [Report.VPN], only name: String? = nil, _ style: Style = .plain) -> String {
    systemText(vpns, only: name, now: Sample.now, style)
  }

  @Test func nothingIsUp() {
    #expect(text([]) == "No VPN is up\n")
    #expect(text([Sample.home, Sample.work]) == "No VPN is up\n")
    #expect(text([Sample.home, Sample.work], only: "work") == "work is not up\n")
  }

  @Test func whole() {
    let home = Sample.up(Sample.home, dnsInForce: true)
    let said = """
      The whole system goes through home; last handshake 12 seconds ago
      All DNS queries go to 172.27.12.1, through home

      """
    #expect(text([home, Sample.work]) == said)
    #expect(text([home, Sample.work], only: "home") == said)
    #expect(text([home, Sample.work], only: "work") == "work is not up\n")
    #expect(text([home], .terminal).replacing(/\u{1b}\[[0-9]*m/, with: "") == said)
  }

  @Test func networksAndNoServers() {
    let work = Sample.up(Sample.work, .networks, networks: ["10.0.0.0/8", "fd00::/8"])
    #expect(
      text([Sample.home, work]) == """
        Traffic to 10.0.0.0/8, fd00::/8 goes through work; last handshake never
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
    #expect(text([home, work]) == lost + "work is up behind home, and takes over when that goes down; last handshake never\n")
  }
}
