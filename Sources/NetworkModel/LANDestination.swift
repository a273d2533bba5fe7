/// What a command may reach in the networks of this machine's links, by TCP: `192.168.50.7:445`, `192.168.50.0/24`, `[fd00::7]:445`.
public struct LANDestination: Hashable, Sendable, CustomStringConvertible {
  /// Without host bits.
  public var network: Prefix
  /// `nil`: any but those of `isForNames`.
  public var port: UInt16?

  /// `ADDRESS[/LENGTH][:PORT]`, an address of IPv6 that has a port in brackets.
  public init?(_ text: some Collection<UInt8>) {
    var rest = Array(text)[...]
    var prefix: Prefix?
    if rest.first == 0x5b {
      guard let end = rest.firstIndex(of: 0x5d) else { return nil }
      prefix = Prefix(Array(rest[1..<end]))
      guard prefix?.family == .v6 else { return nil }
      rest = rest[(end + 1)...]
    } else {
      let colons = rest.filter { $0 == 0x3a }.count
      let end = colons == 1 ? rest.firstIndex(of: 0x3a)! : rest.endIndex
      prefix = Prefix(Array(rest[..<end]))
      rest = rest[end...]
    }
    guard let prefix else { return nil }
    network = prefix.network
    if rest.isEmpty { return }
    guard rest.first == 0x3a, let number = UInt16(decimal: rest.dropFirst()), number > 0 else { return nil }
    port = number
  }

  public init(_ network: Prefix, port: UInt16? = nil) { (self.network, self.port) = (network.network, port) }

  /// With commas between them.
  /// - Returns: `nil` if one of them is none.
  public static func list(_ text: some Collection<UInt8>) -> [LANDestination]? {
    var found: [LANDestination] = []
    for word in text.split(separator: 0x2c, omittingEmptySubsequences: false) {
      guard let one = LANDestination(word) else { return nil }
      found.append(one)
    }
    return found
  }

  public static func text(_ list: [LANDestination]) -> String { list.map { $0.description }.joined(separator: ",") }

  /// Those of no part of the internet: RFC 1918 and RFC 4193. Without those that every link has (169.254.0.0/16, fe80::/10).
  public static var privateNetworks: [Prefix] {
    [
      Prefix(.v4(IPv4Address(10, 0, 0, 0)), length: 8), Prefix(.v4(IPv4Address(172, 16, 0, 0)), length: 12),
      Prefix(.v4(IPv4Address(192, 168, 0, 0)), length: 16), Prefix(.v6(IPv6Address(high: 0xfc00 << 48, low: 0)), length: 7),
    ]
  }

  /// All of it.
  public var isPrivate: Bool { Self.privateNetworks.contains { network.isWithin($0) } }

  /// By these, names are resolved (RFC 1035, RFC 7858): the VPN's servers do that.
  public static func isForNames(_ port: UInt16) -> Bool { portsForNames.contains(port) }
  public static var portsForNames: [UInt16] { [53, 853] }

  public var isAllowed: Bool { isPrivate && !(port.map { Self.isForNames($0) } ?? false) }

  public var description: String {
    let place = network.isHost ? "\(network.address)" : "\(network)"
    return port.map { network.family == .v6 ? "[\(place)]:\($0)" : "\(place):\($0)" } ?? place
  }
}

extension Prefix {
  public func isWithin(_ other: Prefix) -> Bool { other.length <= length && other.contains(address) }
}
