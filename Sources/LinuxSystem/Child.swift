internal import CLinux

/// What another program gets to know of the caller's environment.
public enum ChildEnvironment {
  case own, empty
}

/// Runs a program and waits for it. Only for programs without privilege of their own.
public enum Child {
  /// - Parameter arguments: argv, its first element the file.
  /// - Returns: the exit status as a shell has it, and what it wrote to its standard output: at most a mebibyte.
  public static func run(_ arguments: [[UInt8]]) throws(SystemError) -> (status: Int32, output: [UInt8]) {
    var ends: [Int32] = [-1, -1]
    try SystemError.check(unsafe clinux_pipe(&ends), "pipe")
    let output = FileDescriptor(owning: ends[0])
    let pid: pid_t
    do {
      defer { _ = close(ends[1]) }
      pid = try spawn(arguments, .own, output: ends[1])
    }
    let text = try output.readAll(limit: 1 << 20)
    return (try status(of: pid), text)
  }

  /// The same for one which writes to our own standard output.
  public static func status(_ arguments: [[UInt8]], environment: ChildEnvironment) throws(SystemError) -> Int32 {
    try status(of: try spawn(arguments, environment, output: nil))
  }

  private static func spawn(_ arguments: [[UInt8]], _ environment: ChildEnvironment, output: Int32?) throws(SystemError) -> pid_t {
    let vector = StringVector(arguments)
    let nothing = StringVector([])
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
    if let output { unsafe posix_spawn_file_actions_adddup2(&actions, output, 1) }
    var pid: pid_t = 0
    let variables = unsafe environment == .own ? Arguments.environment : nothing.pointers
    // SAFETY: a vector has at least the file's name, its pointers live as long as it, and nobody keeps them after the call.
    let code = unsafe posix_spawn(&pid, vector.pointers[0]!, &actions, nil, vector.pointers, variables)
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

/// The environment as one block of NUL-terminated strings in memory, behind a descriptor which survives exec.
/// - Parameters:
///   - variables: in place of those of their names.
///   - isForAnother: without what is the caller's alone.
public func environmentDescriptor(
  setting variables: [(name: [UInt8], value: [UInt8])], isForAnother: Bool
) throws(SystemError) -> FileDescriptor {
  let memory = FileDescriptor(owning: try SystemError.check(unsafe clinux_memfd("environment"), "memfd_create"))
  // Never 0, 1 or 2, which the command gets as they are.
  let fd =
    memory.raw > 2 ? memory : FileDescriptor(owning: try SystemError.check(clinux_duplicate_above(memory.raw, 3), "duplicate a descriptor"))
  var block: [UInt8] = []
  // SAFETY: as in `Arguments.variable`; each entry is copied with its NUL.
  var at = unsafe Arguments.environment
  while let entry = unsafe at.pointee {
    let text = unsafe UnsafeRawBufferPointer(start: entry, count: strlen(entry) + 1)
    let name = unsafe text.prefix { $0 != 0x3d }
    let isLeftOut = unsafe isForAnother && UserAccount.isCallersAlone(name)
    if !isLeftOut, !variables.contains(where: { unsafe name.elementsEqual($0.name) }) { unsafe block.append(contentsOf: text) }
    unsafe at += 1
  }
  for variable in variables { block += variable.name + [0x3d] + variable.value + [0] }
  try fd.writeAll(block)
  try SystemError.check(Int32(lseek(fd.raw, 0, SEEK_SET)), "rewind")
  try SystemError.check(clinux_keep_across_exec(fd.raw), "keep a descriptor")
  return fd
}
