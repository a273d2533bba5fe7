internal import CLinux

/// An owned descriptor, close-on-exec: closed exactly once, when its owner goes away.
public struct FileDescriptor: ~Copyable, Sendable {
  public let raw: Int32

  public static let readOnly = O_RDONLY
  /// For a folder of which only files are opened.
  public static let folder = O_RDONLY | O_DIRECTORY
  /// A FIFO must not make the open wait.
  public static let readOnlyWithoutWaiting = O_RDONLY | O_NONBLOCK | O_NOCTTY

  public init(owning raw: Int32) { self.raw = raw }

  deinit { _ = close(raw) }

  /// open(2). Interrupted calls are repeated here and nowhere else.
  public static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0) throws(SystemError) -> FileDescriptor {
    while true {
      let fd = unsafe clinux_open(path, flags, mode)
      if fd >= 0 { return FileDescriptor(owning: fd) }
      let code = clinux_errno()
      if code != EINTR { throw SystemError("open \(path)", errno: code) }
    }
  }

  /// openat2(2) that follows no link of any kind, in no part of the path.
  public static func openStrictly(_ path: String, _ flags: Int32) throws(SystemError) -> FileDescriptor {
    FileDescriptor(owning: try SystemError.check(unsafe clinux_open_strict(AT_FDCWD, path, flags, 0), "open \(path)"))
  }

  /// A file in this folder, and nowhere else: not above it, not on another file system, not behind a link.
  public borrowing func openStrictly(in name: String, _ flags: Int32) throws(SystemError) -> FileDescriptor {
    let resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_XDEV)
    return FileDescriptor(owning: try SystemError.check(unsafe clinux_open_strict(raw, name, flags, resolve), "open \(name)"))
  }

  /// A symbolic link itself, whatever it leads to: only its place can be used.
  public static func openLink(_ path: String) throws(SystemError) -> FileDescriptor {
    FileDescriptor(owning: try SystemError.check(unsafe clinux_open_link(path), "open \(path)"))
  }

  /// What links lead to, whatever it is: only its place can be used.
  public static func openPlace(_ path: String) throws(SystemError) -> FileDescriptor {
    FileDescriptor(owning: try SystemError.check(unsafe clinux_open_place(path), "open \(path)"))
  }

  /// openat2(2) that follows links in the path, but none of /proc that leads to another process's file.
  public static func openByLinks(_ path: String, _ flags: Int32) throws(SystemError) -> FileDescriptor {
    FileDescriptor(owning: try SystemError.check(unsafe clinux_open_by_links(path, flags), "open \(path)"))
  }

  /// One more, which no owner closes.
  public borrowing func duplicate() throws(SystemError) -> Int32 {
    try SystemError.check(clinux_duplicate_above(raw, 3), "duplicate a descriptor")
  }

  /// Reads to the end.
  /// - Throws: EFBIG if there are more than `limit` bytes.
  public borrowing func readAll(limit: Int) throws(SystemError) -> [UInt8] {
    var all: [UInt8] = []
    // SAFETY: a byte has no invalid value, and only those are read which read(2) has written.
    var chunk = unsafe [UInt8](unsafeUninitializedCapacity: 16384) { $1 = $0.count }
    while true {
      let got = unsafe chunk.withUnsafeMutableBytes { unsafe read(raw, $0.baseAddress, $0.count) }
      if got < 0, clinux_errno() == EINTR { continue }
      guard got >= 0 else { throw SystemError("read") }
      if got == 0 { return all }
      all += chunk[..<got]
      guard all.count <= limit else { throw SystemError("read", errno: EFBIG) }
    }
  }

  public borrowing func writeAll(_ bytes: [UInt8]) throws(SystemError) { try Self.writeAll(bytes, to: raw) }

  public static func writeAll(_ bytes: [UInt8], to raw: Int32) throws(SystemError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = unsafe rest.withUnsafeBytes { unsafe write(raw, $0.baseAddress, $0.count) }
      if sent < 0, clinux_errno() == EINTR { continue }
      guard sent > 0 else { throw SystemError("write") }
      rest = rest.dropFirst(sent)
    }
  }

  /// One that another program has passed on.
  public static func closeOnExec(_ raw: Int32) throws(SystemError) { try SystemError.check(clinux_close_on_exec(raw), "fcntl") }

  /// For another program.
  public static func keepAcrossExec(_ raw: Int32) throws(SystemError) { try SystemError.check(clinux_keep_across_exec(raw), "fcntl") }

  /// What fstatfs(2) says the file system is: PROC_SUPER_MAGIC, NSFS_MAGIC, …
  public borrowing func fileSystemType() throws(SystemError) -> Int {
    var s = statfs()
    try SystemError.check(unsafe fstatfs(raw, &s), "fstatfs")
    return Int(s.f_type)
  }
}

extension String {
  /// For messages: whatever came from outside is shown without control characters and with nothing that is not ASCII.
  public init(printable bytes: some Sequence<UInt8>) {
    var s = ""
    for c in bytes {
      if (0x20...0x7e).contains(c), c != 0x5c {
        s.unicodeScalars.append(Unicode.Scalar(c))
      } else {
        s += "\\x" + (c < 16 ? "0" : "") + String(c, radix: 16)
      }
    }
    self = s
  }
}
