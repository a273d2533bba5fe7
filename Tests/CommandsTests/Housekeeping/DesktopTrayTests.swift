import Testing

@testable import Commands
@testable import LinuxSystem

@Suite struct DesktopTrayTests {
  let folder = TestFolder()

  private func perform(isOn: Bool) throws -> Answer {
    try DesktopTrayRequest(isOn: isOn).perform(on: folder.installation, style: .plain)
  }

  @Test func onAndOff() throws {
    let missing = #expect(throws: Failure.self) { try perform(isOn: true) }
    #expect(missing == Failure("python3 is not installed, or \(folder.path)/vpn-tray is not"))
    folder.program("vpn-tray", "log \"$@\"; echo 'vpn: the icon needs more' >&2; exit 1")
    let refused = #expect(throws: Failure.self) { try perform(isOn: true) }
    #expect(refused == Failure("the icon needs more"))
    #expect(folder.log == ["--check"])
    folder.program("vpn-tray", "exit 0")
    for _ in 1...2 {
      #expect(try perform(isOn: true) == Answer(text: "on, from the next session on\n", notes: ["until then: vpn desktop tray run &"]))
    }
    let entry = try #require(folder.text(of: "autostart/vpnrun-tray.desktop").flatMap { DesktopFile($0).entry })
    #expect(entry["Exec"] == #""/opt/vpn run/bin/vpn" desktop tray run"#)
    #expect(try perform(isOn: false).text == "off, from the next session on\n")
    #expect(try perform(isOn: false).text == "off\n")
  }
}
