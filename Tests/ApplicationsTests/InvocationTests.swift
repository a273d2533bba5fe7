import Testing

@testable import Applications

@Suite struct InvocationTests {
  private func programs(_ command: [String]) -> [String] {
    Invocation.all(in: command.map { Array($0.utf8) }).map { found in
      found.words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ") + (found.place.map { " @\($0)" } ?? "")
    }
  }

  @Test(arguments: [
    ("firefox x", "firefox x @0"), ("/usr/bin/firefox", "/usr/bin/firefox @0"), ("env firefox x", "firefox x @1"),
    ("env -i A=b -u C D=e firefox", "firefox @6"), ("nice -n 5 nohup setsid firefox -P x", "firefox -P x @5"),
    ("timeout -k 5 10 firefox", "firefox @4"), ("timeout 10 firefox", "firefox @2"), ("taskset 3 firefox", "firefox @2"),
    ("stdbuf -oL firefox", "firefox @2"), ("env -- firefox", "firefox @2"), ("env A=b sh -c firefox", "firefox"),
    ("dbus-run-session -- gnome-terminal", "dbus-run-session -- gnome-terminal @0"), ("env", "env @0"), ("nice -n", "nice -n @0"),
    ("true firefox", "true firefox @0"), ("sh script", "sh script @0"), ("env -C firefox curl", "curl @3"),
  ])
  func ofWords(command: String, wanted: String) { #expect(programs(command.split(separator: " ").map(String.init)) == [wanted]) }

  @Test(arguments: [
    ("firefox x", ["firefox x"]), ("cd /tmp && firefox 'a b'; true", ["cd /tmp", "firefox a b", "true"]),
    ("A=b exec firefox x &", ["firefox x"]), ("if true; then firefox; fi", ["true", "firefox"]), ("echo firefox", ["echo firefox"]),
    ("echo 'x; firefox'", ["echo x; firefox"]), ("echo \"a\\\"; firefox\"", ["echo a\"; firefox"]), ("(firefox)", ["firefox"]),
    ("firefox 2>/dev/null >&2 x", ["firefox x"]), ("firefox > log x", ["firefox x"]), ("x | nice firefox", ["x", "firefox"]),
    ("sh -c 'sh -c \"firefox y\"'", ["firefox y"]), ("echo $(firefox)", ["echo $", "firefox"]), ("a\\ b c", ["a b c"]), ("", []),
    ("! firefox\nls", ["firefox", "ls"]),
  ])
  func ofAShellsText(text: String, wanted: [String]) {
    #expect(programs(["sh", "-c", text]) == wanted)
    #expect(programs(["env", "bash", "-ec", text, "name"]) == wanted)
  }

  @Test func ofALine() {
    let found = Invocation.all(inLine: Array("/usr/bin/env A=b \"/opt/fire fox/firefox\" %u\nx".utf8))
    #expect(found.count == 1 && found[0].program == Array("firefox".utf8))
    #expect(Invocation.all(inLine: []).isEmpty)
  }

  @Test("Whatever it is, it ends") func nested() {
    let deep = (0..<100).reduce("firefox") { text, _ in "env \(text)" }
    #expect(Invocation.all(in: deep.split(separator: " ").map { Array($0.utf8) }).count <= 1)
    for text in ["'", "\"", "\\", ">", "<&", "a>", "`", "$(("] { _ = programs(["sh", "-c", text]) }
  }
}
