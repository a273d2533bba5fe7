import Testing

@testable import Applications

@Suite struct SharedInstanceTests {
  private func shared(_ program: String) throws -> SharedInstance { try #require(SharedInstance.started(by: program.utf8)) }
  private func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }

  @Test func programs() throws {
    #expect(try shared("firefox-esr").name == "Firefox")
    #expect(try shared("google-chrome-stable").name == "Google Chrome")
    #expect(try shared("localc").name == "LibreOffice")
    for other in ["", "curl", "firefo", "firefox2", "xterm", "libreoffice.org"] { #expect(SharedInstance.started(by: other.utf8) == nil) }
  }

  @Test("One program belongs to one application") func once() {
    let programs = SharedInstance.all.flatMap(\.commands)
    #expect(Set(programs).count == programs.count)
    // What the kernel shows as a process's name has 15 bytes; a longer one is found by its file alone.
    #expect(SharedInstance.all.allSatisfy { !$0.commands.isEmpty && !$0.name.isEmpty })
  }

  @Test(arguments: [
    ("firefox", "--profile /tmp/x"), ("firefox", "-P work"), ("firefox", "-no-remote"), ("firefox", "--new-instance"),
    ("firefox", "--version"), ("chromium", "--user-data-dir=/tmp/x"), ("chromium", "--user-data-dir /tmp/x"),
    ("soffice", "-env:UserInstallation=file:///tmp/x"), ("tmux", "-L other"), ("xfce4-terminal", "--disable-server"), ("terminator", "-u"),
    ("transmission-gtk", "--config-dir=/tmp/x"), ("transmission-gtk", "-g /tmp/x"), ("telegram-desktop", "-many"),
    ("vlc", "film.mkv"), ("vlc", "--started-from-file --no-one-instance"), ("screen", "-S other"), ("ssh", "-o ControlPath=none box"),
    ("ssh", "-S none box"), ("git", "log"), ("gpg", "--sign x"), ("docker", "version"), ("systemd-run", "--user --scope x"),
  ])
  func opensByItself(program: String, arguments: String) throws {
    #expect(try shared(program).opensByItself(words("https://example.org " + arguments)))
  }

  @Test(arguments: [
    ("firefox", ""), ("firefox", "profile"), ("firefox", "https://example.org/-P"), ("firefox", "--profiles x"),
    ("firefox", "--new-window x"),
    ("chromium", "--user-data-directory"), ("soffice", "--writer"), ("tmux", "attach"), ("gnome-terminal", "--wait"),
    ("transmission-gtk", "magnet:?xt=urn"), ("deluge-gtk", ""), ("vlc", "--started-from-file x"), ("screen", "-r"),
    ("ssh", "-o User=x box"),
    ("git", "-C x fetch"), ("rsync", "-a x box:y"), ("gpg", "--recv-keys 1"), ("docker", "run x"), ("systemd-run", "--user x"),
  ])
  func handsOver(program: String, arguments: String) throws {
    #expect(try !shared(program).opensByItself(words(arguments)))
  }

  @Test func advice() throws {
    #expect(try shared("docker").advice(vpn: "work")?.hasSuffix("--network none --device vpnrun/vpn=work") == true)
    #expect(try shared("podman").advice(vpn: "work") == "vpn podman work run, or podman system migrate")
    #expect(try shared("gpg").advice(vpn: "work") == "gpgconf --kill dirmngr")
    #expect(try shared("firefox").advice(vpn: "work") == nil)
  }

  @Test("One that was told not to ask others is still asked by them") func newInstance() throws {
    #expect(try !shared("firefox").isApart(words("--new-instance")))
    #expect(try shared("firefox").isApart(words("--new-instance --profile /tmp/x")))
  }

  private func separate(_ program: String, _ arguments: String = "") throws -> [String] {
    let shared = try shared(program)
    let values = SharedInstance.Separation.Values(folder: Array("/d a".utf8), vpn: "home", windowClass: shared.windowClass(vpn: "home"))
    let words = shared.separation.words([Array(program.utf8)] + words(arguments), program: 0, values)
    return (shared.separation.environment(values).map { $0.name + [0x3d] + $0.value } + words).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func separation() throws {
    let classes = ["--class", "vpnrun-home-firefox", "--name", "vpnrun-home-firefox"]
    #expect(try separate("firefox-esr", "-x y") == ["firefox-esr", "--profile", "/d a"] + classes + ["-x", "y"])
    #expect(
      try separate("brave") == ["CHROME_USER_DATA_DIR=/d a", "brave", "--user-data-dir=/d a", "--class=vpnrun-home-brave-browser"])
    #expect(try separate("code", "x") == ["code", "--user-data-dir=/d a", "x"])
    #expect(try separate("lowriter") == ["lowriter", "-env:UserInstallation=file:///d%20a"])
    #expect(try separate("gnome-terminal") == ["dbus-run-session", "--", "gnome-terminal", "--wait"])
    #expect(try separate("tmux", "attach") == ["tmux", "-L", "home", "attach"])
    #expect(try separate("screen", "-r") == ["SCREENDIR=/d a", "screen", "-r"])
    #expect(try separate("telegram-desktop") == ["telegram-desktop", "-many", "-workdir", "/d a"])
    #expect(try !shared("emacsclient").separation.isKnown && !shared("docker").separation.isKnown)
    for (program, hasFolder) in [("soffice", true), ("code", true), ("screen", true), ("tmux", false), ("vlc", false), ("dino", false)] {
      #expect(try shared(program).separation.hasFolder == hasFolder)
    }
  }

  @Test("What is started as separate is taken as such, by whatever of its programs it is typed") func consistent() throws {
    for shared in SharedInstance.all where shared.separation.isKnown && !shared.processes.isEmpty {
      let words = try separate(shared.commands[0]).filter { !$0.contains("DIR=") && !$0.contains("=ssh ") }
      if words.count > 1, words[0] != "dbus-run-session" {
        #expect(shared.isApart(words.dropFirst().map { Array($0.utf8) }), "\(shared.name)")
      }
    }
  }

  @Test(arguments: ["python3.11", "bash", "nvim"]) func saysNothingOfItsProgram(name: String) {
    #expect(!SharedInstance.isUnknown(name.utf8))
  }
  @Test func isLookedFor() { #expect(SharedInstance.isUnknown("nautilus".utf8)) }
}
