extension SharedInstance {
  /// The ones that are known. Base names as Debian, Fedora, Arch and the makers' own packages have them.
  static let all: [SharedInstance] =
    browsers + electron + [
      SharedInstance(
        name: "LibreOffice",
        commands: [
          "libreoffice", "soffice", "loffice", "lowriter", "localc", "loimpress", "lodraw", "lobase", "lomath", "loweb", "lofromtemplate",
        ], processes: ["soffice.bin"], separation: .init(options: ["-env:UserInstallation=file://%u"]), apart: ["env:UserInstallation"])
    ] + terminals

  private static let browsers = [
    mozilla("Firefox", ["firefox", "firefox-esr", "firefox-bin", "firefox-nightly", "firefox-developer-edition", "firefox-devedition"]),
    mozilla("LibreWolf", ["librewolf", "librewolf-bin"]),
    mozilla("Thunderbird", ["thunderbird", "thunderbird-bin"]),
    chromium("Chromium", ["chromium", "chromium-browser", "ungoogled-chromium"], ["chromium", "chromium-browser"]),
    chromium(
      "Google Chrome", ["google-chrome", "google-chrome-stable", "google-chrome-beta", "google-chrome-unstable", "chrome"], ["chrome"]),
    chromium("Brave", ["brave-browser", "brave-browser-stable", "brave"], ["brave"]),
    chromium("Microsoft Edge", ["microsoft-edge", "microsoft-edge-stable"], ["msedge"]),
    chromium("Vivaldi", ["vivaldi", "vivaldi-stable"], ["vivaldi-bin"]),
    chromium("Opera", ["opera"], ["opera"]),
  ]

  /// Since Firefox 67 one only asks another that has the same profile. A folder, not a profile's name, which would have to be made first.
  private static func mozilla(_ name: String, _ programs: [String]) -> SharedInstance {
    SharedInstance(
      name: name, commands: programs, processes: programs,
      separation: .init(options: ["--profile", "%f"], windowClass: ["--class", "%c", "--name", "%c"]),
      apart: ["profile", "P", "no-remote"],
      alone: ["new-instance"])
  }

  /// The folder has a link SingletonLock, and only who has the same folder is asked.
  private static func chromium(_ name: String, _ commands: [String], _ processes: [String]) -> SharedInstance {
    SharedInstance(
      name: name, commands: commands, processes: processes,
      separation: .init(options: ["--user-data-dir=%f"], windowClass: ["--class=%c"]), apart: ["user-data-dir"])
  }

  private static let electron = [
    electron("Visual Studio Code", "code"), electron("VSCodium", "codium"), electron("Signal", "signal-desktop"),
    electron("Slack", "slack"),
    SharedInstance(
      name: "Element", commands: ["element-desktop"], processes: ["element-desktop"], separation: .init(options: ["--profile", "%n"]),
      apart: ["profile", "profile-dir"]),
    SharedInstance(
      name: "Discord", commands: ["discord", "Discord"], processes: ["Discord"], separation: .init(options: ["--multi-instance"]),
      apart: ["multi-instance"]),
  ]

  private static func electron(_ name: String, _ program: String) -> SharedInstance {
    SharedInstance(
      name: name, commands: [program], processes: [program], separation: .init(options: ["--user-data-dir=%f"]), apart: ["user-data-dir"])
  }

  /// One in a session bus of its own starts its service there, and with it inside; it lives as long as its first window.
  private static let ownBus = ["dbus-run-session", "--"]

  private static let terminals = [
    SharedInstance(
      name: "GNOME Terminal", commands: ["gnome-terminal"], processes: [], separation: .init(before: ownBus, options: ["--wait"]), apart: []
    ),
    SharedInstance(name: "GNOME Console", commands: ["kgx"], processes: ["kgx"], separation: .init(before: ownBus), apart: []),
    terminal("Ptyxis", "ptyxis", "--standalone", apart: ["standalone", "s"]),
    terminal("Xfce Terminal", "xfce4-terminal", "--disable-server", apart: ["disable-server"]),
    terminal("MATE Terminal", "mate-terminal", "--disable-factory", apart: ["disable-factory"]),
    terminal("Terminator", "terminator", "--no-dbus", apart: ["no-dbus", "u"]),
    terminal("Tilix", "tilix", "--new-process", apart: ["new-process"]),
    SharedInstance(
      name: "tmux", commands: ["tmux"], processes: ["tmux: server"], separation: .init(options: ["-L", "%n"]), apart: ["L", "S"]),
    SharedInstance(name: "Emacs", commands: ["emacsclient"], processes: ["emacs"], separation: .init(), apart: ["s", "socket-name"]),
  ]

  private static func terminal(_ name: String, _ program: String, _ option: String, apart: [String]) -> SharedInstance {
    SharedInstance(name: name, commands: [program], processes: [program], separation: .init(options: [option]), apart: apart)
  }
}
