internal import CLinux
internal import Netlink
internal import NetworkModel

// The expressions of which nftables rules are made.

/// The one register that the rules need at a time.
let register = NFT_REG_1.rawValue.bigEndian

/// Names come from `VPNName`, at most 12 bytes and a prefix of three, or are written in this program.
func linkName(_ name: ByteString) -> [UInt8] {
  precondition(name.utf8.count < linkNameSize, "a link's name has at most 15 bytes")
  return Array(name.utf8) + [UInt8](repeating: 0, count: linkNameSize - name.utf8.count)
}

/// <net/if.h> and <linux/if.h> cannot be imported together; both say 16.
private let linkNameSize = 16

extension UInt16 {
  /// In that of a packet.
  var wire: [UInt8] { [UInt8(self >> 8), UInt8(self & 0xff)] }
}

extension UInt32 {
  /// In the machine's order.
  var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (8 * UInt32($0))) } }
}

extension Payload {
  mutating func expression(_ name: String, _ body: (inout Payload) -> Void) {
    nested(n(NFTA_LIST_ELEM)) {
      $0.attribute(n(NFTA_EXPR_NAME), text: name)
      $0.nested(n(NFTA_EXPR_DATA), body)
    }
  }

  mutating func value(_ type: UInt16, _ bytes: [UInt8]) { nested(type) { $0.attribute(n(NFTA_DATA_VALUE), bytes) } }

  /// These bytes are to be in the transport's header.
  mutating func transport(_ bytes: [UInt8], at offset: UInt32) {
    load(NFT_PAYLOAD_TRANSPORT_HEADER, offset: offset, length: UInt32(bytes.count))
    compare(NFT_CMP_EQ, bytes)
  }

  mutating func immediate(_ bytes: [UInt8], into place: UInt32 = register) {
    expression("immediate") {
      $0.attribute(n(NFTA_IMMEDIATE_DREG), place)
      $0.value(n(NFTA_IMMEDIATE_DATA), bytes)
    }
  }

  mutating func compare(_ operation: nft_cmp_ops, _ bytes: [UInt8]) {
    expression("cmp") {
      $0.attribute(n(NFTA_CMP_SREG), register)
      $0.attribute(n(NFTA_CMP_OP), operation.rawValue.bigEndian)
      $0.value(n(NFTA_CMP_DATA), bytes)
    }
  }

  mutating func meta(_ key: nft_meta_keys, _ bytes: [UInt8], _ operation: nft_cmp_ops = NFT_CMP_EQ) {
    meta(key, n(NFTA_META_DREG))
    compare(operation, bytes)
  }

  /// - Parameter direction: NFTA_META_DREG reads, NFTA_META_SREG writes.
  mutating func meta(_ key: nft_meta_keys, _ direction: UInt16) {
    expression("meta") {
      $0.attribute(direction, register)
      $0.attribute(n(NFTA_META_KEY), key.rawValue.bigEndian)
    }
  }

  mutating func connection(_ key: nft_ct_keys, _ direction: UInt16) {
    expression("ct") {
      $0.attribute(direction, register)
      $0.attribute(n(NFTA_CT_KEY), key.rawValue.bigEndian)
    }
  }

  /// In the machine's byte order.
  mutating func connectionState(_ bits: UInt32) {
    connection(NFT_CT_STATE, n(NFTA_CT_DREG))
    mask(bits.bytes)
    compare(NFT_CMP_NEQ, UInt32(0).bytes)
  }

  mutating func lookUp(in set: ByteString) {
    expression("lookup") {
      $0.attribute(n(NFTA_LOOKUP_SET), text: set)
      $0.attribute(n(NFTA_LOOKUP_SREG), register)
    }
  }

  /// - Parameter first: of the registers that it takes, of 4 bytes each.
  mutating func address(of family: IPFamily, isDestination: Bool, into first: UInt32 = register) {
    let length = UInt32(family.width / 8)
    let source: UInt32 = family == .v4 ? 12 : 8
    load(NFT_PAYLOAD_NETWORK_HEADER, offset: isDestination ? source + length : source, length: length, into: first)
  }

  /// The set has an element for each key that has connections, and each element counts its own.
  mutating func countConnections(
    over count: UInt32, in set: ByteString, _ family: IPFamily, _ key: FilterSet.ConnectionKey
  ) {
    meta(NFT_META_NFPROTO, [family.number])
    // The key's parts lie side by side, in registers that have a number for each 16 bytes, and one for each 4.
    func part(_ bytes: Int) -> UInt32 {
      (bytes % 16 == 0 ? NFT_REG_1.rawValue + UInt32(bytes / 16) : NFT_REG32_00.rawValue + UInt32(bytes / 4)).bigEndian
    }
    let length = Int(family.width / 8)
    address(of: family, isDestination: false, into: part(0))
    if key == .sourceAndServer {
      address(of: family, isDestination: true, into: part(length))
      load(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 2, length: 2, into: part(2 * length))
    }
    expression("dynset") { p in
      p.attribute(n(NFTA_DYNSET_SREG_KEY), part(0))
      p.attribute(n(NFTA_DYNSET_OP), NFT_DYNSET_OP_ADD.rawValue.bigEndian)
      p.attribute(n(NFTA_DYNSET_SET_NAME), text: set)
      p.nested(n(NFTA_DYNSET_EXPR)) {
        $0.attribute(n(NFTA_EXPR_NAME), text: "connlimit")
        $0.nested(n(NFTA_EXPR_DATA)) {
          $0.attribute(n(NFTA_CONNLIMIT_COUNT), count.bigEndian)
          $0.attribute(n(NFTA_CONNLIMIT_FLAGS), NFT_CONNLIMIT_F_INV.rawValue.bigEndian)
        }
      }
    }
  }

