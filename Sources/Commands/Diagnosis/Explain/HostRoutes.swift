internal import FoundationEssentials
internal import NetworkModel

/// The host's rules and routes, as `ip -N -j` prints them.
struct HostRoutes {
  struct Rule: Decodable {
    var priority: Int
    var src: String?
    var srclen: UInt8?
    var dst: String?
    var dstlen: UInt8?
    var iif: String?
    var oif: String?
    var fwmark: String?
    var fwmask: String?
    var ipproto: String?
    var dport: Int?
    var table: String?
    var suppress: Int?
    var isInverted = false
    /// Of what comes in by a VRF or goes out by one.
    var isOfVRF = false
    /// Users, source ports, jumps and other things that are not asked about here: nothing can be said about such a rule.
    var isStrange = false

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case priority, src, srclen, dst, dstlen, iif, oif, fwmark, fwmask, ipproto, dport, table, not, l3mdev, `protocol`
      case suppress = "suppress_prefixlen"
    }
    private struct AnyKey: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { return nil }
    }

    init(from decoder: any Decoder) throws {
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
      let known = CodingKeys.allCases.map(\.rawValue)
      isStrange =
        try decoder.container(keyedBy: AnyKey.self).allKeys.contains { !known.contains($0.stringValue) } || table == nil && !isOfVRF
    }
  }

  struct Route: Decodable, Equatable {
    /// `nil` for an ordinary one; 2 is this machine's own, 3 broadcast, 5 multicast, 6 to 8 refuse.
    var type: String?
    /// `default`, or a network.
    var dst: String
    var gateway: String?
    var dev: String?
    var table: String?
    var metric: Int?

    var refuses: Bool { ["6", "7", "8"].contains(type) }
    var isLocal: Bool { type == "2" }
    var number: Int { table.flatMap { Int($0) } ?? 254 }
    func prefix(_ family: IPFamily) -> Prefix? { dst == "default" ? .everything(family) : Prefix(dst) }
  }

  var family: IPFamily
  var rules: [Rule]
  var routes: [Route]

  /// What is looked up: a packet of a program that has bound its socket to nothing.
  struct Packet {
    var destination: IPAddress
    /// The tunnels'.
    var mark: UInt32 = 0
    /// A DNS query.
    var isQuery = false
  }

  struct Found {
    var rule: Rule
    var route: Route
    /// The route's.
    var prefix: Prefix
  }

  /// By the first rule whose table has a route, the longest one.
  func find(_ packet: Packet) -> Found? {
    for rule in rules.sorted(by: { $0.priority < $1.priority }) where matches(rule, packet) {
      guard !rule.isStrange else { return nil }
      guard let number = rule.table.flatMap({ Int($0) }), let (route, prefix) = longest(packet.destination, in: number) else { continue }
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
    // Its socket is bound to no link, and has no address yet.
    var matches = !rule.isOfVRF && rule.oif == nil && (rule.iif == nil || rule.iif == "lo") && (rule.src == nil || rule.src == "all")
    if let text = rule.dst, text != "all", let address = IPAddress(text) {
      matches = matches && Prefix(address, length: rule.dstlen ?? family.width).contains(packet.destination)
    }
    if let mark = rule.fwmark.flatMap(number) {
      let mask = rule.fwmask.flatMap(number) ?? .max
      matches = matches && packet.mark & mask == mark & mask
    }
    if let transport = rule.ipproto { matches = matches && packet.isQuery && transport == "ipproto-17" }
    if let port = rule.dport { matches = matches && packet.isQuery && port == 53 }
    return matches != rule.isInverted
  }

  private func number(_ text: String) -> UInt32? {
    text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
  }
}

extension HostRoutes {
  init(_ family: IPFamily, rules: [UInt8], routes: [UInt8]) throws(Failure) {
    do {
      self.family = family
      self.rules = try JSONDecoder().decode([Rule].self, from: Data(rules))
      self.routes = try JSONDecoder().decode([Route].self, from: Data(routes))
    } catch { throw Failure("the answer of ip(8) is not understood: \(error)") }
  }

  /// What the kernel itself answers; `nil`: nothing, for it refuses.
  static func answer(_ json: [UInt8]) -> Route? { (try? JSONDecoder().decode([Route].self, from: Data(json)))?.first }
}
