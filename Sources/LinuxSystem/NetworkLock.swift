internal import CLinux

/// A lock among the processes that can enter one network: an abstract name of unix(7), which the kernel gives to one of them at a time and takes
/// back when that ends. No process outside that network can hold it.
public enum NetworkLock {
  /// Of the network where this thread is. Waits for another one at most 5 s.
  /// - Returns: holds it until it is closed.
  /// - Throws: EADDRINUSE if the other one is still there.
  public static func take(_ name: String) throws(SystemError) -> FileDescriptor {
    for _ in 0..<1000 {
      let fd = unsafe clinux_bind_name(name)
      if fd >= 0 { return FileDescriptor(owning: fd) }
      let code = clinux_errno()
      guard code == EADDRINUSE else { throw SystemError("bind @\(name)", errno: code) }
      Process.sleep(milliseconds: 5)
    }
    throw SystemError("bind @\(name)", errno: EADDRINUSE)
  }
}
