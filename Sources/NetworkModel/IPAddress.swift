/// An IPv4 address as a number in host order: 10.20.1.1 is `0x0a14_0101`.
public struct IPv4Address: Hashable, Comparable, Sendable {
  public var bits: UInt32
  public init(bits: UInt32) { self.bits = bits }

  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    bits = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
  }

  /// The four bytes in network order.
  public var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * UInt32($0))) } }

  public static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.bits < b.bits }
}

/// An IPv6 address as two halves in host order.
public struct IPv6Address: Hashable, Comparable, Sendable {
  public var high: UInt64, low: UInt64
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The sixteen bytes in network order.
  public var bytes: [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> (56 - 8 * (UInt64($0) & 7))) }
  }

  /// The eight groups of the textual form, from the left.
  public var groups: [UInt16] {
    (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> (48 - 16 * (UInt64($0) & 3))) }
  }

  public static func < (a: IPv6Address, b: IPv6Address) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

public enum IPFamily: Hashable, Sendable, CaseIterable {
  case v4, v6
  /// Bits of an address.
  public var width: UInt8 { self == .v4 ? 32 : 128 }
}

public enum IPAddress: Hashable, Comparable, Sendable {
  case v4(IPv4Address)
  case v6(IPv6Address)

  /// IPv4 first.
  public static func < (a: IPAddress, b: IPAddress) -> Bool {
    switch (a, b) {
    case (.v4(let a), .v4(let b)): a < b
    case (.v6(let a), .v6(let b)): a < b
    case (.v4, .v6): true
    case (.v6, .v4): false
    }
  }

  public var family: IPFamily {
    switch self {
    case .v4: .v4
    case .v6: .v6
    }
  }

  /// In network order, 4 or 16 bytes.
  public var bytes: [UInt8] {
    switch self {
    case .v4(let a): a.bytes
    case .v6(let a): a.bytes
    }
  }

  /// - Returns: `nil` unless there are 4 or 16 bytes.
  public init?(bytes: some Collection<UInt8>) {
    func number(_ part: some Collection<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
    switch bytes.count {
    case 4: self = .v4(IPv4Address(bits: UInt32(number(bytes))))
    case 16: self = .v6(IPv6Address(high: number(bytes.prefix(8)), low: number(bytes.dropFirst(8))))
    default: return nil
    }
  }

  /// The address whose last `width - length` bits are cleared.
  public func masked(to length: UInt8) -> IPAddress {
    switch self {
    case .v4(let a): .v4(IPv4Address(bits: length == 0 ? 0 : a.bits & (~0 << (32 - UInt32(length)))))
    case .v6(let a):
      .v6(
        IPv6Address(
          high: length == 0 ? 0 : length >= 64 ? a.high : a.high & (~0 << (64 - UInt64(length))),
          low: length <= 64 ? 0 : a.low & (~0 << (128 - UInt64(length)))))
    }
  }

  /// The same with that bit set, counted from the first.
  func setting(bit: UInt8) -> IPAddress {
    switch self {
    case .v4(let a): .v4(IPv4Address(bits: a.bits | 1 << (31 - UInt32(bit))))
    case .v6(let a):
      .v6(
        bit < 64
          ? IPv6Address(high: a.high | 1 << (63 - UInt64(bit)), low: a.low)
          : IPv6Address(high: a.high, low: a.low | 1 << (127 - UInt64(bit))))
    }
  }

  /// This address plus a small number: the Nth host of a subnet. Carries within the last 32 bits only.
  public func advanced(by n: UInt32) -> IPAddress {
    switch self {
    case .v4(let a): .v4(IPv4Address(bits: a.bits &+ n))
    case .v6(let a): .v6(IPv6Address(high: a.high, low: a.low &+ UInt64(n)))
    }
  }

  public var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

  public var isLoopback: Bool {
    switch self {
    case .v4(let a): a.bits >> 24 == 127
    case .v6(let a): a.high == 0 && a.low == 1
    }
  }

  public var isMulticast: Bool {
    switch self {
    case .v4(let a): a.bits >> 28 == 0xe
    case .v6(let a): a.high >> 56 == 0xff
    }
  }

  public var isLinkLocal: Bool {
    switch self {
    case .v4(let a): a.bits >> 16 == 0xa9fe
    case .v6(let a): a.high >> 54 == 0xfe80 >> 6
    }
  }

  /// An address that one machine can have and others can send to: not 0/8, 127/8, 240/4, ::, ::1, multicast.
  public var isUnicast: Bool {
    switch self {
    case .v4(let a): !isLoopback && !isMulticast && a.bits >> 24 != 0 && a.bits >> 28 != 0xf
    case .v6: !isLoopback && !isMulticast && !isUnspecified
    }
  }
}
