import LinuxSystem
import Testing

@testable import Commands
@testable import HelperWire

@Suite(.serialized) struct DesktopCommandTests {
  let folder = TestFolder()

  init() {
    folder.profile("home", id: 1)
    for part in ["bin", "home", "local/applications", "system/applications/kde"] { folder.makeFolder(part) }
    folder.write("system/applications/firefox-esr.desktop", DesktopSample.firefox)
    folder.write("system/applications/chromium.desktop", DesktopSample.chromium)
    folder.write("system/applications/kde/exotic.desktop", DesktopSample.exotic)
  }

  private func perform(_ request: some CommandRequest, sudo: Bool = false) throws -> Answer {
    var installation = folder.installation
    installation.desktop.isSudo = sudo
    return try request.perform(on: installation, style: .plain)
  }

  private func refusal(_ request: some CommandRequest, sudo: Bool = false) -> String {
    let before = folder.names(in: "home/applications")
    let failure = #expect(throws: Failure.self) { try perform(request, sudo: sudo) }
    #expect(folder.names(in: "home/applications") == before, "nothing is changed")
    return failure?.lines.joined(separator: "\n") ?? ""
  }

  private func add(_ application: String, _ name: String = "home") -> DesktopAddRequest {
    DesktopAddRequest(name: name, application: application)
  }

  private var file: String { "\(folder.path)/home/applications/vpnrun-home-firefox-esr.desktop" }

