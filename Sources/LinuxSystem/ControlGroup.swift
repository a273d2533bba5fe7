internal import CLinux

/// A cgroup of version 2 (the kernel's admin-guide/cgroup-v2.rst), as an open folder: what its path leads to later does not matter. What runs
/// outside all VPNs, while the system is in one, has a cgroup of its own in that of its caller.
public struct ControlGroup: ~Copyable {
  public let folder: FileDescriptor

  /// Where this process began, whether it runs outside by now or not. Opened with the caller's own rights, by no link.
  /// - Throws: ENOENT where no such hierarchy is mounted.
  public static func own() throws(SystemError) -> ControlGroup {
    let none = SystemError("find this process's cgroup of version 2", errno: ENOENT)
    guard let path = path(of: "self") else { throw none }
    // "36 35 0:30 ROOT PLACE OPTIONS … - cgroup2 SOURCE OPTIONS".
    for line in try FileDescriptor.open("/proc/self/mountinfo", O_RDONLY).readAll(limit: 1 << 24).split(separator: 0x0a) {
      let words = line.split(separator: 0x20)
      guard let dash = words.firstIndex(where: { $0.equals("-") }), dash > 5, dash + 1 < words.count, words[dash + 1].equals("cgroup2")
      else { continue }
      let root = words[3].equals("/") ? [] : words[3]
      guard path.starts(with: root), path.dropFirst(root.count).first.map({ $0 == 0x2f }) ?? true else { continue }
      let mount = try FileDescriptor.openStrictly(String(decoding: words[4], as: UTF8.self), FileDescriptor.folder)
      // CGROUP2_SUPER_MAGIC.
      guard try mount.fileSystemType() == 0x6367_7270 else { continue }
      let inner = outer(path.dropFirst(root.count)).drop { $0 == 0x2f }
      if inner.isEmpty { return ControlGroup(folder: mount) }
      return ControlGroup(folder: try mount.openStrictly(in: String(decoding: inner, as: UTF8.self), FileDescriptor.folder))
    }
    throw none
  }

  private init(folder: consuming FileDescriptor) { self.folder = folder }

  /// Of that which a process has made for what runs outside.
  public static func name(_ pid: Int32) -> String { "\(prefix)\(pid)" }

  /// - Throws: ENOENT if there is none.
  public borrowing func inner(_ name: String) throws(SystemError) -> ControlGroup {
    ControlGroup(folder: try folder.openStrictly(in: name, FileDescriptor.folder))
  }

  /// Whether a process runs in one that was made for this.
  public static func isOutside(_ pid: Int32) -> Bool { path(of: "\(pid)").flatMap { start(outside: $0) } != nil }

  /// Waits until no process is left in it, or it is gone.
  public borrowing func waitUntilEmpty() {
    guard let events = try? folder.openStrictly(in: "cgroup.events", O_RDONLY) else { return }
    // What was read last by this descriptor is what the kernel tells of changes against.
    while let content = try? events.readAll(limit: 4096), content.split(separator: 0x0a).contains(where: { $0.equals("populated 1") }) {
      var entry = pollfd(fd: events.raw, events: Int16(POLLPRI), revents: 0)
      unsafe _ = poll(&entry, 1, -1)
      guard lseek(events.raw, 0, SEEK_SET) == 0 else { return }
    }
  }

  private static let prefix: StaticString = "vpnrun-direct-"

  /// "0::/user.slice/…"
  private static func path(of process: String) -> ArraySlice<UInt8>? {
    let file = try? FileDescriptor.open("/proc/\(process)/cgroup", O_RDONLY).readAll(limit: 1 << 16)
    return file?.split(separator: 0x0a).first { $0.begins(with: "0::/") }?.dropFirst(3)
  }

  /// Without what was made for one that runs outside, and what that has made in it.
  private static func outer(_ path: ArraySlice<UInt8>) -> ArraySlice<UInt8> { start(outside: path).map { path[..<$0] } ?? path }

  /// Of the slash before what was made for one that runs outside.
  private static func start(outside path: ArraySlice<UInt8>) -> Int? {
    path.indices.first { path[$0] == 0x2f && path[($0 + 1)...].begins(with: prefix) }
  }
}
