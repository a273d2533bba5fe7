internal import CLinux

extension Files {
  /// The last part of a program's path, which execvp(3) would find, with all links followed: `x-www-browser` is `chromium`.
  public static func programBehind(_ name: [UInt8]) -> [UInt8]? {
    guard !name.isEmpty else { return nil }
    let folders = name.contains(0x2f) ? [[]] : (Arguments.variable("PATH") ?? []).split(separator: 0x3a).map { Array($0) + [0x2f] }
    for folder in folders {
      let text = StringVector([folder + name])
      // SAFETY: realpath(3) returns a C string from malloc(3), or NULL.
      guard unsafe access(text.pointers[0]!, X_OK) == 0, let path = unsafe realpath(text.pointers[0]!, nil) else { continue }
      defer { unsafe free(path) }
      let bytes = unsafe Array(UnsafeRawBufferPointer(start: path, count: strlen(path)))
      return Array(bytes[((bytes.lastIndex(of: 0x2f) ?? -1) + 1)...])
    }
    return nil
  }
}
