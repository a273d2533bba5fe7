internal import CLinux

/// A process that reads what this one has to say of its failure, and is gone as soon as this one has become another program. It is no child
/// of this one: a program that this one becomes is not told of its end.
public struct Onlooker: ~Copyable {
  /// Ends with this process or with what it becomes.
  private let words: FileDescriptor
  private let standardError: FileDescriptor

  /// Standard error of this process and its children goes to the onlooker, which passes it on to where it went.
  /// - Parameter saw: in the onlooker, where this process has ended with something said; the text.
  public static func start(_ saw: ([UInt8]) -> Never) throws(SystemError) -> Onlooker {
    var ends: [Int32] = [-1, -1]
    try SystemError.check(unsafe clinux_pipe(&ends), "pipe")
    let reading = FileDescriptor(owning: ends[0])
    // Above the three that a command gets as they are.
    let words = FileDescriptor(owning: clinux_duplicate_above(ends[1], 3))
    let standardError = FileDescriptor(owning: clinux_duplicate_above(2, 3))
    _ = close(ends[1])
    let child = try SystemError.check(fork(), "fork")
    if child == 0 {
      if fork() != 0 { _exit(0) }
      _ = close(words.raw)
      let text = relay(reading, to: standardError.raw)
      if text.isEmpty { _exit(0) }
      _ = dup2(standardError.raw, 2)
      saw(text)
    }
    while waitpid(child, nil, 0) < 0, clinux_errno() == EINTR {}
    try SystemError.check(dup2(words.raw, 2), "dup2")
    return Onlooker(words: words, standardError: standardError)
  }

  /// The same of an onlooker that another program of ours has started.
  /// - Parameter words: what `handOver` has returned there.
  public static func resume(_ words: Int32) throws(SystemError) -> Onlooker {
    let onlooker = Onlooker(words: FileDescriptor(owning: words), standardError: FileDescriptor(owning: clinux_duplicate_above(2, 3)))
    try FileDescriptor.closeOnExec(words)
    try SystemError.check(dup2(words, 2), "dup2")
    return onlooker
  }

  /// From now on standard error is what it was.
  /// - Returns: where to say of a failure, a descriptor that is closed by exec.
  public consuming func handOver() throws(SystemError) -> Int32 {
    try SystemError.check(dup2(standardError.raw, 2), "dup2")
    try words.writeAll([Self.forget])
    return try SystemError.check(clinux_duplicate_above(words.raw, 3), "duplicate a descriptor")
  }

  /// What was said before has led to nothing.
  private static let forget: UInt8 = 0

  private static func relay(_ reading: borrowing FileDescriptor, to other: Int32) -> [UInt8] {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1024)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(reading.raw, $0.baseAddress, $0.count) }
      if count < 0, clinux_errno() == EINTR { continue }
      guard count > 0 else { return text }
      for byte in buffer[..<count] {
        if byte == forget { text = [] } else if text.count < 4096 { text.append(byte) }
      }
      try? FileDescriptor.writeAll(buffer[..<count].filter { $0 != forget }, to: other)
    }
  }
}
