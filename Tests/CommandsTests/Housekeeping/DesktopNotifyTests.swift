import LinuxSystem
import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct TunnelNoticesTests {
  /// Sample.home, `age` seconds after its last handshake, having sent so many bytes.
  private func home(age: Int, sent: UInt64, device: Report.Device? = .kernel) -> [Report] {
    var vpn = Sample.home
    vpn.peers[0].latestHandshake = Sample.now - age
    vpn.peers[0].txBytes = sent
    vpn.device = device
    return [.vpn(vpn), .vpn(Sample.work), Sample.broken]
  }

  private func titles(_ looks: [[Report]], user: UInt32 = 1000) -> [[String]] {
    var notices = TunnelNotices()
    return looks.map { notices.notices(of: $0, now: Sample.now, user: user).map(\.title) }
  }

  @Test("A name is shown as it is", arguments: [("R&D", "R&amp;D"), ("<b>x", "&lt;b&gt;x"), ("\\377", "\\\\377"), ("ä \"x\"", "ä \"x\"")])
  func texts(text: String, told: String) { #expect(noticeText(text) == told) }

  @Test func serverThatDoesNotAnswer() {
    let lost = ["home has lost its tunnel"]
    #expect(titles([home(age: 179, sent: 1), home(age: 179, sent: 9)]) == [[], []], "a session lives for three minutes")
    #expect(titles([home(age: 500, sent: 1), home(age: 500, sent: 1)]) == [[], []], "nobody has sent anything")
    #expect(titles([home(age: 500, sent: 1), home(age: 500, sent: 2), home(age: 500, sent: 3)]) == [[], lost, []], "said once")
    let again = titles([home(age: 500, sent: 1), home(age: 500, sent: 2), home(age: 2, sent: 3), home(age: 2, sent: 4)])
    #expect(again == [[], lost, ["home has its tunnel again"], []])
  }

  @Test func deviceThatIsGone() {
    var notices = TunnelNotices()
    let notice = notices.notices(of: home(age: 2, sent: 1, device: nil), now: Sample.now, user: 1000)
    #expect(notice == [.init(title: "home has lost its tunnel", text: "Without a network: curl", isUrgent: true)])
  }

  @Test("Only of VPNs with commands of one's own, and of those only while they run") func whose() {
    #expect(titles([home(age: 2, sent: 1, device: nil)], user: 7) == [[]])
    var idle = Sample.home
    idle.commands = []
    let looks = [home(age: 2, sent: 1, device: nil), [.vpn(idle)], home(age: 2, sent: 1)]
    #expect(titles(looks) == [["home has lost its tunnel"], [], []])
  }
}

@Suite struct DesktopNotifyTests {
  let folder = TestFolder()

  private func perform(isOn: Bool) throws -> Answer {
    try DesktopNotifyRequest(isOn: isOn).perform(on: folder.installation, style: .plain)
  }

  @Test func onAndOff() throws {
    let failure = #expect(throws: Failure.self) { try perform(isOn: true) }
    #expect(failure == Failure("notify-send is not installed: it is in the package libnotify-bin, or libnotify"))
    folder.makeFolder("bin")
    folder.write("bin/notify-send", "")
    for _ in 1...2 {
      #expect(try perform(isOn: true) == Answer(text: "on, from the next session on\n", notes: ["until then: vpn desktop notify run &"]))
    }
    let entry = try #require(folder.text(of: "autostart/vpnrun-notify.desktop").flatMap { DesktopFile($0).entry })
    #expect(entry["Exec"] == #""/opt/vpn run/bin/vpn" desktop notify run"#)
    #expect(try perform(isOn: false).text == "off, from the next session on\n")
    #expect(try perform(isOn: false).text == "off\n")
    #expect(folder.names(in: "autostart") == [])
  }
}
