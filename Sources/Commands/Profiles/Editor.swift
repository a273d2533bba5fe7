internal import LinuxSystem

/// The user's editor, and the question when what was edited is wrong.
enum Editor {
  /// As words, none of them empty. `editor` is what Debian's alternatives have.
  static var current: [String] {
    for variable in ["VISUAL", "EDITOR"] {
      guard let text = Environment.variable(variable) else { continue }
      let words = text.split(separator: " ").map(String.init)
      if !words.isEmpty { return words }
    }
    return ["editor"]
  }

  /// `nil` without a terminal.
  static var question: (() -> Bool)? {
    guard Output.standardInput.isTerminal, Output.standardError.isTerminal else { return nil }
    return {
      while true {
        try? Output.standardError.write("What now? e(dit again), x (discard the changes): ")
        switch readLine()?.lowercased() {
        case "e": return true
        case "x", nil: return false
        default: continue
        }
      }
    }
  }
}
