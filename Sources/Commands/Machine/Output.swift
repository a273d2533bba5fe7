internal import Glibc

/// Standard output or standard error.
struct Output {
  let descriptor: Int32
  static let standard = Output(descriptor: STDOUT_FILENO)
  static let standardError = Output(descriptor: STDERR_FILENO)

  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Columns; `nil` if it is no terminal, or one that does not know.
  var width: Int? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  func write(_ text: String) throws(SystemError) { try File.write(Array(text.utf8), to: descriptor) }

  /// A line for a person. Where it cannot be written there is nobody left to tell.
  func say(_ line: String) { try? write(line + "\n") }
}

extension Style {
  /// Bold and colours for a terminal that shows them, unless the user wants none (no-color.org).
  static func ofStandardOutput() -> Style {
    func variable(_ name: String) -> String { unsafe getenv(name).map { unsafe String(cString: $0) } ?? "" }
    return Output.standard.isTerminal && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb" ? .terminal : .plain
  }
}
