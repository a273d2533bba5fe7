/// ArgumentParser's help as vpnrun's own is: first how it is used, and NAME instead of <name>.
enum HelpText {
  private static let headings = ["ARGUMENTS:": "Arguments:", "OPTIONS:": "Options:", "SUBCOMMANDS:": "Commands:"]

  /// - Parameter text: help, or what is wrong with a command line; anything else is left as it is.
  static func read(_ text: String) -> String {
    let start = "OVERVIEW: "
    guard text.hasPrefix(start), let usage = text.firstRange(of: "\nUSAGE: ") else { return mistake(text) }
    let overview = text[..<usage.lowerBound].dropFirst(start.count)
    let rest = text[usage.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
    let uses = rest.prefix { !$0.isEmpty }
    let sections = rest.dropFirst(uses.count).map { line in headings[String(line)] ?? group(line) ?? columns(line) }
    return "usage: \(uses.map { names($0) }.joined(separator: "\n"))\n\n\(overview)\(sections.joined(separator: "\n"))"
  }

  private static func mistake(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      if line.hasPrefix("Usage: ") { return "usage: " + names(line.dropFirst(7)) }
      return line.hasPrefix("Error: Missing expected argument") || line.hasPrefix("       vpn ") ? names(line) : String(line)
    }
    return lines.joined(separator: "\n")
  }

  /// "SYSTEM SUBCOMMANDS:".
  private static func group(_ line: Substring) -> String? {
    let words = line.split(separator: " ")
    guard words.count == 2, words[1] == "SUBCOMMANDS:" else { return nil }
    return words[0].prefix(1) + words[0].dropFirst().lowercased() + ":"
  }

  private static func names(_ line: some StringProtocol) -> String { String(line).replacing(#/<([a-z=-]+)>/#) { $0.1.uppercased() } }

  /// What stands behind a name stays in its column.
  private static func columns(_ line: Substring) -> String {
    String(line).replacing(#/<([a-z=-]+)>( +)?/#) { $0.1.uppercased() + ($0.2.map { $0 + "  " } ?? "") }
  }
}

/// For a command's help, below everything else that it says: what is typed.
func examples(_ lines: String...) -> String { "\n\n" + lines.map { "  \($0)" }.joined(separator: "\n") }
