internal import CLinux

/// Small questions about paths, asked with the caller's own rights.
public enum Files {
  public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// Whether the user may start it.
  public static func isProgram(_ path: String) -> Bool {
    var s = stat()
    return unsafe stat(path, &s) == 0 && clinux_is_directory(s.st_mode) == 0 && access(path, X_OK) == 0
  }

  public static func isDirectory(_ path: String) -> Bool {
    var s = stat()
    return unsafe lstat(path, &s) == 0 && clinux_is_directory(s.st_mode) != 0
  }

  /// - Returns: `nil` if there is nothing.
  public static func owner(of path: String) -> UInt32? {
    var s = stat()
    return unsafe stat(path, &s) == 0 ? s.st_uid : nil
  }

  /// The names in a folder, in no order.
  public static func names(in path: String) throws(SystemError) -> [[UInt8]] {
    guard let folder = unsafe opendir(path) else { throw SystemError("open \(path)") }
    defer { unsafe _ = closedir(folder) }
    var names: [[UInt8]] = []
    while let entry = unsafe readdir(folder) {
      // SAFETY: an entry is valid until the next readdir(3), and its name ends with NUL.
      names.append(unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) })
    }
    return names
  }

  /// A public file, which may not be there.
  /// - Returns: `nil` if there is none, or the caller may not read it.
  public static func content(of path: String, limit: Int) throws(SystemError) -> [UInt8]? {
    do throws(SystemError) { return try FileDescriptor.open(path, O_RDONLY).readAll(limit: limit) } catch {
      guard error.isMissingFile || error.isDenied else { throw error }
      return nil
    }
  }

  /// - Returns: `nil` if the file is no symbolic link.
  public static func linkTarget(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    // SAFETY: CChar and UInt8 have the same layout; readlink(2) writes at most `count` of them, without a NUL.
    let count = unsafe buffer.withUnsafeMutableBytes { buffer in
      unsafe readlink(path, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
    }
    return count > 0 && count < buffer.count ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }

  /// The same path, with no link in its folder's.
  /// - Returns: `nil` if there is no such file.
  public static func realFolder(of path: [UInt8]) -> [UInt8]? {
    guard let slash = path.lastIndex(of: 0x2f), exists(String(decoding: path, as: UTF8.self)) else { return nil }
    let folder = StringVector([Array(path[...slash])])
    guard let real = unsafe realpath(folder.pointers[0]!, nil) else { return nil }
    defer { unsafe free(real) }
    // SAFETY: realpath(3) ends what it allocates with NUL.
    let bytes = unsafe Array(UnsafeRawBufferPointer(start: real, count: strlen(real)))
    return (bytes.count == 1 ? [] : bytes) + path[slash...]
  }

  public static func makeLink(_ path: String, to target: String) throws(SystemError) {
    try SystemError.check(unsafe symlink(target, path), "symlink \(path)")
  }

  public static func makeDirectory(_ path: String, mode: UInt32) throws(SystemError) {
    try SystemError.check(unsafe mkdir(path, mode), "mkdir \(path)")
  }

  /// A new file.
  public static func create(_ path: String, mode: UInt32, _ content: [UInt8]) throws(SystemError) {
    try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode).writeAll(content)
  }

  /// Something to mount on. Whose it is does not matter: nothing can be put into it.
  public static func makePlace(_ path: String) throws(SystemError) {
    try SystemError.check(unsafe clinux_make_place(path), "mknod \(path)")
  }

  public static func remove(_ path: String) throws(SystemError) { try SystemError.check(unsafe unlink(path), "unlink \(path)") }

  /// The folder above the one of this program's file: PREFIX of PREFIX/bin/vpnrun.
  public static func prefix() throws(SystemError) -> String {
    guard let own = linkTarget("/proc/self/exe") else { throw SystemError("readlink /proc/self/exe") }
    let parts = own.utf8.split(separator: 0x2f)
    // PREFIX/bin/PROGRAM, or that of a helper (`Programs.helpers`).
    let isHelper = parts.count > 2 && parts[parts.count - 2].elementsEqual("vpnrun".utf8)
    return parts.dropLast(isHelper ? 3 : 2).reduce("") { $0 + "/" + String(decoding: Array($1), as: UTF8.self) }
  }
}