  mutating func load(_ base: nft_payload_bases, offset: UInt32, length: UInt32, into register: UInt32 = register) {
    expression("payload") {
      $0.attribute(n(NFTA_PAYLOAD_DREG), register)
      $0.attribute(n(NFTA_PAYLOAD_BASE), base.rawValue.bigEndian)
      $0.attribute(n(NFTA_PAYLOAD_OFFSET), offset.bigEndian)
      $0.attribute(n(NFTA_PAYLOAD_LEN), length.bigEndian)
    }
  }

  mutating func mask(_ bytes: [UInt8]) { mask(bytes, setting: bytes.map { _ in 0 }) }

  /// Of these bytes only those of the mask stay, and all get the others' bits.
  mutating func mask(_ bytes: [UInt8], setting bits: [UInt8]) {
    expression("bitwise") {
      $0.attribute(n(NFTA_BITWISE_SREG), register)
      $0.attribute(n(NFTA_BITWISE_DREG), register)
      $0.attribute(n(NFTA_BITWISE_LEN), UInt32(bytes.count).bigEndian)
      $0.value(n(NFTA_BITWISE_MASK), bytes)
      $0.value(n(NFTA_BITWISE_XOR), bits)
    }
  }

  /// `offset` in the IP header, or in another. Whole bytes of a prefix are compared as they are, as nft(8) does it.
  mutating func address(
    _ prefix: Prefix, at offset: UInt32, _ operation: nft_cmp_ops, of header: nft_payload_bases = NFT_PAYLOAD_NETWORK_HEADER
  ) {
    meta(NFT_META_NFPROTO, [prefix.family.number])
    let bytes = prefix.network.address.bytes
    let whole = Int(prefix.length / 8)
    let rest = prefix.length % 8
    if rest == 0, whole > 0 {
      load(header, offset: offset, length: UInt32(whole))
      compare(operation, Array(bytes.prefix(whole)))
    } else {
      load(header, offset: offset, length: UInt32(bytes.count))
      mask(bytes.indices.map { $0 < whole ? 0xff : $0 == whole ? ~(0xff >> rest) : 0 })
      compare(operation, bytes)
    }
  }

  /// `tcp option maxseg size set rt mtu`: the segment size that the route's MTU allows, in the SYN's own option.
  mutating func clampSegmentSizeToRoute() {
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

  mutating func verdict(_ code: Int32, chain: ByteString? = nil) {
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

  mutating func verdict(_ code: nft_verdicts, chain: ByteString? = nil) { verdict(Int32(code.rawValue), chain: chain) }

  mutating func translate(_ type: nft_nat_types, to address: IPAddress) {
    expression("immediate") {
      $0.attribute(n(NFTA_IMMEDIATE_DREG), register)
      $0.value(n(NFTA_IMMEDIATE_DATA), address.bytes)
    }
    translate(type, address.family)
  }

  mutating func translateDestination(to address: IPAddress, _ port: UInt16) {
    immediate(address.bytes)
    let second = NFT_REG_2.rawValue.bigEndian
    immediate(port.wire, into: second)
    expression("nat") {
      $0.attribute(n(NFTA_NAT_TYPE), NFT_NAT_DNAT.rawValue.bigEndian)
      $0.attribute(n(NFTA_NAT_FAMILY), UInt32(address.family.number).bigEndian)
      $0.attribute(n(NFTA_NAT_REG_ADDR_MIN), register)
      $0.attribute(n(NFTA_NAT_REG_PROTO_MIN), second)
      // NF_NAT_RANGE_PROTO_SPECIFIED of linux/netfilter/nf_nat.h.
      $0.attribute(n(NFTA_NAT_FLAGS), UInt32(1 << 1).bigEndian)
    }
  }

  /// To the address in the register.
  private mutating func translate(_ type: nft_nat_types, _ family: IPFamily) {
    expression("nat") {
      $0.attribute(n(NFTA_NAT_TYPE), type.rawValue.bigEndian)
      $0.attribute(n(NFTA_NAT_FAMILY), UInt32(family.number).bigEndian)
      $0.attribute(n(NFTA_NAT_REG_ADDR_MIN), register)
    }
  }

  /// The destination port is read where it is to be in the address, with its neighbours: of IPv6 those are eight bytes of the IP header
  /// and eight of the next, as many as UDP has.
  mutating func translateByPort(_ base: IPAddress) {
    switch base.family {
    case .v4: load(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 0, length: 4)
    case .v6: load(NFT_PAYLOAD_NETWORK_HEADER, offset: 32, length: 16)
    }
    let ports: Range<Int> = base.family == .v4 ? 2..<4 : 10..<12
    mask(base.bytes.indices.map { ports.contains($0) ? 0xff : 0 }, setting: base.bytes)
    translate(NFT_NAT_DNAT, base.family)
  }
}
