public import NetworkModel

/// `Endpoint =`: where a peer is reached.
public enum PeerEndpoint: Equatable, Sendable, CustomStringConvertible {
  /// A zone, the name or number of a link, stands with link-local IPv6 addresses and only there.
  case address(Endpoint, zone: ByteString?)
  /// To be resolved; port 1…65535.
  case name(DomainName, port: UInt16)

  public var port: UInt16 {
    switch self {
    case .address(let endpoint, _): endpoint.port
    case .name(_, let port): port
    }
  }

  public var description: String {
    switch self {
    case .address(let endpoint, let zone?): "[\(endpoint.address)%\(zone)]:\(endpoint.port)"
    case .address(let endpoint, nil): endpoint.description
    case .name(let name, let port): "\(name.description):\(port)"
    }
  }
}
