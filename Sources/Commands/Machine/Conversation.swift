internal import Glibc

/// Another program that is told something by lines on its standard input, and answers by lines. It ends when its owner goes, for
/// its input ends then. Ctrl-C is its own affair, too: as of a `Child`, whoever asks it hears that it is gone.
final class Conversation {
  let child: pid_t
  private let writing: File
  private let reading: File
  private var unread: [UInt8] = []
  private var hasEnded = false

  /// - Parameter program: with its path. Its standard error comes with its answers.
  init(_ program: String, _ arguments: [String], environment: [String]) throws(SystemError) {
    let input = try File.pipe()
    let output = try File.pipe()
    writing = File(owning: input.writing)
    reading = File(owning: output.reading)
    let inputEnd = File(owning: input.reading)
    let outputEnd = File(owning: output.writing)

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, inputEnd.descriptor, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, outputEnd.descriptor, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, outputEnd.descriptor, STDERR_FILENO)
    var argv = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
    defer { for i in unsafe argv.indices { unsafe free(argv[i]) } }
    var envp = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { for i in unsafe envp.indices { unsafe free(envp[i]) } }
    var child: pid_t = 0
    let error = unsafe posix_spawn(&child, program, &actions, nil, &argv, &envp)
    guard error == 0 else { throw SystemError(code: error) }
    self.child = child
  }

  /// It may be gone already, and is never left behind.
  deinit { end() }

  func end() {
    guard !hasEnded else { return }
    hasEnded = true
    kill(child, SIGKILL)
    _ = waitpid(child, nil, 0)
  }

  /// - Throws: broken pipe, if it is gone.
  func say(_ line: String) throws(SystemError) {
    let bytes = Array((line + "\n").utf8)
    // MSG_NOSIGNAL is for sockets; a pipe without a reader sends SIGPIPE.
    let before = signal(SIGPIPE, SIG_IGN)
    defer { signal(SIGPIPE, before) }
    try writing.write(bytes)
  }

  /// - Returns: its next line; `nil` if it has ended, or says nothing in that time.
  func line(within milliseconds: Int32) throws(SystemError) -> String? {
    while true {
      if let end = unread.firstIndex(of: 0x0a) {
        defer { unread.removeSubrange(...end) }
        return String(decoding: unread[..<end], as: UTF8.self)
      }
      var event = pollfd(fd: reading.descriptor, events: Int16(POLLIN), revents: 0)
      guard try SystemError.check({ Interrupt.happened ? 0 : unsafe poll(&event, 1, milliseconds) }) > 0 else { return nil }
      var buffer = [UInt8](repeating: 0, count: 16384)
      let count = try SystemError.check { unsafe read(reading.descriptor, &buffer, buffer.count) }
      guard count > 0 else { return nil }
      unread += buffer[..<count]
    }
  }
}
