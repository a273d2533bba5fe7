internal import LinuxSystem
internal import Profile

extension ProfileErrors {
  /// All that is wrong with a file: each error with its place, and the line with a caret below.
  /// - Parameter style: standard output's; colours need both that and standard error to be a terminal.
  func lines(of file: String, _ style: Style = .plain) -> [String] {
    let style = Output.standardError.isTerminal ? style : .plain
    return errors.flatMap { error -> [String] in
      let sentence = "\(style(.bold, "\(file):\(error.line):\(error.column):")) \(error.message)"
      guard let excerpt = error.excerpt else { return [sentence] }
      return [sentence, "    " + excerpt, "    " + style(.bad, error.caret)]
    }
  }
}
