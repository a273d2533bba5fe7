internal import Glibc

/// A line on the terminal that says what is being waited for, once that has taken a second; gone when it is over.
enum Progress {
  static func saying<Value, Problem: Error>(
    _ text: String, on output: Output = .standardError, _ work: () throws(Problem) -> Value
  ) throws(Problem) -> Value {
    guard output.isTerminal, let ends = try? File.pipe() else { return try work() }
    let notice = unsafe Unmanaged.passRetained(Notice(over: File(owning: ends.reading), output: output, text: text))
    var thread = pthread_t()
    let error = unsafe pthread_create(
      &thread, nil,
      { context in
        unsafe Unmanaged<Notice>.fromOpaque(context!).takeRetainedValue().show()
        return nil
      }, notice.toOpaque())
    guard error == 0 else {
      unsafe notice.release()
      close(ends.writing)
      return try work()
    }
    defer {
      close(ends.writing)
      pthread_join(thread, nil)
    }
    return try work()
  }

  private final class Notice: Sendable {
    /// A pipe whose other end is closed when the work is over.
    let over: File
    let output: Output
    let text: String

    init(over: consuming File, output: Output, text: String) {
      self.over = over
      self.output = output
      self.text = text
    }

    func show() {
      var over = pollfd(fd: over.descriptor, events: 0, revents: 0)
      guard unsafe poll(&over, 1, 1000) == 0 else { return }
      try? output.write(text + " …")
      while unsafe poll(&over, 1, -1) < 0, errno == EINTR {}
      try? output.write("\r\u{1b}[K")
    }
  }
}
