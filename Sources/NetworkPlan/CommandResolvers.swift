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
}
