public import NetworkModel

/// Who has an address of a box: what is written on the port, `uid=1000 pid=4242 curl`, or `uid=0 attached=4242 web` for a network namespace
/// that was there before, and is called so.
public struct Occupant: Equatable, Sendable, CustomStringConvertible {
  public var uid: UInt32
  public var pid: UInt32
  /// The last part of the command's name, printable, at most `commandLength` bytes.
  public var command: ByteString
  /// The pid is that of a process in it, if one was named, and 0 otherwise.
  public var isAttached: Bool

  /// Ports of the host that are handed on to it, as `PublishedPort` writes them.
  public var published: [PublishedPort] = []

  /// What an attached namespace lets in from the VPN. The routes to it say so, too, but go when the port is down.
  public var inbound: [TransportPort] = []

  public static let commandLength = 60

  public init(uid: UInt32, pid: UInt32, command: ByteString, isAttached: Bool = false) {
    self.uid = uid
    self.pid = pid
    self.isAttached = isAttached
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
  public var isStarting: Bool { pid == 0 && !isAttached }

  public var description: String {
    if isAttached { return "\(command) (attached)" }
    return isStarting ? "a command of uid \(uid) that is starting" : "\(command) (pid \(pid))"
  }

  public var alias: ByteString {
    let ports = published.isEmpty ? "" : "\(Self.publishing)\(PublishedPort.text(published)) "
    let entrances = inbound.isEmpty ? "" : "\(Self.letting)\(TransportPort.text(inbound)) "
    return ByteString("uid=\(uid) \(isAttached ? "attached" : "pid")=\(pid) \(ports)\(entrances)\(command)")
  }
  private static let publishing: ByteString = "publish="
  private static let letting: ByteString = "inbound="

  /// - Returns: `nil` for any other text.
  public init?(alias: ByteString) {
    let words = alias.utf8.split(separator: 0x20, maxSplits: 2)
    guard words.count == 3, words[0].starts(with: "uid=".utf8) else { return nil }
    let isAttached = words[1].starts(with: "attached=".utf8)
    guard isAttached || words[1].starts(with: "pid=".utf8),
      let uid = UInt32(decimal: words[0].dropFirst(4)), let pid = UInt32(decimal: words[1].dropFirst(isAttached ? 9 : 4))
    else { return nil }
    // A program may be called so, too: then the rest is no list of ports.
    var text = words[2]
    var ports: [PublishedPort] = []
    var entrances: [TransportPort] = []
    if let (list, rest) = Self.list(Self.publishing, in: text), let found = PublishedPort.list(list) { (ports, text) = (found, rest) }
    if isAttached, let (list, rest) = Self.list(Self.letting, in: text), let found = TransportPort.list(list) {
      (entrances, text) = (found, rest)
    }
    self.init(uid: uid, pid: pid, command: ByteString(text), isAttached: isAttached)
    (published, inbound) = (ports, entrances)
  }

  /// The first word without its mark, and what is behind it.
  private static func list(_ mark: ByteString, in text: Substring.UTF8View) -> (Substring.UTF8View, rest: Substring.UTF8View)? {
    let words = text.split(separator: 0x20, maxSplits: 1)
    guard words.count == 2, words[0].starts(with: mark.utf8) else { return nil }
    return (words[0].dropFirst(mark.utf8.count), words[1])
  }
}
