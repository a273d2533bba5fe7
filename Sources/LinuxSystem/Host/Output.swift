// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// Standard output or standard error; of standard input only whether a person sits there.
public struct Output: Sendable {
  public let descriptor: Int32
  public static let standardInput = Output(descriptor: 0)
  public static let standard = Output(descriptor: 1)
  public static let standardError = Output(descriptor: 2)

  public var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Columns; `nil` if it is no terminal, or one that does not know.
  public var width: Int? {
    var size = winsize()
    guard unsafe clinux_window(descriptor, &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  public func write(_ text: String) throws(SystemError) { try FileDescriptor.writeAll(Array(text.utf8), to: descriptor) }

  /// A line for a person. Where it cannot be written there is no reader left to tell.
  public func say(_ line: String) { try? write(line + "\n") }
}
#endif
