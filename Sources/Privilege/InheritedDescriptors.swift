internal import CLinux
public import LinuxSystem

/// Descriptors that came with the program, for a command that is to get only 0, 1 and 2.
public enum InheritedDescriptors {
  /// - Parameter kept: one more that stays.
  public static func closeOthers(but kept: Int32?) throws(SystemError) {
    for fd in try Process.numericNames(in: "/proc/self/fd") where fd > 2 && fd != kept { _ = close(fd) }
  }

  /// Of a UNIX socket as standard output or error (the journal's, for services and for what a desktop starts), nothing can be received any
  /// more, and so no descriptor of a process outside; what waits in it is thrown away.
  /// - Returns: one of 0, 1 and 2 that could lead out: a folder, a place, a UNIX socket to read from.
  public static func disarm() -> Int32? {
    for fd in Int32(0)...2 where clinux_is_plain(fd) == 0 {
      let family = clinux_socket_family(fd)
      if family >= 0, family != AF_UNIX { continue }
      guard fd > 0, family == AF_UNIX, shutdown(fd, Int32(SHUT_RD)) == 0, isDrained(fd) else { return fd }
    }
    return nil
  }

  private static func isDrained(_ fd: Int32) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let got = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
      // A datagram may be empty; a stream is at its end.
      if got <= 0 { return got == 0 || clinux_errno() == EAGAIN }
    }
  }
}
