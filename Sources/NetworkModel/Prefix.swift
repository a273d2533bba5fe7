/// An address and how many of its first bits count: `10.20.1.0/24`, or `172.27.12.34/32` for one address.
/// Host bits are kept, as in `Address = 10.2.0.2/24`; `network` clears them.
public struct Prefix: Hashable, Sendable, CustomStringConvertible {
  public var address: IPAddress
  /// 0…32 or 0…128.
  public var length: UInt8

  /// - Precondition: `length` fits the address's family.
  public init(_ address: IPAddress, length: UInt8) {
    precondition(length <= address.family.width)
    self.address = address
    self.length = length
  }

  /// One address: /32 or /128.
  public init(host address: IPAddress) { self.init(address, length: address.family.width) }

  /// `address[/length]`; without a length one address.
  public init?(_ text: some Collection<UInt8>) {
    let parts = text.split(separator: 0x2f, maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(parts[0]) else { return nil }
    guard parts.count == 2 else {
      self.init(host: address)
      return
    }
    guard let length = UInt8(decimal: parts[1]), length <= address.family.width else { return nil }
    self.init(address, length: length)
  }

  public init?(_ text: String) { self.init(text.utf8) }

  public static func everything(_ family: IPFamily) -> Prefix {
    family == .v4 ? Prefix(.v4(IPv4Address(bits: 0)), length: 0) : Prefix(.v6(IPv6Address(high: 0, low: 0)), length: 0)
  }

  public var family: IPFamily { address.family }
  /// `nil` for a single address.
  public var halves: (lower: Prefix, upper: Prefix)? {
    if isHost { return nil }
    let lower = Prefix(network.address, length: length + 1)
    return (lower, Prefix(lower.address.setting(bit: length), length: length + 1))
  }
  public var isHost: Bool { length == family.width }
  public var network: Prefix { Prefix(address.masked(to: length), length: length) }
  /// The first address after the network's own: a router's by custom.
  public var gateway: IPAddress { address.masked(to: length).advanced(by: 1) }

  public func contains(_ other: IPAddress) -> Bool {
    other.family == family && other.masked(to: length) == address.masked(to: length)
  }

  public func overlaps(_ other: Prefix) -> Bool {
    length <= other.length ? contains(other.address) : other.contains(address)
  }

  public var description: String { "\(address)/\(length)" }
}
