import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct WordsTests {
  @Test(arguments: [
    (0, "just now"), (1, "1 second ago"), (12, "12 seconds ago"), (60, "1 minute ago"), (125, "2 minutes, 5 seconds ago"),
    (3600, "1 hour ago"), (3661, "1 hour, 1 minute ago"), (90000, "1 day, 1 hour ago"), (86400 * 3 + 59, "3 days ago"),
    (-5, "in the future: is the clock right?"),
  ])
  func age(_ seconds: Int, _ words: String) { #expect(Words.age(of: Sample.now - seconds, now: Sample.now) == words) }

  @Test(arguments: [(0, "0 seconds"), (1, "1 second"), (3661, "1 hour, 1 minute")])
  func duration(_ seconds: Int, _ words: String) { #expect(Words.duration(seconds) == words) }

  @Test func never() { #expect(Words.age(of: 0, now: Sample.now) == "never") }

  @Test(arguments: [
    (0 as UInt64, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1535, "1.4 KiB"), (1536, "1.5 KiB"), (1_048_575, "1023.9 KiB"),
    (5 << 30, "5.0 GiB"), (.max, "15.9 EiB"),
  ])
  func bytes(_ number: UInt64, _ words: String) { #expect(Words.bytes(number) == words) }

  @Test func nothingThatATerminalObeysInJSON() throws {
    let text = "\u{9b}2J\u{7f}\u{202e}\u{e0001}\n…é\u{1b}"
    let json = jsonText([text], inOneLine: true)
    #expect(json == #"["\u009b2J\u007f\u202e\udb40\udc01\n…é\u001b"]"# + "\n")
    #expect(decoded([String].self, json) == [text])
  }

  @Test func nothingThatATerminalObeys() {
    #expect(printable("a\u{1b}[31mb\r\n\u{9b}\u{202e}ü") == "a\\u{1b}[31mb\\u{d}\\u{a}\\u{9b}\\u{202e}ü")
  }
}
