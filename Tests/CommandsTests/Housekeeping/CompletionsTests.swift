import LinuxSystem
import Testing

@testable import Commands

@Suite struct CompletionsTests {
  @Test func zshIsToldWhatTheFunctionIsFor() {
    #expect(
      CompletionsRequest.sourced("#compdef vpn\n_vpn() { x }\n\n_vpn \"$@\"\n", of: "vpn")
        == "#compdef vpn\n_vpn() { x }\n\ncompdef _vpn vpn\n")
  }

  @Test func filesThatAreNotThere() throws {
    let folder = TestFolder()
    #expect(throws: Failure.self) { try CompletionsRequest(shell: .fish).perform(on: folder.installation, style: .plain) }
  }
}
