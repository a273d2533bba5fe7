internal import CLinux
public import LinuxSystem

/// A request as a value: it can be compared, printed and sent by any socket.
public struct Request {
  public var type: UInt16
  /// Without NLM_F_REQUEST and NLM_F_ACK, which the socket adds.
  public var flags: UInt16
  public var payload: Payload

  public init(_ type: UInt16, flags: UInt16 = 0, _ payload: Payload) {
    self.type = type
    self.flags = flags
    self.payload = payload
  }
}

/// One message of an answer.
public struct Message {
  public var type: UInt16
  public var flags: UInt16
  public var sequence: UInt32
  static let headerSize = 16

  /// What follows the netlink header.
  public var body: ArraySlice<UInt8>

  /// The family header at the start of the body, or `nil` if the body is shorter.
  public func header<T: BitwiseCopyable>(_: T.Type) -> T? {
    guard body.count >= MemoryLayout<T>.size else { return nil }
    // SAFETY: there are that many bytes, and any bytes make a kernel structure: it has integers only.
    return unsafe body.withUnsafeBytes { unsafe $0.loadUnaligned(as: T.self) }
  }

  /// The attributes behind a family header.
  public func attributes<T: BitwiseCopyable>(after _: T.Type) -> Attributes {
    Attributes(body.dropFirst((MemoryLayout<T>.size + 3) & ~3))
  }

  /// The messages of one datagram.
  /// - Throws: EBADMSG if a length points outside it.
  public static func split(_ datagram: ArraySlice<UInt8>) throws(SystemError) -> [Message] {
    var rest = datagram
    var messages: [Message] = []
    while rest.count >= Message.headerSize {
      // struct nlmsghdr: length, type, flags, sequence number, port.
      // SAFETY: the loop has seen that there are 16 bytes.
      let (length, type, flags, sequence) = unsafe rest.withUnsafeBytes {
        unsafe (
          Int($0.loadUnaligned(as: UInt32.self)), $0.loadUnaligned(fromByteOffset: 4, as: UInt16.self),
          $0.loadUnaligned(fromByteOffset: 6, as: UInt16.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        )
      }
      guard length >= headerSize, length <= rest.count else { throw SystemError("netlink message", errno: EBADMSG) }
      messages.append(Message(type: type, flags: flags, sequence: sequence, body: rest.dropFirst(headerSize).prefix(length - headerSize)))
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return messages
  }

  /// What an NLMSG_ERROR says: 0 is the acknowledgement.
  var acknowledgement: (errno: Int32, kernelSays: String?)? {
    guard type == NLMSG_ERROR, let code = header(Int32.self) else { return nil }
    // Behind the code stands the request's header, and with NETLINK_CAP_ACK nothing more of the request.
    let words = Attributes(body.dropFirst(20)).first { $0.type == n(NLMSGERR_ATTR_MSG) }?.text
    // What no kernel sends must not trap.
    return (0 &- code, code == 0 ? nil : words)
  }
}
