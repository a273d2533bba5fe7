internal import ArgumentParser

/// For completions.
struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Print the keys that `vpn edit` can set, a line each.", shouldDisplay: false)

  func run() throws { print(KeyChange.names.joined(separator: "\n")) }
}
