import ArgumentParser
import Testing

@testable import Commands

@Suite struct HelpTests {
  private static func all(_ command: any ParsableCommand.Type = VPNCommand.self) -> [any ParsableCommand.Type] {
    [command] + command.configuration.subcommands.flatMap { all($0) }
  }

  /// Lines of help that are typed: indented, and beginning with this program.
  private static let examples = all().flatMap { command in
    command.configuration.discussion.split(separator: "\n").filter { $0.hasPrefix("  ") }.compactMap { line -> [String]? in
      let words = line.split(separator: " ").map(String.init).drop { $0 == "sudo" }
      // What a shell does with the output is its own.
      return words.first == "vpn" ? Array(words.dropFirst().prefix { $0 != "|" && $0 != ">" }) : nil
    }
  }

  @Test func thereAreExamples() { #expect(Self.examples.count > 30) }

  @Test("Each can be typed as it stands", arguments: examples)
  func parses(_ words: [String]) throws { _ = try VPNCommand.parseAsRoot(words) }

  @Test func form() {
    let text = HelpText.read(VPNCommand.helpMessage(for: UpCommand.self, columns: 80))
    #expect(
      text == """
        usage: vpn up [NAME] [--force] [--verbose]

        Put the whole system behind a VPN, DNS included.

        The VPN is linked first if it has to be. Packets to the local network stay
        direct. If several VPNs are up, the one with the lowest ID comes first.

          vpn up
          vpn up home

        Arguments:
          NAME                    The VPN's name; otherwise the VPN with the lowest ID.

        Options:
          --force                 Do it even if it cuts off the SSH session you are
                                  typing in.
          -v, --verbose           Print each change as the command that would make it.
          -h, --help              Show help information.

        """)
  }

  @Test func groups() {
    let lines = HelpText.read(VPNCommand.helpMessage(columns: 80)).split(separator: "\n")
    for heading in ["Options:", "System:", "Profiles:", "Tunnels:", "Diagnosis:", "Housekeeping:"] {
      #expect(lines.contains { $0 == heading })
    }
    #expect(!lines.contains { $0.contains("<") || $0.contains("SUBCOMMANDS") })
  }

  @Test func mistake() throws {
    let error = #expect(throws: (any Error).self) { try VPNCommand.parseAsRoot(["link"]) }
    let text = HelpText.read(VPNCommand.fullMessage(for: try #require(error)))
    #expect(text.hasPrefix("Error: Missing expected argument 'NAME'\n"))
    #expect(text.contains("\nusage: vpn link NAME [--verbose]\n"))
  }
}
