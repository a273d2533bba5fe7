/// A port of the provider's address that leads to a command, of TCP and UDP: `40123:51413:51413`.
public struct ForwardedPort: Hashable, Sendable, CustomStringConvertible {
  /// The provider's, which others connect to. 1…65535.
  public var outside: UInt16
  /// That of the VPN's own address for which it was asked; 0 where the provider takes no wish.
  public var inside: UInt16
  /// Where the command listens. 1…65535.
  public var target: UInt16

  public init(outside: UInt16, inside: UInt16, target: UInt16) {
    (self.outside, self.inside, self.target) = (outside, inside, target)
  }

  /// - Returns: `nil` for any other text.
  public init?(_ text: some Collection<UInt8>) {
    let numbers = text.split(separator: 0x3a, omittingEmptySubsequences: false).map { UInt16(decimal: $0) }
    guard numbers.count == 3, let outside = numbers[0], let inside = numbers[1], let target = numbers[2], outside > 0, target > 0 else {
      return nil
    }
    self.init(outside: outside, inside: inside, target: target)
  }

  /// By which of the VPN's own ports it may come: providers translate to the port that was asked for, or send on as it was.
  public var taken: [TransportPort] {
    let ports = inside == 0 || inside == outside ? [outside] : [outside, inside]
    return ports.flatMap { port in TransportPort.transports.map { TransportPort($0, port) } }
  }

  public var description: String { "\(outside):\(inside):\(target)" }
}
