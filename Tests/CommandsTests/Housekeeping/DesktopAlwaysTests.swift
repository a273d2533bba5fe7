import LinuxSystem
import Testing

@testable import Commands

@Suite struct DesktopAlwaysTests {
  let folder = TestFolder()

  init() {
    folder.profile("home", id: 1)
    folder.profile("work", id: 2)
    for part in ["home", "lib", "user/.local/bin", "system/applications", "system/dbus-1/services", "xdg", "config"] {
      folder.makeFolder(part)
    }
    let firefox = folder.write("lib/firefox-esr", "", executable: true)
    folder.makeFolder("bin")
    link("firefox-esr", to: firefox)
    link("x-www-browser", to: "\(folder.path)/bin/firefox-esr")
    folder.write("bin/firefox", "#!/bin/sh\nexec firefox-esr \"$@\"\n", executable: true)
    folder.write("bin/other", "", executable: true)
    folder.write(
      "system/applications/firefox-esr.desktop", DesktopSample.firefox.replacing("/usr/lib/firefox-esr/firefox-esr", with: firefox))
    folder.write("system/dbus-1/services/org.mozilla.service", "[D-BUS Service]\nName=org.mozilla\nExec=\(firefox) --dbus\n")
    folder.write("system/dbus-1/services/other.service", "[D-BUS Service]\nName=other\nExec=/bin/other\nSystemdService=x\n")
    folder.program("bin/dbus-send", #"log "$@""#)
  }

  private func link(_ name: String, to target: String) { try? Files.makeLink("\(folder.path)/bin/\(name)", to: target) }

  private func perform(_ request: some CommandRequest) throws -> Answer {
    try request.perform(on: folder.installation, style: .plain)
  }

  private func always(_ name: String = "home") throws -> Answer {
    try perform(DesktopAlwaysRequest(name: name, application: "firefox-esr"))
  }

  private func refusal() -> String {
    let before = everything
    let failure = #expect(throws: Failure.self) { try always() }
    #expect(everything == before, "nothing is changed")
    return failure?.lines.first ?? ""
  }

  /// All that is the user's.
  private var everything: [String] {
    ["home", "home/applications", "home/dbus-1", "home/dbus-1/services", "user/.local/bin", "config"].flatMap { part in
      folder.names(in: part).map { "\(part)/\($0) \(folder.text(of: "\(part)/\($0)") ?? "")" }
    }
  }

  @Test func allWays() throws {
    let answer = try always()
    #expect(
      answer.text == """
        Firefox ESR starts in home from now on
          menu     \(folder.path)/home/applications/firefox-esr.desktop
          D-Bus    \(folder.path)/home/dbus-1/services/org.mozilla.service
          command  \(folder.path)/user/.local/bin/firefox
          command  \(folder.path)/user/.local/bin/firefox-esr
          command  \(folder.path)/user/.local/bin/x-www-browser
          links    x-scheme-handler/https is opened by firefox-esr, as before

        """)
    #expect(answer.notes == [])
    #expect(
      folder.text(of: "user/.local/bin/firefox") == """
        #!/bin/sh
        # vpnrun: home firefox-esr
        exec '/opt/vpn run/bin/vpnrun' --desktop=always home -- \(folder.path)/bin/firefox "$@"

        """)
    #expect(folder.mode(of: "user/.local/bin/firefox") == 0o755)
    #expect(
      folder.text(of: "home/dbus-1/services/org.mozilla.service") == """
        # vpnrun: home firefox-esr
        [D-BUS Service]
        Name=org.mozilla
        Exec='/opt/vpn run/bin/vpnrun' --desktop=always home -- \(folder.path)/lib/firefox-esr --dbus

        """)
    #expect(folder.log.count == 1 && folder.log[0].hasSuffix("org.freedesktop.DBus.ReloadConfig"))
  }

  @Test("Once more is the same, and remove leaves nothing") func thereAndBack() throws {
    let before = everything
    let once = try always()
    let made = everything
    #expect(try always() == once)
    #expect(everything == made)
    #expect(try perform(DesktopListRequest()).text.contains("home  firefox-esr  always  ready  Firefox ESR"))
    let removed = try perform(DesktopRemoveRequest(name: "home", application: "firefox"))
    #expect(removed == Answer(text: "Firefox ESR starts without a VPN again\n"))
    #expect(everything == before)
  }

  @Test("A launcher besides is made from the application's own file") func launcherToo() throws {
    _ = try always()
    let answer = try perform(DesktopAddRequest(name: "work", application: "firefox"))
    #expect(answer.text.hasPrefix("Firefox ESR (work) is ready"))
    #expect(
      folder.text(of: "home/applications/vpnrun-work-firefox-esr.desktop")?.contains("X-Vpnrun-Source=\(folder.path)/system/") == true)
  }

  @Test("What the user has stays") func foreignFiles() throws {
    let script = folder.write("user/.local/bin/firefox-esr", "mine")
    #expect(refusal() == "vpn: \(script) is there already, and not made here: remove it first")
    try Files.remove(script)
    try Files.makeFolders("\(folder.path)/home/dbus-1/services")
    let service = folder.write("home/dbus-1/services/org.mozilla.service", "mine")
    #expect(refusal() == "vpn: \(service) is there already, and not made here: remove it first")
    try Files.remove(service)
    try Files.makeFolders("\(folder.path)/home/applications")
    let entry = folder.write("home/applications/firefox-esr.desktop", DesktopSample.firefox)
    #expect(
      refusal() == "vpn: \(entry) is yours, and stands where the one of `vpn desktop always` would: remove it first")
  }

  @Test func changedSince() throws {
    _ = try always()
    folder.write("user/.local/bin/firefox", "mine")
    #expect(try perform(DesktopListRequest()).text.contains("incomplete"))
    #expect(refusal() == "vpn: \(folder.path)/user/.local/bin/firefox is there already, and not made here: remove it first")
    let removed = try perform(DesktopRemoveRequest(name: "home"))
    #expect(removed.notes == ["\(folder.path)/user/.local/bin/firefox has been changed by another since: it stays"])
    #expect(folder.names(in: "user/.local/bin") == ["firefox"])
  }

  @Test func twoVPNs() throws {
    _ = try always("work")
    #expect(refusal() == "vpn: firefox-esr starts in work always: `vpn desktop remove work firefox-esr` first")
  }

  @Test("It follows an application that has changed") func upgrade() throws {
    _ = try always()
    try Files.remove("\(folder.path)/bin/x-www-browser")
    try Files.remove("\(folder.path)/system/dbus-1/services/org.mozilla.service")
    _ = try always()
    #expect(folder.names(in: "user/.local/bin") == ["firefox", "firefox-esr"])
    #expect(folder.names(in: "home/dbus-1/services") == [])
    #expect(try perform(DesktopListRequest()).text.contains("ready"))
  }

  @Test("A name that another application starts is not taken") func othersName() throws {
    folder.write(
      "system/applications/firefox.desktop", DesktopSample.firefox.replacing("/usr/lib/firefox-esr/firefox-esr", with: "firefox"))
    _ = try always()
    #expect(folder.names(in: "user/.local/bin") == ["firefox-esr", "x-www-browser"])
  }

  @Test func pathWithoutTheFolder() throws {
    var installation = folder.installation
    installation.desktop.programFolders = ["\(folder.path)/bin"]
    let answer = try DesktopAlwaysRequest(name: "home", application: "firefox-esr").perform(on: installation, style: .plain)
    #expect(answer.notes.first?.hasPrefix("your PATH has \(folder.path)/bin before \(folder.path)/user/.local/bin, or lacks that") == true)
    #expect(folder.names(in: "user/.local/bin").count == 3)
  }

  @Test("A name that stands for more than the application") func interpreter() throws {
    folder.write(
      "system/applications/script.desktop", "[Desktop Entry]\nType=Application\nName=Script\nExec=\(folder.path)/bin/other main.py %F\n")
    let answer = try perform(DesktopAlwaysRequest(name: "home", application: "script"))
    #expect(answer.notes == ["no name in your PATH stands for it alone: what you type in a terminal starts it as before"])
    #expect(folder.names(in: "user/.local/bin") == [])
  }

  // MARK: Who opens what

  @Test("Nothing that opens links now is replaced") func associations() throws {
    folder.write("system/applications/chromium.desktop", DesktopSample.chromium)
    folder.write("system/applications/mimeinfo.cache", "[MIME Cache]\ntext/html=chromium.desktop;firefox-esr.desktop;\n")
    folder.write("xdg/mimeapps.list", "[Default Applications]\nx-scheme-handler/https=gone.desktop;chromium.desktop\n")
    let list = "# mine\n[Added Associations]\ntext/xml=editor.desktop;\n"
    folder.write("config/mimeapps.list", list)
    let answer = try perform(DesktopAddRequest(name: "home", application: "firefox-esr", mime: true))
    #expect(answer.text.hasSuffix("  links        x-scheme-handler/https is opened by chromium, as before\n"))
    #expect(answer.notes == ["to open links in it: xdg-settings set default-web-browser vpnrun-home-firefox-esr.desktop"])
    #expect(
      folder.text(of: "config/mimeapps.list") == list + """
        text/html=chromium.desktop;vpnrun-home-firefox-esr.desktop;
        x-scheme-handler/http=vpnrun-home-firefox-esr.desktop;
        x-scheme-handler/https=chromium.desktop;vpnrun-home-firefox-esr.desktop;

        """)
    #expect(try perform(DesktopAddRequest(name: "home", application: "firefox-esr", mime: true)) == answer)
    _ = try perform(DesktopAddRequest(name: "home", application: "firefox-esr"))
    #expect(folder.text(of: "config/mimeapps.list") == list, "without --mime it is offered no more")

    _ = try always()
    #expect(folder.text(of: "config/mimeapps.list")?.contains("text/xml=editor.desktop;firefox-esr.desktop;\n") == true)
    #expect(folder.text(of: "config/mimeapps.list")?.contains("text/html=chromium.desktop;firefox-esr.desktop;\n") == true)
    _ = try perform(DesktopRemoveRequest(name: "home"))
    #expect(folder.text(of: "config/mimeapps.list") == list)
  }

  @Test("A launcher that was chosen goes from the user's choices, too") func chosen() throws {
    _ = try perform(DesktopAddRequest(name: "home", application: "firefox-esr", mime: true))
    let list = try #require(folder.text(of: "config/mimeapps.list"))
    folder.write(
      "config/mimeapps.list", list + "\n[Default Applications]\ntext/html=vpnrun-home-firefox-esr.desktop\ntext/xml=firefox-esr.desktop\n")
    _ = try perform(DesktopRemoveRequest(name: "home"))
    #expect(folder.text(of: "config/mimeapps.list") == "[Default Applications]\ntext/xml=firefox-esr.desktop\n")
  }

  @Test func noLinks() throws {
    folder.write("system/applications/kde.desktop", DesktopSample.exotic)
    let failure = #expect(throws: Failure.self) { try perform(DesktopAddRequest(name: "home", application: "kde", mime: true)) }
    #expect(failure == Failure("kde opens neither links nor web pages: leave --mime out"))
  }
}
