internal import CLinux
public import Netlink
public import NetworkModel

// nftables: linux/netfilter/nf_tables.h. A transaction is BEGIN, requests, END; the kernel applies all of it or nothing.
// A *delete* makes closing the socket wait for an RCU grace period (10 ms): the launch path only adds.

extension FilterTable {
  /// - Parameter replacing: an existing table of the name goes in the same transaction; otherwise it is an error (EEXIST).
  public func creation(replacing: Bool) -> [Request] {
    var requests: [Request] = []
    if replacing { requests += [nft(NFT_MSG_NEWTABLE, flags: n(NLM_F_CREATE)) { name(in: &$0) }, deletion] }
    let frame = self.frame
    requests.append(
      nft(NFT_MSG_NEWTABLE, flags: n(NLM_F_CREATE) | n(NLM_F_EXCL)) { p in
        name(in: &p)
        if let comment { p.attribute(n(NFTA_TABLE_USERDATA), TableComment.bytes(comment) + FilterDigest(frame).userData) }
      })
    return transaction(requests + frame + rules(of: chains))
  }

  /// Where it is there as it was made, but for the rules of these chains.
  public func change(of chains: [FilterChain]) -> [Request] {
    transaction(chains.map { $0.emptying(in: self) } + rules(of: chains))
  }

  /// All but the rules.
  var frame: [Request] {
    var requests = sets.flatMap { $0.creation(in: self) }
    if let flowtable { requests.append(flowtable.creation(in: self)) }
    return requests + chains.map { $0.creation(in: self) }
  }

  func rules(of chains: [FilterChain]) -> [Request] {
    chains.flatMap { chain in chain.rules.map { $0.creation(in: chain, of: self) } }
  }

  public static func deletion(of name: ByteString) -> [Request] { transaction([FilterTable(name, []).deletion]) }

  private var deletion: Request { nft(NFT_MSG_DELTABLE, flags: 0) { name(in: &$0) } }
  private func name(in p: inout Payload) { p.attribute(n(NFTA_TABLE_NAME), text: name) }
}

enum FilterFamily { case inet, netdev }

func nft(
  _ message: nf_tables_msg_types, flags: UInt16, family: FilterFamily = .inet, _ body: (inout Payload) -> Void
) -> Request {
  var p = Payload(nfgenmsg(nfgen_family: UInt8(family == .inet ? NFPROTO_INET : NFPROTO_NETDEV), version: UInt8(NFNETLINK_V0), res_id: 0))
  body(&p)
  return Request(n(NFNL_SUBSYS_NFTABLES) << 8 | n(message), flags: flags, p)
}

func transaction(_ requests: [Request]) -> [Request] {
  let edge = Payload(nfgenmsg(nfgen_family: UInt8(AF_UNSPEC), version: UInt8(NFNETLINK_V0), res_id: n(NFNL_SUBSYS_NFTABLES).bigEndian))
  return [Request(n(NFNL_MSG_BATCH_BEGIN), edge)] + requests + [Request(n(NFNL_MSG_BATCH_END), edge)]
}

extension FilterChain {
  func creation(in table: FilterTable) -> Request {
    nft(NFT_MSG_NEWCHAIN, flags: n(NLM_F_CREATE)) { p in
      p.attribute(n(NFTA_CHAIN_TABLE), text: table.name)
      p.attribute(n(NFTA_CHAIN_NAME), text: name)
      guard let base else { return }
      p.attribute(n(NFTA_CHAIN_TYPE), text: base.kind.name)
      p.attribute(n(NFTA_CHAIN_POLICY), UInt32(base.dropsByDefault ? NF_DROP : NF_ACCEPT).bigEndian)
      p.nested(n(NFTA_CHAIN_HOOK)) {
        $0.attribute(n(NFTA_HOOK_HOOKNUM), base.hook.rawValue.bigEndian)
        $0.attribute(n(NFTA_HOOK_PRIORITY), base.priority.bigEndian)
      }
    }
  }
}

