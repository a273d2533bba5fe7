internal import CLinux
public import LinuxSystem
public import Netlink
public import NetworkModel

/// Descriptors of the namespaces that a request may name.
public struct NamespaceDescriptors: Sendable {
  public var host: Int32 = -1, box: Int32 = -1, command: Int32 = -1
  public init() {}

  public subscript(place: Place) -> Int32 {
    get {
      switch place {
      case .host: host
      case .box: box
      case .command: command
      }
    }
    set {
      switch place {
      case .host: host = newValue
      case .box: box = newValue
      case .command: command = newValue
      }
    }
  }
}

// Links: rtnetlink(7), linux/if_link.h, net/core/rtnetlink.c.

extension Link {
  /// RTM_NEWLINK that fails with EEXIST if the name is taken: that is how an address is claimed.
  /// - Parameter below: of a macvlan, the number of the link on whose wire it is.
  public func creation(in namespaces: NamespaceDescriptors, below: Int32? = nil) -> Request {
    var p = Payload(ifinfomsg(isUp ? true : nil, index: index ?? 0))
    p.attribute(n(IFLA_IFNAME), text: name)
    p.attribute(n(IFLA_MTU), mtu)
    if let mac { p.attribute(n(IFLA_ADDRESS), mac.bytes) }
    if group != 0 { p.attribute(n(IFLA_GROUP), group) }
    if let queueLength { p.attribute(n(IFLA_TXQLEN), queueLength) }
    if let master { p.attribute(n(IFLA_MASTER), master.index) }
    if let place { p.attribute(n(IFLA_NET_NS_FD), namespaces[place]) }
    if let below { p.attribute(n(IFLA_LINK), below) }
    p.nested(n(IFLA_LINKINFO)) { info in
      switch kind {
      case .bridge: info.attribute(n(IFLA_INFO_KIND), text: "bridge")
      case .wireguard: info.attribute(n(IFLA_INFO_KIND), text: "wireguard")
      case .macvlan:
        info.attribute(n(IFLA_INFO_KIND), text: "macvlan")
        info.nested(n(IFLA_INFO_DATA)) { $0.attribute(n(IFLA_MACVLAN_MODE), UInt32(MACVLAN_MODE_PRIVATE.rawValue)) }
      case .veth(let peer):
        info.attribute(n(IFLA_INFO_KIND), text: "veth")
        info.nested(n(IFLA_INFO_DATA)) { data in
          data.nested(n(VETH_INFO_PEER)) { other in
            other.append(ifinfomsg(nil))
            other.attribute(n(IFLA_IFNAME), text: peer.name)
            other.attribute(n(IFLA_MTU), mtu)
            other.attribute(n(IFLA_ADDRESS), peer.mac.bytes)
            other.attribute(n(IFLA_NET_NS_FD), namespaces[peer.place])
          }
        }
      }
    }
    return Request(n(RTM_NEWLINK), flags: n(NLM_F_CREATE) | n(NLM_F_EXCL), p)
  }

  public static func deletion(of name: ByteString) -> Request {
    var p = Payload(ifinfomsg(nil))
    p.attribute(n(IFLA_IFNAME), text: name)
    return Request(n(RTM_DELLINK), p)
  }

  /// - Throws: when performed, ENODEV if no link is of the group.
  public static func deletion(ofGroup group: UInt32) -> Request {
    var p = Payload(ifinfomsg(nil))
    p.attribute(n(IFLA_GROUP), group)
    return Request(n(RTM_DELLINK), p)
  }
}

