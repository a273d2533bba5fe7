internal import CLinux

/// Connections of TCP from listening ports to where they go on, with both directions ended one by one. One process, no thread.
///
/// What one end does not take at once waits here, at most one buffer of it, and so long nothing more is read for it.
struct StreamRelay {
  private struct Flow {
    /// Which has accepted it.
    var listener: Int32
    var other: Int32
    var way: RelayWay
    /// Which of its addresses is being tried; nothing is left to try for what has been accepted.
    var attempt = 0
    var isConnecting = false
    /// To be written.
    var pending: [UInt8] = []
    /// No more is to be read from it.
    var hasEnded = false
    /// No more is to be written to it.
    var isShut = false
    var interest: UInt32 = 0
  }

  private let epoll: Int32
  private var flows: [Flow?] = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 15)
  /// This process had no descriptor for one more connection: these listeners wait for one to end.
  private var waiting: [Int32] = []

  init(epoll: Int32) { self.epoll = epoll }

  func has(_ fd: Int32) -> Bool { Int(fd) < flows.count && flows[Int(fd)] != nil }

  /// - Parameter way: of an accepted connection; with `nil` it is reset.
  mutating func accept(_ listener: Int32, _ way: (Int32) -> RelayWay?) {
    for _ in 0..<64 {
      let outer = clinux_accept(listener)
      if outer < 0 {
        let code = clinux_errno()
        if code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM {
          clinux_watch(epoll, listener, 0)
          waiting.append(listener)
        }
        return
      }
      guard let way = way(outer) else {
        clinux_close_with_reset(outer)
        continue
      }
      place(outer, Flow(listener: listener, other: -1, way: way))
      if !connect(outer, attempt: 0) { end(outer) }
    }
  }

  /// - Returns: whether it is under way.
  private mutating func connect(_ outer: Int32, attempt: Int) -> Bool {
    var attempt = attempt
    let (way, listener) = (flows[Int(outer)]!.way, flows[Int(outer)]!.listener)
    while attempt < way.addresses.count {
      let address = way.addresses[attempt]
      let inner = unsafe clinux_connect_by(way.link, way.staysOnLink ? 1 : 0, 1, address, address.count, way.port)
      if inner >= 0 {
        place(inner, Flow(listener: listener, other: outer, way: way, attempt: attempt, isConnecting: true))
        flows[Int(outer)]!.other = inner
        watch(inner)
        watch(outer)
        return true
      }
      attempt += 1
    }
    return false
  }

  private mutating func place(_ fd: Int32, _ flow: Flow) {
    while flows.count <= Int(fd) { flows.append(nil) }
    flows[Int(fd)] = flow
  }

  /// - Parameter events: as poll(2) has them.
  mutating func handle(_ fd: Int32, _ events: UInt32) {
    guard has(fd) else { return }
    if flows[Int(fd)]!.isConnecting {
      let code = clinux_socket_error(fd)
      if code != 0 { return refused(fd) }
      guard events & UInt32(POLLOUT) != 0 else { return }
      flows[Int(fd)]!.isConnecting = false
    }
    if events & UInt32(POLLOUT) != 0, !flush(fd) { return }
    if events & (UInt32(POLLIN) | UInt32(POLLHUP) | UInt32(POLLERR)) != 0, !pump(fd) { return }
    settle(fd)
  }

  /// The command may listen on an address of the other family.
  private mutating func refused(_ inner: Int32) {
    let (outer, attempt) = (flows[Int(inner)]!.other, flows[Int(inner)]!.attempt)
    forget(inner, withReset: false)
    if !connect(outer, attempt: attempt + 1) { end(outer) }
  }

  /// - Returns: whether the connection goes on.
  private mutating func pump(_ fd: Int32) -> Bool {
    let other = flows[Int(fd)]!.other
    guard other >= 0, has(other), !flows[Int(fd)]!.hasEnded, !flows[Int(other)]!.isConnecting, flows[Int(other)]!.pending.isEmpty else {
      // The end of both directions, or an error, while there is nothing to do.
      if clinux_socket_error(fd) != 0 {
        end(fd)
        return false
      }
      return true
    }
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(fd, $0.baseAddress, $0.count) }
    if count < 0 {
      let code = clinux_errno()
      if code == EAGAIN || code == EINTR { return true }
      end(fd)
      return false
    }
    if count == 0 {
      flows[Int(fd)]!.hasEnded = true
      shut(other)
      return true
    }
    let sent = write(buffer[..<count], to: other)
    if sent < 0 {
      end(fd)
      return false
    }
    if sent < count { flows[Int(other)]!.pending = Array(buffer[sent..<count]) }
    return true
  }

  private mutating func flush(_ fd: Int32) -> Bool {
    let pending = flows[Int(fd)]!.pending
    guard !pending.isEmpty else { return true }
    let sent = write(pending[...], to: fd)
    if sent < 0 {
      end(fd)
      return false
    }
    flows[Int(fd)]!.pending = Array(pending.dropFirst(sent))
    let other = flows[Int(fd)]!.other
    if sent == pending.count, flows[Int(other)]!.hasEnded { shut(fd) }
    return true
  }

  /// - Returns: how much it took, or less than 0.
  private func write(_ bytes: ArraySlice<UInt8>, to fd: Int32) -> Int {
    let sent = unsafe bytes.withUnsafeBytes { unsafe send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    if sent >= 0 { return sent }
    let code = clinux_errno()
    return code == EAGAIN || code == EINTR ? 0 : -1
  }

  private mutating func shut(_ fd: Int32) {
    _ = shutdown(fd, Int32(SHUT_WR))
    flows[Int(fd)]!.isShut = true
  }

  private mutating func settle(_ fd: Int32) {
    guard has(fd) else { return }
    let other = flows[Int(fd)]!.other
    if flows[Int(fd)]!.hasEnded, flows[Int(fd)]!.isShut, flows[Int(other)]!.hasEnded, flows[Int(other)]!.isShut {
      forget(fd, withReset: false)
      forget(other, withReset: false)
      return
    }
    watch(fd)
    watch(other)
  }

  /// What is of interest of it now.
  private mutating func watch(_ fd: Int32) {
    guard has(fd) else { return }
    let flow = flows[Int(fd)]!
    var wanted: UInt32 = 0
    if flow.isConnecting || !flow.pending.isEmpty { wanted |= UInt32(POLLOUT) }
    if !flow.isConnecting, !flow.hasEnded, flow.other >= 0, has(flow.other) {
      let other = flows[Int(flow.other)]!
      if !other.isConnecting, other.pending.isEmpty, !other.isShut { wanted |= UInt32(POLLIN) }
    }
    if wanted == flow.interest { return }
    flows[Int(fd)]!.interest = wanted
    // One without anything is not asked for at all: its end would be told again and again.
    clinux_watch(epoll, fd, wanted)
  }

  /// All that a listener has accepted. It is not waited for any more.
  mutating func endAll(of listener: Int32) {
    waiting.removeAll { $0 == listener }
    for fd in flows.indices where flows[fd]?.listener == listener { end(Int32(fd)) }
  }

  /// Both ends, with an error.
  private mutating func end(_ fd: Int32) {
    let other = flows[Int(fd)]!.other
    forget(fd, withReset: true)
    if other >= 0, has(other) { forget(other, withReset: true) }
  }

  private mutating func forget(_ fd: Int32, withReset: Bool) {
    flows[Int(fd)] = nil
    if withReset { clinux_close_with_reset(fd) } else { _ = close(fd) }
    listenAgain()
  }

  /// Whether a listener waits for what this process or the system has too little of.
  var isWaiting: Bool { !waiting.isEmpty }

  mutating func listenAgain() {
    for listener in waiting { clinux_watch(epoll, listener, UInt32(POLLIN)) }
    waiting = []
  }
}
