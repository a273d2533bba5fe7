internal import CLinux
public import LinuxSystem
public import Netlink
public import NetworkModel

// Addresses, routes and rules: rtnetlink(7), linux/rtnetlink.h, linux/fib_rules.h.

extension IPFamily {
  var number: UInt8 { self == .v4 ? UInt8(AF_INET) : UInt8(AF_INET6) }
}

extension Address {
  public func creation(index: Int32) -> Request {
    var header = ifaddrmsg()
    header.ifa_family = prefix.family.number
    header.ifa_prefixlen = prefix.length
    header.ifa_index = UInt32(index)
    if prefix.family == .v6 { header.ifa_flags = UInt8(IFA_F_NODAD) }
    var p = Payload(header)
    p.attribute(n(IFA_LOCAL), prefix.address.bytes)
    p.attribute(n(IFA_ADDRESS), prefix.address.bytes)
    return Request(n(RTM_NEWADDR), flags: n(NLM_F_CREATE) | n(NLM_F_EXCL), p)
  }
}

extension Route {
  public func creation(index: Int32?) -> Request {
    Request(n(RTM_NEWROUTE), flags: n(NLM_F_CREATE) | n(NLM_F_EXCL), payload(index: index))
  }

  public func deletion(index: Int32?) -> Request { Request(n(RTM_DELROUTE), payload(index: index)) }

  private func payload(index: Int32?) -> Payload {
    var header = rtmsg()
    header.rtm_family = destination.family.number
    header.rtm_dst_len = destination.length
    header.rtm_protocol = Route.protocolNumber
    header.rtm_table = table < 256 ? UInt8(table) : UInt8(RT_TABLE_UNSPEC.rawValue)
    header.rtm_type = UInt8(RTN_UNICAST)
    header.rtm_scope = UInt8(RT_SCOPE_UNIVERSE.rawValue)
    var gateway: IPAddress?
    switch target {
    case .unreachable: header.rtm_type = UInt8(RTN_UNREACHABLE)
    case .link: if destination.family == .v4 { header.rtm_scope = UInt8(RT_SCOPE_LINK.rawValue) }
    case .gateway(let address, _, let isOnLink):
      gateway = address
      if isOnLink { header.rtm_flags = UInt32(RTNH_F_ONLINK) }
    }
    var p = Payload(header)
    if destination.length > 0 { p.attribute(n(RTA_DST), destination.network.address.bytes) }
    p.attribute(n(RTA_TABLE), table)
    if metric != 0 { p.attribute(n(RTA_PRIORITY), metric) }
    if let source { p.attribute(n(RTA_PREFSRC), source.bytes) }
    if let gateway { p.attribute(n(RTA_GATEWAY), gateway.bytes) }
    if let index { p.attribute(n(RTA_OIF), index) }
    return p
  }
}

/// What the kernel would do with a packet: `ip route get`.
public struct RouteAnswer: Equatable, Sendable {
  /// Index of the link by which it would leave.
  public var link: Int32?
  /// The route's own MTU, if it has one.
  public var mtu: UInt32?
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
    let answer = try get(Request(n(RTM_GETROUTE), p))
    var result = RouteAnswer()
    for a in answer.attributes(after: rtmsg.self) {
      switch a.type {
      case n(RTA_OIF): result.link = a.uint32.map { Int32(bitPattern: $0) }
      case n(RTA_METRICS): result.mtu = a.nested.first { $0.type == n(RTAX_MTU) }?.uint32
      default: break
      }
    }
    return result
  }

  /// The addresses of one link, or of all, but for link-local ones, in the kernel's order: IPv4 first.
  public mutating func addresses(ofLink index: Int32? = nil) throws(SystemError) -> [Prefix] {
    var header = ifaddrmsg()
    header.ifa_index = UInt32(index ?? 0)
    return try dump(Request(n(RTM_GETADDR), Payload(header))).compactMap { message in
      guard let header = message.header(ifaddrmsg.self), index == nil || header.ifa_index == UInt32(index!) else { return nil }
      let attributes = message.attributes(after: ifaddrmsg.self)
      // IPv4 has its own address in IFA_LOCAL, IPv6 in IFA_ADDRESS unless there is a peer.
      let value = attributes.first { $0.type == n(IFA_LOCAL) } ?? attributes.first { $0.type == n(IFA_ADDRESS) }
      guard let value, let address = IPAddress(bytes: value.value), !address.isLinkLocal, header.ifa_prefixlen <= address.family.width
      else { return nil }
      return Prefix(address, length: header.ifa_prefixlen)
    }
  }
}

extension Rule {
  public var creation: Request { Request(n(RTM_NEWRULE), flags: n(NLM_F_CREATE) | n(NLM_F_EXCL), payload) }
  public var deletion: Request { Request(n(RTM_DELRULE), payload) }

  private var payload: Payload {
    var header = fib_rule_hdr()
    header.family = family.number
    header.action = UInt8(FR_ACT_TO_TBL)
    header.src_len = source == nil ? 0 : family.width
    header.table = table < 256 ? UInt8(table) : UInt8(RT_TABLE_UNSPEC.rawValue)
    var p = Payload(header)
    p.attribute(n(FRA_PRIORITY), priority)
    p.attribute(n(FRA_TABLE), table)
    p.attribute(n(FRA_PROTOCOL), Route.protocolNumber)
    if let source { p.attribute(n(FRA_SRC), source.bytes) }
    if isLocallyGenerated { p.attribute(n(FRA_IIFNAME), text: "lo") }
    if let outputLink { p.attribute(n(FRA_OIFNAME), text: outputLink) }
    if let fwmark {
      p.attribute(n(FRA_FWMARK), fwmark)
      p.attribute(n(FRA_FWMASK), UInt32.max)
    }
    return p
  }
}
