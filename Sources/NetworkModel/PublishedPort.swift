/// A port of this machine that is handed on to a port of a command: `127.0.0.1:8080:80/tcp`.
public struct PublishedPort: Hashable, Sendable, CustomStringConvertible {
  /// Of this machine.
  public var address: IPAddress
  public var port: UInt16
  /// The command's.
  public var target: TransportPort

  public init(_ address: IPAddress, _ port: UInt16, to target: TransportPort) {
    (self.address, self.port, self.target) = (address, port, target)
  }

  /// `[BIND:]PORT[:PORT][/tcp|/udp]`. BIND is an address of this machine's, of IPv6 in brackets, 127.0.0.1 if it is missing; the second port is
  /// the command's, the same if it is missing.
  public init?(_ text: some Collection<UInt8>) {
    let parts = text.split(separator: 0x2f, omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count) else { return nil }
    var transport = Transport.tcp
    if parts.count == 2 {
      guard let named = TransportPort.transports.first(where: { parts[1].elementsEqual($0.name.utf8) }) else { return nil }
      transport = named
    }
    var rest = Array(parts[0])[...]
    var address = IPAddress.v4(IPv4Address(127, 0, 0, 1))
    if rest.first == 0x5b {
      guard let end = rest.firstIndex(of: 0x5d), let given = IPAddress(Array(rest[1..<end])), given.family == .v6, rest.count > end + 1,
        rest[end + 1] == 0x3a
      else { return nil }
      (address, rest) = (given, rest[(end + 2)...])
    }
    var words = rest.split(separator: 0x3a, omittingEmptySubsequences: false)
    if let first = words.first, address.family == .v4, first.contains(0x2e) {
      guard let given = IPAddress(Array(first)) else { return nil }
      address = given
      words.removeFirst()
    }
    let ports = words.compactMap { UInt16(decimal: $0) }.filter { $0 > 0 }
    guard (1...2).contains(words.count), ports.count == words.count else { return nil }
    self.init(address, ports[0], to: TransportPort(transport, ports[ports.count - 1]))
  }

  /// With commas between them.
  /// - Returns: `nil` if one of them is none.
  public static func list(_ text: some Collection<UInt8>) -> [PublishedPort]? {
    var found: [PublishedPort] = []
    for word in text.split(separator: 0x2c, omittingEmptySubsequences: false) {
      guard let port = PublishedPort(word) else { return nil }
      found.append(port)
    }
    return found
  }

  public static func text(_ ports: [PublishedPort]) -> String { ports.map { $0.description }.joined(separator: ",") }
  /// Of such a list: it stands in the alias of the command's port, beside other words.
  public static let maximumOfText = 112

  public var description: String { "\(place):\(port):\(target.port)/\(target.transport.name)" }

  /// In a sentence, where it listens: `port 8080 of 127.0.0.1/tcp`.
  public var sentence: String { "port \(port) of \(place)/\(target.transport.name)" }

  private var place: String { address.family == .v4 ? "\(address)" : "[\(address)]" }

  /// Both listen at one place: of TCP or UDP, an address of this machine's, and a port.
  public func isSamePlace(as other: PublishedPort) -> Bool {
    address == other.address && port == other.port && target.transport == other.target.transport
  }
}
