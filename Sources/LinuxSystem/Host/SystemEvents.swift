// Not in Embedded builds: no program on the launch path uses it, and unused code would still cost them dynamic symbols.
#if !hasFeature(Embedded)
internal import CLinux

/// What the kernel tells any user who listens: that links, addresses, routes or rules of this network have changed, mounts, or the files of
/// some folders. To root it also tells of nftables. What happens in another network namespace is not heard here.
public final class SystemEvents {
  private let sources: [Source]
  private let reader: Int32
  /// How long it must be quiet after an event before it is said. Where events never end this grows, and little time goes into looking.
  private var quiet = shortest
  private var lastSaid = -longest

  private final class Source {
    let file: FileDescriptor
    /// Those of poll(2) that it is waited for.
    let events: Int32

    init(_ file: consuming FileDescriptor, _ events: Int32) {
      self.file = file
      self.events = events
    }
  }

  private static let shortest = 40
  private static let longest = 2000

  /// Listens from now on. Nothing is heard from what is not there or may not be heard.
  /// - Parameter reader: where to is written. If no process reads it any more, there is nothing to wait for.
  public init(folders: [String], reader: Output?) {
    let groups = [
      RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE,
    ]
    let routing = try? Self.listening(NETLINK_ROUTE, groups.map(\.rawValue))
    let filters = try? Self.listening(NETLINK_NETFILTER, [NFNLGRP_NFTABLES.rawValue])
    let mounts = try? Source(FileDescriptor(reading: "/proc/self/mountinfo"), POLLPRI)
    sources = [routing, filters, try? Self.watching(folders), mounts].compactMap { $0 }
    self.reader = reader?.descriptor ?? -1
  }

  private static func listening(_ family: Int32, _ groups: [UInt32]) throws(SystemError) -> Source {
    let flags = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let socket = FileDescriptor(owning: try SystemError.check(socket(AF_NETLINK, flags, family), "open a netlink socket"))
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    address.nl_groups = groups.reduce(0) { $0 | 1 << ($1 - 1) }
    // SAFETY: every socket address begins like `sockaddr`, and the length says which one it is.
    let result = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(socket.raw, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
      }
    }
    try SystemError.check(result, "listen to netlink")
    return Source(socket, POLLIN)
  }

  private static func watching(_ folders: [String]) throws(SystemError) -> Source {
    let files = FileDescriptor(owning: try SystemError.check(inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)), "inotify"))
    let changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB
    for folder in folders { _ = unsafe inotify_add_watch(files.raw, folder, UInt32(changes)) }
    return Source(files, POLLIN)
  }

  public enum Ended: Sendable { case changed, quiet, withoutReader }

  /// - Parameter milliseconds: `nil`: until something has changed.
  public func wait(milliseconds: Int?) throws(SystemError) -> Ended {
    switch try poll(Int32(clamping: milliseconds ?? -1)) {
    case .changed: break
    case let other: return other
    }
    quiet = Clock.milliseconds - lastSaid > Self.longest ? Self.shortest : min(quiet * 2, Self.longest)
    let deadline = Deadline(milliseconds: 4 * quiet)
    loop: while !deadline.isOver {
      switch try poll(Int32(quiet)) {
      case .changed: continue
      case .quiet: break loop
      case .withoutReader: return .withoutReader
      }
    }
    lastSaid = Clock.milliseconds
    return .changed
  }

  private func poll(_ milliseconds: Int32) throws(SystemError) -> Ended {
    var waiting = sources.map { pollfd(fd: $0.file.raw, events: Int16($0.events), revents: 0) }
    // Of that, only the end is waited for.
    waiting.append(pollfd(fd: reader, events: 0, revents: 0))
    guard try SystemError.repeating("poll", { unsafe CLinux.poll(&waiting, UInt(waiting.count), milliseconds) }) > 0 else { return .quiet }
    if waiting.last?.revents != 0 { return .withoutReader }
    // What has changed is looked up afterwards, whatever it was; so messages that found no room (ENOBUFS) are not missed, either.
    var nothing = [UInt8](repeating: 0, count: 4096)
    for event in waiting where event.revents != 0 && event.events == Int16(POLLIN) {
      while unsafe read(event.fd, &nothing, nothing.count) >= 0 || clinux_errno() == ENOBUFS {}
    }
    return .changed
  }
}
#endif
