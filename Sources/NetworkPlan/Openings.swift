public import NetworkModel
internal import Profile

/// What may come in from the VPN to the host's addresses: `Inbound`. The comment of the box's filter says it, which changes only with the
/// filter.
public enum Openings {
  fileprivate static let start: ByteString = "inbound "

  /// - Parameter comment: of a box's filter.
  /// - Returns: words as in a profile.
  public static func words(in comment: ByteString?) -> [ByteString] {
    guard let comment, comment.utf8.starts(with: start.utf8) else { return [] }
    return comment.utf8.dropFirst(start.utf8.count).split(separator: 0x2c).map { ByteString($0) }
  }
}

extension VPN {
  /// `nil` for nothing.
  var openingsComment: ByteString? {
    if profile.inbound.isEmpty { return nil }
    return ByteString("\(Openings.start)\(profile.inbound.map { $0.description }.joined(separator: ","))")
  }

  /// Not translated: the host sees who it is.
  var openings: [FilterRule] {
    addresses.flatMap { own in
      profile.inbound.map { inbound in
        let start: [FilterStatement] = [.inputLink(Names.tunnel), .outputLink(Names.uplink), .destination(Prefix(host: own.address))]
        return FilterRule(start + inbound.matches(own.family) + [.new, .accept])
      }
    }
  }
}

extension Inbound {
  fileprivate func matches(_ family: IPFamily) -> [FilterStatement] {
    switch self {
    case .all: []
    // Of these only questions begin anything: errors and redirects about nothing that is known are no new connections.
    case .icmp: [.transport(family == .v4 ? .icmp : .icmpv6)]
    case .port(let transport, let port): [.transport(transport), .destinationPort(port)]
    }
  }
}
