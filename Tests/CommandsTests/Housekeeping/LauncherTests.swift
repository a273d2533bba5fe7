import LinuxSystem
import NetworkModel
import Testing

@testable import Commands
@testable import HelperWire

@Suite struct LauncherTests {
  private func launcher(
    _ application: String, title: String? = nil, profile: Launcher.Profile = .separate, vpnrun: String = "/usr/local/bin/vpnrun"
  ) throws -> Launcher {
    try launcher(application, .beside(title: title, profile), vpnrun: vpnrun)
  }

  private func launcher(_ application: String, _ kind: Launcher.Kind, vpnrun: String = "/usr/local/bin/vpnrun") throws -> Launcher {
    Launcher(
      vpn: try #require(VPNName("home")), application: application, source: "/usr/share/applications/\(application).desktop",
      vpnrun: vpnrun, kind: kind)
  }

  private func commands(_ file: DesktopFile) -> [String] { file.groups.compactMap { $0["Exec"] } }

  @Test func firefox() throws {
    let launcher = try launcher("firefox-esr")
    let file = try launcher.file(from: DesktopFile(DesktopSample.firefox))
    #expect(launcher.fileName == "vpnrun-home-firefox-esr.desktop")
    #expect(
      file.text == """
        [Desktop Entry]
        Name=Firefox ESR (home)
        Name[bg]=Firefox ESR (home)
        Name[de]=Firefox ESR (home)
        Comment=Browse the World Wide Web
        Comment[de]=Im Internet surfen
        GenericName=Web Browser
        X-GNOME-FullName=Firefox ESR Web Browser (home)
        X-GNOME-FullName[de]=Firefox ESR-Webbrowser (home)
        Exec=\(Self.start) %u
        Terminal=false
        X-MultipleArgs=false
        Type=Application
        Icon=firefox-esr
        Categories=Network;WebBrowser;
        StartupNotify=true
        Actions=new-window;new-private-window;
        StartupWMClass=vpnrun-home-firefox
        TryExec=/usr/local/bin/vpnrun
        X-Vpnrun=home
        X-Vpnrun-Application=firefox-esr
        X-Vpnrun-Source=/usr/share/applications/firefox-esr.desktop

        [Desktop Action new-window]
        Name=Open a New Window
        Name[de]=Neues Fenster
        Exec=\(Self.start) --new-window %u

        [Desktop Action new-private-window]
        Name=New Private Window
        Exec=\(Self.start) --private-window %u

        """)
  }

  private static let start = "/usr/local/bin/vpnrun --desktop --separate home -- /usr/lib/firefox-esr/firefox-esr"

  @Test func otherApplications() throws {
    let start = "/usr/local/bin/vpnrun --desktop --separate home --"
    let chromium = try launcher("chromium").file(from: DesktopFile(DesktopSample.chromium))
    #expect(commands(chromium) == ["\(start) /usr/bin/chromium %U"])
    let writer = try launcher("libreoffice-writer").file(from: DesktopFile(DesktopSample.writer))
    #expect(commands(writer) == ["\(start) libreoffice --writer %U", "\(start) libreoffice --writer"])
    #expect(writer.entry?["StartupWMClass"] == nil, "its windows keep their class, and belong to the other launcher")
    let code = try launcher("code", profile: .at("/tmp/a b")).file(from: DesktopFile(DesktopSample.code))
    let there = "/usr/local/bin/vpnrun --desktop \"--separate=/tmp/a b\" home --"
    #expect(commands(code) == ["\(there) /usr/share/code/code %F", "\(there) /usr/share/code/code --new-window %F"])
  }

  @Test func startedByDBus() throws {
    let file = try launcher("org.gnome.Terminal").file(from: DesktopFile(DesktopSample.terminal))
    let start = "/usr/local/bin/vpnrun --desktop --separate home -- gnome-terminal"
    #expect(commands(file) == [start, start + " --window", start + " --preferences"])
    #expect(file.entry?["DBusActivatable"] == nil)
    #expect(file.entry?["TryExec"] == "/usr/local/bin/vpnrun" && file.entry?["OnlyShowIn"] == "GNOME;Unity;")
    #expect(file.text.hasPrefix("# A comment before everything\n[Desktop Entry]\nName=Terminal (home)\n"))
  }

  @Test func exoticQuotes() throws {
    let file = try launcher("exotic", vpnrun: "/opt/vpn $run/vpnrun").file(from: DesktopFile(DesktopSample.exotic))
    let exec = try #require(DesktopFile(DesktopSample.exotic).entry?["Exec"])
    #expect(commands(file) == [#""/opt/vpn \\$run/vpnrun" --desktop home -- "# + exec])
    #expect(file.entry?["Name"] == #"Exotic \\ one (home)"#)
    #expect(file.entry?["NoDisplay"] == nil)
  }

  @Test func options() throws {
    let original = DesktopFile(DesktopSample.firefox)
    let named = try launcher("firefox-esr", title: #"Web \ work"#).file(from: original)
    #expect(named.text.components(of: "Name") == [#"Web \\ work"#, "Open a New Window", "New Private Window"])
    #expect(!named.text.contains("Firefox ESR"))
    let shared = try launcher("firefox-esr", profile: .shared).file(from: original)
    #expect(commands(shared).first == "/usr/local/bin/vpnrun --desktop home -- /usr/lib/firefox-esr/firefox-esr %u")
    #expect(shared.entry?["StartupWMClass"] == nil)
    let emacs = DesktopFile("[Desktop Entry]\nType=Application\nName=Emacs\nExec=emacsclient -c %F\n")
    #expect(try commands(launcher("emacs").file(from: emacs)) == ["/usr/local/bin/vpnrun --desktop home -- emacsclient -c %F"])
  }

  @Test("No file of ours is in the desktop's table of types") func types() throws {
    for kind in [Launcher.Kind.beside(title: nil, .separate), .always] {
      #expect(try launcher("firefox-esr", kind).file(from: DesktopFile(DesktopSample.firefox)).entry?["MimeType"] == nil)
    }
  }

  @Test func always() throws {
    let launcher = try launcher("firefox-esr", .always)
    let file = try launcher.file(from: DesktopFile(DesktopSample.firefox))
    #expect(launcher.fileName == "firefox-esr.desktop")
    #expect(commands(file).first == "/usr/local/bin/vpnrun --desktop=always home -- /usr/lib/firefox-esr/firefox-esr %u")
    let entry = try #require(file.entry)
    #expect(entry["Name"] == "Firefox ESR" && entry["StartupWMClass"] == "firefox-esr" && entry["TryExec"] == "/usr/local/bin/vpnrun")
    #expect(entry.isTrue("X-Vpnrun-Always"))
    let terminal = try self.launcher("org.gnome.Terminal", .always).file(from: DesktopFile(DesktopSample.terminal))
    #expect(commands(terminal).first == "/usr/local/bin/vpnrun --desktop=always --separate home -- gnome-terminal")
  }

  @Test("Actions that only D-Bus can do are left out") func actions() throws {
    let text = "[Desktop Entry]\nType=Application\nName=X\nExec=x\nDBusActivatable=true\nActions=a;b;\n"
    let groups = "\n[Desktop Action a]\nName=A\n\n[Desktop Action b]\nName=B\nExec=x b\n"
    let file = try launcher("x").file(from: DesktopFile(text + groups))
    #expect(file.groups.map(\.name) == ["", "Desktop Entry", "Desktop Action b"] && file.entry?["Actions"] == "b;")
  }

  @Test func flatpak() throws {
    var launcher = try launcher("org.mozilla.firefox")
    launcher.allowsFlatpak = true
    let file = try launcher.file(from: DesktopFile(DesktopSample.flatpak))
    #expect(file.entry?["Exec"]?.hasPrefix("/usr/local/bin/vpnrun --desktop home -- /usr/bin/flatpak run ") == true)
    launcher.kind = .always
    #expect(throws: Failure.self) { try launcher.file(from: DesktopFile(DesktopSample.flatpak)) }
  }

  @Test("What opens by itself already stays as it is") func ownOptions() throws {
    let file = DesktopFile("[Desktop Entry]\nType=Application\nName=X\nExec=env A=b firefox -P mine %u\n")
    #expect(try commands(launcher("x").file(from: file)) == ["/usr/local/bin/vpnrun --desktop home -- env A=b firefox -P mine %u"])
    let plain = DesktopFile("[Desktop Entry]\nType=Application\nName=X\nExec=env A=b firefox %u\n")
    #expect(
      try commands(launcher("x", profile: .at("/p")).file(from: plain)) == [
        "/usr/local/bin/vpnrun --desktop --separate=/p home -- env A=b firefox %u"
      ])
  }

  @Test(arguments: [
    (DesktopSample.flatpak, "is a Flatpak: "), (DesktopSample.snap, "is a Snap: "),
    ("[Desktop Entry]\nType=Link\nName=x\n", "is no application, but of the type Link"),
    ("[Desktop Entry]\nType=Application\nName=x\nDBusActivatable=true\n", "has no command (Exec): "),
    ("[Desktop Entry]\nType=Application\nName=x\nExec=a \"b\n", "has a command whose quotes are not closed: Exec=a \"b"),
    ("[Desktop Entry]\nType=Application\nName=x\nExec=a\nX-Vpnrun=work\n", "is a launcher of vpnrun's already: "),
    ("nonsense", "has no group [Desktop Entry]"),
  ])
  func refusals(text: String, sentence: String) {
    let failure = #expect(throws: Failure.self) { try launcher("x").file(from: DesktopFile(text)) }
    #expect(failure?.lines.first?.hasPrefix("vpn: /usr/share/applications/x.desktop \(sentence)") == true, "\(failure?.lines ?? [])")
  }
}

extension String {
  /// The values of a key, without translations.
  fileprivate func components(of key: String) -> [String] {
    split(separator: "\n").filter { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
  }
}
