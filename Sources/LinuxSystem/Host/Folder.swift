// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

// Files and folders of a program that works with its caller's rights: `vpn-manage`, as root or not.

extension FileDescriptor {
  /// Reads. A folder can be opened too, to be locked and synced and to open files in.
  public init(reading path: String) throws(SystemError) { self = try .open(path, O_RDONLY) }

  /// Reads what may be something else than a file.
  public init(readingWithoutWaiting path: String) throws(SystemError) { self = try .open(path, Self.readOnlyWithoutWaiting) }

  /// Reads what a person names. What is written into a FIFO is waited for, but not that a writer comes: without one it is empty.
  public init(readingWhatIsThere path: String) throws(SystemError) {
    let opened = try Self.open(path, Self.readOnlyWithoutWaiting)
    try SystemError.check(clinux_wait_from_now(opened.raw), "fcntl")
    self = opened
  }

  /// Makes a file, and never takes one that is there.
  public init(creating name: String, in folder: borrowing FileDescriptor, mode: UInt32) throws(SystemError) {
    let folder = folder.raw
    self.init(
      owning: try SystemError.repeating("create \(name)") {
        unsafe clinux_open_at(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
      })
  }

  public static func standardInput() -> FileDescriptor { FileDescriptor(owning: clinux_duplicate_above(0, 3)) }

  /// Both ends of a pipe: what is written to the second is read from the first.
  public static func pipe() throws(SystemError) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    try SystemError.check(unsafe clinux_pipe(&ends), "pipe")
    return (ends[0], ends[1])
  }

  /// What there is next; `nil` at the end.
  public borrowing func some() throws(SystemError) -> ArraySlice<UInt8>? {
    let raw = raw
    var buffer = [UInt8](repeating: 0, count: 16384)
    let count = try SystemError.repeating("read") { unsafe read(raw, &buffer, buffer.count) }
    return count == 0 ? nil : buffer[..<count]
  }

  /// To its end, line by line.
  /// - Returns: what comes after the last line.
  borrowing func readLines(_ take: (ArraySlice<UInt8>) -> Void) throws(SystemError) -> [UInt8] {
    var rest: [UInt8] = []
    while let more = try some() {
      guard let end = more.lastIndex(of: 0x0a) else {
        rest += more
        continue
      }
      rest += more[..<end]
      for line in rest.split(separator: 0x0a, omittingEmptySubsequences: false) { take(line) }
      rest = Array(more[(end + 1)...])
    }
    return rest
  }

  /// Waits until it is on the disk.
  public borrowing func sync() throws(SystemError) {
    let raw = raw
    try SystemError.repeating("fsync") { fsync(raw) }
  }

  /// A file that is only there to be locked, its owner's alone: who can open a file can lock it. Made if it is missing.
  public init(forLock name: String, in folder: borrowing FileDescriptor) throws(SystemError) {
    let folder = folder.raw
    self.init(
      owning: try SystemError.repeating("open \(name)") {
        unsafe clinux_open_at(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
      })
  }

  /// A plain file of ours that is of no use to anybody else.
  public borrowing func isOwnersAlone() throws(SystemError) -> Bool {
    let status = try status()
    return status.isRegular && status.owner == geteuid() && !status.isOpenToOthers
  }

  /// Lets a group read it, and no other user but its owner.
  public borrowing func letRead(group: UInt32) throws(SystemError) {
    let raw = raw
    try SystemError.check(fchown(raw, .max, group), "fchown")
    try SystemError.check(fchmod(raw, 0o640), "fchmod")
  }

  /// Writes a file of this folder, whole or not at all, whatever happens on the way. Two must not do it at once.
  /// - Parameter readers: a group that may read it, whatever the mode.
  public borrowing func replace(
    _ name: String, with content: [UInt8], mode: UInt32, readers: UInt32? = nil
  ) throws(SystemError) {
    let temporary = ".\(name).new"
    // Left by one that was killed.
    do throws(SystemError) { try remove(temporary) } catch { guard error.isMissingFile else { throw error } }
    do throws(SystemError) {
      let new = try FileDescriptor(creating: temporary, in: self, mode: mode)
      try new.writeAll(content)
      if let readers { try new.letRead(group: readers) }
      try new.sync()
      try rename(temporary, to: name)
      try sync()
    } catch {
      try? remove(temporary)
      throw error
    }
  }

  public borrowing func rename(_ old: String, to new: String) throws(SystemError) {
    try SystemError.check(unsafe renameat(raw, old, raw, new), "rename \(old)")
  }

  public borrowing func remove(_ name: String) throws(SystemError) {
    try SystemError.check(unsafe unlinkat(raw, name, 0), "unlink \(name)")
  }
}

extension Files {
  public static func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

  /// The names in a folder but for `.` and `..`, in the kernel's order.
  public static func list(_ path: String) throws(SystemError) -> [String] {
    try names(in: path).map { String(decoding: $0, as: UTF8.self) }.filter { $0 != "." && $0 != ".." }
  }

  public static func target(ofLink path: String) throws(SystemError) -> String {
    guard let target = linkTarget(path) else { throw SystemError("readlink \(path)") }
    return target
  }

  /// Where a path leads in the end; `nil`: to nothing.
  public static func resolved(_ path: String) -> String? {
    guard let found = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(found) }
    return unsafe String(cString: found)
  }

  /// Only an empty one.
  public static func removeEmptyFolder(_ path: String) { _ = unsafe rmdir(path) }

  /// Its owner's alone (mkdtemp(3)).
  /// - Parameter start: of its path, which six characters follow.
  public static func makeTemporaryFolder(_ start: String) throws(SystemError) -> String {
    var path = Array((start + "XXXXXX").utf8).map { CChar(bitPattern: $0) } + [0]
    guard unsafe mkdtemp(&path) != nil else { throw SystemError("mkdtemp \(start)") }
    return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// It and what is missing above it, each its owner's alone, if nothing else is said.
  public static func makeFolders(_ path: String, mode: UInt32 = 0o700) throws(SystemError) {
    do throws(SystemError) { return try makeDirectory(path, mode: mode) } catch {
      if error.isExisting { return }
      let above = path.utf8.lastIndex(of: 0x2f).map { path.utf8[..<$0] } ?? path.utf8[path.utf8.startIndex..<path.utf8.startIndex]
      guard error.isMissingFile, !above.isEmpty else { throw error }
      try makeFolders(String(above) ?? path, mode: mode)
    }
    try makeDirectory(path, mode: mode)
  }

  /// With the files in it, as far as possible.
  public static func removeFolder(_ path: String) {
    for name in (try? list(path)) ?? [] { try? remove("\(path)/\(name)") }
    _ = unsafe rmdir(path)
  }
}
#endif
