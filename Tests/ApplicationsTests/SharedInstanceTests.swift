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
  ])
  func opensByItself(program: String, arguments: String) throws {
    #expect(try shared(program).opensByItself(words("https://example.org " + arguments)))
  }

  @Test(arguments: [
    ("firefox", ""), ("firefox", "profile"), ("firefox", "https://example.org/-P"), ("firefox", "--profiles x"),
    ("firefox", "--new-window x"),
    ("chromium", "--user-data-directory"), ("soffice", "--writer"), ("tmux", "attach"), ("gnome-terminal", "--wait"),
  ])
  func handsOver(program: String, arguments: String) throws {
    #expect(try !shared(program).opensByItself(words(arguments)))
  }

  @Test("One that was told not to ask others is still asked by them") func newInstance() throws {
    #expect(try !shared("firefox").isApart(words("--new-instance")))
    #expect(try shared("firefox").isApart(words("--new-instance --profile /tmp/x")))
  }

  @Test func separation() throws {
    func words(_ program: String) throws -> [String] {
      let separation = try shared(program).separation
      return separation.before + [program] + separation.after(folder: "/d a", url: "/d%20a", vpn: "home") + separation.classOptions("c")
    }
    #expect(try words("firefox") == ["firefox", "--profile", "/d a", "--class", "c", "--name", "c"])
    #expect(try words("brave") == ["brave", "--user-data-dir=/d a", "--class=c"])
    #expect(try words("code") == ["code", "--user-data-dir=/d a"])
    #expect(try words("lowriter") == ["lowriter", "-env:UserInstallation=file:///d%20a"])
    #expect(try words("gnome-terminal") == ["dbus-run-session", "--", "gnome-terminal", "--wait"])
    #expect(try words("tmux") == ["tmux", "-L", "home"])
    #expect(try !shared("emacsclient").separation.isKnown)
    #expect(try shared("soffice").separation.hasFolder && shared("code").separation.hasFolder && !shared("tmux").separation.hasFolder)
  }

  @Test("What is offered as separate is taken as such, by whatever of its programs it is typed") func consistent() {
    for shared in SharedInstance.all where !shared.separation.after(folder: "/f", url: "/f", vpn: "v").isEmpty && !shared.processes.isEmpty
    {
      #expect(shared.isApart(shared.separation.after(folder: "/f", url: "/f", vpn: "v").map { Array($0.utf8) }), "\(shared.name)")
    }
  }
}
