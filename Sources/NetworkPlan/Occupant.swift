public import NetworkModel

/// Who has an address of a box: what is written on the port, `uid=1000 pid=4242 curl`.
public struct Occupant: Equatable, Sendable {
  public var uid: UInt32
  public var pid: UInt32
  /// The last part of the command's name, printable, at most `commandLength` bytes.
  public var command: ByteString

  public static let commandLength = 60

  public init(uid: UInt32, pid: UInt32, command: ByteString) {
    self.uid = uid
    self.pid = pid
    self.command = ByteString(command.utf8.prefix(Self.commandLength))
  }

  /// Of a port: what is written on it, or, while its launch has not come so far, its owner alone. One of an older version has only the alias.
  public init?(alias: ByteString?, owner: UInt32?) {
    if let alias {
      self.init(alias: alias)
    } else if let owner {
      self.init(uid: owner, pid: 0, command: "(starting)")
    } else {
      return nil
    }
  }

  /// It has not told its pid yet, which is 0 so long.
  public var isStarting: Bool { pid == 0 }

  public var alias: ByteString { "uid=\(uid) pid=\(pid) \(command)" }

  /// - Returns: `nil` for any other text.
  public init?(alias: ByteString) {
    let words = alias.utf8.split(separator: 0x20, maxSplits: 2)
    guard words.count == 3, words[0].starts(with: "uid=".utf8), words[1].starts(with: "pid=".utf8),
      let uid = UInt32(decimal: words[0].dropFirst(4)), let pid = UInt32(decimal: words[1].dropFirst(4))
    else { return nil }
    self.init(uid: uid, pid: pid, command: ByteString(words[2]))
  }
}
