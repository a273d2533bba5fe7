internal import CLinux

/// What another program gets to know of the caller's environment.
public enum ChildEnvironment {
  case own, empty
}

#if hasFeature(Embedded)
/// In ordinary builds this is a struct, which starts children in other ways as well.
public enum Child {}
#endif

/// For the small programs on the launch path, which have no privilege of their own and give their children bytes as they are.
extension Child {
  /// - Parameters:
  ///   - arguments: argv, its first element the file.
  ///   - name: instead of that one in argv.
  /// - Returns: the exit status as a shell has it, and what it wrote to its standard output: at most a mebibyte.
  public static func run(_ arguments: [[UInt8]], as name: [UInt8]? = nil) throws(SystemError) -> (status: Int32, output: [UInt8]) {
    let before = keepEnded()
    defer { _ = signal(SIGCHLD, before) }
    var ends: [Int32] = [-1, -1]
    try SystemError.check(unsafe clinux_pipe(&ends), "pipe")
    let output = FileDescriptor(owning: ends[0])
    let pid: pid_t
    do {
      defer { _ = close(ends[1]) }
      pid = try start(arguments, name, .own, output: ends[1])
    }
    let text = try output.readAll(limit: 1 << 20)
    return (try status(of: pid), text)
  }

  /// The same for one which writes to our own standard output.
  public static func status(_ arguments: [[UInt8]], as name: [UInt8]? = nil, environment: ChildEnvironment) throws(SystemError) -> Int32 {
    let before = keepEnded()
    defer { _ = signal(SIGCHLD, before) }
    return try status(of: try start(arguments, name, environment, output: nil))
  }

  /// A caller may have SIGCHLD ignored: then the kernel forgets children as they end, and there is no status to wait for.
  /// - Returns: what was done at that signal before, as it must be for the command.
  @discardableResult public static func keepEnded() -> (@convention(c) (Int32) -> Void)? { signal(SIGCHLD, nil) }

  private static func start(
    _ arguments: [[UInt8]], _ name: [UInt8]?, _ environment: ChildEnvironment, output: Int32?
  ) throws(SystemError) -> pid_t {
    let file = StringVector(Array(arguments.prefix(1)))
    let vector = StringVector([name ?? arguments[0]] + arguments.dropFirst())
    let nothing = StringVector([])
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
    if let output { unsafe posix_spawn_file_actions_adddup2(&actions, output, 1) }
    var pid: pid_t = 0
    let variables = unsafe environment == .own ? Arguments.environment : nothing.pointers
    // SAFETY: both vectors have at least the file's name, their pointers live as long as they, and they are not kept after the call.
    let code = unsafe posix_spawn(&pid, file.pointers[0]!, &actions, nil, vector.pointers, variables)
    guard code == 0 else { throw SystemError(String(printable: arguments[0]), errno: code) }
    return pid
  }

  private static func status(of pid: pid_t) throws(SystemError) -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0 {
      guard clinux_errno() == EINTR else { throw SystemError("wait") }
    }
    return clinux_exit_status(status)
  }
}
