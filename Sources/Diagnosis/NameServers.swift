public import HelperWire
public import NetworkModel
public import Profile

/// DNS servers which no packet of the VPN reaches.
public enum NameServers {
  /// - Parameter networks: what all peers' AllowedIPs take.
  public static func outOfReach(_ servers: [IPAddress], of networks: [Prefix]) -> [IPAddress] {
    servers.filter { server in !networks.contains { $0.contains(server) } }
  }

  /// What is wrong; `nil` if nothing is.
  public static func sentence(_ outOfReach: [IPAddress]) -> String? {
    guard let first = outOfReach.first else { return nil }
    let list = outOfReach.map(\.description).joined(separator: ", ")
    return outOfReach.count == 1 ? "the DNS server \(first) is in no AllowedIPs" : "the DNS servers \(list) are in no AllowedIPs"
  }

  /// What that means, and both remedies.
  public static func consequence(_ outOfReach: [IPAddress]) -> String {
    let networks = outOfReach.map { Prefix(host: $0).description }.joined(separator: ", ")
    return "commands cannot resolve names by it: add \(networks) to AllowedIPs, or write the VPN's own server as `DNS =` in [VPN]"
  }
}

extension Profile {
  /// What is taken as it is, and probably not meant so.
  public var remarks: [String] {
    let networks = allowedIPs
    let lost = NameServers.outOfReach(dns, of: networks)
    let servers = NameServers.sentence(lost).map { ["\($0), so \(NameServers.consequence(lost))"] } ?? []
    // 0.0.0.0 and :: without a length, as wg(8) reads them.
    let lengths = networks.filter { $0.isHost && $0.address.isUnspecified }.map {
      "AllowedIPs = \($0.address) has no length and is that one address, by which nothing goes: for everything write \($0.address)/0"
    }
    return lengths + servers
  }
}

extension Ways {
  /// Of a VPN that is linked.
  public var serversOutOfReach: [IPAddress] { link != nil ? [] : NameServers.outOfReach(dns, of: peers.flatMap(\.allowedIPs)) }
}
