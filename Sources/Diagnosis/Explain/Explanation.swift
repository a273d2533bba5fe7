public import HelperWire
public import NetworkModel
internal import NetworkPlan

/// The way of one packet, place by place, to where it arrives or stops. `vpn explain --json` prints it; every key is always there.
///
/// | key | value |
/// |---|---|
/// | `vpn` | the VPN of the command that sends it; null for a program of the host |
/// | `command` | which one, if one was named, `sh (pid 4242)`; null for any |
/// | `destination` | what was asked for |
/// | `source` | of a packet that this machine forwards, or null |
/// | `query` | it is a DNS query: about that name, to the server that its sender has, or to that address |
/// | `port` | which was asked for, `tcp/853` for example, or null |
/// | `inbound` | it comes from the VPN `through`; the destination is a port of this machine, or `icmp` |
/// | `steps` | `place` (`command`, `box`, `host`, `server`), `text`, `encrypted` from here on, and `rule` (its priority), `table`, `link` or null |
/// | `outcome` | `tunnel`: it leaves encrypted; `direct`: in the clear; `local`: it stays on this machine; `stops` |
/// | `link` | of the host, by which it leaves, encrypted or not; null if it does not |
/// | `through` | the VPN whose tunnel it takes, or null |
/// | `endpoint` | to which it is sent encrypted, or null |
/// | `carriers` | VPNs whose tunnels carry that tunnel's packets (`Underlay`), the nearest first |
/// | `reason` | why it stops, or null |
public struct Explanation: Codable, Equatable {
  public enum Place: String, Codable { case command, box, host, server }
  public enum Outcome: String, Codable, Sendable { case tunnel, direct, local, stops }

  public struct Step: Codable, Equatable {
    public var place: Place
    public var text: String
    public var encrypted: Bool
    @Nullable public var rule: Int?
    @Nullable public var table: Int?
    @Nullable public var link: String?
  }

  @Nullable public var vpn: String?
  public var destination: String
  public var query = false
  public var steps: [Step] = []
  public var outcome = Outcome.stops
  @Nullable public var link: String?
  @Nullable public var through: String?
  @Nullable public var endpoint: String?
  @Nullable public var reason: String?
  @Nullable public var source: String?
  @Nullable public var port: String?
  @Nullable public var command: String?
  public var inbound = false
  public var carriers: [String] = []

  public init(vpn: String?, destination: String) {
    self.vpn = vpn
    self.destination = destination
  }

  mutating func step(
    _ place: Place, _ text: String, encrypts: Bool = false, rule: Int? = nil, table: Int? = nil, link: String? = nil
  ) {
    let isEncrypted = place != .server && (encrypts || steps.last?.encrypted == true)
    steps.append(Step(place: place, text: text, encrypted: isEncrypted, rule: rule, table: table, link: link))
  }

  mutating func stop(_ place: Place, _ text: String, rule: Int? = nil, table: Int? = nil) {
    step(place, text, rule: rule, table: table)
    outcome = .stops
    reason = text
  }
}

// ---------------------------------------------------------------- of a command

extension Explanation {
  public static func ofCommand(inUnlinked name: String, to destination: String) -> Explanation {
    var path = Explanation(vpn: name, destination: destination)
    path.stop(.command, "\(name) is not linked: `vpn link \(name)` does that, and so does vpnrun")
    return path
  }

  /// - Parameters:
  ///   - destination: of a query the server's.
  ///   - port: `nil` for any.
  ///   - named: as it was typed.
  ///   - exceptions: of the command that was named; `nil` for any.
  public static func ofCommand<Problem>(
    in ways: Ways, to destination: IPAddress, port: PacketPort? = nil, named: String, having exceptions: CommandExceptions? = nil,
    on host: HostView<Problem>
  ) throws(Problem) -> Explanation {
    var path = Explanation(vpn: ways.name, destination: named)
    path.command = exceptions?.who
    let isQuery = port?.number == PacketPort.query.number
    path.query = isQuery
    guard ways.box else {
      path.stop(.command, "\(ways.name) has `Box = no`: no command runs in it")
      return path
    }
    let family = destination.family
    let isRedirected = isQuery && !ways.dns.isEmpty
    if destination.isLoopback, !isRedirected {
      path.step(.command, "loopback: it stays in the command's own network", link: "lo")
      path.outcome = .local
      return path
    }
    // Where the LAN has the addresses of the VPN's servers and commands, too, they are the VPN's: `lanFilter`.
    let isVPNs = ways.dns.contains(destination) || ways.gateways.contains { $0.contains(destination) }
    if !isVPNs, let lan = exceptions?.lan(to: destination, port) {
      try path.beside(lan, destination, port, on: host)
      return path
    }
    guard ways.address(family) != nil, let gateway = ways.gateways.first(where: { $0.family == family }) else {
      path.stop(.command, "\(ways.name) has no \(family.name) address, nor has the command: unreachable at once")
      return path
    }
    if destination.isMulticast || destination == broadcast || (family == .v6 && destination.isLinkLocal) {
      path.stop(.command, "it would stay on a link, and the command's has no neighbours")
      return path
    }
    if gateway.contains(destination), destination != gateway.address {
      path.stop(.command, "in the commands' own network \(gateway.network): they cannot reach one another")
      return path
    }
    path.step(.command, "by eth0 to its box, \(gateway.address)", link: "eth0")
    try path.inBox(ways, destination, isOfHost: false, on: host)
    return path
  }

