internal import CLinux

/// Datagrams from listening ports to a command. Every sender has a socket of its own here, so that answers find them, until nothing has come
/// or gone for `idle`.
struct DatagramRelay {
  private struct Client {
    var sender: [UInt8]
    var listener: Int32
    var last: Int
  }

  /// Seconds.
  static let idle = 60
  private static let maximum = 1024

  private let epoll: Int32
  private let link: String
  private let targets: [[UInt8]]
  /// By their sockets.
  private var clients: [Client?] = []
  private var sockets: [Int32] = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  init(epoll: Int32, link: String, targets: [[UInt8]]) { (self.epoll, self.link, self.targets) = (epoll, link, targets) }

  var isEmpty: Bool { sockets.isEmpty }
  func has(_ fd: Int32) -> Bool { Int(fd) < clients.count && clients[Int(fd)] != nil }

  /// What has come for the command.
  mutating func ask(_ listener: Int32, target: UInt16, now: Int) {
    for _ in 0..<64 {
      var sender = [UInt8](repeating: 0, count: Int(CLINUX_SENDER))
      let count = unsafe buffer.withUnsafeMutableBytes { place in
        unsafe sender.withUnsafeMutableBytes {
          unsafe clinux_receive_from(listener, place.baseAddress!, place.count, $0.baseAddress!)
        }
      }
      if count < 0 { return }
      guard let fd = socket(of: sender, listener, target: target) else { continue }
      clients[Int(fd)]!.last = now
      _ = unsafe buffer.withUnsafeBytes { unsafe send(fd, $0.baseAddress, count, Int32(MSG_NOSIGNAL)) }
    }
  }

  /// What the command has answered.
  mutating func answer(_ fd: Int32, now: Int) {
    for _ in 0..<64 {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(fd, $0.baseAddress, $0.count, 0) }
      // A refusal of what was sent is an error that is read away.
      if count < 0 { return }
      clients[Int(fd)]!.last = now
      let client = clients[Int(fd)]!
      _ = unsafe buffer.withUnsafeBytes { bytes in
        unsafe client.sender.withUnsafeBytes {
          unsafe clinux_send_to(client.listener, bytes.baseAddress!, count, $0.baseAddress!)
        }
      }
    }
  }

  /// All that has come to a listener.
  mutating func endAll(of listener: Int32) {
    for fd in sockets where clients[Int(fd)]!.listener == listener { forget(fd) }
  }

  mutating func forgetIdle(now: Int) {
    for fd in sockets where now - clients[Int(fd)]!.last > Self.idle { forget(fd) }
  }

  private mutating func socket(of sender: [UInt8], _ listener: Int32, target: UInt16) -> Int32? {
    if let known = sockets.last(where: { clients[Int($0)]!.listener == listener && clients[Int($0)]!.sender == sender }) { return known }
    if sockets.count >= Self.maximum, let oldest = sockets.min(by: { clients[Int($0)]!.last < clients[Int($1)]!.last }) { forget(oldest) }
    guard let address = targets.first else { return nil }
    let fd = unsafe clinux_connect_by(link, 0, 0, address, address.count, target)
    guard fd >= 0 else { return nil }
    while clients.count <= Int(fd) { clients.append(nil) }
    clients[Int(fd)] = Client(sender: sender, listener: listener, last: 0)
    sockets.append(fd)
    clinux_watch(epoll, fd, UInt32(POLLIN))
    return fd
  }

  private mutating func forget(_ fd: Int32) {
    clients[Int(fd)] = nil
    sockets.removeAll { $0 == fd }
    _ = close(fd)
  }
}
