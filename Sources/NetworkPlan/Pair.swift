public import NetworkModel

/// Fixed addresses of the pair between host and box. No packet carries them: they are only asked for by ARP and
/// neighbour discovery.
public enum Pair {
  public static let gateway4 = IPAddress.v4(IPv4Address(169, 254, 76, 1))
  public static let gateway6 = IPAddress.v6(IPv6Address(high: 0xfe80 << 48, low: 1))
  public static func gateway(_ family: IPFamily) -> IPAddress { family == .v4 ? gateway4 : gateway6 }
  /// The host, as the box's next hop for what it relays.
  static func host(_ family: IPFamily) -> IPAddress {
    family == .v4 ? .v4(IPv4Address(169, 254, 76, 2)) : .v6(IPv6Address(high: 0xfe80 << 48, low: 2))
  }
  /// A number that no link of the host has by chance: see `Link.index`.
  static let boxIndex: Int32 = 0x76_706e
  public static let hostEnd = MACAddress(0x06, 0x76, 0x70, 0xff, 0, 0)
  static let boxEnd = MACAddress(0x02, 0x76, 0x70, 0xff, 0, 0)
}