extension LinkSettings {
  /// RTM_NEWLINK without NLM_F_CREATE: unlike RTM_SETLINK it also takes what belongs to a bridge's port.
  /// - Parameter index: the link's number; needed for a new name, since a request with both finds the link by its number, and for a group: that
  ///   with a name which no link has means all links of it (rtnl_group_changelink), before Linux 5.18 or so.
  ///   - vrf: the number of that link.
  public func request(for name: ByteString, index: Int32? = nil, vrf: Int32? = nil, in namespaces: NamespaceDescriptors) -> Request {
    var p = Payload(ifinfomsg(isUp, index: index ?? 0))
    // With a number it is a new name, which a link that is up cannot get before Linux 6.2, not even if it is the old one.
    if let text = index == nil ? name : rename { p.attribute(n(IFLA_IFNAME), text: text) }
    if let mtu { p.attribute(n(IFLA_MTU), mtu) }
    if let alias { p.attribute(n(IFLA_IFALIAS), Array(alias.utf8)) }
    if let group { p.attribute(n(IFLA_GROUP), group) }
    if let vrf { p.attribute(n(IFLA_MASTER), vrf) }
    if let move { p.attribute(n(IFLA_NET_NS_FD), namespaces[move]) }
    let ipv4: [(UInt16, UInt32?)] = [
      (n(IPV4_DEVCONF_RP_FILTER), reversePathFilter), (n(IPV4_DEVCONF_ROUTE_LOCALNET), routeLocalnet.map { $0 ? 1 : 0 }),
      (n(IPV4_DEVCONF_SEND_REDIRECTS), sendRedirects.map { $0 ? 1 : 0 }),
    ]
    if noIPv6Autoconfiguration || ipv4.contains(where: { $0.1 != nil }) {
      p.nested(n(IFLA_AF_SPEC)) { families in
        if ipv4.contains(where: { $0.1 != nil }) {
          families.nested(n(AF_INET)) { inet in
            inet.nested(n(IFLA_INET_CONF)) { conf in
              for (key, value) in ipv4 { if let value { conf.attribute(key, value) } }
            }
          }
        }
        if noIPv6Autoconfiguration {
          families.nested(n(AF_INET6)) { $0.attribute(n(IFLA_INET6_ADDR_GEN_MODE), UInt8(IN6_ADDR_GEN_MODE_NONE.rawValue)) }
        }
      }
    }
    if isIsolated || isSealed {
      p.nested(n(IFLA_LINKINFO)) { info in
        info.attribute(n(IFLA_INFO_SLAVE_KIND), text: "bridge")
        info.nested(n(IFLA_INFO_SLAVE_DATA)) { data in
          if isIsolated { data.attribute(n(IFLA_BRPORT_ISOLATED), UInt8(1)) }
          guard isSealed else { return }
          data.attribute(n(IFLA_BRPORT_LEARNING), UInt8(0))
          data.attribute(n(IFLA_BRPORT_UNICAST_FLOOD), UInt8(0))
          data.attribute(n(IFLA_BRPORT_MCAST_FLOOD), UInt8(0))
          data.attribute(n(IFLA_BRPORT_BCAST_FLOOD), UInt8(0))
        }
      }
    }
    return Request(n(RTM_NEWLINK), p)
  }
}

extension LinkState {
  init?(_ message: Message) {
    guard message.type == n(RTM_NEWLINK), let header = message.header(ifinfomsg.self) else { return nil }
    self.init(index: header.ifi_index, name: "", mtu: 0, isUp: header.ifi_flags & ifinfomsg.up != 0)
    isRunning = header.ifi_flags & ifinfomsg.running != 0
    for a in message.attributes(after: ifinfomsg.self) {
      switch a.type {
      case n(IFLA_IFNAME): name = a.name
      case n(IFLA_IFALIAS): alias = a.name
      case n(IFLA_ADDRESS): mac = Array(a.value)
      case n(IFLA_MTU): mtu = a.uint32 ?? 0
      case n(IFLA_TXQLEN): queueLength = a.uint32
      case n(IFLA_GROUP): group = a.uint32 ?? 0
      case n(IFLA_MASTER): master = a.uint32.map { Int32(bitPattern: $0) }
      case n(IFLA_OPERSTATE): isOperational = a.uint8 == 6  // IF_OPER_UP of linux/if.h
      case n(IFLA_LINK): peer = a.uint32.map { Int32(bitPattern: $0) }
      case n(IFLA_LINK_NETNSID): peerNamespace = a.uint32.map { Int32(bitPattern: $0) }
      case n(IFLA_STATS64):
        // struct rtnl_link_stats64: packets received and sent, bytes received and sent, and much more.
        receivedBytes = a.uint64(at: 16)
        sentBytes = a.uint64(at: 24)
      case n(IFLA_LINKINFO):
        kind = a.nested.first { $0.type == n(IFLA_INFO_KIND) }?.name
        if let port = a.nested.first(where: { $0.type == n(IFLA_INFO_SLAVE_DATA) })?.nested { read(port: port) }
        guard kind == "vrf" else { continue }
        let data = a.nested.first { $0.type == n(IFLA_INFO_DATA) }?.nested
        vrfTable = data?.first { $0.type == n(IFLA_VRF_TABLE) }?.uint32
      default: break
      }
    }
    asksForNeighbours = mac.count == 6 && header.ifi_flags & ifinfomsg.noARP == 0
  }

