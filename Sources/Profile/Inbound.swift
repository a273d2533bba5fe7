public import NetworkModel

/// `Inbound =`: what may come in from the VPN to the host's addresses in it, besides answers.
public enum Inbound: Equatable, Sendable, CustomStringConvertible {
  case all
  /// Pings.
  case icmp
  /// TCP or UDP to a port, 1…65535.
  case port(Transport, UInt16)

  /// As in a file.
  public var description: String {
    switch self {
    case .all: "all"
    case .icmp: "icmp"
    case .port(let transport, let port): "\(transport.name)/\(port)"
    }
  }
}
