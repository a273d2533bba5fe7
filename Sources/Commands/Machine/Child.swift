internal import Glibc

/// One run of another program, waited for. It gets default SIGINT and SIGPIPE and no blocked signal, and an empty environment unless
/// there is one; standard input and error are ours.
struct Child {
  enum Output {
    case inherited
    /// Standard output, read to its end.
    case captured
    /// The same, and standard error goes nowhere.
    case capturedWithoutErrors
    /// Standard output and error.
    case capturedWithErrors
    /// The same. For one that leaves a process in the background: it gets a process group of its own, so that
    /// closing the terminal does not end it, no standard input, none of our descriptors, and `/` to stand in.
    case capturedFromDaemon
  }

  struct Ended {
    enum How: Equatable {
      case exit(Int32)
      case signal(Int32)
      static let interrupted = How.signal(SIGINT)
    }
    var how: How
    var output: [UInt8]
  }

  var program: String
  var arguments: [String]
  var output: Output
  /// `NAME=VALUE` each.
  var environment: [String]
  /// Instead of our standard input: at most what a pipe holds, 4096 bytes.
  var input: [UInt8]?
  /// Instead of our standard input: the only one of our descriptors that it gets, for one that is not trusted.
  var onlyDescriptor: Int32?
  /// Bytes of output; more is an error.
  var limit: Int

  /// What we were started with.
  static var ownEnvironment: [String] {
    let bytes = (try? File(reading: "/proc/self/environ").bytes()) ?? []
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A program without a slash in its name is looked for in PATH.
  init(
    _ program: String, _ arguments: [String], output: Output, environment: [String] = [], input: [UInt8]? = nil, limit: Int = .max
  ) {
    self.program = program
    self.arguments = arguments
    self.output = output
    self.environment = environment
    self.input = input
    self.limit = limit
  }

  /// - Throws: why the program could not be started.
  func run() throws(SystemError) -> Ended {
    let before = Interrupt.ignore()
    defer { Interrupt.restore(before) }
    guard output != .inherited else { return Ended(how: try Self.wait(for: try spawn(into: nil)), output: []) }
    let ends = try File.pipe()
    let child: pid_t
    let read: Result<[UInt8], SystemError>
    do {
      // Closed before the end is waited for: a child that has more to say than we read ends by SIGPIPE.
      let reading = File(owning: ends.reading)
      do {
        defer { close(ends.writing) }
        child = try spawn(into: ends.writing)
      }
      read = Result { () throws(SystemError) in try reading.bytes(limit: limit) }
    }
    let how = try Self.wait(for: child)
    return Ended(how: how, output: try read.get())
  }

  /// Hands over each line of standard output as it comes, until the program ends.
  func lines(_ take: (Substring) -> Void) throws(SystemError) -> Ended.How {
    let before = Interrupt.ignore()
    defer { Interrupt.restore(before) }
    let ends = try File.pipe()
    let reading = File(owning: ends.reading)
    let child: pid_t
    do {
      defer { close(ends.writing) }
      child = try spawn(into: ends.writing)
    }
    var rest: [UInt8] = []
    while let more = try reading.some() {
      rest += more
      while let end = rest.firstIndex(of: 0x0a) {
        take(String(decoding: rest[..<end], as: UTF8.self)[...])
        rest.removeSubrange(...end)
      }
    }
    return try Self.wait(for: child)
  }

  private func spawn(into pipe: Int32?) throws(SystemError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if let pipe { unsafe posix_spawn_file_actions_adddup2(&actions, pipe, STDOUT_FILENO) }
    if output == .capturedWithoutErrors { unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) }
    if let pipe, output == .capturedWithErrors || output == .capturedFromDaemon {
      unsafe posix_spawn_file_actions_adddup2(&actions, pipe, STDERR_FILENO)
    }

    let inputEnd = try pipedInput()
    defer { if let inputEnd { close(inputEnd) } }
    if let inputEnd { unsafe posix_spawn_file_actions_adddup2(&actions, inputEnd, STDIN_FILENO) }

    if let onlyDescriptor { unsafe posix_spawn_file_actions_adddup2(&actions, onlyDescriptor, STDIN_FILENO) }

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF

    if output == .capturedFromDaemon {
      flags |= POSIX_SPAWN_SETPGROUP
      unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    if output == .capturedFromDaemon || onlyDescriptor != nil {
      for descriptor in try File.names(in: "/proc/self/fd").compactMap({ Int32($0) }) where descriptor > STDERR_FILENO {
        unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
      }
    }
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

    var child: pid_t = 0
    var argv = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
    defer { for i in unsafe argv.indices { unsafe free(argv[i]) } }
    var envp = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { for i in unsafe envp.indices { unsafe free(envp[i]) } }
    let here = output == .capturedFromDaemon ? try? File(reading: ".") : nil
    if output == .capturedFromDaemon { _ = unsafe chdir("/") }
    let error = unsafe posix_spawnp(&child, program, &actions, &attributes, &argv, &envp)
    if let here { fchdir(here.descriptor) }
    guard error == 0 else { throw SystemError(code: error) }
    return child
  }

  /// The end from which the input is read; the other one is closed.
  private func pipedInput() throws(SystemError) -> Int32? {
    guard let input else { return nil }
    let ends = try File.pipe()
    defer { close(ends.writing) }
    do throws(SystemError) { try File.write(input, to: ends.writing) } catch {
      close(ends.reading)
      throw error
    }
    return ends.reading
  }

  private static func wait(for child: pid_t) throws(SystemError) -> Ended.How {
    var status: Int32 = 0
    try SystemError.check { unsafe waitpid(child, &status, 0) }
    // WIFEXITED and its kin are macros: the low seven bits are the signal, the next byte the exit status.
    let signal = status & 0x7f
    return signal == 0 ? .exit(status >> 8 & 0xff) : .signal(signal)
  }
}