extension FilterChain {
  fileprivate func emptying(in table: FilterTable) -> Request {
    nft(NFT_MSG_DELRULE, flags: 0) { p in
      p.attribute(n(NFTA_RULE_TABLE), text: table.name)
      p.attribute(n(NFTA_RULE_CHAIN), text: name)
    }
  }
}

extension FilterRule {
  func creation(in chain: FilterChain, of table: FilterTable) -> Request {
    nft(NFT_MSG_NEWRULE, flags: n(NLM_F_CREATE) | n(NLM_F_APPEND)) { p in
      append(to: &p, chain, table)
      if table.comment != nil { p.attribute(n(NFTA_RULE_USERDATA), FilterDigest(p.bytes).userData) }
    }
  }

  /// As `creation` writes it.
  func digest(in chain: FilterChain, of table: FilterTable) -> FilterDigest {
    FilterDigest(nft(NFT_MSG_NEWRULE, flags: 0) { append(to: &$0, chain, table) }.payload.bytes)
  }

  private func append(to p: inout Payload, _ chain: FilterChain, _ table: FilterTable) {
    p.attribute(n(NFTA_RULE_TABLE), text: table.name)
    p.attribute(n(NFTA_RULE_CHAIN), text: chain.name)
    p.nested(n(NFTA_RULE_EXPRESSIONS)) { p in
      for statement in statements { statement.append(to: &p) }
    }
  }
}

