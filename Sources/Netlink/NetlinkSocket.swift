internal import CLinux
public import LinuxSystem

/// A netlink socket. It stays with the network namespace in which it was opened, wherever its process goes. The kernel looks at the
/// capabilities of the opener and of the sender: both must have CAP_NET_ADMIN effective.
public struct NetlinkSocket: ~Copyable {
  public enum Family: Int32, Sendable {
    case route = 0
    case socketDiagnosis = 4
    case netfilter = 12
    case generic = 16
  }

  private let descriptor: FileDescriptor
  /// For one answer, in milliseconds; a single receive waits no longer, either. The kernel needs some hundred for a million routes.
  private let patience: Int
  /// How often a list is read that changes each time.
  static var dumpAttempts: Int { 20 }
  /// Bytes. A transaction is one datagram, and net.core.wmem_default 212992; with a long list of networks it is more.
  private static var usualSendBuffer: Int { 100_000 }
  private var sequence: UInt32 = 0
  /// Not cleared, so that only the pages that an answer fills are touched.
  /// SAFETY: a byte has no invalid value, and only those are read which the kernel has written.
  private var buffer = unsafe [UInt8](unsafeUninitializedCapacity: 65536) { $1 = $0.count }

  public init(_ family: Family) throws(SystemError) {
    let fd = try SystemError.check(
      socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), family.rawValue), "open a netlink socket")
    let opened = FileDescriptor(owning: fd)
    try SystemError.check(clinux_netlink_options(fd), "set netlink options")
    try self.init(opened, patience: 30_000)
  }

  /// For tests: whatever is at the socket's other end takes the kernel's part.
  init(_ descriptor: consuming FileDescriptor, patience: Int) throws(SystemError) {
    try descriptor.limitWaiting(milliseconds: patience)
    self.descriptor = descriptor
    self.patience = patience
  }

  /// For comparing namespaces: see `InheritedSockets`.
  public var raw: Int32 { descriptor.raw }

  /// One request, acknowledged.
  /// - Throws: the kernel's refusal, with its own sentence.
  public mutating func perform(_ request: Request) throws(SystemError) {
    let number = try send([request], flags: UInt16(NLM_F_ACK))
    _ = try collect(from: number, until: number)
  }

  /// Requests that the kernel takes all or none of: an nftables transaction. The last but one is acknowledged, and with it all.
  public mutating func performBatch(_ requests: [Request]) throws(SystemError) {
    let first = try send(requests, flags: 0, acknowledging: requests.count - 2)
    _ = try collect(from: first, until: first + UInt32(requests.count) - 2)
  }

  /// Many requests, each for itself; refusals of a kind that is tolerated do not count.
  /// - Throws: the first refusal, after those that were sent together with it.
  public mutating func performAll(_ requests: [Request], tolerating codes: [Int32] = []) throws(SystemError) {
    var rest = requests[...]
    while !rest.isEmpty {
      // The kernel answers each refusal, and has room for some hundreds of answers.
      let some = Array(rest.prefix(200))
      rest = rest.dropFirst(some.count)
      let first = try send(some, flags: 0, acknowledging: some.count - 1)
      _ = try collect(Reply(from: first, until: first + UInt32(some.count) - 1, tolerating: codes))
    }
  }

  /// One request that is answered with one message.
  public mutating func get(_ request: Request) throws(SystemError) -> Message {
    let number = try send([request], flags: UInt16(NLM_F_ACK))
    guard let answer = try collect(from: number, until: number).messages.first else { throw SystemError("netlink", errno: ENODATA) }
    return answer
  }

  /// All objects. Repeated, after a moment, while the kernel says that the list changed under it.
  /// - Throws: EAGAIN if it did so each time.
  public mutating func dump(_ request: Request) throws(SystemError) -> [Message] {
    for attempt in 0..<Self.dumpAttempts {
      if attempt > 0 { Process.sleep(milliseconds: attempt) }
      let number = try send([request], flags: UInt16(NLM_F_DUMP))
      let reply = try collect(from: number, until: number)
      if !reply.isInterrupted { return reply.messages }
    }
    throw SystemError("netlink (the list changed each of the \(Self.dumpAttempts) times that it was read)", errno: EAGAIN)
  }

  /// - Returns: the first request's sequence number.
  private mutating func send(_ requests: [Request], flags: UInt16, acknowledging index: Int? = nil) throws(SystemError) -> UInt32 {
    let first = sequence + 1
    var out: [UInt8] = []
    for (i, request) in requests.enumerated() {
      sequence += 1
      let flags = request.flags | flags | UInt16(NLM_F_REQUEST) | (i == index ? UInt16(NLM_F_ACK) : 0)
      var header = Payload()
      header.append(UInt32(Message.headerSize + request.payload.bytes.count))
      // Type and flags, 16 bits each, in this order in memory: the machine is little endian.
      header.append(UInt32(flags) << 16 | UInt32(request.type))
      header.append(sequence)
      header.append(UInt32(0))
      out += header.bytes + request.payload.bytes
    }
    if out.count > Self.usualSendBuffer {
      try SystemError.check(clinux_grow_send_buffer(descriptor.raw, Int32(out.count * 2)), "make room for a netlink message")
    }
    // Without an address it goes to the kernel.
    let sent = unsafe out.withUnsafeBytes { unsafe CLinux.send(descriptor.raw, $0.baseAddress, $0.count, 0) }
    guard sent == out.count else { throw SystemError("send to netlink") }
    return first
  }

  private mutating func collect(from first: UInt32, until last: UInt32) throws(SystemError) -> Reply {
    try collect(Reply(from: first, until: last))
  }

  private mutating func collect(_ expected: Reply) throws(SystemError) -> Reply {
    let deadline = Deadline(milliseconds: patience)
    var reply = expected
    while try !reply.take(receive(until: deadline)) {}
    return reply
  }

  /// The next datagram of the kernel's; those of other senders are passed over. Looks at the clock before each wait, so that no sequence of
  /// signals, of empty datagrams or of answers to others keeps it here.
  private mutating func receive(until deadline: Deadline) throws(SystemError) -> ArraySlice<UInt8> {
    while !deadline.isOver {
      var sender = sockaddr_nl()
      var size = socklen_t(MemoryLayout<sockaddr_nl>.size)
      let fd = descriptor.raw
      // SAFETY: every socket address begins like `sockaddr`; the kernel writes at most `size` bytes of it, and `count` of the buffer.
      let got = unsafe buffer.withUnsafeMutableBytes { buffer in
        unsafe withUnsafeMutablePointer(to: &sender) { address in
          unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            unsafe recvfrom(fd, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC), address, &size)
          }
        }
      }
      guard got >= 0 else {
        switch clinux_errno() {
        case EINTR: continue
        case EAGAIN: throw late
        case let code: throw SystemError("receive from netlink", errno: code)
        }
      }
      guard got <= buffer.count else { throw SystemError("netlink message", errno: EMSGSIZE) }
      if sender.nl_pid != 0 { continue }
      // A copy: a slice that is kept would make the next answer copy the whole buffer.
      return Array(buffer[..<got])[...]
    }
    throw late
  }

  private var late: SystemError { SystemError("netlink (no whole answer within \(patience / 1000) s)", errno: ETIMEDOUT) }
}
