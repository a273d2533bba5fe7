internal import CLinux
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

  /// In place of one with the same destination, table and metric.
  public func replacement(index: Int32?) -> Request {
    Request(n(RTM_NEWROUTE), flags: n(NLM_F_CREATE) | n(NLM_F_REPLACE), payload(index: index))
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
    case .local:
      header.rtm_type = UInt8(RTN_LOCAL)
      header.rtm_scope = UInt8((destination.family == .v4 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE).rawValue)
    case .thrown: header.rtm_type = UInt8(RTN_THROW)
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

extension Neighbour {
  public func creation(index: Int32) -> Request {
    var header = ndmsg()
    header.ndm_family = address.family.number
    header.ndm_ifindex = index
    header.ndm_state = UInt16(NUD_PERMANENT)
    var p = Payload(header)
    p.attribute(n(NDA_DST), address.bytes)
    p.attribute(n(NDA_LLADDR), mac.bytes)
    return Request(n(RTM_NEWNEIGH), flags: n(NLM_F_CREATE) | n(NLM_F_REPLACE), p)
  }

  public func deletion(index: Int32) -> Request {
    var header = ndmsg()
    header.ndm_family = address.family.number
    header.ndm_ifindex = index
    var p = Payload(header)
    p.attribute(n(NDA_DST), address.bytes)
    return Request(n(RTM_DELNEIGH), p)
  }
}

extension Rule {
  public var creation: Request { Request(n(RTM_NEWRULE), flags: n(NLM_F_CREATE) | n(NLM_F_EXCL), payload) }
  public var deletion: Request { Request(n(RTM_DELRULE), payload) }

  private var action: UInt8 {
    if target != nil { return UInt8(FR_ACT_GOTO) }
    if isNothing { return UInt8(FR_ACT_NOP) }
    return UInt8(isUnreachable ? FR_ACT_UNREACHABLE : FR_ACT_TO_TBL)
  }

  private var payload: Payload {
    var header = fib_rule_hdr()
    header.family = family.number
    header.action = action
    header.src_len = source?.length ?? 0
    header.dst_len = destination?.length ?? 0
    header.table = isOfVRF ? UInt8(RT_TABLE_UNSPEC.rawValue) : table < 256 ? UInt8(table) : UInt8(RT_TABLE_UNSPEC.rawValue)
    header.flags = isInverted ? UInt32(FIB_RULE_INVERT) : 0
    var p = Payload(header)
    p.attribute(n(FRA_PRIORITY), priority)
    if let target {
      p.attribute(n(FRA_GOTO), target)
    } else if isOfVRF {
      p.attribute(n(FRA_L3MDEV), UInt8(1))
    } else if !isNothing, !isUnreachable {
      p.attribute(n(FRA_TABLE), table)
    }
    p.attribute(n(FRA_PROTOCOL), Route.protocolNumber)
    if let source { p.attribute(n(FRA_SRC), source.network.address.bytes) }
    if let destination { p.attribute(n(FRA_DST), destination.network.address.bytes) }
    if isLocallyGenerated { p.attribute(n(FRA_IIFNAME), text: "lo") }
    if let outputLink { p.attribute(n(FRA_OIFNAME), text: outputLink) }
    if let fwmark {
      p.attribute(n(FRA_FWMARK), fwmark)
      p.attribute(n(FRA_FWMASK), fwmask)
    }
    if let service {
      p.attribute(n(FRA_IP_PROTO), service.transport.rawValue)
      // struct fib_rule_port_range: from and to, in the machine's byte order.
      p.attribute(n(FRA_DPORT_RANGE), UInt32(service.port) << 16 | UInt32(service.port))
    }
    if let suppressedLength { p.attribute(n(FRA_SUPPRESS_PREFIXLEN), UInt32(suppressedLength)) }
    return p
  }
}
