/// Connections that the kernel forwards as it has learnt it from their first packets, translation included: what comes in by one of the
/// links and belongs to one of them meets no chain and no conntrack lookup any more (Linux' Documentation/networking/nf_flowtable.rst). It
/// forgets one after 30 seconds without a packet (nf_flowtable_tcp_timeout, nf_flowtable_udp_timeout), when a route or rule changes, when a
/// link goes down, and with the table; the next packet meets the chains again. Other traffic goes its usual way.
public struct Flowtable: Equatable, Sendable {
  public var name: ByteString
  /// They must be there. One that is deleted is no longer in it, whatever comes in its place.
  public var links: [ByteString]

  public init(_ name: ByteString, _ links: [ByteString]) {
    self.name = name
    self.links = links
  }
}
