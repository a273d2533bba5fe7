internal import CLinux
public import LinuxSystem

/// Descriptors that came with the program and would be a way back to the host's network.
public enum InheritedSockets {
  /// Closes every socket of another network namespace than this thread's: Internet, packet, netlink and so on. UNIX sockets, pipes and files
  /// stay. Standard streams are replaced by /dev/null, because programs misbehave without them.
  /// - Returns: the descriptors' numbers.
  public static func closeForeign() throws(SystemError) -> [Int32] {
    // Any new socket tells which namespace is the allowed one; descriptors of the caller's are compared with it.
    let own = FileDescriptor(owning: try SystemError.check(socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0), "open a UNIX socket"))
    let allowed = clinux_netns_cookie(own.raw)
    var closed: [Int32] = []
    for fd in try Process.numericNames(in: "/proc/self/fd") {
      let family = clinux_socket_family(fd)
      guard family >= 0, family != AF_UNIX, clinux_netns_cookie(fd) != allowed || allowed == 0 else { continue }
      closed.append(fd)
      if fd > 2 {
        _ = close(fd)
      } else {
        let null = try FileDescriptor.open("/dev/null", O_RDWR)
        try SystemError.check(dup2(null.raw, fd), "dup2")
      }
    }
    return closed
  }
}
