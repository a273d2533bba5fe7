public import NetworkModel

/// A link by which the host has a default route, for one family.
///
/// A socket that has chosen a link (SO_BINDTODEVICE, IP_UNICAST_IF, IP_PKTINFO) is asked of the rules for a route by that link. Where a table
/// has another link's only, the next rule is asked; and in the end IPv4 takes every address for a neighbour on the link. So the tables of a
/// VPN that is up have a way by each such link, too, to a neighbour that does not exist: without any filter the packet waits for an answer that
/// does not come, and is not sent. (A link that asks for no neighbours, as of PPP, would send it, and has none: `LinkState.asksForNeighbours`.)
public struct DeadEnd: Equatable, Sendable {
  public var family: IPFamily
  public var link: ByteString
  public var index: Int32

  public init(_ family: IPFamily, _ link: ByteString, index: Int32) {
    self.family = family
    self.link = link
    self.index = index
  }

  /// RFC 7600's address, which is nobody's, and a link-local one that says whose it is.
  static func nobody(_ family: IPFamily) -> IPAddress {
    family == .v4 ? .v4(IPv4Address(192, 0, 0, 8)) : .v6(IPv6Address(high: 0xfe80 << 48, low: 0x7670_6e72_756e))
  }

  /// Of several in one table each has its own.
  public static func metric(ofLink index: Int32) -> UInt32 { Route.lastMetric - 1 - UInt32(bitPattern: index) }

  public func route(in table: UInt32) -> Route {
    let target = Route.Target.gateway(Self.nobody(family), link: link, isOnLink: true)
    return Route(.everything(family), target, table: table, metric: Self.metric(ofLink: index))
  }
}
