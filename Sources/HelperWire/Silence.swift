/// Why a peer may not have answered yet, as far as that can be told apart.
public enum Silence {
  /// - Parameters:
  ///   - endpoint: address and port.
  ///   - hasSent: whether anything was sent to it.
  public static func sentence(_ endpoint: String, hasRoute: Bool, hasSent: Bool) -> String {
    "no handshake with \(endpoint) yet: \(cause(hasRoute: hasRoute, hasSent: hasSent))"
  }

  public static func cause(hasRoute: Bool, hasSent: Bool) -> String {
    if !hasRoute { return "there is no route to it (this machine is offline?)" }
    if !hasSent { return "nothing was sent yet" }
    return "nothing answers there; does the server run, does it know this machine's key, are Endpoint and clock right?"
  }
}
