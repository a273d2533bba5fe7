public import NetworkModel

/// The host's rules and routes, as `ip -N -j` prints them.
public struct HostRoutes {
  public struct Rule: Decodable {
    public var priority: Int
    public var src: String?
    public var srclen: UInt8?
    public var dst: String?
    public var dstlen: UInt8?
    public var iif: String?
    public var oif: String?
    public var fwmark: String?
    public var fwmask: String?
    public var ipproto: String?
    public var dport: Int?
    public var table: String?
    public var suppress: Int?
    public var isInverted = false
    /// Of what comes in by a VRF or goes out by one.
    public var isOfVRF = false
    /// The priority that is asked next, instead of a table.
    public var goto: Int?
    /// It does nothing.
    public var isNothing = false
    /// Users, source ports and other things that are not asked about here: nothing can be said about such a rule.
    public var isStrange = false

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case priority, src, srclen, dst, dstlen, iif, oif, fwmark, fwmask, ipproto, dport, table, not, l3mdev, goto, nop, `protocol`
      case suppress = "suppress_prefixlen"
    }
    private struct AnyKey: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { return nil }
    }

    public init(from decoder: any Decoder) throws {
      let c = try decoder.container(keyedBy: CodingKeys.self)
      priority = try c.decode(Int.self, forKey: .priority)
      src = try c.decodeIfPresent(String.self, forKey: .src)
      srclen = try c.decodeIfPresent(UInt8.self, forKey: .srclen)
      dst = try c.decodeIfPresent(String.self, forKey: .dst)
      dstlen = try c.decodeIfPresent(UInt8.self, forKey: .dstlen)
      iif = try c.decodeIfPresent(String.self, forKey: .iif)
      oif = try c.decodeIfPresent(String.self, forKey: .oif)
      fwmark = try c.decodeIfPresent(String.self, forKey: .fwmark)
      fwmask = try c.decodeIfPresent(String.self, forKey: .fwmask)
      ipproto = try c.decodeIfPresent(String.self, forKey: .ipproto)
      dport = try c.decodeIfPresent(Int.self, forKey: .dport)
      table = try c.decodeIfPresent(String.self, forKey: .table)
      suppress = try c.decodeIfPresent(Int.self, forKey: .suppress)
      isInverted = c.contains(.not)
      isOfVRF = c.contains(.l3mdev)
      goto = try c.decodeIfPresent(Int.self, forKey: .goto)
      isNothing = c.contains(.nop)
      let known = CodingKeys.allCases.map(\.rawValue)
      isStrange =
        try decoder.container(keyedBy: AnyKey.self).allKeys.contains { !known.contains($0.stringValue) }
        || table == nil && !isOfVRF && goto == nil && !isNothing
    }
  }

  public struct Route: Decodable, Equatable {
    /// `nil` for an ordinary one; 2 is this machine's own, 3 broadcast, 5 multicast, 6 to 8 refuse, 9 leads to the next rule.
    public var type: String?
    /// `default`, or a network.
    public var dst: String
    public var gateway: String?
    public var dev: String?
    public var table: String?
    public var metric: Int?

    public var refuses: Bool { ["6", "7", "8"].contains(type) }
    public var isThrown: Bool { type == "9" }
    public var isLocal: Bool { type == "2" }
    public var number: Int { table.flatMap { Int($0) } ?? Int(Tables.main) }
    public func prefix(_ family: IPFamily) -> Prefix? { dst == "default" ? .everything(family) : Prefix(dst) }
  }

  public var family: IPFamily
  public var rules: [Rule]
  public var routes: [Route]

  public init(
    family: IPFamily, rules: [Rule], routes: [Route]
  ) {
    self.family = family
    self.rules = rules
    self.routes = routes
  }

  /// What is looked up: a packet of a program that has bound its socket to nothing.
  public struct Packet {
    public var destination: IPAddress
    /// The tunnels'.
    public var mark: UInt32 = 0
    /// To which it is, where that is known.
    public var port: PacketPort?
    /// Of one that is forwarded: from where, and by which link it comes in.
    public var forwarded: (source: IPAddress, link: String)?

    public init(
      destination: IPAddress, mark: UInt32 = 0, port: PacketPort? = nil, forwarded: (source: IPAddress, link: String)? = nil
    ) {
      self.destination = destination
      self.mark = mark
      self.port = port
      self.forwarded = forwarded
    }
  }

  public struct Found {
    public var rule: Rule
    public var route: Route
    /// The route's.
    public var prefix: Prefix
  }

  /// By the first rule whose table has a route, the longest one.
  public func find(_ packet: Packet) -> Found? {
    var next = 0
    for rule in rules.sorted(by: { $0.priority < $1.priority }) where rule.priority >= next && matches(rule, packet) {
      guard !rule.isStrange else { return nil }
      next = rule.goto ?? next
      guard let number = rule.table.flatMap({ Int($0) }), let (route, prefix) = longest(packet.destination, in: number),
        !route.isThrown
      else { continue }
      if let suppress = rule.suppress, Int(prefix.length) <= suppress { continue }
      return Found(rule: rule, route: route, prefix: prefix)
    }
    return nil
  }

  private func longest(_ destination: IPAddress, in table: Int) -> (Route, Prefix)? {
    routes.filter { $0.number == table }
      .compactMap { route in route.prefix(family).flatMap { $0.contains(destination) ? (route, $0) : nil } }
      .min { a, b in a.1.length != b.1.length ? a.1.length > b.1.length : a.0.metric ?? 0 < b.0.metric ?? 0 }
  }

  private func matches(_ rule: Rule, _ packet: Packet) -> Bool {
    // A socket is bound to no link, and has no address yet.
    var matches = !rule.isOfVRF && rule.oif == nil && (rule.iif == nil || rule.iif == packet.forwarded?.link ?? "lo")
    if let text = rule.src, text != "all" {
      let network = IPAddress(text).map { Prefix($0, length: rule.srclen ?? family.width) }
      matches = matches && packet.forwarded.map { network?.contains($0.source) ?? false } ?? false
    }
    if let text = rule.dst, text != "all", let address = IPAddress(text) {
      matches = matches && Prefix(address, length: rule.dstlen ?? family.width).contains(packet.destination)
    }
    if let mark = rule.fwmark.flatMap(number) {
      let mask = rule.fwmask.flatMap(number) ?? .max
      matches = matches && packet.mark & mask == mark & mask
    }
    if let transport = rule.ipproto { matches = matches && packet.port.map { transport == "ipproto-\($0.transport.rawValue)" } ?? false }
    if let port = rule.dport { matches = matches && packet.port.map { port == Int($0.number) } ?? false }
    return matches != rule.isInverted
  }

  private func number(_ text: String) -> UInt32? {
    text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
  }
}
