internal import Glibc

/// fnmatch(3).
enum Glob {
  static func matches(_ pattern: String, _ text: String) -> Bool { unsafe fnmatch(pattern, text, 0) == 0 }
}
