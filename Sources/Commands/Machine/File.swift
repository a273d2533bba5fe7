internal import Glibc

/// An open file or folder, closed when its owner goes; close-on-exec from birth.
struct File: ~Copyable {
  let descriptor: Int32

  /// Takes over a descriptor.
  init(owning descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// Reads. A folder can be opened too, to be locked and synced and to open files in.
  init(reading path: String) throws(SystemError) {
    descriptor = try SystemError.check { unsafe open(path, O_RDONLY | O_CLOEXEC) }
  }

  /// Reads what may be something else than a file: a FIFO must not make it wait.
  init(readingWithoutWaiting path: String) throws(SystemError) {
    descriptor = try SystemError.check { unsafe open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) }
  }

  /// A plain file of ours that is of no use to anybody else.
  func isOwnersAlone() throws(SystemError) -> Bool {
    var status = stat()
    try SystemError.check { unsafe fstat(descriptor, &status) }
    return status.st_mode & S_IFMT == S_IFREG && status.st_uid == geteuid() && status.st_mode & 0o077 == 0
  }

  /// Makes a file, and never takes one that is there.
  init(creating name: String, in folder: borrowing File, mode: mode_t) throws(SystemError) {
    let folder = folder.descriptor
    descriptor = try SystemError.check { unsafe openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode) }
  }

  /// Writes a file of this folder, whole or not at all, whatever happens on the way. Two must not do it at once.
  func replace(_ name: String, with content: [UInt8], mode: mode_t) throws(SystemError) {
    let temporary = ".\(name).new"
    // Left by one that was killed.
    do throws(SystemError) { try remove(temporary) } catch { guard error == .notFound else { throw error } }
    do throws(SystemError) {
      let new = try File(creating: temporary, in: self, mode: mode)
      try new.write(content)
      try new.sync()
      try rename(temporary, to: name)
      try sync()
    } catch {
      try? remove(temporary)
      throw error
    }
  }

  static func standardInput() -> File { File(owning: fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) }

  /// Both ends of a pipe: what is written to the second is read from the first.
  static func pipe() throws(SystemError) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    try SystemError.check { unsafe Glibc.pipe(&ends) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Everything up to the end, or an error when that is more than `limit` bytes.
  func bytes(limit: Int = .max) throws(SystemError) -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = try SystemError.check { unsafe read(descriptor, &buffer, buffer.count) }
      if count == 0 { return all }
      all += buffer[..<count]
      if all.count > limit { throw .tooBig }
    }
  }

  /// What there is next; `nil` at the end.
  func some() throws(SystemError) -> ArraySlice<UInt8>? {
    var buffer = [UInt8](repeating: 0, count: 16384)
    let count = try SystemError.check { unsafe read(descriptor, &buffer, buffer.count) }
    return count == 0 ? nil : buffer[..<count]
  }

  static func isReadable(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

  func write(_ bytes: [UInt8]) throws(SystemError) { try File.write(bytes, to: descriptor) }

  static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = try SystemError.check { unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) } }
      rest = rest.dropFirst(count)
    }
  }

  /// Waits until it is on the disk.
  func sync() throws(SystemError) { try SystemError.check { fsync(descriptor) } }

  /// Waits until nobody else holds the lock. It goes with the descriptor.
  func lock() throws(SystemError) { try SystemError.check { flock(descriptor, LOCK_EX) } }

  func rename(_ old: String, to new: String) throws(SystemError) {
    try SystemError.check { unsafe renameat(descriptor, old, descriptor, new) }
  }

  func remove(_ name: String) throws(SystemError) { try SystemError.check { unsafe unlinkat(descriptor, name, 0) } }

  static func remove(path: String) throws(SystemError) { try SystemError.check { unsafe unlink(path) } }

  enum Kind { case file, folder, other }

  /// What stands there, a link as such unless it is followed; `nil`: nothing, or nothing that can be seen.
  static func kind(of path: String, following: Bool = false) -> Kind? {
    var status = stat()
    guard unsafe fstatat(AT_FDCWD, path, &status, following ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// Its owner's alone (mkdtemp(3)).
  /// - Parameter start: of its path, which six characters follow.
  static func makeTemporaryFolder(_ start: String) throws(SystemError) -> String {
    var path = Array((start + "XXXXXX").utf8CString)
    guard unsafe mkdtemp(&path) != nil else { throw .last }
    return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// It and what is missing above it, each its owner's alone.
  static func makeFolders(_ path: String) throws(SystemError) {
    if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { throw .last }
    try makeFolders(String(path[..<slash]))
    try SystemError.check { unsafe mkdir(path, 0o700) }
  }

  /// With the files in it, as far as possible.
  static func removeFolder(_ path: String) {
    for name in (try? names(in: path)) ?? [] { try? remove(path: "\(path)/\(name)") }
    _ = unsafe rmdir(path)
  }

  static func target(ofLink path: String) throws(SystemError) -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = try SystemError.check {
      unsafe buffer.withUnsafeMutableBytes { unsafe readlink(path, $0.bindMemory(to: CChar.self).baseAddress!, $0.count) }
    }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// The names in a folder, in the kernel's order.
  static func names(in path: String) throws(SystemError) -> [String] {
    guard let folder = unsafe opendir(path) else { throw .last }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        let name = unsafe UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)
        unsafe names.append(String(cString: name))
      }
    }
    return names.filter { $0 != "." && $0 != ".." }
  }
}
