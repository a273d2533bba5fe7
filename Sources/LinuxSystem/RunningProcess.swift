internal import CLinux

/// A process as /proc shows it. What is asked of one that has ended is empty.
public struct RunningProcess {
  public let id: Int32

  public static var own: RunningProcess { RunningProcess(id: Process.id) }

  /// All of this user.
  public static func ofThisUser() -> [RunningProcess] {
    let all = (try? Process.numericNames(in: "/proc")) ?? []
    return all.filter { belongsToUs($0) }.map { RunningProcess(id: $0) }
  }

  /// Those of this user whose file has this name. Each other process costs one system call, and no memory: this is done at each launch.
  public static func ofThisUser(running program: some Collection<UInt8>) -> [RunningProcess] {
    var link = [UInt8](repeating: 0, count: 4096)
    return ((try? Files.names(in: "/proc")) ?? []).compactMap { name in
      guard let first = name.first, (0x31...0x39).contains(first) else { return nil }
      let path = Array("/proc/".utf8) + name + Array("/exe".utf8) + [0]
      // SAFETY: CChar and UInt8 have the same layout; the path ends with NUL, and readlink(2) writes at most `count` bytes.
      let count = unsafe path.withUnsafeBytes { path in
        unsafe link.withUnsafeMutableBytes { link in
          unsafe readlink(
            path.baseAddress!.assumingMemoryBound(to: CChar.self), link.baseAddress!.assumingMemoryBound(to: CChar.self), link.count)
        }
      }
      guard count > 0, lastPart(of: link[..<count]).elementsEqual(program) else { return nil }
      return Int32(String(decoding: name, as: UTF8.self)).flatMap { belongsToUs($0) ? RunningProcess(id: $0) : nil }
    }
  }

  /// Without what the kernel adds to a file that was replaced since, by an update say.
  private static func lastPart(of path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let mark: StaticString = " (deleted)"
    let count = mark.utf8CodeUnitCount
    let whole = path.suffix(count).equals(mark) ? path.dropLast(count) : path
    return whole[((whole.lastIndex(of: 0x2f) ?? whole.startIndex - 1) + 1)...]
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
    return Array(Self.lastPart(of: path[...]))
  }

  public var arguments: [[UInt8]] { Self.arguments(file("cmdline")) }

  /// - Parameter line: as the kernel shows it: its words, each ended by NUL.
  static func arguments(_ line: [UInt8]) -> [[UInt8]] {
    let words = line.split(separator: 0, omittingEmptySubsequences: false)
    // Chromium, once it runs, shows all of them in one.
    if words.count <= 2 { return line.split(separator: 0x20).dropFirst().map { $0.filter { $0 != 0 } } }
    return words.dropFirst().map { Array($0) }
  }

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

  /// Whether its network has this link.
  public func hasLink(_ name: StaticString) -> Bool {
    file("net/dev").split(separator: 0x0a).contains { line in
      let word = line.drop { $0 == 0x20 }
      return word.begins(with: name) && word.dropFirst(name.utf8CodeUnitCount).first == 0x3a
    }
  }

  /// The paths of the UNIX sockets at which it waits to be asked; proc_pid_net(5).
  public var listeningPaths: [[UInt8]] {
    let descriptors = (try? Process.numericNames(in: "/proc/\(id)/fd")) ?? []
    let own = descriptors.compactMap { Files.linkTarget("/proc/\(id)/fd/\($0)") }.map { Array($0.utf8) }
    return Self.listening(file("net/unix")).filter { socket in
      own.contains { $0.begins(with: "socket:[") && $0.dropFirst(8).dropLast().elementsEqual(socket.inode) }
    }.map { $0.path }
  }

  /// The same of all processes in this program's network, of any user.
  public static var allListeningPaths: [[UInt8]] { listening(RunningProcess(id: Process.id).file("net/unix")).map { $0.path } }

  private static func listening(_ table: [UInt8]) -> [(inode: [UInt8], path: [UInt8])] {
    table.split(separator: 0x0a).compactMap { line in
      let words = line.split(separator: 0x20)
      // __SO_ACCEPTCON of the kernel; an abstract socket's path begins with @.
      guard words.count > 7, words[3].equals("00010000"), words[7].first == 0x2f else { return nil }
      return (Array(words[6]), Array(words[7]))
    }
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
