internal import CLinux

/// A NULL-terminated list of C strings in one piece of memory, for execve(2).
///
/// SAFETY: it owns both pieces of memory and is never copied, and the last pointer is nil. `pointers` are valid while it lives: what keeps
/// them longer is wrong, and only calls that return or replace the process get them.
@safe public struct StringVector: ~Copyable {
  private let memory: UnsafeMutablePointer<CChar>
  public let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  /// - Parameter block: strings, each ended by NUL; an unterminated rest is left out.
  public init(block: [UInt8]) {
    unsafe memory = .allocate(capacity: max(block.count, 1))
    for (i, byte) in block.enumerated() { unsafe memory[i] = CChar(bitPattern: byte) }
    let count = block.count { $0 == 0 }
    unsafe pointers = .allocate(capacity: count + 1)
    var next = 0
    var start = 0
    for (i, byte) in block.enumerated() where byte == 0 {
      unsafe pointers[next] = memory + start
      next += 1
      start = i + 1
    }
    unsafe pointers[count] = nil
  }

  public init(_ strings: [[UInt8]]) { self.init(block: Array(strings.map { $0 + [0] }.joined())) }

  deinit {
    unsafe memory.deallocate()
    unsafe pointers.deallocate()
  }
}

/// Becomes the command, found as execvp(3) finds it: a name with a slash as it is, otherwise by the PATH of the **given** environment;
/// a file without an interpreter line is given to /bin/sh. Returns only if that cannot be done.
public func execute(
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> SystemError {
  guard let name = unsafe arguments[0] else { return SystemError("execve", errno: EINVAL) }
  // SAFETY: both lists end with nil and each string with NUL, by the caller's `StringVector` or by the kernel.
  let command = unsafe Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
  let shown = String(printable: command)
  if command.isEmpty { return SystemError(shown, errno: ENOENT) }
  if command.contains(0x2f) { return SystemError(shown, errno: unsafe attempt(command, arguments, environment)) }
  var path = Array("/usr/local/bin:/usr/bin:/bin".utf8)
  var at = unsafe environment
  while let entry = unsafe at.pointee {
    let bytes = unsafe UnsafeRawBufferPointer(start: entry, count: strlen(entry))
    if unsafe bytes.begins(with: "PATH=") {
      unsafe path = Array(bytes.dropFirst(5))
      break
    }
    unsafe at += 1
  }
  var failure = ENOENT
  for folder in path.split(separator: 0x3a, omittingEmptySubsequences: false) {
    let code = unsafe attempt(folder.isEmpty ? command : folder + [0x2f] + command, arguments, environment)
    switch code {
    case ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP: continue
    case EACCES: failure = EACCES
    default: return SystemError(shown, errno: code)
    }
  }
  return SystemError(shown, errno: failure)
}

/// execve(2) once; its errno.
private func attempt(
  _ file: some Collection<UInt8>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
  _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  let path = StringVector([Array(file)])
  let file = unsafe path.pointers[0]!
  unsafe execve(file, arguments, environment)
  guard clinux_errno() == ENOEXEC else { return clinux_errno() }
  // SAFETY: the list ends with nil. `all` has room for the shell, the file, the words after the first, and nil, which is copied too.
  var count = 0
  while unsafe arguments[count] != nil { count += 1 }
  let shell = StringVector([Array("/bin/sh".utf8)])
  let all = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: count + 2)
  defer { unsafe all.deallocate() }
  unsafe all[0] = shell.pointers[0]
  unsafe all[1] = file
  for i in 1..<(count + 1) { unsafe all[i + 1] = arguments[i] }
  unsafe execve(shell.pointers[0]!, all, environment)
  return clinux_errno()
}

/// The same.
/// - Parameter block: the environment, as `NAME=VALUE` ended by NUL each; `nil`: this process's.
public func execute(_ words: [[UInt8]], environment block: [UInt8]? = nil) -> SystemError {
  let words = StringVector(words)
  let given = StringVector(block: block ?? [])
  return unsafe execute(words.pointers, environment: block == nil ? Arguments.environment : given.pointers)
}
