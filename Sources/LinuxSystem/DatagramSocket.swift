internal import CLinux

/// UDP to one other end.
public final class DatagramSocket {
  private let descriptor: FileDescriptor
  public var raw: Int32 { descriptor.raw }

  /// - Parameters:
  ///   - address: in network order, 4 or 16 bytes.
  ///   - mark: of every packet (SO_MARK, socket(7)). Needs CAP_NET_ADMIN.
  public convenience init(to address: [UInt8], port: UInt16, mark: UInt32) throws(SystemError) {
    var mark = mark
    try self.init(to: address, port: port, option: SO_MARK, unsafe withUnsafeBytes(of: &mark) { unsafe Array($0) }, "mark a socket")
  }

  /// - Parameters:
  ///   - address: in network order, 4 or 16 bytes.
  ///   - link: by which every packet leaves (SO_BINDTODEVICE, socket(7)).
  public convenience init(to address: [UInt8], port: UInt16, link: String) throws(SystemError) {
    try self.init(to: address, port: port, option: SO_BINDTODEVICE, Array(link.utf8), "bind a socket to \(link)")
  }

  /// In the network where this thread is, and wherever it goes.
  /// - Parameters:
  ///   - address: in network order, 4 or 16 bytes.
  ///   - own: the address that every packet has, of the same family.
  public init(to address: [UInt8], port: UInt16, from own: [UInt8]) throws(SystemError) {
    descriptor = FileDescriptor(owning: try Self.make(address))
    try SystemError.check(unsafe Self.with(own, 0) { unsafe bind(descriptor.raw, $0, $1) }, "bind")
    try SystemError.check(unsafe Self.with(address, port) { unsafe connect(descriptor.raw, $0, $1) }, "connect")
  }

  private init(to address: [UInt8], port: UInt16, option: Int32, _ value: [UInt8], _ what: String) throws(SystemError) {
    let fd = try Self.make(address)
    descriptor = FileDescriptor(owning: fd)
    try SystemError.check(unsafe setsockopt(fd, SOL_SOCKET, option, value, socklen_t(value.count)), what)
    try SystemError.check(unsafe Self.with(address, port) { unsafe connect(fd, $0, $1) }, "connect")
  }

  private static func make(_ address: [UInt8]) throws(SystemError) -> Int32 {
    let family = address.count == 4 ? AF_INET : AF_INET6
    return try SystemError.check(socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0), "open a UDP socket")
  }

  private static func with(_ address: [UInt8], _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    let family = address.count == 4 ? AF_INET : AF_INET6
    // sockaddr_in and sockaddr_in6: family, port, for IPv6 the flow label, the address, and room behind it.
    var other: [UInt8] = [UInt8(family), 0, UInt8(port >> 8), UInt8(port & 0xff)]
    other += (family == AF_INET ? [] : [0, 0, 0, 0]) + address
    other += [UInt8](repeating: 0, count: (family == AF_INET ? 16 : 28) - other.count)
    // SAFETY: the bytes are a whole sockaddr_in or sockaddr_in6, which begin like `sockaddr`; only the kernel reads them, and copies them.
    return unsafe other.withUnsafeBytes {
      unsafe body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
  }

  /// - Throws: EAFNOSUPPORT where there are no IPv6 sockets: the kernel has none, or a sandbox forbids them.
  public static func makeOfIPv6() throws(SystemError) {
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    _ = FileDescriptor(owning: try SystemError.check(socket(AF_INET6, kind, 0), "open a UDP socket"))
  }

  public func send(_ bytes: [UInt8]) throws(SystemError) {
    let fd = descriptor.raw
    let sent = unsafe bytes.withUnsafeBytes { unsafe CLinux.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    try SystemError.check(Int32(sent), "send")
  }

  /// - Parameter other: a descriptor for which nothing more is waited once it can be read.
  /// - Returns: what has come within that time, of at most 4096 bytes; `nil` if nothing has, or the other end refuses.
  public func receive(milliseconds: Int32, unless other: Int32 = -1) -> [UInt8]? {
    let fd = descriptor.raw
    guard readable([other, fd], milliseconds: milliseconds) == fd else { return nil }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
    return count >= 0 ? Array(buffer[..<count]) : nil
  }
}

/// From the kernel (getrandom(2)): not to be guessed.
/// - Throws: ENOSYS or EPERM, where a sandbox forbids getrandom(2).
public func randomNumber() throws(SystemError) -> UInt16 {
  var number: UInt16 = 0
  while unsafe getrandom(&number, MemoryLayout<UInt16>.size, 0) != MemoryLayout<UInt16>.size {
    guard clinux_errno() == EINTR else { throw SystemError("getrandom") }
  }
  return number
}
