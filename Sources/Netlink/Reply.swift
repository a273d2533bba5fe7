internal import CLinux
internal import LinuxSystem

/// What the kernel says to one request or to a transaction, datagram by datagram.
struct Reply {
  /// Of the requests. What has another number was meant for an earlier one, which its sender has given up.
  private let numbers: ClosedRange<UInt32>
  private(set) var messages: [Message] = []
  /// A dump whose objects changed meanwhile: some may be missing, or there twice.
  private(set) var isInterrupted = false
  private var refusal: SystemError?

  /// - Parameters:
  ///   - first: the number of the first request.
  ///   - last: of the one which is acknowledged, or of the dump.
  init(from first: UInt32, until last: UInt32) { numbers = first...last }

  /// - Returns: whether that was all.
  /// - Throws: the kernel's refusal, once nothing more comes; EBADMSG for what is no netlink.
  mutating func take(_ datagram: ArraySlice<UInt8>) throws(SystemError) -> Bool {
    for message in try Message.split(datagram) where numbers.contains(message.sequence) {
      // The mark of an interruption may stand on the end alone.
      if message.flags & UInt16(NLM_F_DUMP_INTR) != 0 { isInterrupted = true }
      if let (code, words) = message.acknowledgement {
        if code != 0, refusal == nil { refusal = SystemError("netlink", errno: code, kernelSays: words) }
        // A transaction whose beginning is refused is not read further.
        guard message.sequence == numbers.upperBound || (code != 0 && message.sequence == numbers.lowerBound) else { continue }
        if let refusal { throw refusal }
        return true
      }
      if message.type == NLMSG_DONE {
        // A dump that fails on the way says so here.
        if let code = message.header(Int32.self), code < 0 { throw SystemError("netlink", errno: 0 &- code) }
        return true
      }
      messages.append(message)
    }
    return false
  }
}
