// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// A line on the terminal that says what is being waited for, once that has taken a second; gone when it is over. It takes a thread of its
/// own, so it is not for programs with capabilities.
public enum Progress {
  public static func saying<Value, Problem: Error>(
    _ text: String, on output: Output = .standardError, _ work: () throws(Problem) -> Value
  ) throws(Problem) -> Value {
    guard output.isTerminal, let ends = try? FileDescriptor.pipe() else { return try work() }
    let notice = unsafe Unmanaged.passRetained(Notice(over: FileDescriptor(owning: ends.reading), output: output, text: text))
    var thread = pthread_t()
    let error = unsafe pthread_create(
      &thread, nil,
      { context in
        unsafe Unmanaged<Notice>.fromOpaque(context!).takeRetainedValue().show()
        return nil
      }, notice.toOpaque())
    guard error == 0 else {
      unsafe notice.release()
      _ = close(ends.writing)
      return try work()
    }
    defer {
      _ = close(ends.writing)
      _ = pthread_join(thread, nil)
    }
    return try work()
  }

  private final class Notice: Sendable {
    /// A pipe whose other end is closed when the work is over.
    let over: FileDescriptor
    let output: Output
    let text: String

    init(over: consuming FileDescriptor, output: Output, text: String) {
      self.over = over
      self.output = output
      self.text = text
    }

    func show() {
      var over = pollfd(fd: over.raw, events: 0, revents: 0)
      guard unsafe poll(&over, 1, 1000) == 0 else { return }
      try? output.write(text + " …")
      while unsafe poll(&over, 1, -1) < 0, clinux_errno() == EINTR {}
      try? output.write("\r\u{1b}[K")
    }
  }
}
#endif
