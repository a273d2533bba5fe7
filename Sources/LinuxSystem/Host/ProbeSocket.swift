// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// A socket of a probe: nonblocking, closed with its owner.
public struct ProbeSocket: ~Copyable {
  public enum Kind: String, Sendable, CaseIterable { case udp, tcp, icmp }

  private let file: FileDescriptor
  private let isIPv6: Bool

  /// - Parameter isIPv6: otherwise of IPv4.
  public init(_ kind: Kind, isIPv6: Bool) throws(SystemError) {
    let domain = isIPv6 ? AF_INET6 : AF_INET
    let type = kind == .tcp ? SOCK_STREAM : SOCK_DGRAM
    let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let proto = kind != .icmp ? 0 : isIPv6 ? Int32(IPPROTO_ICMPV6) : Int32(IPPROTO_ICMP)
    file = FileDescriptor(owning: try SystemError.repeating("socket") { socket(domain, Int32(type.rawValue) | flags, proto) })
    self.isIPv6 = isIPv6
  }

  /// Packets leave by that link or not at all.
  public func bind(toLink name: String) throws(SystemError) {
    try SystemError.repeating("setsockopt") { unsafe setsockopt(file.raw, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(name.utf8.count)) }
  }

  /// - Parameter foreign: also if it is no address of this machine's.
  public func bind(to address: [UInt8], foreign: Bool) throws(SystemError) {
    if foreign {
      let option = isIPv6 ? (Int32(IPPROTO_IPV6), IPV6_FREEBIND) : (Int32(IPPROTO_IP), IP_FREEBIND)
      try set(option.0, option.1, 1)
    }
    let file = file.raw
    unsafe try Self.with(address, 0) { pointer, length in unsafe CLinux.bind(file, pointer, length) }
  }

  /// Packets that are too long for a link are not sent, whatever the kernel believes of the path.
  public func forbidFragments() throws(SystemError) {
    let option = isIPv6 ? (Int32(IPPROTO_IPV6), IPV6_MTU_DISCOVER) : (Int32(IPPROTO_IP), IP_MTU_DISCOVER)
    // IP_PMTUDISC_PROBE and IPV6_PMTUDISC_PROBE are the same number.
    try set(option.0, option.1, IP_PMTUDISC_PROBE)
  }

  private func set(_ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    try SystemError.repeating("setsockopt") { unsafe setsockopt(file.raw, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) }
  }

  /// For TCP this begins, and an answer comes later.
  public func connect(to address: [UInt8], port: UInt16) throws(SystemError) {
    let file = file.raw
    do throws(SystemError) {
      unsafe try Self.with(address, port) { pointer, length in unsafe CLinux.connect(file, pointer, length) }
    } catch {
      guard error.errno == EINPROGRESS else { throw error }
    }
  }

  public func send(_ bytes: [UInt8]) throws(SystemError) {
    try SystemError.repeating("send") { unsafe CLinux.send(file.raw, bytes, bytes.count, 0) }
  }

  /// - Returns: `nil` if nothing comes in that time.
  public func receive(within milliseconds: Int32) throws(SystemError) -> [UInt8]? {
    var event = pollfd(fd: file.raw, events: Int16(POLLIN), revents: 0)
    guard try SystemError.repeating("poll", { unsafe poll(&event, 1, milliseconds) }) > 0 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = try SystemError.repeating("recv") { unsafe recv(file.raw, &buffer, buffer.count, 0) }
    return Array(buffer[..<count])
  }

  /// What the network has answered to what was sent, if that was an error: ICMP's, or TCP's reset.
  public func refusal(within milliseconds: Int32) -> SystemError? {
    var event = pollfd(fd: file.raw, events: Int16(POLLOUT | POLLERR), revents: 0)
    // A datagram socket can always be written to: only an error is waited for.
    if isDatagram { event.events = 0 }
    guard unsafe poll(&event, 1, milliseconds) > 0 else { return nil }
    var error: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(file.raw, SOL_SOCKET, SO_ERROR, &error, &length) == 0, error != 0 else { return nil }
    return SystemError("network", errno: error)
  }

  private var isDatagram: Bool {
    var type: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(file.raw, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == Int32(SOCK_DGRAM.rawValue)
  }

  @discardableResult
  private static func with(
    _ address: [UInt8], _ port: UInt16, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(SystemError) -> Int32 {
    // SAFETY: every socket address begins with its family, and the length says which one it is.
    if address.count == 4 {
      var it = sockaddr_in()
      it.sin_family = sa_family_t(AF_INET)
      it.sin_port = port.bigEndian
      unsafe withUnsafeMutableBytes(of: &it.sin_addr) { unsafe $0.copyBytes(from: address) }
      return try SystemError.repeating("socket") {
        unsafe withUnsafePointer(to: &it) {
          unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
      }
    } else {
      // SAFETY: the same.
      var it = sockaddr_in6()
      it.sin6_family = sa_family_t(AF_INET6)
      it.sin6_port = port.bigEndian
      unsafe withUnsafeMutableBytes(of: &it.sin6_addr) { unsafe $0.copyBytes(from: address) }
      return try SystemError.repeating("socket") {
        unsafe withUnsafePointer(to: &it) {
          unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, socklen_t(MemoryLayout<sockaddr_in6>.size)) }
        }
      }
    }
  }
}

/// Abstract UNIX sockets, which have a name but no file: unix(7).
public enum AbstractSocket {
  public static func listening(_ name: String) throws(SystemError) -> FileDescriptor {
    let file = try unconnected()
    let descriptor = file.raw
    try unsafe with(name) { address, length in unsafe bind(descriptor, address, length) }
    try SystemError.repeating("listen") { listen(descriptor, 8) }
    return file
  }

  public static func connected(to name: String) throws(SystemError) -> FileDescriptor {
    let file = try unconnected()
    let descriptor = file.raw
    try unsafe with(name) { address, length in unsafe connect(descriptor, address, length) }
    return file
  }

  private static func unconnected() throws(SystemError) -> FileDescriptor {
    FileDescriptor(
      owning: try SystemError.repeating("socket") { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) })
  }

  /// - Parameter name: at most 100 bytes of it count.
  private static func with(_ name: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) throws(SystemError) {
    var it = sockaddr_un()
    it.sun_family = sa_family_t(AF_UNIX)
    let name = name.utf8.prefix(100)
    unsafe withUnsafeMutableBytes(of: &it.sun_path) { unsafe UnsafeMutableRawBufferPointer(rebasing: $0[1...]).copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.count)
    // SAFETY: as above; the name has fewer bytes than `sun_path`.
    try SystemError.repeating("socket") {
      unsafe withUnsafePointer(to: &it) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, length) }
      }
    }
  }
}
#endif
