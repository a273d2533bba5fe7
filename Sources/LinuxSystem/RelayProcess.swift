internal import CLinux

/// A port of this machine that is handed on to a port of a command.
public struct RelayedPort: Equatable, Sendable {
  /// TCP; UDP otherwise.
  public var isStream: Bool
  /// Where it listens: in network order, 4 or 16 bytes.
  public var address: [UInt8]
  public var port: UInt16
  /// The command's.
  public var target: UInt16

  public init(isStream: Bool, address: [UInt8], port: UInt16, target: UInt16) {
    (self.isStream, self.address, self.port, self.target) = (isStream, address, port, target)
  }
}

/// A process that hands on what comes to ports of this machine to a command, or what that sends to the LAN, and ends with it. It is no child
/// of the command, and cannot be traced by it (PR_SET_DUMPABLE): a process that holds a socket of the host's network can connect it to
/// anything, so none of them may be the command's.
///
/// It listens to the links of the command's box. It ends when the command's port is gone, and closes what the alias of that does not list any more.
public enum RelayProcess {
  public enum End: Sendable {
    /// With this process, which becomes the command. It is made before.
    case withThis
    /// With the command's network alone.
    case withNetwork
  }

  /// - Parameters:
  ///   - link: by which the command is reached.
  ///   - lan: where what comes by a socket in the command's network may go on to.
  ///   - listed: what the alias of the command's port lists.
  /// - Returns: where to say of the command what `Told` has, once it is known; a descriptor that is closed by exec. Without that it ends.
  /// - Throws: of the first port where nothing can listen; nothing is made then.
  public static func start(
    _ ports: [RelayedPort], link: String, lan: LANRelay? = nil, ends end: End, listed: ([UInt8]) -> [RelayedPort]
  ) throws(RelayFailure) -> Int32 {
    var (answers, addresses): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
    guard unsafe clinux_pipe(&answers) == 0, unsafe clinux_message_pair(&addresses) == 0 else {
      throw RelayFailure(port: nil, cause: SystemError("pipe"))
    }
    (answers, addresses) = (answers.map(Companion.lifted), addresses.map(Companion.lifted))
    let (ours, its) = (answers[1], addresses[0])
    do throws(SystemError) {
      try Companion.start(keeping: [ours, its]) { other in
        serve(ports, link, lan, command: end == .withThis ? other : nil, answers: ours, addresses: its, listed)
      }
    } catch {
      for fd in answers + addresses { _ = close(fd) }
      throw RelayFailure(port: nil, cause: error)
    }
    for fd in [ours, its] { _ = close(fd) }
    let answer = FileDescriptor(owning: answers[0])
    guard let said = try? answer.readAll(limit: 64), said.count == 8 else {
      _ = close(addresses[1])
      throw RelayFailure(port: nil, cause: SystemError("fork", errno: EAGAIN))
    }
    let number = said.prefix(4).reduce(Int32(0)) { $0 << 8 | Int32($1) }
    let code = said.suffix(4).reduce(Int32(0)) { $0 << 8 | Int32($1) }
    if code != 0 {
      _ = close(addresses[1])
      throw RelayFailure(port: Int(number), cause: SystemError("listen", errno: code))
    }
    return addresses[1]
  }

