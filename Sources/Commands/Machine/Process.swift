internal import Glibc

/// This process.
enum Process {
  static var id: Int32 { getpid() }
}
