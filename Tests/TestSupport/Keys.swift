public import NetworkModel

/// Keys made for these tests; no tunnel uses them.
public enum Keys {
  public static let own = WireGuardKey(base64: "SIVwmofr8EWG8nl7M0YihGtLPAMXbNGexDRF/AW5Png=".utf8)!
  public static let peer = WireGuardKey(base64: "i4TBL9+g+ed3WEYyQ1zTlE8uYKuP3YWnJMTvlG/zVUc=".utf8)!
  public static let otherPeer = WireGuardKey(base64: "xNuQjS6w7MtO3qI53xTw5dCjhD0lcKWyvX3ot2V/LG4=".utf8)!
  public static let preshared = WireGuardKey(base64: "/ZE7Gs59emweKqGO92uWgAG8rDniQgyNWznG8AiWCDo=".utf8)!
}
