public import NetworkModel

/// `Inbound =`: what may come in from the VPN to the host's addresses in it, besides answers.
public enum Inbound: Equatable, Sendable, CustomStringConvertible {
  case all
  /// Pings.
  case icmp
  /// TCP or UDP to these ports, 1…65535.
  case ports(Transport, ClosedRange<UInt16>)

  public static func port(_ transport: Transport, _ port: UInt16) -> Inbound { .ports(transport, port...port) }

  /// - Parameter text: one word, as in a file; `nil` if it is none, or says `no`.
  public init?(_ text: String) {
    do throws(Refusal) {
      guard let inbound = try ProfileValue.inbound(Array(text.utf8)[...]) else { return nil }
      self = inbound
    } catch { return nil }
  }

  /// Whether all that the other one is about is among what this one is about.
  public func holds(_ other: Inbound) -> Bool {
    switch (self, other) {
    case (.all, _), (.icmp, .icmp): true
    case (.ports(let transport, let ports), .ports(let wanted, let range)): transport == wanted && ports.contains(range)
    default: false
    }
  }

  /// As in a file.
  public var description: String {
    switch self {
    case .all: "all"
    case .icmp: "icmp"
    case .ports(let transport, let ports):
      "\(transport.name)/\(ports.lowerBound)\(ports.count == 1 ? "" : "-\(ports.upperBound)")"
    }
  }
}
