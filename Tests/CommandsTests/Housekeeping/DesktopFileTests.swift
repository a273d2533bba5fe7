import TestSupport
import Testing

@testable import Commands
@testable import HelperWire

@Suite struct DesktopFileTests {
  @Test("Read and written again it is the same", arguments: DesktopSample.all) func roundTrip(text: String) {
    #expect(DesktopFile(text).text == text)
  }

  @Test(arguments: ["", "\n", "#\n\n[A]\n[B]\n=\n===\n[]\n", "x\n[Desktop Entry]\nKey=a=b\n\tstrange line\n[", "[A]\nKey[de@x]=ü\n"])
  func roundTripOfAnything(text: String) {
    let once = DesktopFile(text).text
    #expect(once == (text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"))
    #expect(DesktopFile(once) == DesktopFile(text))
  }

  @Test("Whatever bytes: read, written and read it is the same") func roundTripOfNoise() {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<2000 {
      let text = String((0..<60).compactMap { _ in "[]=#\\\"' \t\nDesktop Entry%é\r".randomElement(using: &random) })
      let file = DesktopFile(text)
      #expect(DesktopFile(file.text) == file)
    }
  }

  @Test func groupsAndKeys() throws {
    let file = DesktopFile(DesktopSample.firefox)
    #expect(file.groups.map(\.name) == ["", "Desktop Entry", "Desktop Action new-window", "Desktop Action new-private-window"])
    let entry = try #require(file.entry)
    #expect(entry["Name"] == "Firefox ESR" && entry["Exec"] == "/usr/lib/firefox-esr/firefox-esr %u" && entry["Name[de]"] == nil)
    #expect(entry.isTrue("StartupNotify") && !entry.isTrue("Terminal") && !entry.isTrue("Hidden"))
    #expect(DesktopFile("[Desktop Entry]\r\nName = A B \r\n").entry?["Name"] == "A B")
  }
}

@Suite struct DesktopCommandLineTests {
  private func texts(_ value: String) -> [String]? { DesktopCommandLine(value)?.words.map(\.text) }

  @Test func words() {
    #expect(texts("firefox %u") == ["firefox", "%u"])
    #expect(texts(#""/opt/a b/c" "\\"x\\"" "\\$y" "z\\\\""#) == ["/opt/a b/c", "\"x\"", "$y", "z\\"])
    #expect(texts(#"sh -c 'a "b" c' d\\ e "" x"y z""#) == ["sh", "-c", "a \"b\" c", "d e", "", "xy z"])
    #expect(texts(#"a\sb  c\td"#) == ["a", "b", "c", "d"])
    #expect(texts(#""\\n""#) == ["\\n"], "between quotes it counts before four characters only")
    for bad in ["", "  ", "\"a", "a 'b", #"a \\"#] { #expect(texts(bad) == nil) }
  }

  @Test func program() throws {
    func program(_ value: String) throws -> String { try #require(DesktopCommandLine(value)).program }
    #expect(try program("/usr/lib/firefox-esr/firefox-esr %u") == "firefox-esr")
    #expect(try program("env GDK_BACKEND=x11 A=b /usr/bin/code %F") == "code")
    #expect(try program("env -i A=b code") == "code")
    #expect(try program("env") == "env")
  }

  @Test("What was there is written as it was", arguments: DesktopSample.all) func kept(text: String) throws {
    let exec = try #require(DesktopFile(text).entry?["Exec"])
    var line = try #require(DesktopCommandLine(exec))
    #expect(line.value == exec)
    line.insert(["vpnrun", "home", "--"], at: 0)
    #expect(line.value == "vpnrun home -- " + exec)
  }

  @Test(arguments: ["a", "", "a b", "\"", "\\", "$x", "`x`", "100%", "é\"\\$`", "x=y", "a\tb", "a\nb", "~/x", "'", "a;b", "%U"])
  func ours(text: String) throws {
    var line = try #require(DesktopCommandLine("program %U"))
    line.insert([text], at: 1)
    let read = try #require(DesktopCommandLine(line.value))
    #expect(read.words.map { $0.text.replacing("%%", with: "%") } == ["program", text, "%U"])
    #expect(!line.value.contains("\n"))
  }

  @Test func noise() {
    var random = SeededGenerator(seed: 7)
    var count = 0
    for _ in 0..<5000 {
      let value = String((0..<12).compactMap { _ in "ab \\\"'$`%\tsnt=".randomElement(using: &random) })
      guard let line = DesktopCommandLine(value) else { continue }
      #expect(DesktopCommandLine(line.value)?.words.map(\.text) == line.words.map(\.text), "\(value)")
      count += 1
    }
    #expect(count > 1000)
  }
}
