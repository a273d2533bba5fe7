/// A Curve25519 or preshared key: 32 bytes.
public struct WireGuardKey: Hashable, Sendable, CustomStringConvertible {
  public let bytes: [UInt8]

  /// Not the key, so that no message shows one by accident.
  public var description: String { "(a key)" }

  /// - Returns: `nil` unless there are 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self.bytes = Array(bytes)
  }

  /// 44 characters of base64, the last one `=`, as wg(8) reads and prints it: the unused low bits must be zero.
  public init?(base64 text: some Collection<UInt8>) {
    guard text.count == 44 else { return nil }
    var bits: UInt32 = 0
    var count = 0
    var out: [UInt8] = []
    for (i, c) in text.enumerated() {
      if i == 43 {
        guard c == 0x3d else { return nil }
        break
      }
      guard let value = base64Alphabet.firstIndex(of: c) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        bits &= (1 << UInt32(count)) - 1
      }
    }
    guard bits == 0 else { return nil }
    self.init(bytes: out)
  }

  public var base64: String {
    var out: [UInt8] = []
    for start in stride(from: 0, to: 32, by: 3) {
      let three = (0..<3).reduce(UInt32(0)) { $0 << 8 | UInt32(start + $1 < 32 ? bytes[start + $1] : 0) }
      for shift in [UInt32(18), 12, 6, 0] { out.append(base64Alphabet[Int(three >> shift & 63)]) }
    }
    out[43] = 0x3d
    return String(decoding: out, as: UTF8.self)
  }

  public var hexadecimal: String {
    var s = ""
    for b in bytes { s += (b < 16 ? "0" : "") + String(b, radix: 16) }
    return s
  }

  /// What a preshared key is that is not set.
  public static var zero: WireGuardKey { WireGuardKey(bytes: [UInt8](repeating: 0, count: 32))! }

  /// wg(8): a preshared key of zeros is the same as none.
  public var isZero: Bool { bytes.allSatisfy { $0 == 0 } }
}

private let base64Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// Where a peer is reached over UDP.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  public var address: IPAddress
  /// 1…65535.
  public var port: UInt16
  public init(address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }
  public var description: String { address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)" }
}

/// A peer as the kernel is told of it: every name resolved.
public struct WireGuardPeer: Equatable, Sendable {
  public var publicKey: WireGuardKey
  public var presharedKey: WireGuardKey?
  public var endpoint: Endpoint?
  /// Seconds, 1…65535; `nil` is off.
  public var persistentKeepalive: UInt16?
  public var allowedIPs: [Prefix]

  public init(
    publicKey: WireGuardKey, presharedKey: WireGuardKey? = nil, endpoint: Endpoint? = nil, persistentKeepalive: UInt16? = nil,
    allowedIPs: [Prefix]
  ) {
    self.publicKey = publicKey
    self.presharedKey = presharedKey
    self.endpoint = endpoint
    self.persistentKeepalive = persistentKeepalive
    self.allowedIPs = allowedIPs
  }
}

/// What `wg setconf` would be given.
public struct WireGuardDevice: Equatable, Sendable {
  /// `nil`: it stays as it is.
  public var privateKey: WireGuardKey?
  /// `nil`: the kernel chooses.
  public var listenPort: UInt16?
  public var fwmark: UInt32
  public var peers: [WireGuardPeer]

  public init(privateKey: WireGuardKey?, listenPort: UInt16? = nil, fwmark: UInt32, peers: [WireGuardPeer]) {
    self.privateKey = privateKey
    self.listenPort = listenPort
    self.fwmark = fwmark
    self.peers = peers
  }
}

/// What a device says of a peer.
public struct WireGuardPeerStatus: Equatable, Sendable {
  public var publicKey: WireGuardKey
  public var endpoint: Endpoint?
  /// Seconds since 1970; 0 is never.
  public var latestHandshake: UInt64 = 0
  public var receivedBytes: UInt64 = 0
  public var sentBytes: UInt64 = 0
  public var allowedIPs: [Prefix] = []
  public init(publicKey: WireGuardKey) { self.publicKey = publicKey }

  /// Whether it may still be sent to without another handshake.
  /// - Parameter now: seconds since 1970.
  public func hasSession(at now: UInt64) -> Bool { latestHandshake > 0 && latestHandshake + WireGuardTimers.rejectAfter > now }

  /// Whether it has answered lately: a session in use would have been renewed by now.
  /// - Parameter now: seconds since 1970.
  public func isLive(at now: UInt64) -> Bool { latestHandshake + WireGuardTimers.lostAfter > now }
}
