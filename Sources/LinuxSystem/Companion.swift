internal import CLinux

/// A process beside this one, which goes on as what this one becomes: no child of it, in no session of its terminal, with nothing of the
/// caller's open.
public enum Companion {
  /// The process that has started it.
  public struct Parent {
    public let id: Int32
    fileprivate let descriptor: Int32

    public func waitForEnd() {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      while unsafe poll(&entry, 1, -1) < 0, clinux_errno() == EINTR {}
    }
  }

  /// - Parameter work: all that it does.
  public static func start(_ work: (Parent) -> Void) throws(SystemError) {
    let parent = Parent(id: getpid(), descriptor: try SystemError.check(clinux_pidfd(getpid()), "pidfd_open"))
    let child = fork()
    if child == 0 {
      _ = setsid()
      let other = fork()
      if other != 0 { _exit(other < 0 ? 1 : 0) }
      _ = unsafe chdir("/")
      let nothing = unsafe clinux_open("/dev/null", O_RDWR, 0)
      for fd in [Int32(0), 1, 2] { _ = dup2(nothing, fd) }
      if parent.descriptor > 3 { clinux_close_between(3, UInt32(parent.descriptor) - 1) }
      clinux_close_between(UInt32(parent.descriptor) + 1, .max)
      for number in [SIGINT, SIGQUIT, SIGHUP, SIGPIPE, SIGTSTP] { _ = clinux_ignore_signal(number) }
      work(parent)
      _exit(0)
    }
    let code = clinux_errno()
    _ = close(parent.descriptor)
    guard child > 0 else { throw SystemError("fork", errno: code) }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, clinux_errno() == EINTR {}
    guard status == 0 else { throw SystemError("fork", errno: EAGAIN) }
  }
}
