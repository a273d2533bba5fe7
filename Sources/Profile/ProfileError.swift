internal import NetworkModel

/// One thing that is wrong with a profile, and what would be right.
public struct ProfileError: Equatable, Sendable, CustomStringConvertible {
  /// From 1.
  public var line: Int
  /// Bytes from 1.
  public var column: Int
  private var sentence: ByteString
  private var shown: ByteString?

  /// Bytes of a value that a message repeats.
  public static let shownLength = 60

  public init(line: Int, column: Int, message: String, excerpt: String? = nil) {
    self.line = line
    self.column = column
    sentence = ByteString(message)
    shown = excerpt.map { ByteString($0) }
  }

  /// No secret and no control character stands in it, and at most `shownLength` bytes of the file at once.
  public var message: String { sentence.description }
  /// The line without its comment, and with … for what may be a secret; `nil` where nothing can be shown, and for long lines.
  public var excerpt: String? { shown?.description }

  /// `LINE:COLUMN: MESSAGE`.
  public var description: String { "\(line):\(column): \(message)" }

  /// What stands below `excerpt`: a caret at `column`, after as many spaces as there are characters, and tabs where those are.
  public var caret: String {
    var s = ""
    for c in (excerpt ?? "").utf8.prefix(column - 1) where c & 0xc0 != 0x80 { s += c == 0x09 ? "\t" : " " }
    return s + "^"
  }
}

/// All that is wrong with a profile.
public struct ProfileErrors: Error, Equatable, Sendable, CustomStringConvertible {
  /// By line, then column; at least one, at most `maximumCount`.
  public var errors: [ProfileError]
  /// A file of 1 MiB can be wrong half a million times.
  public static let maximumCount = 100

  public init(_ errors: [ProfileError]) { self.errors = errors }

  /// One line each.
  public var description: String { errors.map { $0.description }.joined(separator: "\n") }

  /// `FILE:LINE:COLUMN: MESSAGE`, and below it, by four spaces to the right, what can be shown of the line, and a caret.
  public func lines(file: String) -> [String] {
    var lines: [String] = []
    for error in errors {
      lines.append("\(file):\(error)")
      if let excerpt = error.excerpt { lines += ["    \(excerpt)", "    " + error.caret] }
    }
    return lines
  }

  /// The same, without a final newline.
  public func text(file: String) -> String { lines(file: file).joined(separator: "\n") }
}
