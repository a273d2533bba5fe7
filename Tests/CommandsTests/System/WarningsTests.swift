import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct WarningsTests {
  private func vpn(_ age: Int?, up: Bool = true, sent: UInt64 = 100) -> Report.VPN {
    var vpn = up ? Sample.up(Sample.home) : Sample.home
    vpn.peers[0].latestHandshake = age.map { Sample.now - $0 } ?? 0
    vpn.peers[0].txBytes = sent
    return vpn
  }

  private func warnings(_ vpn: Report.VPN, since before: Report.VPN? = nil) -> [String] {
    var known = Handshakes()
    known.note(before.map { [.vpn($0)] } ?? [])
    return Report.vpn(vpn).withWarnings(now: Sample.now, since: known).vpn!.warnings
  }

  @Test func allIsWell() {
    #expect(warnings(vpn(0)) == [])
    #expect(warnings(vpn(179)) == [])
    #expect(warnings(vpn(100_000, up: false)) == [])
    #expect(warnings(vpn(nil, up: false)) == [])
    #expect(warnings(Sample.work) == [])
  }

  @Test func clock() {
    #expect(warnings(vpn(-10)) == ["the last handshake is in the future: is the clock right?"])
    #expect(warnings(vpn(-10, up: false)).count == 1)
  }

  @Test func never() { #expect(warnings(vpn(nil)) == ["no handshake yet: does the server answer, and is the clock right?"]) }

  @Test func silence() {
    #expect(warnings(vpn(185)) == ["no handshake for 3 minutes, 5 seconds: nothing was sent since, or the server does not answer"])
    let sent = ["no handshake for 3 minutes, 5 seconds, though packets are sent: the server does not answer"]
    #expect(warnings(vpn(185, sent: 248), since: vpn(185)) == sent)
    #expect(warnings(vpn(185), since: vpn(185)) == [])
    #expect(warnings(vpn(185), since: vpn(500)).count == 1, "another handshake")
  }

  @Test func thoseOfVPNLinkComeFirst() {
    var silent = vpn(nil)
    silent.warnings = ["a rule of another tool comes first"]
    #expect(warnings(silent).first == "a rule of another tool comes first")
    #expect(warnings(silent).count == 2)
    #expect(Sample.broken.withWarnings(now: Sample.now) == Sample.broken)
  }

  @Test func theFirstLookAtAHandshakeCounts() {
    var known = Handshakes()
    known.note([.vpn(vpn(200, sent: 1))])
    known.note([.vpn(vpn(200, sent: 2)), Sample.broken])
    #expect(known.hasSent(vpn(200, sent: 2)) == true)
    #expect(known.hasSent(vpn(100, sent: 2)) == nil)
  }
}
