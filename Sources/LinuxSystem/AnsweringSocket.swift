internal import CLinux

/// UDP that answers any sender.
public final class AnsweringSocket {
  private let descriptor: FileDescriptor
  public var raw: Int32 { descriptor.raw }

  /// - Parameter address: in network order, 4 or 16 bytes.
  public init(address: [UInt8], port: UInt16) throws(SystemError) {
    descriptor = FileDescriptor(owning: try SystemError.check(unsafe clinux_listen(0, address, address.count, port), "listen"))
  }

  /// - Returns: what has come, of at most 1100 bytes, and where an answer goes; `nil` if nothing has.
  public func receive() -> (bytes: [UInt8], sender: [UInt8])? {
    var buffer = [UInt8](repeating: 0, count: 1100)
    var sender = [UInt8](repeating: 0, count: Int(CLINUX_SENDER))
    let count = unsafe buffer.withUnsafeMutableBytes { place in
      unsafe sender.withUnsafeMutableBytes { unsafe clinux_receive_from(raw, place.baseAddress!, place.count, $0.baseAddress!) }
    }
    return count < 0 ? nil : (Array(buffer[..<count]), sender)
  }

  public func answer(_ bytes: [UInt8], to sender: [UInt8]) {
    _ = unsafe bytes.withUnsafeBytes { bytes in
      unsafe sender.withUnsafeBytes { unsafe clinux_send_to(raw, bytes.baseAddress!, bytes.count, $0.baseAddress!) }
    }
  }
}

/// Waits until one of these can be read.
/// - Parameters:
///   - descriptors: the first comes first; negative ones are left out.
///   - milliseconds: at most so long.
/// - Returns: `nil` if none can.
public func readable(_ descriptors: [Int32], milliseconds: Int32) -> Int32? {
  var all = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  guard unsafe poll(&all, nfds_t(all.count), milliseconds) > 0 else { return nil }
  return all.first { $0.revents != 0 }?.fd
}
