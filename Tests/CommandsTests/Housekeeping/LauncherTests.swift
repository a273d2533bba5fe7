import LinuxSystem
import NetworkModel
import Testing

@testable import Commands
@testable import HelperWire

@Suite struct LauncherTests {
  private func launcher(
    _ application: String, title: String? = nil, opensTypes: Bool = false, profile: Launcher.Profile = .below("/home/a b/.local/share"),
    vpnrun: String = "/usr/local/bin/vpnrun"
  ) throws -> Launcher {
    Launcher(
      vpn: try #require(VPNName("home")), application: application, source: "/usr/share/applications/\(application).desktop",
      vpnrun: vpnrun,
      title: title, opensTypes: opensTypes, profile: profile)
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
        StartupWMClass=vpnrun-home-firefox-esr
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

  private static let start =
    #"/usr/local/bin/vpnrun home -- /usr/lib/firefox-esr/firefox-esr --profile "/home/a b/.local/share/vpnrun/home/firefox" "#
    + "--class vpnrun-home-firefox-esr --name vpnrun-home-firefox-esr"

  @Test func otherApplications() throws {
    let chromium = try launcher("chromium").file(from: DesktopFile(DesktopSample.chromium))
    #expect(
      commands(chromium) == [
        #"/usr/local/bin/vpnrun home -- /usr/bin/chromium "--user-data-dir=/home/a b/.local/share/vpnrun/home/chromium" "#
          + "--class=vpnrun-home-chromium %U"
      ])
    let writer = try launcher("libreoffice-writer").file(from: DesktopFile(DesktopSample.writer))
    let office = "-env:UserInstallation=file:///home/a%%20b/.local/share/vpnrun/home/libreoffice"
    #expect(
      commands(writer) == [
        "/usr/local/bin/vpnrun home -- libreoffice \(office) --writer %U", "/usr/local/bin/vpnrun home -- libreoffice \(office) --writer",
      ])
    #expect(writer.entry?["StartupWMClass"] == nil, "its windows keep their class, and belong to the other launcher")
    let code = try launcher("code", profile: .at("/tmp/x")).file(from: DesktopFile(DesktopSample.code))
    #expect(
      commands(code) == [
        "/usr/local/bin/vpnrun home -- /usr/share/code/code --user-data-dir=/tmp/x %F",
        "/usr/local/bin/vpnrun home -- /usr/share/code/code --user-data-dir=/tmp/x --new-window %F",
      ])
  }

  @Test func startedByDBus() throws {
    let file = try launcher("org.gnome.Terminal").file(from: DesktopFile(DesktopSample.terminal))
    let start = "/usr/local/bin/vpnrun home -- dbus-run-session -- gnome-terminal --wait"
    #expect(commands(file) == [start, start + " --window", start + " --preferences"])
    #expect(file.entry?["DBusActivatable"] == nil)
    #expect(file.entry?["TryExec"] == "gnome-terminal" && file.entry?["OnlyShowIn"] == "GNOME;Unity;")
    #expect(file.text.hasPrefix("# A comment before everything\n[Desktop Entry]\nName=Terminal (home)\n"))
  }

  @Test func exoticQuotes() throws {
    let file = try launcher("exotic", vpnrun: "/opt/vpn $run/vpnrun").file(from: DesktopFile(DesktopSample.exotic))
    let exec = try #require(DesktopFile(DesktopSample.exotic).entry?["Exec"])
    #expect(commands(file) == [#""/opt/vpn \\$run/vpnrun" home -- "# + exec])
    #expect(file.entry?["Name"] == #"Exotic \\ one (home)"#)
    #expect(file.entry?["NoDisplay"] == nil)
  }

  @Test func options() throws {
    let original = DesktopFile(DesktopSample.firefox)
    let named = try launcher("firefox-esr", title: #"Web \ work"#, opensTypes: true).file(from: original)
    #expect(named.text.components(of: "Name") == [#"Web \\ work"#, "Open a New Window", "New Private Window"])
    #expect(!named.text.contains("Firefox ESR"))
    #expect(named.entry?["MimeType"] == original.entry?["MimeType"])
    let shared = try launcher("firefox-esr", profile: .shared).file(from: original)
    #expect(commands(shared).first == "/usr/local/bin/vpnrun --guard=refuse home -- /usr/lib/firefox-esr/firefox-esr %u")
    #expect(shared.entry?["StartupWMClass"] == nil)
    let emacs = DesktopFile("[Desktop Entry]\nType=Application\nName=Emacs\nExec=emacsclient -c %F\n")
    #expect(try commands(launcher("emacs").file(from: emacs)) == ["/usr/local/bin/vpnrun --guard=refuse home -- emacsclient -c %F"])
  }

  @Test("What opens by itself already stays as it is") func ownOptions() throws {
    let file = DesktopFile("[Desktop Entry]\nType=Application\nName=X\nExec=env A=b firefox -P mine %u\n")
    #expect(try commands(launcher("x").file(from: file)) == ["/usr/local/bin/vpnrun home -- env A=b firefox -P mine %u"])
    let plain = DesktopFile("[Desktop Entry]\nType=Application\nName=X\nExec=env A=b firefox %u\n")
    #expect(
      try commands(launcher("x", profile: .at("/p")).file(from: plain)) == [
        "/usr/local/bin/vpnrun home -- env A=b firefox --profile /p --class vpnrun-home-x --name vpnrun-home-x %u"
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
