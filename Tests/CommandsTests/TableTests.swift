import Testing

@testable import Commands
@testable import Diagnosis
@testable import HelperWire

@Suite struct TableTests {
  private func text(_ rows: [[String]], width: Int?, _ overflow: Table.Overflow = .cut) -> String {
    Table(rows: rows.map { $0.map { .init($0) } }, width: width, overflow: overflow).text(.plain)
  }

  private let rows = [["NAME", "ADDRESS", "WHERE"], ["home", "172.27.12.34, fd27:12::34", "vpn.example.net:51820, and others"]]

  @Test func whereThereIsNoTerminalNothingIsLost() {
    #expect(text(rows, width: nil).contains("home  172.27.12.34, fd27:12::34  vpn.example.net:51820, and others\n"))
  }

  @Test(arguments: [80, 60, 48, 40]) func noLineIsWider(_ width: Int) {
    for line in text(rows, width: width).split(separator: "\n") { #expect(line.count <= width, "\(line)") }
  }

  @Test func cut() {
    #expect(
      text(rows, width: 60)
        == """
        NAME  ADDRESS                    WHERE
        home  172.27.12.34, fd27:12::34  vpn.example.net:51820, and…

        """)
    #expect(text(rows, width: 48).contains("home  172.27.12.34, fd27:12::…  vpn.example.net…\n"))
  }

  @Test func wrap() {
    #expect(
      text([["warning", "one two three four five"], ["a", "b"]], width: 30, .wrap) == """
        warning  one two three four
                 five
        a        b

        """)
    // A word that is too long stays whole, and a terminal that is too narrow is none.
    #expect(
      text([["key", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b"]], width: 30, .wrap) == "key  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n     b\n")
    #expect(text([["warning", "one two three"]], width: 12, .wrap) == "warning  one two three\n")
  }

  @Test func shortNumbers() {
    for (number, words) in [(0, "0"), (1023, "1023"), (1024, "1.0K"), (1_600_000, "1.5M"), (215_000, "209K"), (1 << 40, "1.0T")]
      as [(UInt64, String)]
    {
      #expect(Words.shortBytes(number) == words)
    }
    for (seconds, words) in [(0, "0s"), (59, "59s"), (60, "1m"), (7199, "1h"), (200_000, "2d")] {
      #expect(Words.shortDuration(seconds) == words)
    }
  }
}
