/// What a command in a VPN sees: text of files.
public struct InsideView: Codable, Equatable, Sendable {
  /// /proc/net/dev
  public var links: String
  /// /proc/net/route and /proc/net/ipv6_route
  public var routes4: String
  public var routes6: String
  /// /etc/resolv.conf and /etc/nsswitch.conf
  public var resolver: String
  public var nsswitch: String
  /// Those of resolvers, and of the bus.
  public var sockets: [String]
  /// It can look into a process of its user's outside, and so borrow its sockets (PTRACE_MODE_READ, ptrace(2)).
  public var seesOutside: Bool

  public init(
    links: String, routes4: String, routes6: String, resolver: String, nsswitch: String, sockets: [String], seesOutside: Bool
  ) {
    self.links = links
    self.routes4 = routes4
    self.routes6 = routes6
    self.resolver = resolver
    self.nsswitch = nsswitch
    self.sockets = sockets
    self.seesOutside = seesOutside
  }
}
