public import NetworkModel
internal import Profile

/// TCP or UDP, and a port: `tcp/853`.
public struct PacketPort: Equatable, Sendable, CustomStringConvertible {
  public var transport: Transport
  /// 1…65535.
  public var number: UInt16

  public static let query = PacketPort(transport: .udp, number: 53)

  /// DNS by TLS (RFC 7858) and by QUIC (RFC 9250).
  public var isEncryptedQuery: Bool { number == 853 }

  public init(transport: Transport, number: UInt16) {
    self.transport = transport
    self.number = number
  }

  /// - Returns: `nil` for what is no single port.
  public init?(_ text: String) {
    guard case .ports(let transport, let ports) = Inbound(text), ports.count == 1 else { return nil }
    self.init(transport: transport, number: ports.lowerBound)
  }

  public var description: String { "\(transport.name)/\(number)" }
}
