// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// One run of another program, waited for. It gets default SIGINT and SIGPIPE and no blocked signal, and an empty environment unless
/// there is one; standard input and error are ours.
public struct Child {
  public enum Output {
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

  public struct Ended {
    public enum How: Equatable, Sendable {
      case exit(Int32)
      case signal(Int32)
      public static let interrupted = How.signal(SIGINT)
    }
    public var how: How
    public var output: [UInt8]
  }

  public var program: String
  /// What it is told to be called, if not that.
  public var name: String?
  public var arguments: [String]
  public var output: Output
  /// `NAME=VALUE` each.
  public var environment: [String]
  /// Instead of our standard input: at most what a pipe holds, 4096 bytes.
  public var input: [UInt8]?
  /// Instead of our standard input: the only one of our descriptors that it gets, for one that is not trusted.
  public var onlyDescriptor: Int32?
  /// Bytes of output; more is an error.
  public var limit: Int

  /// What we were started with.
  public static var ownEnvironment: [String] {
    let bytes = (try? FileDescriptor(reading: "/proc/self/environ").readAll(limit: .max)) ?? []
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A program without a slash in its name is looked for in PATH.
  public init(
    _ program: String, _ arguments: [String], output: Output, environment: [String] = [], input: [UInt8]? = nil, limit: Int = .max
  ) {
    self.program = program
    self.arguments = arguments
    self.output = output
    self.environment = environment
    self.input = input
    self.limit = limit
  }

  /// - Parameters:
  ///   - meanwhile: what this program does while the other one works.
  ///   - take: gets each whole line of captured output as soon as it is there, without its end. It is not in the output then, and
  ///     `limit` is not for it.
  /// - Throws: why the program could not be started, or its output not be read.
  public func run(meanwhile: () -> Void = {}, take: ((ArraySlice<UInt8>) -> Void)? = nil) throws(SystemError) -> Ended {
    let before = Interrupt.ignore()
    defer { Interrupt.restore(before) }
    guard output != .inherited else {
      let child = try spawn(into: nil)
      meanwhile()
      return Ended(how: try Self.wait(for: child), output: [])
    }
    let ends = try FileDescriptor.pipe()
    let child: pid_t
    let read: Result<[UInt8], SystemError>
    do {
      // Closed before the end is waited for: a child that has more to say than we read ends by SIGPIPE.
      let reading = FileDescriptor(owning: ends.reading)
      do {
        defer { _ = close(ends.writing) }
        child = try spawn(into: ends.writing)
      }
      meanwhile()
      read = Result { () throws(SystemError) in
        if let take { try reading.readLines(take) } else { try reading.readAll(limit: limit) }
      }
    }
    let how = try Self.wait(for: child)
    return Ended(how: how, output: try read.get())
  }

  private func spawn(into pipe: Int32?) throws(SystemError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if let pipe { unsafe posix_spawn_file_actions_adddup2(&actions, pipe, 1) }
    if output == .capturedWithoutErrors { unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
    if let pipe, output == .capturedWithErrors || output == .capturedFromDaemon {
      unsafe posix_spawn_file_actions_adddup2(&actions, pipe, 2)
    }

    let inputEnd = try pipedInput()
    defer { if let inputEnd { _ = close(inputEnd) } }
    if let inputEnd { unsafe posix_spawn_file_actions_adddup2(&actions, inputEnd, 0) }

    if let onlyDescriptor { unsafe posix_spawn_file_actions_adddup2(&actions, onlyDescriptor, 0) }

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
      unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    if output == .capturedFromDaemon || onlyDescriptor != nil {
      for descriptor in try Files.list("/proc/self/fd").compactMap({ Int32($0) }) where descriptor > 2 {
        unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
      }
    }
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

    var child: pid_t = 0
    var argv = unsafe ([name ?? program] + arguments).map { unsafe strdup($0) } + [nil]
    defer { for i in unsafe argv.indices { unsafe free(argv[i]) } }
    var envp = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { for i in unsafe envp.indices { unsafe free(envp[i]) } }
    let here = output == .capturedFromDaemon ? try? FileDescriptor(reading: ".") : nil
    if output == .capturedFromDaemon { _ = unsafe chdir("/") }
    let error = unsafe posix_spawnp(&child, program, &actions, &attributes, &argv, &envp)
    if let here { _ = fchdir(here.raw) }
    guard error == 0 else { throw SystemError(program, errno: error) }
    return child
  }

  /// The end from which the input is read; the other one is closed.
  private func pipedInput() throws(SystemError) -> Int32? {
    guard let input else { return nil }
    let ends = try FileDescriptor.pipe()
    defer { _ = close(ends.writing) }
    do throws(SystemError) { try FileDescriptor.writeAll(input, to: ends.writing) } catch {
      _ = close(ends.reading)
      throw error
    }
    return ends.reading
  }

  private static func wait(for child: pid_t) throws(SystemError) -> Ended.How {
    var status: Int32 = 0
    try SystemError.repeating("wait") { unsafe waitpid(child, &status, 0) }
    // WIFEXITED and its kin are macros: the low seven bits are the signal, the next byte the exit status.
    let signal = status & 0x7f
    return signal == 0 ? .exit(status >> 8 & 0xff) : .signal(signal)
  }
}
#endif