  @Test func add() throws {
    let answer = try perform(add("firefox-esr"))
    #expect(answer.text == "Firefox ESR (home) is ready: \(file)\n  its profile  \(folder.path)/home/vpnrun/home/firefox\n")
    #expect(answer.notes.isEmpty)
    let text = try #require(folder.text(of: "home/applications/vpnrun-home-firefox-esr.desktop"))
    #expect(
      text.contains(#"Exec="/opt/vpn run/bin/vpnrun" --desktop --separate home -- /usr/lib/firefox-esr/firefox-esr %u"#))
    #expect(text.contains("X-Vpnrun-Source=\(folder.path)/system/applications/firefox-esr.desktop\n"))
    #expect(folder.mode(of: "home/applications/vpnrun-home-firefox-esr.desktop") == 0o644)
    #expect(try perform(add("firefox-esr.desktop")) == answer, "twice is the same as once")
    #expect(folder.text(of: "home/applications/vpnrun-home-firefox-esr.desktop") == text)
    #expect(folder.names(in: "home/applications") == ["vpnrun-home-firefox-esr.desktop"])
  }

  @Test(
    "desktop-file-validate finds nothing that it does not find in the original",
    arguments: [
      "firefox", "chromium", "writer", "terminal", "code", "exotic",
    ])
  func valid(name: String) throws {
    let samples = [
      "firefox": DesktopSample.firefox, "chromium": DesktopSample.chromium, "writer": DesktopSample.writer,
      "terminal": DesktopSample.terminal, "code": DesktopSample.code, "exotic": DesktopSample.exotic,
    ]
    folder.write("local/applications/\(name).desktop", try #require(samples[name]))
    folder.write("bin/dbus-run-session", "")
    for title in [nil, "Title \\ \"x\" ü"] {
      _ = try perform(DesktopAddRequest(name: "home", application: name, title: title))
      let said = try complaints("\(folder.path)/home/applications/vpnrun-home-\(name).desktop")
      #expect(try said.subtracting(complaints("\(folder.path)/local/applications/\(name).desktop")) == [])
    }
    _ = try perform(DesktopAlwaysRequest(name: "home", application: name))
    let said = try complaints("\(folder.path)/home/applications/\(name).desktop")
    #expect(try said.subtracting(complaints("\(folder.path)/local/applications/\(name).desktop")) == [])
  }

  /// None where desktop-file-utils are not installed.
  private func complaints(_ file: String) throws -> Set<String> {
    guard Files.exists("/usr/bin/desktop-file-validate") else { return [] }
    let ended = try Child("/usr/bin/desktop-file-validate", [file], output: .capturedWithErrors).run()
    return Set(String(decoding: ended.output, as: UTF8.self).split(separator: "\n").map { String($0.drop { $0 != ":" }) })
  }

  // MARK: Which application

  @Test func byProgramAndByPath() throws {
    #expect(
      try perform(add("run me")).text.hasPrefix(
        "Exotic \\\\ one (home) is ready: \(folder.path)/home/applications/vpnrun-home-kde-exotic.desktop\n"))
    let path = folder.write("other.desktop", DesktopSample.chromium)
    #expect(try perform(add(path)).text.contains("/vpnrun-home-other.desktop\n"))
    #expect(try perform(add("\(folder.path)/system/applications/kde/exotic.desktop")).text.contains("/vpnrun-home-kde-exotic.desktop\n"))
  }

  @Test("Another program's name of the same application will do") func byApplication() throws {
    #expect(try perform(add("firefox")).text.contains("/vpnrun-home-firefox-esr.desktop\n"))
    #expect(try perform(DesktopRemoveRequest(name: "home", application: "firefox")).text == "Firefox ESR (home) is removed\n")
    folder.write("system/applications/firefox-too.desktop", DesktopSample.firefox)
    #expect(refusal(add("firefox")) == "vpn: several applications run firefox: choose one of firefox-esr, firefox-too")
  }

  @Test("Rather the program as such than one of its parts") func plainCommand() throws {
    folder.write("bin/dbus-run-session", "")
    folder.write("system/applications/org.gnome.Terminal.desktop", DesktopSample.terminal)
    let part = DesktopSample.terminal.replacing("Exec=gnome-terminal\n", with: "Exec=gnome-terminal --preferences\n")
    folder.write("system/applications/a.Preferences.desktop", part)
    #expect(try perform(add("gnome-terminal")).text.contains("/vpnrun-home-org.gnome.Terminal.desktop\n"))
  }

  @Test("One that menus hide is the last choice") func hidden() throws {
    folder.write("local/applications/a.mail.desktop", DesktopSample.chromium.replacing("Type=", with: "NoDisplay=true\nType="))
    #expect(try perform(add("/usr/bin/chromium".lastPathPart)).text.contains("/vpnrun-home-chromium.desktop\n"))
    try Files.remove("\(folder.path)/system/applications/chromium.desktop")
    #expect(try perform(add("chromium")).text.contains("/vpnrun-home-a.mail.desktop\n"))
  }

  @Test func firstFolderCounts() throws {
    folder.write("local/applications/chromium.desktop", DesktopSample.chromium.replacing("Chromium Web", with: "Local"))
    #expect(try perform(add("chromium")).text.hasPrefix("Local Browser (home)"))
    folder.makeFolder("home/applications")
    folder.write("home/applications/chromium.desktop", "[Desktop Entry]\nHidden=true\n")
    #expect(refusal(add("chromium")) == "vpn: there is no application 'chromium'; give the path of its .desktop file")
  }

  @Test func notFound() {
    #expect(refusal(add("chromum")) == "vpn: there is no application 'chromum'; did you mean 'chromium'?")
    folder.write("system/applications/firefox2.desktop", DesktopSample.firefox)
    folder.write("system/applications/firefox-esr.desktop", DesktopSample.firefox.replacing("Name=Firefox ESR", with: "Name=Other"))
    #expect(refusal(add("/nowhere/x.desktop")) == "vpn: cannot read /nowhere/x.desktop: No such file or directory")
    folder.write("system/applications/c2.desktop", DesktopSample.chromium)
    folder.write("system/applications/c1.desktop", DesktopSample.code.replacing("/usr/share/code/code", with: "/usr/bin/browse"))
    folder.write("system/applications/c0.desktop", DesktopSample.code.replacing("/usr/share/code/code", with: "browse"))
    #expect(refusal(add("browse")) == "vpn: several applications run browse: choose one of c0, c1")
  }

  // MARK: What is refused

  @Test func refused() {
    #expect(refusal(add("chromium", "hom")) == "vpn: there is no VPN 'hom'; did you mean 'home'?")
    #expect(refusal(add("chromium"), sudo: true) == "vpn: launchers belong to a user: type it without sudo")
    folder.write("system/applications/org.gnome.Terminal.desktop", DesktopSample.terminal)
    #expect(
      refusal(add("gnome-terminal"))
        == "vpn: GNOME Terminal needs dbus-run-session to start in a VPN, which is not installed: it is in the package dbus-daemon")
    let shared = DesktopAddRequest(name: "home", application: "gnome-terminal", shared: true)
    #expect(refusal(shared) == "vpn: GNOME Terminal's windows are opened by a service of the session, outside: leave --shared out")
    let profile = DesktopAddRequest(name: "home", application: "kde-exotic", profile: "/tmp/x")
    #expect(refusal(profile) == "vpn: it is not known how kde-exotic is given a profile: leave --profile out")
  }

