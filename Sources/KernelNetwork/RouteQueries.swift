internal import CLinux
public import LinuxSystem
public import Netlink
public import NetworkModel

// What the kernel has of addresses, routes and rules.

/// What the kernel would do with a packet: `ip route get`.
public struct RouteAnswer: Equatable, Sendable {
  /// Index of the link by which it would leave.
  public var link: Int32?
  /// The route's own MTU, if it has one.
  public var mtu: UInt32?

  init(_ message: Message) {
    for a in message.attributes(after: rtmsg.self) {
      switch a.type {
      case n(RTA_OIF): link = a.uint32.map { Int32(bitPattern: $0) }
      case n(RTA_METRICS): mtu = a.nested.first { $0.type == n(RTAX_MTU) }?.uint32
      default: break
      }
    }
  }
}

extension Prefix {
  /// An address of that link, or of any; `nil` for link-local ones.
  init?(_ message: Message, ofLink index: Int32?) {
    guard let header = message.header(ifaddrmsg.self), index.map({ UInt32(bitPattern: $0) == header.ifa_index }) ?? true else { return nil }
    let attributes = message.attributes(after: ifaddrmsg.self)
    // IPv4 has its own address in IFA_LOCAL, IPv6 in IFA_ADDRESS unless there is a peer.
    let value = attributes.first { $0.type == n(IFA_LOCAL) } ?? attributes.first { $0.type == n(IFA_ADDRESS) }
    guard let value, let address = IPAddress(bytes: value.value), !address.isLinkLocal, header.ifa_prefixlen <= address.family.width
    else { return nil }
    self.init(address, length: header.ifa_prefixlen)
  }
}

extension NetlinkSocket {
  /// - Throws: ENETUNREACH, EHOSTUNREACH … where there is no way.
  public mutating func route(to address: IPAddress, fwmark: UInt32) throws(SystemError) -> RouteAnswer {
    var header = rtmsg()
    header.rtm_family = address.family.number
    header.rtm_dst_len = address.family.width
    var p = Payload(header)
    p.attribute(n(RTA_DST), address.bytes)
    p.attribute(n(RTA_MARK), fwmark)
    return RouteAnswer(try get(Request(n(RTM_GETROUTE), p)))
  }

  /// The addresses of one link, or of all, but for link-local ones, in the kernel's order: IPv4 first.
  public mutating func addresses(ofLink index: Int32? = nil) throws(SystemError) -> [Prefix] {
    var header = ifaddrmsg()
    header.ifa_index = UInt32(bitPattern: index ?? 0)
    return try dump(Request(n(RTM_GETADDR), Payload(header))).compactMap { Prefix($0, ofLink: index) }
  }
}

extension NetlinkSocket {
  /// What a table holds of ordinary routes, in the kernel's order.
  public mutating func routes(inTable table: UInt32) throws(SystemError) -> [RouteState] {
    try allRoutes(inTable: table).filter { $0.kind == .ordinary }
  }

  /// Those as well that refuse packets, or hand them to the next rule.
  public mutating func allRoutes(inTable table: UInt32) throws(SystemError) -> [RouteState] {
    // Where the kernel lacks a family it answers with what the others have.
    var found: [RouteState] = []
    for family in IPFamily.allCases {
      found += try answers(aboutTable: table, family).compactMap { RouteState($0, table: table) }.filter { $0.destination.family == family }
    }
    return found
  }

  /// What the table local has for this machine itself, and for several of one link.
  public mutating func localRoutes() throws(SystemError) -> [RouteState] {
    var found: [RouteState] = []
    for family in IPFamily.allCases {
      found += try answers(aboutTable: Tables.local, family).compactMap { RouteState($0, table: Tables.local, isLocal: true) }
        .filter { $0.destination.family == family }
    }
    return found
  }

  mutating func answers(aboutTable table: UInt32, _ family: IPFamily) throws(SystemError) -> [Message] {
    var header = rtmsg()
    header.rtm_family = family.number
    // The kernel leaves out other tables' (NETLINK_GET_STRICT_CHK).
    var p = Payload(header)
    p.attribute(n(RTA_TABLE), table)
    do throws(SystemError) { return try dump(Request(n(RTM_GETROUTE), p)) } catch {
      // No such table: it has never had a route.
      guard error.errno == ENOENT else { throw error }
      return []
    }
  }

