public import NetworkModel

/// Who has an address of a box: what is written on the port, `uid=1000 pid=4242 curl` or `uid=1000 pid=4242 -- a=b`, or `uid=0 attached=4242
/// web` for a network namespace that was there before, and is called so.
public struct Occupant: Equatable, Sendable, CustomStringConvertible {
  public var uid: UInt32
  public var pid: UInt32
  /// The last part of the command's name, printable, at most `commandLength` bytes.
  public var command: ByteString
  /// The pid is that of a process in it, if one was named, and 0 otherwise.
  public var isAttached: Bool

  /// Ports of the host that are handed on to it, as `PublishedPort` writes them.
  public var published: [PublishedPort] = []
  /// Where in the networks of this machine's links it may go.
  public var lan: [LANDestination] = []

  /// What an attached namespace lets in from the VPN. The routes to it say so, too, but go when the port is down.
  public var inbound: [TransportPort] = []
  /// Its provider's port.
  public var forwarded: ForwardedPort?

  public static let commandLength = 60

  /// What is written on the port has at most so many bytes (IFALIASZ of linux/if.h, less one).
  public var fits: Bool { alias.utf8.count <= 255 }

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
    let networks = lan.isEmpty ? "" : "\(Self.reaching)\(LANDestination.text(lan)) "
    let entrances = inbound.isEmpty ? "" : "\(Self.letting)\(TransportPort.text(inbound)) "
    let port = forwarded.map { "\(Self.forwarding)\($0) " } ?? ""
    let own = "\(ports)\(networks)\(entrances)\(port)\(isPlain ? "" : "\(Self.end)")"
    return ByteString("uid=\(uid) \(isAttached ? "attached" : "pid")=\(pid) \(own)\(command)")
  }

  /// Its name can be no word of ours. Whoever starts a command chooses its name.
  private var isPlain: Bool {
    let first = command.utf8.prefix { $0 != 0x20 }
    return !first.isEmpty && !first.contains(0x3d) && !first.elementsEqual("--".utf8)
  }

  /// The name stands behind it.
  private static let end: ByteString = "-- "
  private static let publishing: ByteString = "publish=", reaching: ByteString = "lan="
  private static let letting: ByteString = "inbound=", forwarding: ByteString = "forward="

  /// - Returns: `nil` for any other text.
  public init?(alias: ByteString) {
    let words = alias.utf8.split(separator: 0x20, maxSplits: 2)
    guard words.count == 3, words[0].starts(with: "uid=".utf8) else { return nil }
    let isAttached = words[1].starts(with: "attached=".utf8)
    guard isAttached || words[1].starts(with: "pid=".utf8),
      let uid = UInt32(decimal: words[0].dropFirst(4)), let pid = UInt32(decimal: words[1].dropFirst(isAttached ? 9 : 4))
    else { return nil }
    self.init(uid: uid, pid: pid, command: "", isAttached: isAttached)
    var rest = words[2]
    if let ports = Self.take(Self.publishing, &rest, { PublishedPort.list($0) }) { published = ports }
    if !isAttached, let networks = Self.take(Self.reaching, &rest, { LANDestination.list($0) }) { lan = networks }
    if isAttached, let entrances = Self.take(Self.letting, &rest, { TransportPort.list($0) }) { inbound = entrances }
    forwarded = Self.take(Self.forwarding, &rest) { ForwardedPort($0) }
    if rest.starts(with: Self.end.utf8) { rest = rest.dropFirst(Self.end.utf8.count) }
    command = ByteString(rest.prefix(Self.commandLength))
  }

  /// The value of a word that begins so, if something stands behind it.
  private static func take<Value>(
    _ start: ByteString, _ rest: inout Substring.UTF8View, _ value: (Substring.UTF8View) -> Value?
  ) -> Value? {
    let parts = rest.split(separator: 0x20, maxSplits: 1)
    guard parts.count == 2, parts[0].starts(with: start.utf8), let found = value(parts[0].dropFirst(start.utf8.count)) else { return nil }
    rest = parts[1]
    return found
  }
}
