internal import CLinux
public import LinuxSystem
public import Netlink
public import NetworkModel

// Ports of a bridge: what it sends by them, what comes in by them, and whose other end is where.

extension MACAddress {
  /// RTM_NEWNEIGH of the family AF_BRIDGE: an entry of the bridge's table that is neither learned nor forgotten, and goes with the port.
  public func forwarding(byPort index: Int32) -> Request {
    var header = ndmsg()
    header.ndm_family = UInt8(AF_BRIDGE)
    header.ndm_ifindex = index
    header.ndm_state = UInt16(NUD_NOARP)
    header.ndm_flags = UInt8(NTF_MASTER)
    var p = Payload(header)
    p.attribute(n(NDA_LLADDR), bytes)
    return Request(n(RTM_NEWNEIGH), flags: n(NLM_F_CREATE) | n(NLM_F_REPLACE), p)
  }
}

extension PortGuard {
  static let table: ByteString = "vpn"

  /// A transaction: table and chain are made if they are not there, and the chain's rules are these afterwards. On a link that has gone
  /// the chain goes as well, or (from Linux 6.16 on) waits for the next one of that name.
  public var setting: [Request] {
    var requests = [
      nft(NFT_MSG_NEWTABLE, flags: n(NLM_F_CREATE), family: .netdev) { $0.attribute(n(NFTA_TABLE_NAME), text: Self.table) },
      nft(NFT_MSG_NEWCHAIN, flags: n(NLM_F_CREATE), family: .netdev) { p in
        p.attribute(n(NFTA_CHAIN_TABLE), text: Self.table)
        p.attribute(n(NFTA_CHAIN_NAME), text: link)
        p.attribute(n(NFTA_CHAIN_TYPE), text: "filter")
        p.attribute(n(NFTA_CHAIN_POLICY), UInt32(NF_DROP).bigEndian)
        p.nested(n(NFTA_CHAIN_HOOK)) {
          // NF_NETDEV_INGRESS.
          $0.attribute(n(NFTA_HOOK_HOOKNUM), UInt32(0).bigEndian)
          $0.attribute(n(NFTA_HOOK_PRIORITY), Int32(0).bigEndian)
          $0.attribute(n(NFTA_HOOK_DEV), text: link)
        }
      },
      nft(NFT_MSG_DELRULE, flags: 0, family: .netdev) { p in
        p.attribute(n(NFTA_RULE_TABLE), text: Self.table)
        p.attribute(n(NFTA_RULE_CHAIN), text: link)
      },
    ]
    requests += rules.map { rule in
      nft(NFT_MSG_NEWRULE, flags: n(NLM_F_CREATE) | n(NLM_F_APPEND), family: .netdev) { p in
        append(rule, to: &p)
        p.attribute(n(NFTA_RULE_USERDATA), FilterDigest(p.bytes).userData)
      }
    }
    return transaction(requests)
  }

  private func append(_ rule: (inout Payload) -> Void, to p: inout Payload) {
    p.attribute(n(NFTA_RULE_TABLE), text: Self.table)
    p.attribute(n(NFTA_RULE_CHAIN), text: link)
    p.nested(n(NFTA_RULE_EXPRESSIONS), rule)
  }

  /// Of its rules, as `setting` writes them.
  var digests: [FilterDigest] {
    rules.map { rule in FilterDigest(nft(NFT_MSG_NEWRULE, flags: 0, family: .netdev) { append(rule, to: &$0) }.payload.bytes) }
  }

  public var deletion: [Request] {
    transaction([
      nft(NFT_MSG_DELCHAIN, flags: 0, family: .netdev) { p in
        p.attribute(n(NFTA_CHAIN_TABLE), text: Self.table)
        p.attribute(n(NFTA_CHAIN_NAME), text: link)
      }
    ])
  }

  private var rules: [(inout Payload) -> Void] {
    var rules: [(inout Payload) -> Void] = [
      { p in
        p.load(NFT_PAYLOAD_LL_HEADER, offset: 6, length: 6)
        p.compare(NFT_CMP_NEQ, mac.bytes)
        p.verdict(NF_DROP)
      }
    ]
    for address in addresses {
      let answering = others.filter { $0.family == address.family }
      rules += address.family == .v4 ? rulesOfIPv4(address, answering) : rulesOfIPv6(address, answering)
    }
    return rules
  }

  private func rulesOfIPv4(_ own: IPAddress, _ answering: [IPAddress]) -> [(inout Payload) -> Void] {
    [
      // The sender's two addresses stand side by side in ARP.
      { p in
        p.meta(NFT_META_PROTOCOL, [0x08, 0x06])
        p.load(NFT_PAYLOAD_NETWORK_HEADER, offset: 8, length: 10)
        p.compare(NFT_CMP_EQ, mac.bytes + own.bytes)
        p.verdict(NF_ACCEPT)
      }, { $0.dropOthers(own, answering) }, { $0.acceptLaterFragments(.v4) },
    ] + Self.echoes.map { type in { $0.icmp(.v4, NFT_CMP_EQ, type, NF_ACCEPT) } } + quoting(own, answering)
  }

  private func rulesOfIPv6(_ own: IPAddress, _ answering: [IPAddress]) -> [(inout Payload) -> Void] {
    [{ $0.dropOthers(own, answering) }, { $0.acceptLaterFragments(.v6) }]
      + Self.routersTypes.map { type in { $0.icmp(.v6, NFT_CMP_EQ, type, NF_DROP) } } + [
        // Whose address it tells, whatever its sender's is.
        { p in
          p.protocolOf(.v6)
          p.meta(NFT_META_L4PROTO, [Transport.icmpv6.rawValue])
          p.transport([Self.advertisement], at: 0)
          p.load(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 8, length: 16)
          p.compare(NFT_CMP_NEQ, own.bytes)
          p.verdict(NF_DROP)
        }, { $0.icmp(.v6, NFT_CMP_GTE, Self.firstOfNoError, NF_ACCEPT) },
      ] + quoting(own, answering)
  }

