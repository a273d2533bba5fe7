internal import NetworkModel
internal import NetworkPlan
internal import Profile

/// As much of RFC 8259 as is written here. Values are texts that are JSON already.
enum JSON {
  static func string(_ text: String) -> String {
    var s = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22, 0x5c:
        s += "\\"
        s.unicodeScalars.append(scalar)
      case 0x0a: s += "\\n"
      case 0..<0x20, 0x7f: s += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: s.unicodeScalars.append(scalar)
      }
    }
    return s + "\""
  }

  static func array(_ elements: [String]) -> String { "[" + joined(elements) + "]" }
  static func object(_ members: [(String, String)]) -> String { "{" + joined(members.map { string($0.0) + ":" + $0.1 }) + "}" }

  private static func joined(_ parts: [String]) -> String { parts.reduce("") { $0.isEmpty ? $1 : $0 + "," + $1 } }

  static func endpoint(_ endpoint: PeerEndpoint) -> String {
    let host =
      switch endpoint {
      case .address(let e, _): e.address.description
      case .name(let name, _): name.description
      }
    return object([("host", string(host)), ("port", "\(endpoint.port)")])
  }

  static func peer(_ peer: WireGuardPeerStatus) -> String {
    object([
      ("public_key", string(peer.publicKey.base64)), ("endpoint", peer.endpoint.map { string($0.description) } ?? "null"),
      ("latest_handshake", "\(peer.latestHandshake)"), ("rx_bytes", "\(peer.receivedBytes)"), ("tx_bytes", "\(peer.sentBytes)"),
    ])
  }

  static func command(_ c: CommandInside) -> String {
    object([
      ("address", string(c.address.description)), ("uid", "\(c.occupant.uid)"), ("pid", "\(c.occupant.pid)"),
      ("command", string(c.occupant.command)), ("rx_bytes", "\(c.receivedBytes)"), ("tx_bytes", "\(c.sentBytes)"),
    ])
  }
}
