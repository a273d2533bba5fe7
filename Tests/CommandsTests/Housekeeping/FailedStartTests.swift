import LinuxSystem
import Testing

@testable import Commands

@Suite struct FailedStartTests {
  let folder = TestFolder()

  private func failed(_ text: String, _ words: [String] = ["--desktop", "--separate", "home", "--", "/usr/bin/firefox", "-x"])
    -> FailedStart
  {
    FailedStart(text: text, words: words)
  }

  @Test func words() {
    let start = failed("vpn: the kernel has no WireGuard\nvpnrun: second & last\n")
    #expect(start.sentence == "the kernel has no WireGuard\nsecond & last")
    #expect(start.title == "firefox did not start in home")
    #expect(failed("x", ["--"]).title == "The command did not start")
  }

  @Test(arguments: [
    ("home is not linked: `vpn link home` builds its box", "link home", false),
    ("the kernel has no WireGuard; run `sudo vpn link home` once: it starts wireguard-go", "link home", true),
    ("home has lost its tunnel: `vpn refresh home` gives it a new one, or `vpnrun --wait`", "refresh home", false),
    ("it does not say who may use it: `vpn reload home` fixes that", "reload home", false),
  ])
  func remedies(sentence: String, command: String, needsRoot: Bool) {
    let remedy = failed("vpnrun: \(sentence)\n").remedy
    #expect(remedy?.words.joined(separator: " ") == command && remedy?.needsRoot == needsRoot)
  }

  @Test(arguments: [
    "you are not in the group that may use VPNs: `sudo adduser alice vpn`, then log in again", "`vpn link work` builds its box",
    "there is no VPN 'home'", "close it, or `vpn unlink home`", "`vpn link home --force`", "vpn link home",
  ])
  func noRemedy(sentence: String) { #expect(failed(sentence).remedy == nil) }

  // MARK: On the screen

  private func show(_ text: String) { try? failed(text).show(on: folder.installation) }

  @Test func notice() {
    folder.makeFolder("bin")
    folder.program("bin/notify-send", #"log "$@""#)
    folder.program("bin/zenity", #"log zenity"#)
    show("vpnrun: no & <b>\n")
    #expect(folder.log == ["--app-name=vpn --icon=network-vpn --urgency=critical -- firefox did not start in home no &amp; &lt;b&gt;"])
  }

  @Test("Where no program shows notices, a window does") func window() {
    folder.makeFolder("bin")
    folder.program("bin/notify-send", "exit 1")
    folder.program("bin/kdialog", #"log "$@""#)
    show("vpnrun: no\n")
    #expect(folder.log == ["--title firefox did not start in home --error no"])
  }

  @Test("The button does what the sentence names, and what that says is shown again") func button() {
    folder.makeFolder("bin")
    folder.program("bin/notify-send", #"log "$@"; case $* in *--action*) echo do ;; esac"#)
    folder.program("bin/pkexec", #"log "$@"; echo "vpn: no key"; exit 125"#)
    show("vpn: run `sudo vpn link home` once\n")
    let start = "--app-name=vpn --icon=network-vpn --urgency=critical"
    #expect(
      folder.log == [
        "\(start) --action=do=Link home -- firefox did not start in home run `sudo vpn link home` once", "/opt/vpn run/bin/vpn link home",
        "\(start) -- firefox did not start in home no key",
      ])
  }

  @Test("Who cannot become root by a click is not offered it") func noAsker() {
    folder.makeFolder("bin")
    folder.program("bin/notify-send", #"log "$@""#)
    show("vpn: run `sudo vpn link home` once\n")
    #expect(folder.log.first?.contains("--action") == false)
  }
}
