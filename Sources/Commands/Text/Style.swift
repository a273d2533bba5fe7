internal import LinuxSystem

/// How words look: on a terminal, or as plain text.
enum Style {
  case plain, terminal

  /// By the terminal's number for it.
  enum Look: String {
    case bold = "1"
    case faint = "2"
    case bad = "31"
    case good = "32"
    case warning = "33"
  }

  func callAsFunction(_ look: Look?, _ text: String) -> String {
    guard self == .terminal, let look, !text.isEmpty else { return text }
    return "\u{1b}[\(look.rawValue)m\(text)\u{1b}[0m"
  }
}

extension Unicode.Scalar {
  /// What a terminal obeys instead of showing it, or what changes the order of the text around it.
  var isObeyed: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

/// Text that others choose (a program's name, a line of a file) without anything that a terminal would obey:
/// control and formatting characters as `\u{1b}`.
func printable(_ text: String) -> String {
  // Nearly always.
  if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text }
  var out = ""
  for scalar in text.unicodeScalars {
    if scalar.isObeyed { out += "\\u{\(String(scalar.value, radix: 16))}" } else { out.unicodeScalars.append(scalar) }
  }
  return out
}

extension Style {
  /// Bold and colours for a terminal that shows them, unless the user wants none (no-color.org).
  static func ofStandardOutput() -> Style {
    return Output.standard.isTerminal && (Environment.variable("NO_COLOR") ?? "").isEmpty && Environment.variable("TERM") != "dumb"
      ? .terminal : .plain
  }
}
