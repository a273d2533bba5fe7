import ArgumentParser
import LinuxSystem
import Testing

@testable import Commands

@Suite struct ToolTests {
  @Test func mistypedCommand() {
    let failure = #expect(throws: Failure.self) { try Tool.refuseUnknownCommand(["lst", "home"]) }
    #expect(failure == Failure("there is no command 'lst'; did you mean 'list'?", status: .usage))
  }

  @Test func mistypedHelp() {
    let failure = #expect(throws: Failure.self) { try Tool.refuseUnknownCommand(["help", "sttus"]) }
    #expect(failure == Failure("there is no command 'sttus'; did you mean 'status'?", status: .usage))
  }

  @Test(arguments: [[], ["help", "up"], ["--help"], ["help"], ["list"], ["---completion"], ["up"], ["-V"]])
  func known(_ arguments: [String]) throws { try Tool.refuseUnknownCommand(arguments) }

  @Test(arguments: [
    ["import", "x", "--name", "a/b"], ["import", "x", "--id", "0"], ["import", "x", "--id", "100"], ["import"], ["link"],
    ["unlink"], ["up", "a", "b"], ["down", "--force"], ["status", "a", "b"], ["list", "--jsn"],
    ["show"], ["remove"], ["rename", "a"], ["rename", "a", "b/c"], ["export"], ["new"], ["new", "a/b"],
    ["ps", "a", "b"], ["log", "-n", "x"], ["log", "a/b"], ["clean", "a"],
    ["new", "a", "--id", "100"], ["new", "a", "--address", "1.2.3"],
    ["desktop", "ad"], ["desktop", "add", "a"], ["desktop", "add", "a", "b", "--profile", "relative"],
    ["desktop", "add", "a", "b", "--name", ""],
    ["desktop", "add", "a", "b", "--profile", "/p", "--shared"], ["desktop", "remove"], ["desktop", "notify", "maybe"],
  ])
  func usage(_ arguments: [String]) {
    let error = #expect(throws: (any Error).self) { try VPNCommand.parseAsRoot(arguments) }
    #expect(error.map { VPNCommand.exitCode(for: $0) } == .validationFailure)
  }
}
