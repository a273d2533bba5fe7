import LinuxSystem
import Testing

@Suite struct TextTests {
  @Test(
    "Whatever came from outside is shown as printable ASCII",
    arguments: [
      ("home", "home"), ("a b~", "a b~"), ("", ""), ("a\nb", "a\\x0ab"), ("\u{1b}[31m", "\\x1b[31m"), ("a\\x0a", "a\\x5cx0a"),
      ("ü", "\\xc3\\xbc"),
      ("\u{7f}\0", "\\x7f\\x00"),
    ])
  func printable(text: String, expected: String) { #expect(String(printable: text.utf8) == expected) }

  @Test func printableOfAnyByte() {
    for byte in UInt8.min...UInt8.max {
      let shown = String(printable: [byte])
      #expect(shown.utf8.allSatisfy { (0x20...0x7e).contains($0) })
      #expect(shown.utf8.count == ((0x20...0x7e).contains(byte) && byte != 0x5c ? 1 : 4))
    }
  }

  @Test func comparing() {
    #expect(Array("errno=0".utf8).equals("errno=0"))
    #expect(!Array("errno=0\n".utf8).equals("errno=0"))
    #expect(Array("PATH=/bin".utf8).begins(with: "PATH="))
    #expect(Array("PATH=".utf8).begins(with: "PATH="))
    #expect(!Array("PATH".utf8).begins(with: "PATH="))
    #expect([UInt8]().equals(""))
    #expect([UInt8]().begins(with: ""))
  }

  @Test func errors() {
    #expect(SystemError("open /x", errno: 2).description == "open /x: No such file or directory")
    #expect(SystemError("netlink", errno: 22, kernelSays: "Invalid MTU").description == "netlink: Invalid argument (Invalid MTU)")
    #expect(SystemError("a", errno: 2) == SystemError("a", errno: 2, kernelSays: "x"))
    #expect(SystemError("a", errno: 2) != SystemError("b", errno: 2))
    #expect(throws: SystemError.self) { try SystemError.check(-1, "call") }
    #expect(throws: Never.self) { try SystemError.check(7, "call") }
  }
}