  /// All policy rules of these families, in the order in which they are asked.
  public mutating func rules(_ families: [IPFamily] = IPFamily.allCases) throws(SystemError) -> [RuleState] {
    var found: [RuleState] = []
    for family in families { found += try rules(family).compactMap { RuleState($0) } }
    return found
  }

  private mutating func rules(_ family: IPFamily) throws(SystemError) -> [Message] {
    var header = fib_rule_hdr()
    header.family = family.number
    return try dump(Request(n(RTM_GETRULE), Payload(header)))
  }

  /// The families that this kernel has. It is asked for IPv6 rules, and only if it knows none of that family whether it has IPv6 sockets: a
  /// sandbox may forbid those (RestrictAddressFamilies=) and must not make it look as if there were nothing to keep from leaking.
  /// - Throws: EAFNOSUPPORT where there is IPv6 without rules (CONFIG_IPV6_MULTIPLE_TABLES).
  public mutating func families() throws(SystemError) -> [IPFamily] {
    let hasIPv6 = try hasIPv6()
    // One list only: of two that a function returns, Embedded Swift 6.3 takes the wrong one when another module inlines it.
    return IPFamily.allCases.filter { $0 == .v4 || hasIPv6 }
  }

  private mutating func hasIPv6() throws(SystemError) -> Bool {
    do throws(SystemError) { _ = try rules(.v6) } catch {
      guard error.isMissingFamily else { throw error }
      do throws(SystemError) { try DatagramSocket.makeOfIPv6() } catch { if error.isMissingFamily { return false } }
      throw error
    }
    return true
  }
}

/// A route that the kernel has.
public struct RouteState: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case ordinary
    /// Unreachable, prohibited, or dropped.
    case refusing
    /// `throw`.
    case thrown
  }

  public var destination: Prefix
  public var kind = Kind.ordinary
  /// Index of its link; `nil` for one with several next hops, or none.
  public var link: Int32?
  /// Of all its next hops.
  public var links: [Int32] = []
  /// Its next hop, if it has one alone.
  public var gateway: IPAddress?
  public var metric: UInt32 = 0
  /// Its own MTU, if it has one.
  public var mtu: UInt32?
  /// rt_protos(5): 2 the kernel's own, 86 ours.
  public var owner: UInt8

  public var isOurs: Bool { owner == Route.protocolNumber }

  /// - Parameter isLocal: what is for this machine itself or for several counts as ordinary; otherwise it does not count.
  init?(_ message: Message, table: UInt32, isLocal: Bool = false) {
    guard message.type == n(RTM_NEWROUTE), let header = message.header(rtmsg.self), header.rtm_flags & UInt32(RTM_F_CLONED) == 0 else {
      return nil
    }
    switch UInt32(header.rtm_type) {
    case UInt32(RTN_UNICAST): break
    case UInt32(RTN_UNREACHABLE), UInt32(RTN_PROHIBIT), UInt32(RTN_BLACKHOLE): kind = .refusing
    case UInt32(RTN_THROW): kind = .thrown
    case UInt32(RTN_LOCAL) where isLocal, UInt32(RTN_MULTICAST) where isLocal: break
    default: return nil
    }
    owner = header.rtm_protocol
    let family: IPFamily = header.rtm_family == UInt8(AF_INET) ? .v4 : .v6
    destination = Prefix.everything(family)
    var own = UInt32(header.rtm_table)
    for a in message.attributes(after: rtmsg.self) {
      switch a.type {
      case n(RTA_DST):
        if let address = IPAddress(bytes: a.value) { destination = Prefix(address, length: min(header.rtm_dst_len, address.family.width)) }
      case n(RTA_OIF): link = a.uint32.map { Int32(bitPattern: $0) }
      case n(RTA_GATEWAY): gateway = IPAddress(bytes: a.value)
      case n(RTA_MULTIPATH): links = Self.links(ofNextHops: a.value)
      case n(RTA_TABLE): own = a.uint32 ?? own
      case n(RTA_PRIORITY): metric = a.uint32 ?? 0
      case n(RTA_METRICS): mtu = a.nested.first { $0.type == n(RTAX_MTU) }?.uint32
      default: break
      }
    }
    guard own == table else { return nil }
    if let link { links.append(link) }
  }

  /// struct rtnexthop of linux/rtnetlink.h: length, flags, weight and link, 8 bytes, and attributes, padded to 4.
  private static func links(ofNextHops value: ArraySlice<UInt8>) -> [Int32] {
    var links: [Int32] = []
    var rest = value
    while rest.count >= 8 {
      let at = rest.startIndex
      let length = Int(rest[at]) | Int(rest[at + 1]) << 8
      guard length >= 8 else { break }
      links.append(Int32(bitPattern: (4..<8).reduce(0) { $0 | UInt32(rest[at + $1]) << (8 * UInt32($1 - 4)) }))
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return links
  }
}