  @Test func neverOverAnotherFile() throws {
    folder.makeFolder("home/applications")
    for text in ["[Desktop Entry]\nName=mine\n", "mine"] {
      folder.write("home/applications/vpnrun-home-firefox-esr.desktop", text)
      #expect(refusal(add("firefox-esr")) == "vpn: \(file) is there already, and not made here: remove it first")
      #expect(folder.text(of: "home/applications/vpnrun-home-firefox-esr.desktop") == text)
    }
  }

  // MARK: list and remove

  @Test func list() throws {
    #expect(try perform(DesktopListRequest()).notes == ["there is no launcher yet; make one with `vpn desktop add NAME APPLICATION`"])
    #expect(try perform(DesktopListRequest(json: true)).text == "[\n\n]\n")
    folder.profile("work", id: 2)
    folder.write("bin/firefox-esr", "")
    folder.write("system/applications/firefox-esr.desktop", DesktopSample.firefox.replacing("/usr/lib/firefox-esr/", with: ""))
    _ = try perform(add("firefox-esr"))
    _ = try perform(add("chromium", "work"))
    _ = try perform(add("kde-exotic"))
    try Files.remove("\(folder.path)/etc/work.conf")
    let answer = try perform(DesktopListRequest())
    #expect(
      answer.text == """
        VPN   APPLICATION  KIND      STATE           NAME
        home  firefox-esr  launcher  ready           Firefox ESR (home)
        home  kde-exotic   launcher  no application  Exotic \\\\ one (home)
        work  chromium     launcher  no VPN          Chromium Web Browser (work)

        """)
    #expect(answer.notes == ["launchers of what is gone are removed with `vpn desktop remove NAME APPLICATION`"])
    let json = try perform(DesktopListRequest(json: true)).text
    #expect(
      json.contains(#""application" : "firefox-esr""#) && json.contains(#""state" : "no VPN""#) && json.contains(#""file" : "\#(file)""#))
  }

  @Test func remove() throws {
    _ = try perform(add("firefox-esr"))
    _ = try perform(add("chromium"))
    try Files.remove("\(folder.path)/etc/home.conf")
    #expect(try perform(DesktopRemoveRequest(name: "home", application: "chromium")).text == "Chromium Web Browser (home) is removed\n")
    let again = try perform(DesktopRemoveRequest(name: "home", application: "chromium"))
    #expect(again == Answer(notes: ["there is no launcher of 'chromium' in 'home'; there is firefox-esr"]))
    #expect(folder.names(in: "home/applications") == ["vpnrun-home-firefox-esr.desktop"])
    folder.write("home/applications/vpnrun-home-mine.desktop", DesktopSample.chromium)
    #expect(try perform(DesktopRemoveRequest(name: "home")).text == "Firefox ESR (home) is removed\n")
    #expect(folder.names(in: "home/applications") == ["vpnrun-home-mine.desktop"], "what was not made here stays")
    #expect(try perform(DesktopRemoveRequest(name: "home")) == Answer(notes: ["there is no launcher of 'home'"]))
  }

  @Test("The desktop's table of types is brought up to date, where there is one") func table() throws {
    folder.program("bin/update-desktop-database", #"log "$@""#)
    _ = try perform(add("firefox-esr"))
    #expect(folder.log == [])
    folder.write("home/applications/mimeinfo.cache", "[MIME Cache]\n")
    _ = try perform(add("chromium"))
    _ = try perform(DesktopRemoveRequest(name: "home"))
    #expect(folder.log == ["\(folder.path)/home/applications", "\(folder.path)/home/applications"])
  }
}
