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
    let content = self.content
    requests.append(
      nft(NFT_MSG_NEWTABLE, flags: n(NLM_F_CREATE) | n(NLM_F_EXCL)) { p in
        name(in: &p)
        if let comment { p.attribute(n(NFTA_TABLE_USERDATA), TableComment.bytes(comment) + FilterDigest(content).userData) }
      })
    return transaction(requests + content)
  }

  var content: [Request] {
    var requests = sets.flatMap { $0.creation(in: self) }
    for chain in chains { requests.append(chain.creation(in: self)) }
    for chain in chains {
      for rule in chain.rules { requests.append(rule.creation(in: chain, of: self)) }
    }
    return requests
  }

  public static func deletion(of name: ByteString) -> [Request] { transaction([FilterTable(name, []).deletion]) }

  private var deletion: Request { nft(NFT_MSG_DELTABLE, flags: 0) { name(in: &$0) } }
  private func name(in p: inout Payload) { p.attribute(n(NFTA_TABLE_NAME), text: name) }
}

func nft(_ message: nf_tables_msg_types, flags: UInt16, _ body: (inout Payload) -> Void) -> Request {
  var p = Payload(nfgenmsg(nfgen_family: UInt8(NFPROTO_INET), version: UInt8(NFNETLINK_V0), res_id: 0))
  body(&p)
  return Request(n(NFNL_SUBSYS_NFTABLES) << 8 | n(message), flags: flags, p)
}

private func transaction(_ requests: [Request]) -> [Request] {
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
    case .source(let prefix): p.address(prefix, at: prefix.family == .v4 ? 12 : 8, NFT_CMP_EQ)
    case .notSource(let prefix): p.address(prefix, at: prefix.family == .v4 ? 12 : 8, NFT_CMP_NEQ)
    case .destination(let prefix): p.address(prefix, at: prefix.family == .v4 ? 16 : 24, NFT_CMP_EQ)
    case .destinationIn(let set, let family):
      p.meta(NFT_META_NFPROTO, [family.number])
      p.load(NFT_PAYLOAD_NETWORK_HEADER, offset: family == .v4 ? 16 : 24, length: UInt32(family.width / 8))
      p.expression("lookup") {
        $0.attribute(n(NFTA_LOOKUP_SET), text: set)
        $0.attribute(n(NFTA_LOOKUP_SREG), register)
      }
    case .destinationPort(let port):
      p.load(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 2, length: 2)
      p.compare(NFT_CMP_EQ, [UInt8(port >> 8), UInt8(port & 0xff)])
    case .established:
      p.connection(NFT_CT_STATE, n(NFTA_CT_DREG))
      // NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED), in the machine's byte order.
      p.mask(UInt32(1 << 1 | 1 << 2).bytes)
      p.compare(NFT_CMP_NEQ, UInt32(0).bytes)
    case .connecting:
      p.load(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 13, length: 1)
      p.mask([0x02 | 0x04])
      p.compare(NFT_CMP_EQ, [0x02])
    case .clampSegmentSizeToRoute: p.clampSegmentSizeToRoute()
    case .connectionMark(let mark):
      p.connection(NFT_CT_MARK, n(NFTA_CT_DREG))
      p.compare(NFT_CMP_EQ, mark.bytes)
    case .setMark(let mark):
      p.expression("immediate") {
        $0.attribute(n(NFTA_IMMEDIATE_DREG), register)
        $0.value(n(NFTA_IMMEDIATE_DATA), mark.bytes)
      }
      p.meta(NFT_META_MARK, n(NFTA_META_SREG))
    case .markConnection:
      p.meta(NFT_META_MARK, n(NFTA_META_DREG))
      p.connection(NFT_CT_MARK, n(NFTA_CT_SREG))
    case .markFromConnection:
      p.connection(NFT_CT_MARK, n(NFTA_CT_DREG))
      p.meta(NFT_META_MARK, n(NFTA_META_SREG))
    case .counter: p.expression("counter") { _ in }
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
    case .masquerade: p.expression("masq") { _ in }
    }
  }
}

/// The one register that the rules need at a time.
private let register = NFT_REG_1.rawValue.bigEndian

/// Names come from `VPNName`, at most 12 bytes and a prefix of three, or are written in this program.
private func linkName(_ name: ByteString) -> [UInt8] {
  precondition(name.utf8.count < linkNameSize, "a link's name has at most 15 bytes")
  return Array(name.utf8) + [UInt8](repeating: 0, count: linkNameSize - name.utf8.count)
}

/// <net/if.h> and <linux/if.h> cannot be imported together; both say 16.
private let linkNameSize = 16

extension UInt32 {
  fileprivate var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (8 * UInt32($0))) } }
}

extension Payload {
  fileprivate mutating func expression(_ name: String, _ body: (inout Payload) -> Void) {
    nested(n(NFTA_LIST_ELEM)) {
      $0.attribute(n(NFTA_EXPR_NAME), text: name)
      $0.nested(n(NFTA_EXPR_DATA), body)
    }
  }

  fileprivate mutating func value(_ type: UInt16, _ bytes: [UInt8]) { nested(type) { $0.attribute(n(NFTA_DATA_VALUE), bytes) } }

  fileprivate mutating func compare(_ operation: nft_cmp_ops, _ bytes: [UInt8]) {
    expression("cmp") {
      $0.attribute(n(NFTA_CMP_SREG), register)
      $0.attribute(n(NFTA_CMP_OP), operation.rawValue.bigEndian)
      $0.value(n(NFTA_CMP_DATA), bytes)
    }
  }