/// A rule that the kernel has, and whose it is.
public struct RuleState: Equatable, Sendable {
  /// Where the rule says more than can be said here, `isPlain` is false.
  public var rule: Rule
  public var isPlain = true
  /// rt_protos(5): 2 the kernel's own, 86 ours.
  public var owner: UInt8 = 0

  public var isOurs: Bool { owner == Route.protocolNumber }

  /// As the kernel will have it.
  public init(ours rule: Rule) {
    self.rule = rule
    owner = Route.protocolNumber
  }

  init?(_ message: Message) {
    guard message.type == n(RTM_NEWRULE), let header = message.header(fib_rule_hdr.self) else { return nil }
    let family: IPFamily = header.family == UInt8(AF_INET) ? .v4 : .v6
    rule = Rule(family, priority: 0, table: UInt32(header.table), isInverted: header.flags & UInt32(FIB_RULE_INVERT) != 0)
    rule.isNothing = header.action == UInt8(FR_ACT_NOP)
    rule.isUnreachable = header.action == UInt8(FR_ACT_UNREACHABLE)
    let isKnown = rule.isNothing || rule.isUnreachable || [UInt8(FR_ACT_TO_TBL), UInt8(FR_ACT_GOTO)].contains(header.action)
    isPlain = isKnown && header.tos == 0
    var mask: UInt32?
    var transport: Transport?
    var port: UInt16?
    for a in message.attributes(after: fib_rule_hdr.self) {
      switch a.type {
      case n(FRA_PRIORITY): rule.priority = a.uint32 ?? 0
      case n(FRA_TABLE): rule.table = a.uint32 ?? 0
      case n(FRA_GOTO): rule.target = a.uint32
      case n(FRA_PROTOCOL): owner = a.uint8 ?? 0
      case n(FRA_SRC):
        rule.source = IPAddress(bytes: a.value).map { Prefix($0, length: min(header.src_len, $0.family.width)) }
      case n(FRA_DST):
        rule.destination = IPAddress(bytes: a.value).map { Prefix($0, length: min(header.dst_len, $0.family.width)) }
      case n(FRA_IIFNAME): if a.name == "lo" { rule.isLocallyGenerated = true } else { isPlain = false }
      case n(FRA_OIFNAME): rule.outputLink = a.name
      case n(FRA_FWMARK): rule.fwmark = a.uint32
      case n(FRA_FWMASK): mask = a.uint32
      case n(FRA_IP_PROTO):
        transport = a.uint8.flatMap { Transport(rawValue: $0) }
        if transport == nil { isPlain = false }
      case n(FRA_DPORT_RANGE):
        // struct fib_rule_port_range, see `payload`.
        port = a.uint16
        if let range = a.uint32, range >> 16 != range & 0xffff { isPlain = false }
      case n(FRA_SUPPRESS_PREFIXLEN): rule.suppressedLength = a.uint32.flatMap { UInt8(exactly: $0) }
      case n(FRA_L3MDEV): rule.isOfVRF = a.uint8 != 0
      case n(FRA_PAD): break
      // FRA_DPORT_MASK, of Linux 6.15: all bits of a single port.
      case 29: if a.uint16 != UInt16.max { isPlain = false }
      // Source ports, users, realms, suppressed groups, and whatever else comes.
      default: isPlain = false
      }
    }
    // A mark of 0 is not said.
    if let mask, rule.fwmark != nil { rule.fwmask = mask }
    if let mask, mask != UInt32.max, rule.fwmark == nil { isPlain = false }
    if (transport == nil) != (port == nil) { isPlain = false }
    if let transport, let port { rule.service = Rule.Service(transport, port: port) }
  }
}
