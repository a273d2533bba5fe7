extension IPv4Address: CustomStringConvertible {
  public var description: String {
    let b = bytes
    return "\(b[0]).\(b[1]).\(b[2]).\(b[3])"
  }

  /// Four decimal numbers without leading zeros, as inet_pton(3) takes them.
  public init?(_ text: some Collection<UInt8>) {
    var bits: UInt32 = 0
    var groups = 0
    for part in text.split(separator: 0x2e, omittingEmptySubsequences: false) {
      guard groups < 4, part.count <= 3, let n = UInt8(decimal: part), part.count == 1 || part.first != 0x30 else { return nil }
      bits = bits << 8 | UInt32(n)
      groups += 1
    }
    guard groups == 4 else { return nil }
    self.init(bits: bits)
  }
}

extension IPv6Address: CustomStringConvertible {
  /// RFC 5952: lower case, the longest run of two or more zero groups shortened, the first of equals; a mapped IPv4 address dotted.
  public var description: String {
    if high == 0, low >> 32 == 0xffff { return "::ffff:" + IPv4Address(bits: UInt32(truncatingIfNeeded: low)).description }
    let groups = groups
    var best = 0..<0
    var at = 0
    while at < 8 {
      var end = at
      while end < 8, groups[end] == 0 { end += 1 }
      if end - at > best.count { best = at..<end }
      at = max(end, at + 1)
    }
    func text(_ part: ArraySlice<UInt16>) -> String {
      var s = ""
      for (i, g) in part.enumerated() { s += (i == 0 ? "" : ":") + String(g, radix: 16) }
      return s
    }
    guard best.count >= 2 else { return text(groups[...]) }
    return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
  }

  /// RFC 4291 §2.2, with `::` and a dotted IPv4 tail; no zone.
  public init?(_ text: some Collection<UInt8>) {
    let text = Array(text)
    func groups(_ part: ArraySlice<UInt8>, allowIPv4: Bool) -> [UInt16]? {
      if part.isEmpty { return [] }
      var out: [UInt16] = []
      let fields = part.split(separator: 0x3a, omittingEmptySubsequences: false)
      for (i, field) in fields.enumerated() {
        if allowIPv4, i == fields.count - 1, let a = IPv4Address(field), field.contains(0x2e) {
          out += [UInt16(a.bits >> 16), UInt16(a.bits & 0xffff)]
        } else {
          guard (1...4).contains(field.count), let n = UInt16(hexadecimal: field) else { return nil }
          out.append(n)
        }
      }
      return out
    }
    var all: [UInt16]
    if let gap = text.indices.dropLast().first(where: { text[$0] == 0x3a && text[$0 + 1] == 0x3a }) {
      guard let left = groups(text[..<gap], allowIPv4: false), let right = groups(text[(gap + 2)...], allowIPv4: true),
        left.count + right.count <= 7
      else { return nil }
      all = left + [UInt16](repeating: 0, count: 8 - left.count - right.count) + right
    } else {
      guard let whole = groups(text[...], allowIPv4: true), whole.count == 8 else { return nil }
      all = whole
    }
    func half(_ g: ArraySlice<UInt16>) -> UInt64 { g.reduce(0) { $0 << 16 | UInt64($1) } }
    self.init(high: half(all[..<4]), low: half(all[4...]))
  }
}

extension IPAddress: CustomStringConvertible {
  public var description: String {
    switch self {
    case .v4(let a): a.description
    case .v6(let a): a.description
    }
  }

  public init?(_ text: some Collection<UInt8>) {
    if let a = IPv4Address(text) { self = .v4(a) } else if let a = IPv6Address(text) { self = .v6(a) } else { return nil }
  }

  public init?(_ text: String) { self.init(text.utf8) }
}

extension FixedWidthInteger {
  /// Digits only: no sign, no space, no empty text, no overflow.
  public init?(decimal text: some Collection<UInt8>) { self.init(text, radix: 10) }
  public init?(hexadecimal text: some Collection<UInt8>) { self.init(text, radix: 16) }

  private init?(_ text: some Collection<UInt8>, radix: Self) {
    guard !text.isEmpty else { return nil }
    var value: Self = 0
    for c in text {
      let digit: UInt8
      switch c {
      case 0x30...0x39: digit = c - 0x30
      case 0x41...0x46: digit = c - 0x41 + 10
      case 0x61...0x66: digit = c - 0x61 + 10
      default: return nil
      }
      guard digit < UInt8(radix) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      let (sum, carry) = product.addingReportingOverflow(Self(digit))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    self = value
  }
}
