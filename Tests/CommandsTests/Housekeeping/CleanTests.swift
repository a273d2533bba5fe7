import LinuxSystem
import Testing

@testable import Commands
@testable import HelperWire

@Suite(.serialized) struct CleanTests {
  let folder = TestFolder()

  private func perform(dryRun: Bool = false) throws -> Answer {
    try CleanRequest(dryRun: dryRun).perform(on: folder.installation, style: .plain)
  }

  /// Profiles, pins and links, each name once; Autostart is nobody's to remove.
  @Test func whatIsAsked() throws {
    let kept = Sample.json("kept", id: 3, linked: true, autostart: "link")
    folder.program(
      "vpn-link",
      """
      case $1 in show) echo '[\(Sample.json("home", linked: true)),\(kept),{"name":"bad","error":"x"}]';;
      *) log "$@"; case $2 in bad) echo why >&2; exit 125;; home) echo removed the box of home;; esac;; esac
      """)
    for name in ["vpn-home", "vpn-gone", "other", "vpn-../x"] { folder.write("netns/\(name.replacing("/", with: "-"))", "") }
    for (link, alias) in [("lost", "vpnrun id=4 table=4"), ("eth0", ""), ("home", "vpnrun id=1")] {
      folder.makeFolder("links/\(link)")
      folder.write("links/\(link)/ifalias", alias)
    }
    let answer = try perform()
    #expect(answer.text == "removed the box of home\nkept stays: its profile has `Autostart = link`\n")
    #expect(answer.failure == .alreadySaid)
    #expect(folder.log == ["clean bad", "clean gone", "clean home", "clean lost"])
    _ = try perform(dryRun: true)
    #expect(folder.log.last == "clean lost --dry-run")
  }

  @Test func nothing() throws {
    folder.program("vpn-link", "echo []")
    #expect(try perform() == Answer(text: "there is nothing to remove\n"))
  }
}
