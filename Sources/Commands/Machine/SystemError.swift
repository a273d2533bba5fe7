internal import Glibc

/// What a system call answered, in the C library's words.
struct SystemError: Error, Equatable, CustomStringConvertible {
  let code: Int32

  static var last: SystemError { SystemError(code: errno) }
  static let notFound = SystemError(code: ENOENT)
  static let permissionDenied = SystemError(code: EACCES)
  static let exists = SystemError(code: EEXIST)
  static let tooBig = SystemError(code: EFBIG)
  static let refused = SystemError(code: ECONNREFUSED)

  static func ~= (pattern: SystemError, value: SystemError) -> Bool { pattern == value }

  var description: String { unsafe String(cString: strerror(code)) }

  /// The call again for as long as a signal interrupts it. The one place for EINTR.
  @discardableResult
  static func check<T: SignedInteger>(_ call: () -> T) throws(SystemError) -> T {
    while true {
      let result = call()
      if result >= 0 { return result }
      if errno != EINTR { throw .last }
    }
  }
}