  /// - Parameters:
  ///   - isOfHost: it came by the host's link.
  ///   - source: of one that the host forwards.
  private mutating func inBox<Problem>(
    _ ways: Ways, _ asked: IPAddress, isOfHost: Bool, from source: IPAddress? = nil, on host: HostView<Problem>
  ) throws(Problem) {
    var destination = asked
    if let source, !ways.relay.contains(where: { $0.contains(source) }) {
      return stop(.box, "from \(source), which is in no Relay of \(ways.name): the filter refuses it, TCP with a reset")
    }
    if query, !ways.dns.isEmpty {
      if ways.dns.contains(asked) {
        step(.box, "a DNS query, to a server of \(ways.name)'s: \(asked)")
      } else if let server = ways.dns.first(where: { $0.family == asked.family }) {
        step(.box, "a DNS query: the filter sends it to \(server) instead of \(asked)")
        destination = server
      } else {
        return stop(.box, "a DNS query, and \(ways.name) has no \(asked.family.name) server: the filter refuses it")
      }
    }
    if ways.gateways.contains(where: { $0.address == destination }) {
      return stop(.box, "the box's own address, where nothing but ping is answered")
    }
    let tables = [Tables.main, Tables.default].map { Int($0) }.map { number in
      ways.routes.filter { $0.table == number && $0.destination.contains(destination) }
    }
    guard let table = tables.first(where: { !$0.isEmpty }), let route = table.max(by: { $0.destination.length < $1.destination.length })
    else {
      return stop(.box, "no route")
    }
    guard route.link == Names.tunnel.description else {
      return stop(.box, "\(ways.whyNotByTunnel(destination)): the filter refuses it, TCP with a reset")
    }
    step(.box, "route \(route.destination.shown) by \(Names.tunnel)", table: route.table, link: Names.tunnel.description)
    if let link = ways.link {
      let own = ways.linkAddresses.first { $0.family == destination.family }
      step(.box, "it leaves\(own.map { " as \($0) (source NAT)," } ?? "") by \(link)", link: link)
      (outcome, self.link, through) = (.direct, link, ways.name)
      return
    }
    if let own = ways.address(destination.family), source == nil ? !isOfHost : ways.relayTranslated {
      step(.box, "it leaves as \(own) (source NAT)")
    } else if let source {
      step(.box, "it leaves as what it is, from \(source): the other side must know the way back")
    }
    try inTunnel(ways, destination, on: host)
  }

  private mutating func inTunnel<Problem>(_ ways: Ways, _ destination: IPAddress, on host: HostView<Problem>) throws(Problem) {
    let place = ways.box ? Place.box : .host
    let allowed = ways.peers.flatMap { peer in peer.allowedIPs.filter { $0.contains(destination) }.map { (peer, $0) } }
    guard let (peer, network) = allowed.max(by: { $0.1.length < $1.1.length }) else {
      return stop(place, "no peer's AllowedIPs have it: WireGuard refuses it")
    }
    step(place, "encrypted for peer \(peer.publicKey.prefix(8))…: its AllowedIPs have \(network.shown)", encrypts: true)
    guard let text = peer.endpoint, let address = IPAddress(host: text) else {
      return stop(place, "that peer has no endpoint: it must call first")
    }
    step(.host, "UDP to \(text), with mark \(ways.fwmark)")
    guard let link = try look(HostRoutes.Packet(destination: address, mark: ways.fwmark), on: host)?.dev else {
      return stop(.host, "unreachable: there is no route to the endpoint \(text) (this machine is offline?)")
    }
    if link == ways.name {
      return stop(.host, "a route by \(ways.name)'s own link, into which its tunnel would go round and round: its filter drops it")
    }
    if let outer = host.ways.first(where: { $0.name == link && $0.box }) {
      // Another VPN's box gets it as any packet of the host's. (Who has made a circle by hand does not want to see all of it.)
      guard steps.count < 50 else { return stop(.host, "round and round, through VPNs that carry one another") }
      let (wasQuery, own) = (query, carriers)
      (query, carriers) = (false, [])
      step(.host, "by the link \(link) into its box: \(outer.name) carries the encrypted packet", link: link)
      try inBox(outer, address, isOfHost: true, on: host)
      (query, carriers) = (wasQuery, own + [outer.name] + carriers)
      guard outcome == .tunnel || outcome == .direct else { return }
    } else {
      outcome = .tunnel
      self.link = link
    }
    through = ways.name
    endpoint = text
    step(.server, "\(text) sends it on to \(destination)")
  }

