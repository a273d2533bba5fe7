internal import CLinux

/// Descriptors that came with the program and would be a way back to the host's network.
public enum InheritedSockets {
  /// Closes every socket of another network namespace than `own`'s: Internet, packet, netlink and so on. UNIX sockets, pipes and files
  /// stay. Standard streams are replaced by /dev/null, for a program without them does strange things.
  /// - Parameter own: a socket of the namespace that is allowed.
  /// - Returns: the descriptors' numbers.
  public static func closeForeign(own: Int32) throws(SystemError) -> [Int32] {
    let allowed = clinux_netns_cookie(own)
    var closed: [Int32] = []
    for fd in try Process.numericNames(in: "/proc/self/fd") {
      let family = clinux_socket_family(fd)
      guard family >= 0, family != AF_UNIX, clinux_netns_cookie(fd) != allowed || allowed == 0, fd != own else { continue }
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
