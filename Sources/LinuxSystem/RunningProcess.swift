internal import CLinux

/// A process as /proc shows it. What is asked of one that has ended is empty.
public struct RunningProcess {
  public let id: Int32

  /// All of this user.
  public static func ofThisUser() -> [RunningProcess] {
    let all = (try? Process.numericNames(in: "/proc")) ?? []
    return all.filter { belongsToUs($0) }.map { RunningProcess(id: $0) }
  }

  private static func belongsToUs(_ id: Int32) -> Bool {
    var s = stat()
    return unsafe stat("/proc/\(id)", &s) == 0 && s.st_uid == getuid()
  }

  /// As ps(1) shows it; at most 15 bytes, and the process can change it.
  public var name: [UInt8] { Array(file("comm").prefix { $0 != 0x0a }) }

  /// The last part of its file's path; that of an interpreter, where a script runs.
  public var program: [UInt8] {
    let path = Files.linkTarget("/proc/\(id)/exe").map { Array($0.utf8) } ?? []
    // So the kernel marks a file that was replaced since, by an update say.
    let mark = Array(" (deleted)".utf8)
    let whole = path.suffix(mark.count).elementsEqual(mark) ? path.dropLast(mark.count) : path[...]
    return Array(whole[((whole.lastIndex(of: 0x2f) ?? -1) + 1)...])
  }

  public var arguments: [[UInt8]] { file("cmdline").split(separator: 0, omittingEmptySubsequences: false).dropFirst().map { Array($0) } }

  var commandLine: [[UInt8]] { file("cmdline").split(separator: 0).map { Array($0) } }

  /// The real one: the files of a program with capabilities are root's.
  var user: UInt32? { UInt32(String(decoding: status("Uid:").prefix { $0 != 0x09 }, as: UTF8.self)) }

  public var parent: Int32? { Int32(String(decoding: status("PPid:"), as: UTF8.self)) }

  /// It has ended, and its parent has not asked yet how.
  public var isDefunct: Bool { status("State:").begins(with: "Z") }

  /// Only of this user's own; as it was started with.
  public func variable(_ name: StaticString) -> [UInt8]? {
    let entries = file("environ").split(separator: 0)
    let entry = entries.first { $0.begins(with: name) && $0.dropFirst(name.utf8CodeUnitCount).first == 0x3d }
    return entry.map { Array($0.dropFirst(name.utf8CodeUnitCount + 1)) }
  }

  /// In the network namespace of this program.
  public var sharesOurNetwork: Bool {
    guard let its = Files.linkTarget("/proc/\(id)/ns/net"), let own = Files.linkTarget("/proc/self/ns/net") else { return false }
    return its.utf8.elementsEqual(own.utf8)
  }

  /// The sources of the tmpfs mounts that it sees, oldest first; proc_pid_mountinfo(5).
  public var memoryFileSystems: [[UInt8]] {
    file("mountinfo").split(separator: 0x0a).compactMap { line in
      let words = line.split(separator: 0x20)
      guard let dash = words.lastIndex(where: { $0.equals("-") }), dash + 2 < words.count, words[dash + 1].equals("tmpfs") else {
        return nil
      }
      return Array(words[dash + 2])
    }
  }

  /// The value of a line of its `status`, without blanks around it.
  private func status(_ key: StaticString) -> [UInt8] {
    let line = file("status").split(separator: 0x0a).first { $0.begins(with: key) }
    return line.map { Array($0.dropFirst(key.utf8CodeUnitCount).drop { $0 == 0x09 }) } ?? []
  }

  private func file(_ name: String) -> [UInt8] {
    (try? FileDescriptor.open("/proc/\(id)/\(name)", O_RDONLY).readAll(limit: 1 << 20)) ?? []
  }
}
