public import NetworkModel

/// One `[Peer]`.
public struct PeerProfile: Equatable, Sendable {
  public var publicKey: WireGuardKey
  /// `nil`: not given, or zeros, which mean the same to WireGuard; or in `presharedKeyFile`.
  public var presharedKey: WireGuardKey?
  public var presharedKeyFile: KeyFile?
  /// Without host bits, as the kernel keeps them.
  public var allowedIPs: [Prefix]
  /// `nil`: known only when the peer speaks first.
  public var endpoint: PeerEndpoint?
  /// Seconds, 1…65535; `nil`: not given, 0 or `off`.
  public var persistentKeepalive: UInt16?
}