  private mutating func read(port settings: Attributes) {
    isSealed = true
    for a in settings {
      switch a.type {
      case n(IFLA_BRPORT_ISOLATED): isIsolated = a.uint8 == 1
      case n(IFLA_BRPORT_LEARNING), n(IFLA_BRPORT_UNICAST_FLOOD), n(IFLA_BRPORT_MCAST_FLOOD), n(IFLA_BRPORT_BCAST_FLOOD):
        if a.uint8 != 0 { isSealed = false }
      default: break
      }
    }
  }
}

extension NetlinkSocket {
  /// - Returns: `nil` if there is no link of that name.
  public mutating func link(_ name: ByteString) throws(SystemError) -> LinkState? {
    var p = Payload(ifinfomsg(nil))
    p.attribute(n(IFLA_IFNAME), text: name)
    p.attribute(n(IFLA_EXT_MASK), UInt32(RTEXT_FILTER_SKIP_STATS))
    do throws(SystemError) {
      return LinkState(try get(Request(n(RTM_GETLINK), p)))
    } catch {
      if error.errno == ENODEV { return nil }
      throw error
    }
  }

  /// The same as a question alone, which the kernel answers in a third of a microsecond: netdevice(7), SIOCGIFINDEX.
  public func hasLink(_ name: ByteString) -> Bool { unsafe clinux_has_link(raw, name.description) != 0 }

  /// Waits until a link that has just got a carrier can send, at most 0.1 s: a port whose other end is up now, a bridge with its first port.
  /// It drops packets before the kernel has taken note of that (net/core/link_watch.c), among them the first answer to the other end,
  /// which asks again a second later. From Linux 6.8 on the question itself makes the kernel do it; else it is done some moments later,
  /// on a busy machine after tens of milliseconds.
  public mutating func awaitCarrier(of name: ByteString) throws(SystemError) {
    for attempt in 0...100 {
      guard let found = try link(name), !found.isOperational, attempt < 100 else { return }
      Process.sleep(milliseconds: 1)
    }
  }

  public mutating func link(index: Int32) throws(SystemError) -> LinkState? {
    LinkState(try get(Request(n(RTM_GETLINK), Payload(ifinfomsg(nil, index: index)))))
  }

  /// All links, or the ports of one bridge.
  /// - Parameter counting: with their counters, which the kernel adds up over all processors.
  public mutating func links(master: Int32? = nil, counting: Bool = false) throws(SystemError) -> [LinkState] {
    var p = Payload(ifinfomsg(nil))
    if !counting { p.attribute(n(IFLA_EXT_MASK), UInt32(RTEXT_FILTER_SKIP_STATS)) }
    if let master { p.attribute(n(IFLA_MASTER), master) }
    return try dump(Request(n(RTM_GETLINK), p)).compactMap { LinkState($0) }
  }
}

extension ifinfomsg {
  /// IFF_UP, IFF_RUNNING and IFF_NOARP; <net/if.h> makes them enumerators of no name.
  static let up: UInt32 = 1, running: UInt32 = 0x40, noARP: UInt32 = 0x80

  init(_ isUp: Bool?, index: Int32 = 0) {
    self.init()
    ifi_index = index
    if let isUp {
      ifi_flags = isUp ? Self.up : 0
      ifi_change = Self.up
    }
  }
}