  /// The kernel would call any error that names a flow which it knows related to that flow, whichever namespace it comes from. What is an
  /// error must quote a packet that was sent to here.
  private func quoting(_ own: IPAddress, _ answering: [IPAddress]) -> [(inout Payload) -> Void] {
    ([own] + answering).map { destination in
      { p in
        p.protocolOf(own.family)
        p.meta(NFT_META_L4PROTO, [(own.family == .v4 ? Transport.icmp : .icmpv6).rawValue])
        p.load(NFT_PAYLOAD_TRANSPORT_HEADER, offset: own.family == .v4 ? 24 : 32, length: UInt32(own.bytes.count))
        p.compare(NFT_CMP_EQ, destination.bytes)
        p.verdict(NF_ACCEPT)
      }
    } + [
      { $0.icmp(own.family, NFT_CMP_GTE, 0, NF_DROP) },
      // The first fragment of a packet whose transport stands in the second one has none that is known, and is dropped.
      { p in
        p.protocolOf(own.family)
        p.meta(NFT_META_L4PROTO, [0], NFT_CMP_GTE)
        p.verdict(NF_ACCEPT)
      },
    ]
  }
}

extension Payload {
  fileprivate mutating func protocolOf(_ family: IPFamily) {
    meta(NFT_META_PROTOCOL, [family == .v4 ? 0x08 : 0x86, family == .v4 ? 0x00 : 0xdd])
  }

  fileprivate mutating func dropOthers(_ own: IPAddress, _ answering: [IPAddress]) {
    protocolOf(own.family)
    address(of: own.family, isDestination: false)
    for source in [own] + answering { compare(NFT_CMP_NEQ, source.bytes) }
    verdict(NF_DROP)
  }

  /// They mean nothing without the first, which is looked at. At this hook the kernel would take what is in them for a transport's header.
  fileprivate mutating func acceptLaterFragments(_ family: IPFamily) {
    protocolOf(family)
    switch family {
    case .v4:
      load(NFT_PAYLOAD_NETWORK_HEADER, offset: 6, length: 2)
      mask([0x1f, 0xff])
    case .v6:
      expression("exthdr") {
        $0.attribute(n(NFTA_EXTHDR_DREG), register)
        $0.attribute(n(NFTA_EXTHDR_TYPE), UInt8(44))
        $0.attribute(n(NFTA_EXTHDR_OFFSET), UInt32(2).bigEndian)
        $0.attribute(n(NFTA_EXTHDR_LEN), UInt32(2).bigEndian)
      }
      mask([0xff, 0xf8])
    }
    compare(NFT_CMP_NEQ, [0, 0])
    verdict(NF_ACCEPT)
  }

  fileprivate mutating func icmp(_ family: IPFamily, _ operation: nft_cmp_ops, _ type: UInt8, _ verdict: Int32) {
    protocolOf(family)
    meta(NFT_META_L4PROTO, [(family == .v4 ? Transport.icmp : .icmpv6).rawValue])
    load(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 0, length: 1)
    compare(operation, [type])
    self.verdict(verdict)
  }
}

/// What a box's neighbour table has, or the table by which a bridge forwards.
public struct NeighbourState: Equatable, Sendable {
  public var link: Int32
  /// None in a bridge's table.
  public var address: IPAddress?
  public var mac: [UInt8]
  /// Never asked for and never forgotten: NUD_PERMANENT or NUD_NOARP.
  public var isFixed: Bool

  init?(_ message: Message) {
    guard message.type == n(RTM_NEWNEIGH), let header = message.header(ndmsg.self) else { return nil }
    link = header.ndm_ifindex
    isFixed = header.ndm_state & UInt16(NUD_PERMANENT | NUD_NOARP) != 0
    mac = []
    for a in message.attributes(after: ndmsg.self) {
      switch a.type {
      case n(NDA_DST): address = IPAddress(bytes: a.value)
      case n(NDA_LLADDR): mac = Array(a.value)
      default: break
      }
    }
  }
}

extension NetlinkSocket {
  /// By which number this socket's namespace knows another one; `nil` if it has no link whose other end is there.
  public mutating func number(ofNamespace descriptor: Int32) throws(SystemError) -> Int32? {
    // struct rtgenmsg is one byte, and netlink pads it.
    var p = Payload(UInt8(AF_UNSPEC))
    p.attribute(n(NETNSA_FD), UInt32(bitPattern: descriptor))
    let answer = try get(Request(n(RTM_GETNSID), p))
    let number = answer.attributes(after: UInt32.self).first { $0.type == n(NETNSA_NSID) }?.uint32
    return number.flatMap { $0 == .max ? nil : Int32(bitPattern: $0) }
  }

  /// Of both families.
  public mutating func neighbours() throws(SystemError) -> [NeighbourState] {
    var found: [NeighbourState] = []
    for family in IPFamily.allCases {
      var header = ndmsg()
      header.ndm_family = family.number
      found += try dump(Request(n(RTM_GETNEIGH), Payload(header))).compactMap { NeighbourState($0) }.filter { $0.address?.family == family }
    }
    return found
  }

  /// What bridges send by which port.
  public mutating func forwardings() throws(SystemError) -> [NeighbourState] {
    var header = ndmsg()
    header.ndm_family = UInt8(AF_BRIDGE)
    return try dump(Request(n(RTM_GETNEIGH), Payload(header))).compactMap { NeighbourState($0) }
  }
}
