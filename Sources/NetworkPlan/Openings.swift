public import NetworkModel
internal import Profile

/// What may come in from the VPN to the host's addresses, `Inbound`, and whether what is relayed is translated, `snat`. The comment of the
/// box's filter says it, which changes only with the filter.
public enum Openings {
  fileprivate static let start: ByteString = "inbound "
  fileprivate static let translated: ByteString = "snat"

  /// - Parameter comment: of a box's filter.
  /// - Returns: words as in a profile.
  public static func words(in comment: ByteString?) -> [ByteString] {
    guard let comment, comment.utf8.starts(with: start.utf8) else { return [] }
    let list = comment.utf8.dropFirst(start.utf8.count).prefix { $0 != 0x20 }
    return list.split(separator: 0x2c).map { ByteString($0) }
  }

  /// - Returns: the one of these words by which a port is the host's own.
  public static func holder(of port: TransportPort, in words: [ByteString]) -> ByteString? {
    words.first { word in
      if word == "all" { return true }
      let parts = word.utf8.split(separator: 0x2f)
      guard parts.count == 2, parts[0].elementsEqual(port.transport.name.utf8) else { return false }
      let ends = parts[1].split(separator: 0x2d).map { UInt16(decimal: $0) ?? 0 }
      return ends.count > 0 && ends[0] <= port.port && port.port <= ends[ends.count - 1]
    }
  }

  public static func translatesRelayed(_ comment: ByteString?) -> Bool {
    comment?.utf8.split(separator: 0x20).last.map { ByteString($0) == translated } ?? false
  }
}

extension VPN {
  /// `nil` for nothing.
  var openingsComment: ByteString? {
    var words: [String] = []
    if !profile.inbound.isEmpty { words.append("\(Openings.start)\(profile.inbound.map { $0.description }.joined(separator: ","))") }
    if translatesRelayed { words.append(Openings.translated.description) }
    return words.isEmpty ? nil : ByteString(words.joined(separator: " "))
  }

  /// Not translated: the host sees who it is.
  var openings: [FilterRule] { openings(from: [.inputLink(Names.tunnel), .outputLink(Names.uplink)], [.new, .accept]) }

  /// Rules of what is for the host.
  func openings(from start: [FilterStatement], _ end: [FilterStatement]) -> [FilterRule] {
    addresses.flatMap { own in
      profile.inbound.map { FilterRule(start + [.destination(Prefix(host: own.address))] + $0.matches(own.family) + end) }
    }
  }
}

extension Inbound {
  fileprivate func matches(_ family: IPFamily) -> [FilterStatement] {
    switch self {
    case .all: []
    // Of these only questions begin anything: errors and redirects about nothing that is known are no new connections.
    case .icmp: [.transport(family == .v4 ? .icmp : .icmpv6)]
    case .ports(let transport, let ports):
      [.transport(transport), ports.count == 1 ? .destinationPort(ports.lowerBound) : .destinationPorts(ports)]
    }
  }
}