  private static let broadcast = IPAddress.v4(IPv4Address(bits: .max))
}

// ---------------------------------------------------------------- of the host

extension Explanation {
  /// - Parameters:
  ///   - source: of a packet that the host forwards.
  ///   - outside: of a command of `vpnrun --direct` that was named: who it is.
  public static func ofHost<Problem>(
    to destination: IPAddress, port: PacketPort? = nil, named: String, from source: IPAddress? = nil, outside: String? = nil,
    on host: HostView<Problem>
  ) throws(Problem) -> Explanation {
    var path = Explanation(vpn: nil, destination: named)
    path.command = outside
    let isQuery = port?.number == PacketPort.query.number
    path.query = isQuery
    path.source = source?.description
    var packet = HostRoutes.Packet(destination: destination, port: port)
    if let source {
      guard let way = try host.ask(HostRoutes.Packet(destination: source)), let link = way.dev, !way.isLocal, link != "lo" else {
        path.stop(.host, "\(source) is not behind this machine: there is no route to it, or it is this machine's own")
        return path
      }
      path.step(.host, "from \(source), by the link \(link)", link: link)
      packet.forwarded = (source, link)
    }
    if outside != nil, let first = host.ways.first(where: { $0.up && $0.link == nil }) {
      packet.mark = first.fwmark
      path.step(.host, "its sockets have the mark \(first.fwmark), as the tunnel of \(first.name) (--direct)")
    }
    guard let route = try path.look(packet, on: host) else { return path }
    if route.isLocal || route.dev == "lo" {
      path.step(.host, isQuery ? "a resolver of this machine, which asks its own servers" : "it stays on this machine", link: route.dev)
      path.outcome = .local
    } else if let ways = host.ways.first(where: { $0.name == route.dev }), !ways.box {
      path.step(.host, "by the link \(ways.name), a tunnel of this machine's", link: ways.name)
      try path.inTunnel(ways, destination, on: host)
    } else if let ways = host.ways.first(where: { $0.name == route.dev }) {
      let own = source == nil ? ways.address(destination.family).map { ", from \($0)" } ?? "" : ""
      path.step(.host, "by the link \(ways.name) into its box\(own)", link: ways.name)
      try path.inBox(ways, destination, isOfHost: true, from: source, on: host)
    } else if try packet.mark != 0 ? true : path.passesGuards(destination, port, from: source, by: route.dev, on: host) {
      path.outcome = .direct
      path.link = route.dev
      path.through = source.flatMap { source in host.ways.first { $0.relays(source, by: route.dev) }?.name }
      path.step(.host, "it leaves in the clear", link: route.dev)
    }
    return path
  }

  /// - Returns: the kernel's answer; `nil` if it has none, which then is said.
  mutating func look<Problem>(_ packet: HostRoutes.Packet, on host: HostView<Problem>) throws(Problem) -> HostRoutes.Route? {
    let found = try host.routes(packet.destination.family).find(packet)
    let answer = try host.ask(packet)
    guard let found, answer == nil ? found.route.refuses : answer?.dev == found.route.dev || found.route.isLocal else {
      if let answer {
        step(.host, "route by \(answer.way)", link: answer.dev)
      } else {
        stop(.host, "no route: unreachable at once")
      }
      return answer
    }
    let table = host.name(ofTable: found.route.number)
    let rule = "rule \(found.rule.priority): table \(table)"
    guard let answer else {
      stop(.host, "\(rule): unreachable", rule: found.rule.priority, table: found.route.number)
      return nil
    }
    step(
      .host, "\(rule), route \(found.prefix.shown) by \(answer.way)", rule: found.rule.priority, table: found.route.number, link: answer.dev
    )
    return answer
  }
}

extension Ways {
  /// What comes from there leaves by that link of the host's.
  func relays(_ source: IPAddress, by dev: String?) -> Bool {
    link != nil && link == dev && relay.contains { $0.contains(source) }
  }

  fileprivate func whyNotByTunnel(_ destination: IPAddress) -> String {
    if addresses.contains(destination) { return "the VPN's own address, which is the host's" }
    if gateways.contains(where: { $0.contains(destination) }) { return "in the commands' own network, which no other program reaches" }
    return tunnel ? "no peer's AllowedIPs have it" : "the tunnel is down"
  }
}

extension HostRoutes.Route {
  fileprivate var way: String { (dev ?? "no link") + (gateway.map { " to \($0)" } ?? "") }
}
