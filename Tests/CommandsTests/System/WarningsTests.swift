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

  private func isLost(_ vpn: Report.VPN, since before: Report.VPN? = nil) -> Bool {
    var known = Handshakes()
    known.note(before.map { [.vpn($0)] } ?? [])
    return Report.vpn(vpn).withWarnings(now: Sample.now, since: known).vpn!.lost
  }

  @Test func lost() {
    var gone = vpn(0)
    gone.tunnel = .gone
    #expect(isLost(gone) && !isLost(vpn(0)) && !isLost(vpn(500)) && !isLost(Sample.work))
    #expect(isLost(vpn(500, up: false, sent: 2), since: vpn(500, sent: 1)), "sent without an answer for three minutes")
    #expect(
      !isLost(vpn(179, sent: 2), since: vpn(179, sent: 1)) && !isLost(vpn(500), since: vpn(500))
        && !isLost(vpn(1, sent: 200), since: vpn(500)))
    #expect(!isLost(vpn(nil, sent: 148), since: vpn(nil, sent: 0)), "the first request may be on its way")
    #expect(isLost(vpn(nil, sent: 296), since: vpn(nil, sent: 0)))
  }

  @Test func allIsWell() {
    #expect(warnings(vpn(0)) == [])
    #expect(warnings(vpn(179)) == [])
    #expect(warnings(vpn(100_000, up: false)) == [])
    #expect(warnings(vpn(nil, up: false, sent: 0)) == [])
    #expect(warnings(Sample.work) == [])
  }

  @Test func clock() {
    #expect(warnings(vpn(-10)) == ["the last handshake is in the future: is the clock right?"])
    #expect(warnings(vpn(-10, up: false)).count == 1)
  }

  /// What can be told apart is said in words, and for one that is only linked as soon as something was sent.
  @Test func never() {
    let nothing = "no handshake with 203.0.113.2:51820 yet: "
    let silent = nothing + "nothing answers there; does the server run, does it know this machine's key, are Endpoint and clock right?"
    #expect(warnings(vpn(nil)) == [silent])
    #expect(warnings(vpn(nil, up: false)) == [silent])
    #expect(warnings(vpn(nil, sent: 0)) == [nothing + "nothing was sent yet"])
    var lost = vpn(nil, up: false, sent: 0)
    lost.peers[0].hasRoute = false
    #expect(warnings(lost) == [nothing + "there is no route to it (this machine is offline?)"])
    lost.peers[0].latestHandshake = Sample.now - 185
    #expect(
      warnings(lost) == [
        "no handshake with 203.0.113.2:51820 for 3 minutes, 5 seconds: there is no route to it (this machine is offline?)"
      ])
    lost.peers[0].latestHandshake = Sample.now - 5
    #expect(warnings(lost) == ["nothing passes: there is no route to 203.0.113.2:51820 (this machine is offline?)"])
    lost.peers[0].endpoint = nil
    lost.peers[0].latestHandshake = 0
    #expect(warnings(lost) == [])
    lost.takenUp = true
    #expect(warnings(lost) == ["no handshake yet: no peer has an endpoint"])
  }

  @Test func silence() {
    #expect(
      warnings(vpn(185)) == [
        "no handshake with 203.0.113.2:51820 for 3 minutes, 5 seconds: nothing was sent since, or the server does not answer"
      ])
    let sent = ["no handshake with 203.0.113.2:51820 for 3 minutes, 5 seconds, though packets are sent: the server does not answer"]
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
