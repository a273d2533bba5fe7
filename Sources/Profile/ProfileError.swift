/// One thing that is wrong with a profile, and what would be right.
public struct ProfileError: Equatable, Sendable, CustomStringConvertible {
  /// From 1.
  public var line: Int
  /// Bytes from 1.
  public var column: Int
  /// No secret and no control character stands in it, and at most `shownLength` bytes of the file at once.
  public var message: String
  /// The line without its comment, for a caret below `column`; `nil` where a secret may stand in it, and for long lines.
  public var excerpt: String?

  /// Bytes of a value that a message repeats.
  public static let shownLength = 60

  public init(line: Int, column: Int, message: String, excerpt: String? = nil) {
    self.line = line
    self.column = column
    self.message = message
    self.excerpt = excerpt
  }

  /// `LINE:COLUMN: MESSAGE`.
  public var description: String { "\(line):\(column): \(message)" }

  public static func == (a: ProfileError, b: ProfileError) -> Bool {
    func bytes(_ e: ProfileError) -> [UInt8] { e.excerpt.map { Array($0.utf8) } ?? [] }
    return a.line == b.line && a.column == b.column && a.message.utf8.elementsEqual(b.message.utf8) && bytes(a) == bytes(b)
      && (a.excerpt == nil) == (b.excerpt == nil)
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
  public var description: String { text(file: nil) }

  /// `FILE:LINE:COLUMN: MESSAGE`, one line each without a final newline.
  public func text(file: String?) -> String {
    var s = ""
    for error in errors { s += (s.isEmpty ? "" : "\n") + (file.map { $0 + ":" } ?? "") + error.description }
    return s
  }
}
