/// What may come into a bridge by one of its ports: frames of one link-layer address, with the addresses that belong to it, in ARP and in
/// neighbour advertisements as well; and of ICMP's errors those about packets to there. For a port whose other end has a root of its
/// own. A chain at the link's ingress, in the table
/// `netdev vpn`; everything else is dropped there, before the bridge sees it.
public struct PortGuard: Equatable, Sendable {
  /// The chain has the same name.
  public var link: ByteString
  public var mac: MACAddress
  /// At most one of a family.
  public var addresses: [IPAddress]

  /// By which it answers as well, and nothing else: no neighbour asks for them.
  public var others: [IPAddress]

  public init(_ link: ByteString, _ mac: MACAddress, _ addresses: [IPAddress], others: [IPAddress] = []) {
    self.others = others
    self.link = link
    self.mac = mac
    self.addresses = addresses
  }

  /// ICMPv6 of routers, which no command is: advertisement and redirect.
  public static let routersTypes: [UInt8] = [134, 137]
  /// Neighbour advertisement.
  public static let advertisement: UInt8 = 136
  /// ICMP's echo and its answer: all other types are errors, or none of a command's.
  public static let echoes: [UInt8] = [0, 8]
  /// ICMPv6's types below are errors (RFC 4443, 2.1).
  public static let firstOfNoError: UInt8 = 128
}
