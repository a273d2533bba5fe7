import ArgumentParser
import LinuxSystem
import NetworkModel
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

  @Test(arguments: [
    (["connect", "home"], "there is no command 'connect'; type `vpn up home`"), (["off"], "there is no command 'off'; type `vpn down`"),
    (["Stop", "nosuch"], "there is no command 'Stop'; type `vpn down`"), (["ls"], "there is no command 'ls'; type `vpn list`"),
    (["add", "x.conf"], "there is no command 'add'; type `vpn import`"),
    (["rm", "home"], "there is no command 'rm'; type `vpn remove home`"),
    (["run", "home", "x"], "there is no command 'run'; type `vpnrun home -- COMMAND`"),
    (["run"], "there is no command 'run'; type `vpnrun NAME -- COMMAND`"),
    (["version"], "there is no command 'version'; type `vpn --version`"),
    (["help", "connect"], "there is no command 'connect'; type `vpn up`"),
    (["home"], "'home' is a VPN: `vpnrun home -- COMMAND` runs a command in it, `vpn up home` takes the whole system into it"),
  ])
  func wordsThatPeopleTry(_ words: [String], _ answer: String) {
    let failure = #expect(throws: Failure.self) { try Tool.refuseUnknownCommand(words, vpns: [VPNName("home")!]) }
    #expect(failure == Failure(answer, status: .usage))
  }

  @Test("A synonym leads to a command that there is, and is none itself") func synonyms() {
    let commands = VPNCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
    for (word, command) in Synonyms.commands {
      let words = command.text.split(separator: " ").map(String.init)
      #expect(words[0] == "vpnrun" || words[1].hasPrefix("-") || commands.contains(words[1]), "\(command.text)")
      #expect(!commands.contains(word))
    }
  }

  @Test(arguments: [[], ["help", "up"], ["--help"], ["help"], ["list"], ["---completion"], ["up"], ["-V"]])
  func known(_ arguments: [String]) throws { try Tool.refuseUnknownCommand(arguments) }

  @Test(arguments: [
    ["import", "x", "--name", "a/b"], ["import", "x", "--id", "0"], ["import", "x", "--id", "100"], ["import"], ["link"],
    ["unlink"], ["up", "a", "b"], ["down", "--force"], ["status", "a", "b"], ["list", "--jsn"],
    ["show"], ["remove"], ["rename", "a"], ["rename", "a", "b/c"], ["export"], ["new"], ["new", "a/b"],
    ["attach"], ["attach", "a", "--pid", "0"], ["attach", "a", "--pid", "1", "--netns", "/n"], ["attach", "a", "--link", "lo"],
    ["attach", "a", "--label", ""], ["detach", "a", "b", "--pid", "1"], ["detach", "a", "b", "c"],
    ["ps", "a", "b"], ["log", "-n", "x"], ["log", "a/b"], ["clean", "a"],
    ["new", "a", "--id", "100"], ["new", "a", "--address", "1.2.3"],
    ["desktop", "ad"], ["desktop", "add", "a"], ["desktop", "add", "a", "b", "--profile", "relative"],
    ["desktop", "add", "a", "b", "--name", ""],
    ["desktop", "add", "a", "b", "--profile", "/p", "--shared"], ["desktop", "remove"], ["desktop", "notify", "maybe"],
    ["status", "--exit", "--watch"],
  ])
  func usage(_ arguments: [String]) {
    let error = #expect(throws: (any Error).self) { try VPNCommand.parseAsRoot(arguments) }
    #expect(error.map { VPNCommand.exitCode(for: $0) } == .validationFailure)
  }
}
