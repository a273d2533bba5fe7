internal import CLinux
public import LinuxSystem

/// The folder in which network namespaces are pinned: /run/netns, which ip-netns(8) and others use as well.
///
/// The first `ip netns add` makes it a mount point of its own, by a copy with all that is mounted there. Where the file system of the folder
/// is not a shared mount, each pin is then there twice, and only one of them goes with `umount`. So there it is made a mount point before
/// the first pin. That mount has a mark, `nodiratime`, by which it is known again and removed after the last pin.
public struct PinMount: ~Copyable {
  private let path: String
  /// Its lock is that of ip-netns(8), which takes it to do the same.
  private let folder: FileDescriptor

  public init(_ path: String) throws(SystemError) {
    self.path = path
    folder = try FileDescriptor.openStrictly(path, FileDescriptor.folder)
    folder.lockBriefly()
  }

  public borrowing func status() throws(SystemError) -> FileStatus { try folder.status() }

  /// Makes the folder a mount point, if pins could be doubled otherwise. Needs CAP_SYS_ADMIN.
  public borrowing func cover() throws(SystemError) {
    // What is there now: another may have covered it while this one waited.
    let uncovered = try FileDescriptor.openStrictly(path, FileDescriptor.folder)
    guard let mount = try MountEntry(of: uncovered), !mount.isShared, !mount.isAt(path) else { return }
    let below = "/proc/self/fd/\(uncovered.raw)"
    let names = try names()
    try Capabilities.raise(.sysAdmin) { () throws(SystemError) in
      if unsafe clinux_cover_with_itself(path) < 0 {
        let code = clinux_errno()
        // Linux before 5.12: pins can be doubled there, as they always could.
        guard code == ENOSYS else { throw SystemError("make \(path) a mount point", errno: code) }
        return
      }
      // Pins that were there already have come along; what is below is reached by the descriptor only.
      for name in names { try? Mounts.detach(below + "/" + String(decoding: name, as: UTF8.self)) }
    }
  }

  /// Removes the mount that `cover` has made, if nothing is pinned there and no process uses it. Needs CAP_SYS_ADMIN.
  public consuming func uncover() throws(SystemError) {
    guard let mount = try MountEntry(of: try FileDescriptor.openStrictly(path, FileDescriptor.folder)), mount.isAt(path), mount.isMarked,
      try MountEntry(number: mount.parent)?.isMarked == false, try names().isEmpty
    else { return }
    let path = path
    // An open folder is in use; the lock goes with it.
    discard(self)
    for _ in 0..<10 {
      do throws(SystemError) {
        _ = try Capabilities.raise(.sysAdmin) { () throws(SystemError) in
          // Not MNT_DETACH: a pin that has come meanwhile stays.
          try SystemError.check(unsafe umount2(path, Int32(UMOUNT_NOFOLLOW)), "umount \(path)")
        }
        return
      } catch { guard error.isBusy else { return } }
      // A process that only looks.
      Process.sleep(milliseconds: 10)
    }
  }
}

extension PinMount {
  /// Without the folder itself and the one above.
  private borrowing func names() throws(SystemError) -> [[UInt8]] {
    try Files.names(in: path).filter { !$0.equals(".") && !$0.equals("..") }
  }
}

private func discard(_: consuming PinMount) {}

/// A line of proc_pid_mountinfo(5).
private struct MountEntry {
  private let words: [ArraySlice<UInt8>]

  init?(of file: borrowing FileDescriptor) throws(SystemError) {
    let id = clinux_mount_id(file.raw)
    guard id >= 0 else { throw SystemError("statx") }
    try self.init(number: "\(id)".utf8)
  }

  init?(number: some Collection<UInt8>) throws(SystemError) {
    let all = try FileDescriptor.open("/proc/thread-self/mountinfo", FileDescriptor.readOnly).readAll(limit: 1 << 24)
    for line in all.split(separator: 0x0a) {
      let words = line.split(separator: 0x20)
      guard words.count > 6, words[0].elementsEqual(number) else { continue }
      self.words = words
      return
    }
    return nil
  }

  var parent: ArraySlice<UInt8> { words[1] }

  func isAt(_ path: String) -> Bool { words[4].elementsEqual(path.utf8) }

  var isMarked: Bool { words[5].split(separator: 0x2c).contains { $0.equals("nodiratime") } }

  /// Optional words stand before a dash.
  var isShared: Bool { words[6...].prefix { !$0.equals("-") }.contains { $0.begins(with: "shared:") } }
}