extension FilterStatement {
  fileprivate func append(to p: inout Payload) {
    switch self {
    case .inputLink(let name): p.meta(NFT_META_IIFNAME, linkName(name))
    case .notInputLink(let name): p.meta(NFT_META_IIFNAME, linkName(name), NFT_CMP_NEQ)
    case .outputLink(let name): p.meta(NFT_META_OIFNAME, linkName(name))
    case .notOutputLink(let name): p.meta(NFT_META_OIFNAME, linkName(name), NFT_CMP_NEQ)
    case .outputGroup(let group): p.meta(NFT_META_OIFGROUP, group.bytes)
    case .notOutputGroup(let group): p.meta(NFT_META_OIFGROUP, group.bytes, NFT_CMP_NEQ)
    case .mark(let mark): p.meta(NFT_META_MARK, mark.bytes)
    case .markWithin(let mark, let mask):
      p.meta(NFT_META_MARK, n(NFTA_META_DREG))
      p.mask(mask.bytes)
      p.compare(NFT_CMP_EQ, mark.bytes)
    case .family(let family): p.meta(NFT_META_NFPROTO, [family.number])
    case .transport(let transport): p.meta(NFT_META_L4PROTO, [transport.rawValue])
    case .nextHeader(let transport):
      p.load(NFT_PAYLOAD_NETWORK_HEADER, offset: 6, length: 1)
      p.compare(NFT_CMP_EQ, [transport.rawValue])
    case .source(let prefix): p.address(prefix, at: prefix.family == .v4 ? 12 : 8, NFT_CMP_EQ)
    case .notSource(let prefix): p.address(prefix, at: prefix.family == .v4 ? 12 : 8, NFT_CMP_NEQ)
    case .destination(let prefix): p.address(prefix, at: prefix.family == .v4 ? 16 : 24, NFT_CMP_EQ)
    case .destinationIn(let set, let family):
      p.meta(NFT_META_NFPROTO, [family.number])
      p.address(of: family, isDestination: true)
      p.lookUp(in: set)
    case .userIn(let set):
      p.meta(NFT_META_SKUID, n(NFTA_META_DREG))
      p.lookUp(in: set)
    case .groupIn(let set):
      p.meta(NFT_META_SKGID, n(NFTA_META_DREG))
      p.lookUp(in: set)
    // A packet of no process has no user to compare with: that ends the rule.
    case .sentByProcess: p.meta(NFT_META_SKUID, UInt32.max.bytes, NFT_CMP_NEQ)
    case .sourcePort(let port): p.transport(port.wire, at: 0)
    case .destinationPort(let port): p.transport(port.wire, at: 2)
    case .destinationPorts(let ports):
      p.load(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 2, length: 2)
      p.compare(NFT_CMP_GTE, ports.lowerBound.wire)
      p.compare(NFT_CMP_LTE, ports.upperBound.wire)
    case .icmpv6Type(let type): p.transport([type], at: 0)
    case .quoting(let prefix): p.address(prefix, at: prefix.family == .v4 ? 24 : 32, NFT_CMP_EQ, of: NFT_PAYLOAD_TRANSPORT_HEADER)
    case .established:
      // NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED).
      p.connectionState(1 << 1 | 1 << 2)
    case .answering:
      p.connection(NFT_CT_DIRECTION, n(NFTA_CT_DREG))
      // IP_CT_DIR_REPLY.
      p.compare(NFT_CMP_EQ, [1])
    case .asking:
      p.connection(NFT_CT_DIRECTION, n(NFTA_CT_DREG))
      // IP_CT_DIR_ORIGINAL.
      p.compare(NFT_CMP_EQ, [0])
    // NF_CT_STATE_BIT(IP_CT_NEW).
    case .new: p.connectionState(1 << 3)
    case .connectionsOver(let count, let set, let family, let key): p.countConnections(over: count, in: set, family, key)
    case .rateOver(let count, let burst):
      p.expression("limit") {
        $0.attribute(n(NFTA_LIMIT_RATE), UInt64(count).bigEndian)
        $0.attribute(n(NFTA_LIMIT_UNIT), UInt64(1).bigEndian)
        $0.attribute(n(NFTA_LIMIT_BURST), burst.bigEndian)
        $0.attribute(n(NFTA_LIMIT_TYPE), NFT_LIMIT_PKTS.rawValue.bigEndian)
        $0.attribute(n(NFTA_LIMIT_FLAGS), NFT_LIMIT_F_INV.rawValue.bigEndian)
      }
    case .connecting:
      p.load(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 13, length: 1)
      p.mask([0x02 | 0x04])
      p.compare(NFT_CMP_EQ, [0x02])
    case .clampSegmentSizeToRoute: p.clampSegmentSizeToRoute()
    case .connectionMark(let mark):
      p.connection(NFT_CT_MARK, n(NFTA_CT_DREG))
      p.compare(NFT_CMP_EQ, mark.bytes)
    case .setMark(let mark):
      p.immediate(mark.bytes)
      p.meta(NFT_META_MARK, n(NFTA_META_SREG))
    case .setConnectionMark(let mark):
      p.immediate(mark.bytes)
      p.connection(NFT_CT_MARK, n(NFTA_CT_SREG))
    case .markConnection:
      p.meta(NFT_META_MARK, n(NFTA_META_DREG))
      p.connection(NFT_CT_MARK, n(NFTA_CT_SREG))
    case .markFromConnection:
      p.connection(NFT_CT_MARK, n(NFTA_CT_DREG))
      p.meta(NFT_META_MARK, n(NFTA_META_SREG))
    case .counter: p.expression("counter") { _ in }
    case .offload(let flowtable): p.offload(to: flowtable)
    case .jump(let chain): p.verdict(NFT_JUMP, chain: chain)
    case .accept: p.verdict(NF_ACCEPT)
    case .drop: p.verdict(NF_DROP)
    case .leave: p.verdict(NFT_RETURN.rawValue)
    case .rejectWithReset: p.expression("reject") { $0.attribute(n(NFTA_REJECT_TYPE), NFT_REJECT_TCP_RST.rawValue.bigEndian) }
    case .reject:
      p.expression("reject") {
        $0.attribute(n(NFTA_REJECT_TYPE), NFT_REJECT_ICMPX_UNREACH.rawValue.bigEndian)
        $0.attribute(n(NFTA_REJECT_ICMP_CODE), UInt8(NFT_REJECT_ICMPX_ADMIN_PROHIBITED.rawValue))
      }
    case .sourceNAT(let address): p.translate(NFT_NAT_SNAT, to: address)
    case .destinationNAT(let address): p.translate(NFT_NAT_DNAT, to: address)
    case .destinationNATToPort(let address, let port): p.translateDestination(to: address, port)
    case .destinationNATByPort(let base): p.translateByPort(base)
    case .masquerade: p.expression("masq") { _ in }
    }
  }
}