  fileprivate mutating func meta(_ key: nft_meta_keys, _ bytes: [UInt8], _ operation: nft_cmp_ops = NFT_CMP_EQ) {
    meta(key, n(NFTA_META_DREG))
    compare(operation, bytes)
  }

  /// - Parameter direction: NFTA_META_DREG reads, NFTA_META_SREG writes.
  fileprivate mutating func meta(_ key: nft_meta_keys, _ direction: UInt16) {
    expression("meta") {
      $0.attribute(direction, register)
      $0.attribute(n(NFTA_META_KEY), key.rawValue.bigEndian)
    }
  }

  fileprivate mutating func connection(_ key: nft_ct_keys, _ direction: UInt16) {
    expression("ct") {
      $0.attribute(direction, register)
      $0.attribute(n(NFTA_CT_KEY), key.rawValue.bigEndian)
    }
  }

  fileprivate mutating func load(_ base: nft_payload_bases, offset: UInt32, length: UInt32) {
    expression("payload") {
      $0.attribute(n(NFTA_PAYLOAD_DREG), register)
      $0.attribute(n(NFTA_PAYLOAD_BASE), base.rawValue.bigEndian)
      $0.attribute(n(NFTA_PAYLOAD_OFFSET), offset.bigEndian)
      $0.attribute(n(NFTA_PAYLOAD_LEN), length.bigEndian)
    }
  }

  fileprivate mutating func mask(_ bytes: [UInt8]) {
    expression("bitwise") {
      $0.attribute(n(NFTA_BITWISE_SREG), register)
      $0.attribute(n(NFTA_BITWISE_DREG), register)
      $0.attribute(n(NFTA_BITWISE_LEN), UInt32(bytes.count).bigEndian)
      $0.value(n(NFTA_BITWISE_MASK), bytes)
      $0.value(n(NFTA_BITWISE_XOR), bytes.map { _ in 0 })
    }
  }

  /// `offset` in the IP header. Whole bytes of a prefix are compared as they are, as nft(8) does it.
  fileprivate mutating func address(_ prefix: Prefix, at offset: UInt32, _ operation: nft_cmp_ops) {
    meta(NFT_META_NFPROTO, [prefix.family.number])
    let bytes = prefix.network.address.bytes
    let whole = Int(prefix.length / 8)
    let rest = prefix.length % 8
    if rest == 0, whole > 0 {
      load(NFT_PAYLOAD_NETWORK_HEADER, offset: offset, length: UInt32(whole))
      compare(operation, Array(bytes.prefix(whole)))
    } else {
      load(NFT_PAYLOAD_NETWORK_HEADER, offset: offset, length: UInt32(bytes.count))
      mask(bytes.indices.map { $0 < whole ? 0xff : $0 == whole ? ~(0xff >> rest) : 0 })
      compare(operation, bytes)
    }
  }

  /// `tcp option maxseg size set rt mtu`: the segment size that the route's MTU allows, in the SYN's own option.
  fileprivate mutating func clampSegmentSizeToRoute() {
    expression("rt") {
      $0.attribute(n(NFTA_RT_DREG), register)
      $0.attribute(n(NFTA_RT_KEY), NFT_RT_TCPMSS.rawValue.bigEndian)
    }
    expression("byteorder") {
      $0.attribute(n(NFTA_BYTEORDER_SREG), register)
      $0.attribute(n(NFTA_BYTEORDER_DREG), register)
      $0.attribute(n(NFTA_BYTEORDER_OP), NFT_BYTEORDER_HTON.rawValue.bigEndian)
      $0.attribute(n(NFTA_BYTEORDER_LEN), UInt32(2).bigEndian)
      $0.attribute(n(NFTA_BYTEORDER_SIZE), UInt32(2).bigEndian)
    }
    expression("exthdr") {
      $0.attribute(n(NFTA_EXTHDR_SREG), register)
      $0.attribute(n(NFTA_EXTHDR_TYPE), UInt8(2))  // TCPOPT_MAXSEG
      $0.attribute(n(NFTA_EXTHDR_OFFSET), UInt32(2).bigEndian)
      $0.attribute(n(NFTA_EXTHDR_LEN), UInt32(2).bigEndian)
      $0.attribute(n(NFTA_EXTHDR_OP), NFT_EXTHDR_OP_TCPOPT.rawValue.bigEndian)
    }
  }

  fileprivate mutating func verdict(_ code: Int32, chain: ByteString? = nil) {
    expression("immediate") {
      $0.attribute(n(NFTA_IMMEDIATE_DREG), NFT_REG_VERDICT.rawValue.bigEndian)
      $0.nested(n(NFTA_IMMEDIATE_DATA)) {
        $0.nested(n(NFTA_DATA_VERDICT)) {
          $0.attribute(n(NFTA_VERDICT_CODE), code.bigEndian)
          if let chain { $0.attribute(n(NFTA_VERDICT_CHAIN), text: chain) }
        }
      }
    }
  }

  fileprivate mutating func verdict(_ code: nft_verdicts, chain: ByteString? = nil) { verdict(Int32(code.rawValue), chain: chain) }

  fileprivate mutating func translate(_ type: nft_nat_types, to address: IPAddress) {
    expression("immediate") {
      $0.attribute(n(NFTA_IMMEDIATE_DREG), register)
      $0.value(n(NFTA_IMMEDIATE_DATA), address.bytes)
    }
    expression("nat") {
      $0.attribute(n(NFTA_NAT_TYPE), type.rawValue.bigEndian)
      $0.attribute(n(NFTA_NAT_FAMILY), UInt32(address.family.number).bigEndian)
      $0.attribute(n(NFTA_NAT_REG_ADDR_MIN), register)
    }
  }
}
