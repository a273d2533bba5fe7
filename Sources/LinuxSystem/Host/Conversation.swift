// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// Another program that is told something by lines on its standard input, and answers by lines. It ends when its owner goes, for
/// its input ends then. Ctrl-C is its own affair, too: as of a `Child`, a question then finds it gone.
public final class Conversation {
  public let child: Int32
  private let writing: FileDescriptor
  private let reading: FileDescriptor
  private var unread: [UInt8] = []
  private var hasEnded = false

  /// - Parameter program: with its path. Its standard error comes with its answers.
  public init(_ program: String, _ arguments: [String], environment: [String]) throws(SystemError) {
    let input = try FileDescriptor.pipe()
    let output = try FileDescriptor.pipe()
    writing = FileDescriptor(owning: input.writing)
    reading = FileDescriptor(owning: output.reading)
    let inputEnd = FileDescriptor(owning: input.reading)
    let outputEnd = FileDescriptor(owning: output.writing)

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, inputEnd.raw, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, outputEnd.raw, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, outputEnd.raw, 2)
    var argv = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
    defer { for i in unsafe argv.indices { unsafe free(argv[i]) } }
    var envp = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { for i in unsafe envp.indices { unsafe free(envp[i]) } }
    var child: pid_t = 0
    let error = unsafe posix_spawn(&child, program, &actions, nil, &argv, &envp)
    guard error == 0 else { throw SystemError(program, errno: error) }
    self.child = child
  }

  /// It may be gone already, and is never left behind.
  deinit { end() }

  public func end() {
    guard !hasEnded else { return }
    hasEnded = true
    _ = kill(child, SIGKILL)
    _ = waitpid(child, nil, 0)
  }

  /// - Throws: broken pipe, if it is gone.
  public func say(_ line: String) throws(SystemError) {
    let bytes = Array((line + "\n").utf8)
    // MSG_NOSIGNAL is for sockets; a pipe without a reader sends SIGPIPE.
    let before = clinux_ignore_signal(SIGPIPE)
    defer { _ = signal(SIGPIPE, before) }
    try writing.writeAll(bytes)
  }

  /// - Returns: its next line; `nil` if it has ended, or says nothing in that time.
  public func line(within milliseconds: Int32) throws(SystemError) -> String? {
    while true {
      if let end = unread.firstIndex(of: 0x0a) {
        defer { unread.removeSubrange(...end) }
        return String(decoding: unread[..<end], as: UTF8.self)
      }
      var event = pollfd(fd: reading.raw, events: Int16(POLLIN), revents: 0)
      guard try SystemError.repeating("poll", { Interrupt.happened ? 0 : unsafe poll(&event, 1, milliseconds) }) > 0 else { return nil }
      var buffer = [UInt8](repeating: 0, count: 16384)
      let count = try SystemError.repeating("read") { unsafe read(reading.raw, &buffer, buffer.count) }
      guard count > 0 else { return nil }
      unread += buffer[..<count]
    }
  }
}
#endif
