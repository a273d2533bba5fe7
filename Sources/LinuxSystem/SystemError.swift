internal import CLinux

/// A system call that failed. What the program was trying to do is for the caller to say.
public struct SystemError: Error, Equatable {
  /// The call, and its object where that helps: "open /etc/vpnrun/home.conf".
  public var call: String
  /// As in errno(3), positive.
  public var errno: Int32
  /// The kernel's own sentence, where it gives one (netlink's extended acknowledgement).
  public var kernelSays: String?

  public init(_ call: String, errno: Int32? = nil, kernelSays: String? = nil) {
    self.errno = errno ?? clinux_errno()
    self.call = call
    self.kernelSays = kernelSays
  }

  public static func == (a: SystemError, b: SystemError) -> Bool { a.errno == b.errno && a.call.utf8.elementsEqual(b.call.utf8) }
}

extension SystemError {
  /// A link that is not there.
  public init(missingLink name: String) { self.init("link \(name)", errno: ENODEV) }
}

extension SystemError: CustomStringConvertible {
  public var description: String {
    let words = unsafe String(cString: strerror(errno))
    guard let kernelSays else { return "\(call): \(words)" }
    return "\(call): \(words) (\(kernelSays))"
  }
}

extension SystemError {
  /// The result of a call that answers -1 and sets errno.
  @discardableResult
  public static func check(_ result: Int32, _ call: @autoclosure () -> String) throws(SystemError) -> Int32 {
    guard result >= 0 else {
      let code = clinux_errno()
      throw SystemError(call(), errno: code)
    }
    return result
  }
}

// Programs above this module know no errno numbers.
extension SystemError {
  public var isMissingFile: Bool { errno == ENOENT }
  public var isExisting: Bool { errno == EEXIST }
  public var isNoSpace: Bool { errno == ENOSPC }
  public var isDenied: Bool { errno == EACCES || errno == EPERM }
  public var isUnsupported: Bool { errno == EOPNOTSUPP || errno == ENOTSUP }
  /// The kernel has no such family of addresses.
  public var isMissingFamily: Bool { errno == EAFNOSUPPORT }
  public var isInvalid: Bool { errno == EINVAL }
  /// No process listens at the socket.
  public var isRefused: Bool { errno == ECONNREFUSED }
  public var isTooMany: Bool { errno == E2BIG }
  /// More than was to be read.
  public var isTooBig: Bool { errno == EFBIG }
  public var isReadOnly: Bool { errno == EROFS }
  public var isBusy: Bool { errno == EBUSY }
  public var isSymbolicLink: Bool { errno == ELOOP }
}
