public import NetworkModel

/// The servers and search domains of a VPN's commands, as its box tells them: on its bridge, and on its end of the pair.
public struct CommandResolvers: Equatable, Sendable {
  public var servers: [IPAddress]
  public var search: [ByteString]

  public init(servers: [IPAddress], search: [ByteString]) {
    self.servers = servers
    self.search = search
  }

  /// - Parameters:
  ///   - bridge: its alias, `nil` for none.
  ///   - uplink: the alias of `Names.uplink`.
  public init(bridge: ByteString?, uplink: ByteString?) {
    servers = (bridge ?? "").utf8.split(separator: 0x20).compactMap { IPAddress($0) }
    search = (uplink ?? "").utf8.split(separator: 0x20).map { ByteString(Array($0)) }
  }

  public var bridgeAlias: ByteString { ByteString(servers.map { $0.description }.joined(separator: " ")) }
  public var uplinkAlias: ByteString { ByteString(search.map { $0.description }.joined(separator: " ")) }

  /// resolv.conf(5) of a command; `nil` when the VPN has no resolver.
  public var resolvConf: String? {
    if servers.isEmpty { return nil }
    // glibc reads the first three servers.
    var text = search.isEmpty ? "" : "search \(uplinkAlias)\n"
    for server in servers.prefix(3) { text += "nameserver \(server)\n" }
    return text
  }

  /// Where programs of the system's say by whom names are resolved: resolv.conf(5), and what it had before another program put itself in its
  /// place.
  public static let files = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf"]

  /// What a line of resolv.conf(5) names as a server: an address, which may have a link (fe80::1%eth0).
  /// - Returns: `nil` for any other line.
  public static func server(in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let words = line.split { $0 == 0x20 || $0 == 0x09 }
    return words.count >= 2 && words[0].elementsEqual("nameserver".utf8) ? words[1] : nil
  }

  /// What is left of a resolv.conf(5) for a program that runs outside all VPNs while the system is in one: no server on this machine, for that may
  /// ask others by the VPN, and none of a VPN's.
  /// - Parameter servers: those of VPNs, and this machine's own addresses.
  /// - Returns: `nil` if no server is left.
  public static func outside(_ file: [UInt8], besides servers: [IPAddress]) -> [UInt8]? {
    var (text, hasServer): ([UInt8], Bool) = ([], false)
    for line in file.split(separator: 0x0a) {
      if let server = server(in: line) {
        // One with a link is no address of ours.
        if let address = IPAddress(server), address.isLoopback || address.isUnspecified || servers.contains(address) { continue }
        hasServer = true
      }
      text += line + [0x0a]
    }
    return hasServer ? text : nil
  }
}