  private static func serve(
    _ ports: [RelayedPort], _ link: String, _ lan: LANRelay?, command: Int32?, answers: Int32, addresses: Int32,
    _ listed: ([UInt8]) -> [RelayedPort]
  ) -> Never {
    clinux_raise_open_files()
    // Nothing of the caller's is kept open: not a terminal, not a pipe that is read to its end, not a folder.
    _ = unsafe chdir("/")
    Companion.leave(2...2)
    for number in [SIGINT, SIGQUIT, SIGHUP, SIGPIPE, SIGTSTP] { _ = clinux_ignore_signal(number) }
    let epoll = clinux_epoll()
    var listeners: [(fd: Int32, port: RelayedPort)] = []
    for (number, port) in ports.enumerated() {
      let fd = unsafe clinux_listen(port.isStream ? 1 : 0, port.address, port.address.count, port.port)
      if fd < 0 { tell(answers, Int32(number), clinux_errno()) }
      listeners.append((fd, port))
    }
    tell(answers, 0, 0, ends: false)
    _ = close(answers)
    // They come when the command has its network; none come if that fails.
    guard let told = Told(from: FileDescriptor(owning: addresses)) else { _exit(0) }
    let targets = told.addresses
    if let command { clinux_watch(epoll, command, UInt32(POLLIN)) }
    clinux_watch(epoll, told.events, UInt32(POLLIN))
    // It may have changed since that was said.
    LinkEvents.ask(told.events, of: told.port)
    for listener in listeners { clinux_watch(epoll, listener.fd, UInt32(POLLIN)) }
    for inside in told.listeners { clinux_watch(epoll, inside, UInt32(POLLIN)) }
    var streams = StreamRelay(epoll: epoll)
    var datagrams = DatagramRelay(epoll: epoll, link: link, targets: targets)
    var found = [UInt64](repeating: 0, count: 64)
    while true {
      let count = unsafe clinux_epoll_wait(epoll, &found, 64, datagrams.isEmpty && !streams.isWaiting ? -1 : 5000)
      if count == 0 { streams.listenAgain() }
      let now = Int(clock())
      for index in 0..<max(Int(count), 0) {
        let (fd, events) = (Int32(truncatingIfNeeded: found[index]), UInt32(truncatingIfNeeded: found[index] >> 32))
        if fd == command { _exit(0) }
        if fd == told.events {
          switch LinkEvents.next(fd, of: told.port) {
          case .nothing: break
          case .gone: _exit(0)
          case .alias(let text):
            let kept = listed(text)
            for listener in listeners where !kept.contains(listener.port) {
              streams.endAll(of: listener.fd)
              datagrams.endAll(of: listener.fd)
              _ = close(listener.fd)
            }
            listeners.removeAll { !kept.contains($0.port) }
            if listeners.isEmpty, lan == nil { _exit(0) }
          }
        } else if let listener = listeners.first(where: { $0.fd == fd }) {
          if listener.port.isStream {
            streams.accept(fd) { _ in RelayWay(link: link, addresses: targets, port: listener.port.target) }
          } else {
            datagrams.ask(fd, target: listener.port.target, now: now)
          }
        } else if told.listeners.contains(fd) {
          streams.accept(fd) { lan?.way(of: $0) }
        } else if datagrams.has(fd) {
          datagrams.answer(fd, now: now)
        } else {
          streams.handle(fd, events)
        }
      }
      datagrams.forgetIdle(now: now)
    }
  }

  /// Seconds of the monotonic clock.
  private static func clock() -> Int {
    var time = timespec()
    unsafe _ = clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
  }

  private static func tell(_ answers: Int32, _ number: Int32, _ code: Int32, ends: Bool = true) {
    let bytes = [number, code].flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * Int32($0))) } }
    try? FileDescriptor.writeAll(bytes, to: answers)
    if ends { _exit(1) }
  }
}

extension RelayProcess {
  /// What the process beside the command is told of it, in one message.
  struct Told {
    /// Its port in the box, and a descriptor of `LinkEvents` there.
    var port: Int32
    var events: Int32
    /// The command's, one of a family.
    var addresses: [[UInt8]]
    /// Sockets in its network, whose connections go on to the LAN: at most two.
    var listeners: [Int32]

    init?(from channel: consuming FileDescriptor) {
      var bytes = [UInt8](repeating: 0, count: 24)
      var got = [Int32](repeating: -1, count: Int(CLINUX_DESCRIPTORS))
      let size = unsafe clinux_receive_descriptors(channel.raw, &bytes, bytes.count, &got)
      guard size > 4, got[0] >= 0 else { return nil }
      port = bytes.prefix(4).reduce(0) { $0 << 8 | Int32($1) }
      events = got[0]
      listeners = got.dropFirst().filter { $0 >= 0 }
      let rest = Array(bytes[4..<size])
      switch rest.count {
      case 4, 16: addresses = [rest]
      case 20: addresses = [Array(rest.prefix(4)), Array(rest.dropFirst(4))]
      default: return nil
      }
    }
  }

  /// Where a command is.
  public struct Place: Sendable {
    /// One of 4 bytes, one of 16, or both in this order.
    public var addresses: [UInt8]
    /// The number of its port in the box.
    public var port: Int32
    /// Of `LinkEvents.open`, in the box.
    public var events: Int32

    public init(addresses: [UInt8], port: Int32, events: Int32) { (self.addresses, self.port, self.events) = (addresses, port, events) }
  }

  /// - Parameters:
  ///   - channel: what `start` has given. It is closed, and so is `events`.
  ///   - listeners: sockets in the command's network, at most two.
  public static func tell(_ channel: Int32, _ place: Place, listeners: [Int32] = []) throws(SystemError) {
    let channel = FileDescriptor(owning: channel)
    let events = FileDescriptor(owning: place.events)
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: place.port >> (24 - 8 * Int32($0))) } + place.addresses
    let all = [events.raw] + listeners
    let number = Int32(truncatingIfNeeded: all.count)
    try SystemError.check(unsafe clinux_send_descriptors(channel.raw, bytes, bytes.count, all, number), "sendmsg")
  }
}

public struct RelayFailure: Error {
  /// Which of the ports; `nil`: none of them is to blame.
  public var port: Int?
  public var cause: SystemError
}
