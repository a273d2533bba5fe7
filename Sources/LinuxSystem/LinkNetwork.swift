internal import CLinux

/// A network that this machine has on one of its links: reached without a router.
public struct LinkNetwork: Equatable, Sendable {
  /// 4 or 16 bytes in network order.
  public var address: [UInt8]
  /// How many of its first bits count.
  public var length: Int

  public init(address: [UInt8], length: Int) { (self.address, self.length) = (address, length) }

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
    var entries = [UInt8](repeating: 0, count: 18 * 256)
    let count = try SystemError.check(unsafe clinux_link_networks(&entries, 256), "getifaddrs")
    return (0..<Int(count)).map { number in
      let entry = entries[(number * 18)..<(number * 18 + 18)]
      let size = Int(entry[entry.startIndex])
      return LinkNetwork(address: Array(entry.dropFirst(2).prefix(size)), length: Int(entry[entry.startIndex + 1]))
    }
  }
}
