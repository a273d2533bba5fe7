internal import CLinux

/// A network that this machine has on one of its links: reached without a router.
public struct LinkNetwork: Equatable, Sendable {
  /// 4 or 16 bytes in network order.
  public var address: [UInt8]
  /// How many of its first bits count.
  public var length: Int

  /// Its name.
  public var link: [UInt8]
  /// Whether the link has a carrier, so that others can be there.
  public var isRunning: Bool

  public init(address: [UInt8], length: Int, link: [UInt8] = [], isRunning: Bool = true) {
    (self.address, self.length, self.link, self.isRunning) = (address, length, link, isRunning)
  }

  public func contains(_ other: [UInt8]) -> Bool {
    guard other.count == address.count else { return false }
    for (number, pair) in zip(address, other).enumerated() {
      let bits = min(max(length - number * 8, 0), 8)
      if (pair.0 ^ pair.1) >> (8 - UInt8(bits)) != 0 { return false }
    }
    return true
  }

  /// Of the links that are up, without loopback, tunnels (IFF_POINTOPOINT) and single addresses: getifaddrs(3).
  public static func all() throws(SystemError) -> [LinkNetwork] {
    let size = Int(CLINUX_LINK_NETWORK)
    var entries = [UInt8](repeating: 0, count: size * 256)
    let count = try SystemError.check(unsafe clinux_link_networks(&entries, 256), "getifaddrs")
    return (0..<Int(count)).map { number in
      let entry = Array(entries[(number * size)..<(number * size + size)])
      return LinkNetwork(
        address: Array(entry[3..<(3 + Int(entry[0]))]), length: Int(entry[1]),
        link: Array(entry[19...].prefix { $0 != 0 }), isRunning: entry[2] != 0)
    }
  }
}
