internal import CLinux

/// A cgroup of version 2 (the kernel's admin-guide/cgroup-v2.rst), by its folder. What runs outside all VPNs, while the system is in one, has a
/// cgroup of its own in that of its caller.
public struct ControlGroup {
  public let folder: String

  /// Where this process began, whether it runs outside by now or not.
  /// - Throws: ENOENT where no such hierarchy is mounted.
  public static func own() throws(SystemError) -> ControlGroup {
    let none = SystemError("find this process's cgroup of version 2", errno: ENOENT)
    guard let path = path(of: "self") else { throw none }
    // "36 35 0:30 ROOT PLACE OPTIONS … - cgroup2 SOURCE OPTIONS".
    for line in try FileDescriptor.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 1 << 24).split(separator: 0x0a).reversed() {
      let words = line.split(separator: 0x20)
      guard let dash = words.firstIndex(where: { $0.equals("-") }), dash > 5, dash + 1 < words.count, words[dash + 1].equals("cgroup2")
      else {
        continue
      }
      let root = words[3].equals("/") ? [] : words[3]
      guard path.starts(with: root), path.dropFirst(root.count).first.map({ $0 == 0x2f }) ?? true else { continue }
      return ControlGroup(folder: String(decoding: words[4] + outer(path.dropFirst(root.count)), as: UTF8.self))
    }
    throw none
  }

  /// Of those that a process has made for what runs outside.
  public func outside(_ pid: Int32) -> ControlGroup { ControlGroup(folder: "\(folder)/\(Self.prefix)\(pid)") }

  /// All of them, in this one, in no order.
  public func allOutside() throws(SystemError) -> [ControlGroup] {
    try Files.names(in: folder).filter { $0.begins(with: Self.prefix) }
      .map { ControlGroup(folder: "\(folder)/" + String(decoding: $0, as: UTF8.self)) }
  }

  /// Whether a process runs in one of them.
  public static func isOutside(_ pid: Int32) -> Bool {
    path(of: "\(pid)").flatMap { start(outside: $0) } != nil
  }

  /// - Returns: `nil` if it is gone.
  private var events: [UInt8]? { try? FileDescriptor.open("\(folder)/cgroup.events", O_RDONLY).readAll(limit: 4096) }

  /// Waits until no process is left in it, or it is gone.
  public func waitUntilEmpty() {
    guard let file = try? FileDescriptor.open("\(folder)/cgroup.events", O_RDONLY) else { return }
    while events?.split(separator: 0x0a).contains(where: { $0.equals("populated 1") }) == true {
      // The kernel tells of changes after what was read last; at most a second goes by if one came in between.
      var entry = pollfd(fd: file.raw, events: Int16(POLLPRI), revents: 0)
      unsafe _ = poll(&entry, 1, 1000)
    }
  }

  private static let prefix: StaticString = "vpnrun-direct-"

  /// "0::/user.slice/…"
  private static func path(of process: String) -> ArraySlice<UInt8>? {
    let file = try? FileDescriptor.open("/proc/\(process)/cgroup", O_RDONLY).readAll(limit: 1 << 16)
    return file?.split(separator: 0x0a).first { $0.begins(with: "0::/") }?.dropFirst(3)
  }

  /// Without what was made for one that runs outside, and what that has made in it.
  private static func outer(_ path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    if let start = start(outside: path) { return path[..<start] }
    return path.last == 0x2f ? path.dropLast() : path
  }

  /// Of the slash before what was made for one that runs outside.
  private static func start(outside path: ArraySlice<UInt8>) -> Int? {
    path.indices.first { path[$0] == 0x2f && path[($0 + 1)...].begins(with: prefix) }
  }
}
