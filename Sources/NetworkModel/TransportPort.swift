/// A port of TCP or UDP, 1…65535, written as `tcp/22`.
public struct TransportPort: Hashable, Sendable, CustomStringConvertible {
  public var transport: Transport
  public var port: UInt16

  public init(_ transport: Transport, _ port: UInt16) {
    self.transport = transport
    self.port = port
  }

  /// Those that have ports.
  public static let transports: [Transport] = [.tcp, .udp]

  /// - Returns: `nil` for any other text.
  public init?(_ text: some Collection<UInt8>) {
    let parts = text.split(separator: 0x2f, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let transport = Self.transports.first(where: { parts[0].elementsEqual($0.name.utf8) }),
      let port = UInt16(decimal: parts[1]), port > 0
    else { return nil }
    self.init(transport, port)
  }

  /// `tcp/22,udp/53`, each once.
  /// - Returns: `nil` if one of them is none.
  public static func list(_ text: some Collection<UInt8>) -> [TransportPort]? {
    var found: [TransportPort] = []
    for word in text.split(separator: 0x2c, omittingEmptySubsequences: false) {
      guard let port = TransportPort(word) else { return nil }
      if !found.contains(port) { found.append(port) }
    }
    return found
  }

  /// Of a list in bytes, where it stands in the alias of an attached port, beside other words.
  public static let maximumOfText = 140

  public static func text(_ ports: [TransportPort]) -> String { ports.map { $0.description }.joined(separator: ",") }

  public var description: String { "\(transport.name)/\(port)" }
}
