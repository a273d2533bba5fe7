internal import CLinux

/// A process beside this one that does something for what this one becomes, and ends with it. It is no child of it, and cannot be traced by
/// it (PR_SET_DUMPABLE): what it holds is out of the other's reach.
public enum Companion {
  /// - Parameters:
  ///   - kept: of the open descriptors, beside standard error.
  ///   - body: in that process. It gets a descriptor that can be read when the other has ended.
  public static func start(keeping kept: [Int32], _ body: (Int32) -> Never) throws(SystemError) {
    let other = lifted(try SystemError.check(clinux_pidfd(getpid()), "pidfd_open"))
    defer { _ = close(other) }
    let child = try SystemError.check(fork(), "fork")
    if child == 0 {
      _ = setsid()
      let second = fork()
      if second != 0 { _exit(second < 0 ? 1 : 0) }
      _ = clinux_prctl(PR_SET_DUMPABLE, 0)
      leave(0...1)
      closeOthers(but: kept + [other])
      body(other)
    }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, clinux_errno() == EINTR {}
    if status != 0 { throw SystemError("fork", errno: EAGAIN) }
  }

  /// A descriptor that cannot be taken for standard input, output or error, which the caller may have closed. It is closed by exec.
  static func lifted(_ fd: Int32) -> Int32 {
    guard 0...2 ~= fd else { return fd }
    defer { _ = close(fd) }
    return clinux_duplicate_above(fd, 3)
  }

  /// Until the other has ended.
  /// - Parameter other: the descriptor that `start` gives.
  public static func wait(for other: Int32) {
    while readable([other], milliseconds: -1) == nil {}
  }

  /// Nothing is read from these or written to them any more: a pipe ends where its other users end.
  public static func leave(_ descriptors: ClosedRange<Int32>) {
    let nothing = unsafe clinux_open("/dev/null", O_RDWR, 0)
    for fd in descriptors { _ = dup2(nothing, fd) }
    if !descriptors.contains(nothing) { _ = close(nothing) }
  }

  /// A program that is not waited for.
  /// - Parameters:
  ///   - environment: as `NAME=VALUE`, ended by NUL each.
  ///   - restore: in its process, before it begins.
  public static func run(_ words: [[UInt8]], environment: [UInt8], restore: () -> Void) {
    _ = clinux_ignore_signal(SIGCHLD)
    guard fork() == 0 else { return }
    _ = signal(SIGCHLD, nil)
    restore()
    become(words, environment)
  }

  /// A program that is waited for, without an environment.
  /// - Returns: its exit status as a shell has it; 127 if it could not be started.
  public static func status(of words: [[UInt8]]) -> Int32 {
    let before = signal(SIGCHLD, nil)
    defer { _ = signal(SIGCHLD, before) }
    let child = fork()
    if child == 0 { become(words, []) }
    guard child > 0 else { return 127 }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0 { if clinux_errno() != EINTR { return 127 } }
    return clinux_exit_status(status)
  }

  private static func become(_ words: [[UInt8]], _ environment: [UInt8]) -> Never {
    say("vpnrun: \(execute(words, environment: environment))\n")
    _exit(127)
  }

  /// Seconds since the machine's start, with those in which it slept.
  public static var seconds: Int {
    var time = timespec()
    unsafe _ = clock_gettime(CLOCK_BOOTTIME, &time)
    return time.tv_sec
  }

  public static func end() -> Never { _exit(0) }

  /// All from 3 on.
  private static func closeOthers(but own: [Int32]) {
    var first: UInt32 = 3
    for fd in own.sorted() where fd > 2 {
      if UInt32(fd) > first { clinux_close_between(first, UInt32(fd) - 1) }
      first = UInt32(fd) + 1
    }
    clinux_close_between(first, .max)
  }
}
