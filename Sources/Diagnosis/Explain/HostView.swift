public import HelperWire
public import NetworkModel

/// What the kernel and `vpn-link` say of the host's network now, asked when it is needed.
public struct HostView<Problem: Error> {
  /// Of the VPNs that are linked.
  public var ways: [Ways]
  public var routes: (IPFamily) throws(Problem) -> HostRoutes
  /// `ip route get`; `nil` where it refuses.
  public var ask: (HostRoutes.Packet) throws(Problem) -> HostRoutes.Route?
  /// The file, and the servers in it.
  public var resolvConf = "/etc/resolv.conf"
  public var servers: [IPAddress] = []
  /// VPNs until which nothing leaves this machine.
  public var blocking: [String] = []

  public init(
    ways: [Ways], routes: @escaping (IPFamily) throws(Problem) -> HostRoutes,
    ask: @escaping (HostRoutes.Packet) throws(Problem) -> HostRoutes.Route?, resolvConf: String = "/etc/resolv.conf",
    servers: [IPAddress] = []
  ) {
    self.ways = ways
    self.routes = routes
    self.ask = ask
    self.resolvConf = resolvConf
    self.servers = servers
  }

  public func name(ofTable number: Int) -> String {
    switch number {
    case Int(Tables.default): "default"
    case Int(Tables.main): "main"
    case 255: "local"
    default: ways.first { $0.table == number }.map { "\(number) (\($0.name))" } ?? "\(number)"
    }
  }
}
