import Testing

@testable import LinuxSystem

@Suite struct ChildTests {
  private func shell(_ line: String) -> [[UInt8]] { ["/bin/sh", "-c", line].map { Array($0.utf8) } }

  @Test func output() throws {
    let (status, output) = try Child.run(shell("echo said; exit 7"))
    #expect(status == 7)
    #expect(output == Array("said\n".utf8))
  }

  @Test func environment() throws {
    #expect(Arguments.hasVariable("PATH"))
    #expect(!Arguments.hasVariable("PAT"))
    #expect(!Arguments.hasVariable("VPNRUN_NO_SUCH_VARIABLE"))
    // What sh sets itself is not exported.
    #expect(try Child.status(shell("test \"$(env | grep -c ^PATH=)\" = 1"), environment: .own) == 0)
    #expect(try Child.status(shell("test \"$(/usr/bin/env | grep -c ^PATH=)\" = 0"), environment: .empty) == 0)
  }

  @Test func statuses() throws {
    #expect(try Child.status(shell("exit 5"), environment: .empty) == 5)
    #expect(try Child.status(shell("kill -KILL $$"), environment: .empty) == 137)
    let error = #expect(throws: SystemError.self) { try Child.status([Array("/no/such/file".utf8)], environment: .empty) }
    #expect(error?.isMissingFile == true)
  }
}
