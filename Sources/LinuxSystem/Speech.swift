internal import CLinux

/// Writes text to a descriptor that may be anything; if that fails, there is nothing to be done.
public func say(_ text: String, to fd: Int32 = 2) {
  guard Speech.keep(text, to: fd) else { return Speech.write(text, to: fd) }
}

/// A descriptor of the caller's may never take what is written to it: a pipe that is full, a terminal that was stopped. So a program that
/// keeps others waiting writes nothing meanwhile.
public enum Speech {
  /// What was said meanwhile, in order; `nil` while it is written at once. Only a program with one thread holds back.
  private nonisolated(unsafe) static var kept: [(text: String, fd: Int32)]?

  public static func holdBack() { unsafe kept = [] }

  /// Writes what was kept, and what comes from now on at once.
  public static func goOn() {
    let said = unsafe kept ?? []
    unsafe kept = nil
    for (text, fd) in said { write(text, to: fd) }
  }

  fileprivate static func keep(_ text: String, to fd: Int32) -> Bool {
    guard unsafe kept != nil else { return false }
    unsafe kept?.append((text, fd))
    return true
  }

  fileprivate static func write(_ text: String, to fd: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let sent = unsafe rest.withUnsafeBytes { unsafe CLinux.write(fd, $0.baseAddress, $0.count) }
      if sent < 0, clinux_errno() == EINTR { continue }
      guard sent > 0 else { return }
      rest = rest.dropFirst(sent)
    }
  }
}
