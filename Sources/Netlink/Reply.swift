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
  /// Refusals that do not count, and do not end it: of requests that are each for themselves.
  private let tolerated: [Int32]?

  /// - Parameters:
  ///   - first: the number of the first request.
  ///   - last: of the one which is acknowledged, or of the dump.
  ///   - codes: refusals that do not count, of requests that are each for themselves; `nil` for all or none.
  init(from first: UInt32, until last: UInt32, tolerating codes: [Int32]? = nil) {
    numbers = first...last
    tolerated = codes
  }

  /// - Returns: whether that was all.
  /// - Throws: the kernel's refusal, once nothing more comes; EBADMSG for what is no netlink.
  mutating func take(_ datagram: ArraySlice<UInt8>) throws(SystemError) -> Bool {
    for message in try Message.split(datagram) where numbers.contains(message.sequence) {
      // The mark of an interruption may stand on the end alone.
      if message.flags & UInt16(NLM_F_DUMP_INTR) != 0 { isInterrupted = true }
      if let (code, words) = message.acknowledgement {
        if code != 0, refusal == nil, tolerated?.contains(code) != true { refusal = SystemError("netlink", errno: code, kernelSays: words) }
        // A transaction whose beginning is refused is not read further.
        let isRefusedWhole = tolerated == nil && code != 0 && message.sequence == numbers.lowerBound
        guard message.sequence == numbers.upperBound || isRefusedWhole else { continue }
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
