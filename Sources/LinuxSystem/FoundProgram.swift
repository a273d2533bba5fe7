internal import CLinux

extension Files {
  /// The file of a program that execvp(3) would find, with all links followed: of `x-www-browser`, `/usr/bin/chromium`.
  public static func programBehind(_ name: [UInt8]) -> [UInt8]? {
    guard !name.isEmpty else { return nil }
    let folders = name.contains(0x2f) ? [[]] : (Arguments.variable("PATH") ?? []).split(separator: 0x3a).map { Array($0) + [0x2f] }
    for folder in folders {
      let text = StringVector([folder + name])
      // SAFETY: realpath(3) returns a C string from malloc(3), or NULL.
      guard unsafe access(text.pointers[0]!, X_OK) == 0, let path = unsafe realpath(text.pointers[0]!, nil) else { continue }
      defer { unsafe free(path) }
      return unsafe Array(UnsafeRawBufferPointer(start: path, count: strlen(path)))
    }
    return nil
  }

  /// It is a text for an interpreter, which is what runs in the end.
  public static func isScript(_ path: [UInt8]) -> Bool {
    guard let file = try? FileDescriptor.open(String(decoding: path, as: UTF8.self), O_RDONLY | O_NONBLOCK) else { return false }
    var start: [UInt8] = [0, 0]
    return unsafe read(file.raw, &start, 2) == 2 && start.equals("#!")
  }
}
